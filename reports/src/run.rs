//! The facts of one run that every format shows.

use firedrill_checks::Verdict;
use firedrill_checks::judgement::{CheckResult, ClaimResult, Destruction, FaultResult, Judgement, ObjectiveResult};
use firedrill_history::Manifest;
use serde::{Deserialize, Serialize};

/// One run. As JSON, this is the object that `firedrill run --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// All taken together.
    pub verdict: Verdict,
    /// What was destroyed beyond what the plan claims to survive, if so much was. It need not be what the verdict comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond_plan: Option<Destruction>,
    /// The scenario's title.
    pub title: String,
    /// The scenario's file.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The world.
    pub world: String,
    /// The plan's scalable figures were divided by this.
    pub time_scale: u32,
    /// The names of the hazards that were on.
    pub hazards: Vec<String>,
    /// How long the run took by its own clock.
    pub virtual_seconds: f64,
    /// How long it took by the clock on the wall.
    pub wall_seconds: f64,
    /// The digest of the journal, in hexadecimal.
    pub journal_digest: String,
    /// The command that reproduces it.
    pub reproduce: String,
    /// The journal's file, if it was kept.
    pub journal: Option<String>,
    /// Figures that the plan claims; they change no verdict.
    pub claims: Vec<ClaimResult>,
    /// What the plan and the scenario demand.
    pub objectives: Vec<ObjectiveResult>,
    /// The checks.
    pub checks: Vec<CheckResult>,
    /// What went wrong on purpose.
    pub faults: Vec<FaultResult>,
}

/// What a report says of a run besides manifest and judgement.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// How long the run took by its own clock.
    pub virtual_seconds: f64,
    /// How long it took by the clock on the wall.
    pub wall_seconds: f64,
    /// The digest of the journal, in hexadecimal.
    pub journal_digest: String,
    /// The command that reproduces it.
    pub reproduce: String,
    /// The journal's file, if it was kept.
    pub journal: Option<String>,
}

impl RunReport {
    /// The report of a judged run.
    pub fn new(manifest: &Manifest, judgement: Judgement, circumstances: Circumstances) -> RunReport {
        RunReport {
            verdict: judgement.verdict,
            beyond_plan: judgement.beyond_plan,
            title: manifest.title.clone(),
            scenario: manifest.scenario_path.clone(),
            seed: manifest.seed,
            world: manifest.world.clone(),
            time_scale: manifest.time_scale,
            hazards: manifest.hazards.iter().map(|hazard| hazard.name().to_owned()).collect(),
            virtual_seconds: circumstances.virtual_seconds,
            wall_seconds: circumstances.wall_seconds,
            journal_digest: circumstances.journal_digest,
            reproduce: circumstances.reproduce,
            journal: circumstances.journal,
            claims: judgement.claims,
            objectives: judgement.objectives,
            checks: judgement.checks,
            faults: judgement.faults,
        }
    }

    /// One line of JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}
