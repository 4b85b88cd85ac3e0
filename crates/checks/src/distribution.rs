//! Many runs taken together: what they bound, how RTOs are distributed, and whether everything that should strike or judge really did.
//!
//! A campaign takes judgements one by one and can be merged with another, so that threads each keep one of their own. The order in which they are
//! added or merged changes nothing.
//!
//! A clean campaign of n independent seeds bounds the share of failing seeds: with 95 % confidence it is at most 3/n (the rule of three; Hanley &
//! Lippman-Hand 1983: if nothing goes wrong, is everything all right?).

use crate::judgement::{CheckKind, Judgement};
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is kept of many runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Campaign {
    counts: Counts,
    /// By objective and subject: its target, and what was achieved in each run that showed it, sorted or not.
    objectives: BTreeMap<(String, String), Objective>,
    faults: BTreeMap<String, Strikes>,
    checks: BTreeMap<String, Judged>,
}

/// How many runs came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Runs.
    pub seeds: u64,
    /// That passed.
    pub passed: u64,
    /// That failed.
    pub failed: u64,
    /// That are unknown.
    pub unknown: u64,
    /// In which more was destroyed than the plan claims to survive.
    pub beyond_plan: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Objective {
    target: f64,
    unit: String,
    achieved: Vec<f64>,
    without: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Strikes {
    scheduled: u64,
    struck: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Judged {
    kind: CheckKind,
    runs: u64,
    judged: u64,
}

/// The last line of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The worst verdict; unknown if nothing failed and a kind of fault never struck or a check never judged.
    pub verdict: Verdict,
    /// How many runs came to what.
    #[serde(flatten)]
    pub counts: Counts,
    /// At most this share of seeds fails, with 95 % confidence. Only for a campaign of which every run passed.
    pub failing_at_most: Option<f64>,
    /// How RTOs are distributed, by service and region.
    pub distributions: Vec<Distribution>,
    /// How often each kind of fault struck.
    pub faults: Vec<KindStruck>,
    /// How often each check judged.
    pub checks: Vec<CheckJudged>,
    /// Kinds of faults that were scheduled and never struck, and checks that never judged.
    pub vacuous: Vec<String>,
}

/// How an objective's figure is distributed over the runs that showed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// `RTO`.
    pub name: String,
    /// The service and the region.
    pub subject: String,
    /// What was demanded.
    pub target: f64,
    /// The unit of all figures.
    pub unit: String,
    /// Runs that showed a figure.
    pub runs: u64,
    /// Runs that showed none (the outage was still open).
    pub without: u64,
    /// The least; `None` without a run that showed one, as the others.
    pub min: Option<f64>,
    /// The first percentile (nearest rank).
    pub p1: Option<f64>,
    /// The median.
    pub p50: Option<f64>,
    /// The 99th percentile.
    pub p99: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
}

/// How often a kind of fault struck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindStruck {
    /// The kind's name.
    pub kind: String,
    /// So many were scheduled.
    pub scheduled: u64,
    /// So many took effect.
    pub struck: u64,
}

/// How often a check judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckJudged {
    /// The check's name.
    pub name: String,
    /// Which judge it belongs to.
    pub kind: CheckKind,
    /// In so many runs it was listed.
    pub runs: u64,
    /// So often it had something to judge.
    pub judged: u64,
}

impl Campaign {
    /// Of no run yet.
    pub fn new() -> Campaign {
        Campaign::default()
    }

    /// Takes a run in.
    pub fn add(&mut self, judgement: &Judgement) {
        self.counts.add(judgement.verdict);
        for result in &judgement.objectives {
            let objective = self.objectives.entry((result.name.clone(), result.subject.clone())).or_default();
            objective.target = objective.target.max(result.target);
            objective.unit.clone_from(&result.unit);
            objective.achieved.extend(result.achieved);
            objective.without += u64::from(result.achieved.is_none());
        }
        for fault in &judgement.faults {
            let strikes = self.faults.entry(fault.kind.name().to_owned()).or_default();
            strikes.scheduled += fault.scheduled;
            strikes.struck += fault.struck;
        }
        for check in &judgement.checks {
            let judged = Judged { kind: check.kind, runs: 0, judged: 0 };
            let judged = self.checks.entry(check.name.clone()).or_insert(judged);
            judged.runs += 1;
            judged.judged += check.judged;
        }
    }

