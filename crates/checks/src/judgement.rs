//! What the judges say about one run.

use crate::verdict::Verdict;
use firedrill_model::FaultKind;
use serde::{Deserialize, Serialize};

/// The judgement of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// All taken together.
    pub verdict: Verdict,
    /// What was destroyed beyond what the plan claims to survive, if so much was. It need not be what the verdict comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond_plan: Option<Destruction>,
    /// What the plan and the scenario demand, in the order of services and regions.
    pub objectives: Vec<ObjectiveResult>,
    /// The checks: first those over what clients saw, then the invariants over the sites' insides.
    pub checks: Vec<CheckResult>,
    /// Figures that the plan claims and nobody demanded. They change no verdict.
    pub claims: Vec<ClaimResult>,
    /// What went wrong, on purpose.
    pub faults: Vec<FaultResult>,
}

/// What was destroyed beyond what the plan claims to survive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Destruction {
    /// Since when, in seconds of the run.
    pub since_s: f64,
    /// Which sites, how and when.
    pub why: String,
}

/// How an objective was met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveResult {
    /// `RTO`.
    pub name: String,
    /// Whose: the service and the region.
    pub subject: String,
    /// What was demanded, in `unit`.
    pub target: f64,
    /// What was achieved, in `unit`; `None` if the run does not show it.
    pub achieved: Option<f64>,
    /// The unit: `s`.
    pub unit: String,
    /// Whether it was met.
    pub verdict: Verdict,
    /// For an RTO: what the longest outage was spent on, in order. Empty without an outage.
    pub phases: Vec<PhaseResult>,
    /// How many probes it was judged by.
    pub judged: u64,
    /// Why not, where it is not a pass; else the outage in a few words.
    pub why: String,
}

/// A part of an outage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseResult {
    /// `detect`, `decide`, `isolate`, `promote`, `redirect` or `verify`.
    pub phase: String,
    /// How long it took; `None`: not applicable, for it did not take place.
    pub seconds: Option<f64>,
}

/// Which of the two judges a check belongs to. They are reported apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// Over what clients could see, and what the drill did.
    Client,
    /// Over the sites' insides.
    Invariant,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The check's name.
    pub name: String,
    /// Which judge it belongs to.
    pub kind: CheckKind,
    /// What it came to.
    pub verdict: Verdict,
    /// How often it had something to judge.
    pub judged: u64,
    /// Why, with the first offending operations or observations.
    pub why: String,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimVerdict {
    /// The run bears it out.
    Held,
    /// The run shows otherwise.
    Refuted,
    /// The run does not show it.
    Unknown,
}

/// A figure that the plan claims, beside what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimResult {
    /// What is claimed, and for whom.
    pub name: String,
    /// The claim, in `unit`.
    pub claimed: f64,
    /// The measurement, in `unit`; `None` if there was nothing to measure.
    pub measured: Option<f64>,
    /// The unit: `ms`.
    pub unit: String,
    /// What became of it.
    pub verdict: ClaimVerdict,
}

/// One action of the schedule, and how often it struck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultResult {
    /// The name of the scenario's action.
    pub name: String,
    /// What kind of fault.
    pub kind: FaultKind,
    /// What it was aimed at.
    pub target: String,
    /// How often it was scheduled.
    pub scheduled: u64,
    /// How often it took effect on something that was there.
    pub struck: u64,
    /// What did it; `None`: it never began, or the world has no mechanism for it.
    pub mechanism: Option<String>,
    /// What it means for the run: unknown for a fault without a mechanism, and for a fixed one that
    /// never struck.
    pub verdict: Verdict,
}

impl CheckResult {
    /// A result of the client's judge.
    pub(crate) fn client(name: &str, verdict: Verdict, judged: u64, why: impl Into<String>) -> CheckResult {
        CheckResult { name: name.to_owned(), kind: CheckKind::Client, verdict, judged, why: why.into() }
    }

    /// A result of the judge over the sites' insides.
    pub(crate) fn invariant(name: &str, verdict: Verdict, judged: u64, why: impl Into<String>) -> CheckResult {
        CheckResult { name: name.to_owned(), kind: CheckKind::Invariant, verdict, judged, why: why.into() }
    }
}
