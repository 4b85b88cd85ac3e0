//! What a campaign says at its end.

use crate::judgement::CheckKind;
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};

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

/// The last line of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The worst verdict; unknown if nothing failed and a kind of fault never struck, a check never
    /// judged, or there was no run.
    pub verdict: Verdict,
    /// How many runs came to what.
    #[serde(flatten)]
    pub counts: Counts,
    /// At most this share of seeds fails, with 95 % confidence. Only where the verdict is a pass.
    pub failing_at_most: Option<f64>,
    /// How what was achieved is distributed, by objective and subject; then what was measured, by
    /// claim.
    pub distributions: Vec<Distribution>,
    /// How often each kind of fault struck.
    pub faults: Vec<KindStruck>,
    /// How often each check judged.
    pub checks: Vec<CheckJudged>,
    /// Kinds of faults that were scheduled and never struck, and checks that never judged.
    pub vacuous: Vec<String>,
}

/// How a figure is distributed over the runs that showed it. Percentiles are by nearest rank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// `RTO`, `RPO`, `staleness`, or the claim.
    pub name: String,
    /// The service and the region, or the data class; empty for a claim.
    pub subject: String,
    /// What was demanded, or claimed.
    pub target: f64,
    /// The unit of all figures.
    pub unit: String,
    /// Runs that showed a figure.
    pub runs: u64,
    /// Runs that showed none (an outage was still open).
    pub without: u64,
    /// The least; `None` without a run that showed a figure, as the others.
    pub min: Option<f64>,
    /// The first percentile.
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

impl Counts {
    /// Counts one more run.
    pub(super) fn add(&mut self, verdict: Verdict) {
        self.seeds += 1;
        *match verdict {
            Verdict::Pass => &mut self.passed,
            Verdict::Fail => &mut self.failed,
            Verdict::Unknown => &mut self.unknown,
            Verdict::BeyondPlan => &mut self.beyond_plan,
        } += 1;
    }

    /// Counts all runs of `other`.
    pub(super) fn merge(&mut self, other: Counts) {
        self.seeds += other.seeds;
        self.passed += other.passed;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.beyond_plan += other.beyond_plan;
    }

    /// The worst that a run came to; unknown if there was none.
    pub fn worst(self) -> Verdict {
        let came_to = [
            (self.failed, Verdict::Fail),
            (self.unknown, Verdict::Unknown),
            (self.beyond_plan, Verdict::BeyondPlan),
            (u64::from(self.seeds == 0), Verdict::Unknown),
        ];
        let happened = came_to.into_iter().filter(|(count, _)| *count > 0);
        Verdict::worst(happened.map(|(_, verdict)| verdict))
    }
}