    /// Takes all runs of another campaign in.
    pub fn merge(&mut self, other: Campaign) {
        self.counts.merge(other.counts);
        for (name, more) in other.objectives {
            let objective = self.objectives.entry(name).or_default();
            objective.target = objective.target.max(more.target);
            objective.unit = more.unit;
            objective.achieved.extend(more.achieved);
            objective.without += more.without;
        }
        for (kind, more) in other.faults {
            let strikes = self.faults.entry(kind).or_default();
            strikes.scheduled += more.scheduled;
            strikes.struck += more.struck;
        }
        for (name, more) in other.checks {
            let judged = self.checks.entry(name).or_insert(Judged { kind: more.kind, runs: 0, judged: 0 });
            judged.runs += more.runs;
            judged.judged += more.judged;
        }
    }

    /// How many runs came to what, so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// All runs taken together.
    pub fn summary(&self) -> Summary {
        let vacuous = self.vacuous();
        let counts = self.counts;
        let doubt = !vacuous.is_empty() || counts.seeds == 0;
        let verdict = counts.worst().worse(if doubt { Verdict::Unknown } else { Verdict::Pass });
        let clean = verdict == Verdict::Pass;
        Summary {
            verdict,
            counts,
            failing_at_most: clean.then(|| rule_of_three(counts.seeds)),
            distributions: self.objectives.iter().map(|((name, subject), objective)| objective.spread(name, subject)).collect(),
            faults: self
                .faults
                .iter()
                .map(|(kind, strikes)| KindStruck { kind: kind.clone(), scheduled: strikes.scheduled, struck: strikes.struck })
                .collect(),
            checks: self
                .checks
                .iter()
                .map(|(name, of)| CheckJudged { name: name.clone(), kind: of.kind, runs: of.runs, judged: of.judged })
                .collect(),
            vacuous,
        }
    }

    fn vacuous(&self) -> Vec<String> {
        let faults = self.faults.iter().filter(|(_, strikes)| strikes.struck == 0);
        let faults = faults.map(|(kind, strikes)| format!("{kind} was scheduled {} times and never struck", strikes.scheduled));
        let checks = self.checks.iter().filter(|(_, judged)| judged.judged == 0);
        faults.chain(checks.map(|(name, _)| format!("{name} never had anything to judge"))).collect()
    }
}

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        self.seeds += 1;
        *match verdict {
            Verdict::Pass => &mut self.passed,
            Verdict::Fail => &mut self.failed,
            Verdict::Unknown => &mut self.unknown,
            Verdict::BeyondPlan => &mut self.beyond_plan,
        } += 1;
    }

    fn merge(&mut self, other: Counts) {
        self.seeds += other.seeds;
        self.passed += other.passed;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.beyond_plan += other.beyond_plan;
    }

    fn worst(self) -> Verdict {
        let came_to = [
            (self.failed, Verdict::Fail),
            (self.unknown, Verdict::Unknown),
            (self.beyond_plan, Verdict::BeyondPlan),
            (self.passed, Verdict::Pass),
        ];
        Verdict::worst(came_to.into_iter().filter(|(count, _)| *count > 0).map(|(_, verdict)| verdict))
    }
}

impl Objective {
    fn spread(&self, name: &str, subject: &str) -> Distribution {
        let mut sorted = self.achieved.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = |per_cent: usize| {
            let place = (sorted.len() * per_cent).div_ceil(100).saturating_sub(1);
            sorted.get(place).copied()
        };
        Distribution {
            name: name.to_owned(),
            subject: subject.to_owned(),
            target: self.target,
            unit: self.unit.clone(),
            runs: sorted.len() as u64,
            without: self.without,
            min: sorted.first().copied(),
            p1: rank(1),
            p50: rank(50),
            p99: rank(99),
            max: sorted.last().copied(),
        }
    }
}

/// The largest share of failing seeds that n passing ones leave possible at 95 %.
fn rule_of_three(seeds: u64) -> f64 {
    (3.0 / seeds as f64).min(1.0)
}
