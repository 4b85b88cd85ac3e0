//! Many runs taken together: what they bound, how figures are distributed, and whether everything
//! that should strike or judge really did.
//!
//! A [`Campaign`] takes judgements one by one and can be merged with another, so that each thread
//! keeps one of its own. In which order runs are added or merged changes nothing in its
//! [`summary`](Campaign::summary).
//!
//! A clean campaign of n independent seeds bounds the share of failing ones: with 95 % confidence
//! it is at most 3/n (the rule of three; Hanley & Lippman-Hand 1983, "If nothing goes wrong, is
//! everything all right?").

pub mod summary;

use crate::judgement::{CheckKind, Judgement};
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use summary::{CheckJudged, Counts, Distribution, KindStruck, Summary};

/// What is kept of many runs.
#[derive(Clone, Debug, Default)]
pub struct Campaign {
    counts: Counts,
    /// By objective and subject.
    objectives: BTreeMap<(String, String), Figures>,
    /// By name.
    claims: BTreeMap<String, Figures>,
    /// By kind.
    faults: BTreeMap<String, Strikes>,
    /// By name.
    checks: BTreeMap<String, Judged>,
}

/// What runs showed of one figure.
#[derive(Clone, Debug, Default)]
struct Figures {
    target: f64,
    unit: String,
    shown: Vec<f64>,
    without: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Strikes {
    scheduled: u64,
    struck: u64,
}

#[derive(Clone, Copy, Debug)]
struct Judged {
    kind: CheckKind,
    runs: u64,
    judged: u64,
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
            let of = (result.name.clone(), result.subject.clone());
            let figures = self.objectives.entry(of).or_default();
            figures.add(result.target, &result.unit, result.achieved);
        }
        for claim in &judgement.claims {
            let figures = self.claims.entry(claim.name.clone()).or_default();
            figures.add(claim.claimed, &claim.unit, claim.measured);
        }
        for fault in &judgement.faults {
            let strikes = self.faults.entry(fault.kind.name().to_owned()).or_default();
            strikes.scheduled = strikes.scheduled.saturating_add(fault.scheduled);
            strikes.struck = strikes.struck.saturating_add(fault.struck);
        }
        for check in &judgement.checks {
            let one = Judged { kind: check.kind, runs: 1, judged: check.judged };
            self.take_check(check.name.clone(), one);
        }
    }

    /// Takes all runs of another campaign in.
    pub fn merge(&mut self, other: Campaign) {
        self.counts.merge(other.counts);
        for (of, more) in other.objectives {
            self.objectives.entry(of).or_default().merge(more);
        }
        for (of, more) in other.claims {
            self.claims.entry(of).or_default().merge(more);
        }
        for (kind, more) in other.faults {
            let strikes = self.faults.entry(kind).or_default();
            strikes.scheduled = strikes.scheduled.saturating_add(more.scheduled);
            strikes.struck = strikes.struck.saturating_add(more.struck);
        }
        for (name, more) in other.checks {
            self.take_check(name, more);
        }
    }

    /// How many runs came to what, so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// All runs taken together.
    pub fn summary(&self) -> Summary {
        let vacuous = self.vacuous();
        let doubt = if vacuous.is_empty() { Verdict::Pass } else { Verdict::Unknown };
        let verdict = self.counts.worst().worse(doubt);
        let objectives = self.objectives.iter().map(|((name, subject), of)| of.spread(name, subject));
        let claims = self.claims.iter().map(|(name, of)| of.spread(name, ""));
        Summary {
            verdict,
            counts: self.counts,
            failing_at_most: (verdict == Verdict::Pass).then(|| rule_of_three(self.counts.seeds)),
            distributions: objectives.chain(claims).collect(),
            faults: self.faults.iter().map(|(kind, of)| of.told(kind)).collect(),
            checks: self.checks.iter().map(|(name, of)| of.told(name)).collect(),
            vacuous,
        }
    }

    fn take_check(&mut self, name: String, more: Judged) {
        let judged = self.checks.entry(name).or_insert(Judged { runs: 0, judged: 0, ..more });
        judged.runs += more.runs;
        judged.judged = judged.judged.saturating_add(more.judged);
    }

    fn vacuous(&self) -> Vec<String> {
        let faults = self.faults.iter().filter(|(_, strikes)| strikes.struck == 0);
        let faults = faults.map(|(kind, of)| format!("{kind} was scheduled {} times and never struck", of.scheduled));
        let checks = self.checks.iter().filter(|(_, judged)| judged.judged == 0);
        faults.chain(checks.map(|(name, _)| format!("{name} never had anything to judge"))).collect()
    }
}

impl Figures {
    fn add(&mut self, target: f64, unit: &str, shown: Option<f64>) {
        self.target = self.target.max(target);
        unit.clone_into(&mut self.unit);
        self.shown.extend(shown);
        self.without += u64::from(shown.is_none());
    }

    fn merge(&mut self, more: Figures) {
        self.target = self.target.max(more.target);
        self.unit = more.unit;
        self.shown.extend(more.shown);
        self.without += more.without;
    }

    fn spread(&self, name: &str, subject: &str) -> Distribution {
        let mut sorted = self.shown.clone();
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

impl Strikes {
    fn told(&self, kind: &str) -> KindStruck {
        KindStruck { kind: kind.to_owned(), scheduled: self.scheduled, struck: self.struck }
    }
}

impl Judged {
    fn told(&self, name: &str) -> CheckJudged {
        CheckJudged { name: name.to_owned(), kind: self.kind, runs: self.runs, judged: self.judged }
    }
}

/// The largest share of failing seeds that so many passing ones leave possible at 95 %.
fn rule_of_three(seeds: u64) -> f64 {
    (3.0 / seeds as f64).min(1.0)
}
