//! What a journal says about its run before the first event.

use firedrill_model::{Fault, FaultId, HazardSet, Objectives, StackConfig, Time};
use serde::{Deserialize, Serialize};

/// The version of the journal's format. A reader refuses others.
pub const FORMAT: u32 = 1;

/// All that is needed to judge the run again, and to run it again. Part of the digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The scenario's title.
    pub title: String,
    /// The file that the scenario was read from, as it was named on the command line.
    pub scenario_path: String,
    /// The scenario's text.
    pub scenario: String,
    /// The plan's text.
    pub plan: String,
    /// The seed.
    pub seed: u64,
    /// The world: `sim`, `live`, ...
    pub world: String,
    /// The hazards that were on.
    pub hazards: HazardSet,
    /// The plan's scalable figures were divided by this.
    pub time_scale: u32,
    /// The figures that the stack obeyed, after the seed's draws.
    pub config: StackConfig,
    /// The concrete schedule.
    pub schedule: Vec<ScheduledFault>,
    /// What the seed's draw left out: kinds of faults, defences. Anti-vacuity does not count them.
    pub left_out: Vec<String>,
    /// What the run must prove.
    pub objectives: Objectives,
}

/// One fault of the concrete schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduledFault {
    /// Its place in the schedule.
    pub id: FaultId,
    /// The name of the scenario's action that it came from.
    pub name: String,
    /// What goes wrong.
    pub fault: Fault,
    /// When it begins.
    pub begin: Time,
    /// When it ends; `None`: it is for good, or until the heal phase.
    pub end: Option<Time>,
    /// Whether the scenario's method names it, and not a swarm drew it. A fixed fault must have a
    /// mechanism and must strike, or the run is unknown.
    pub fixed: bool,
}

/// Where a run took place. Not part of the digest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The version of Firedrill.
    pub version: String,
    /// The operating system and architecture.
    pub host: String,
    /// When the run began, in seconds since 1970 (UTC).
    pub began_unix_s: u64,
    /// How long it took, in milliseconds.
    pub wall_ms: u64,
}
