//! What a run must prove, resolved from the plan and the scenario, so that a journal can be judged without either.

use crate::ids::ServiceId;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The resolved objectives of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objectives {
    /// Names, by [`crate::SiteId`].
    pub sites: Vec<String>,
    /// Names, by [`crate::RegionId`].
    pub regions: Vec<String>,
    /// Per service, by [`ServiceId`].
    pub services: Vec<ServiceObjective>,
    /// Per data class that has a machine in the stack.
    pub classes: Vec<ClassObjective>,
    /// Whether the RPO of the data classes is judged; if not, losses are reported and change no verdict.
    pub judge_rpo: bool,
    /// How far an asynchronous copy of the transaction log may be behind; `None`: the plan does not say.
    pub log_staleness: Option<Duration>,
    /// Whether the RTO of the services is judged; if not, outages are reported and change no verdict.
    pub judge_rto: bool,
    /// When a service counts as up.
    pub level: ServiceLevel,
    /// Whether an outage that ends only when a fault is healed counts as recovered (the scenario says that it must wait).
    pub recovery_may_wait_for_heal: bool,
    /// After the heal phase begins, service and convergence must be there within this.
    pub convergence_deadline: Duration,
    /// The seed's claim on the latency of an operation, reported and not judged.
    pub latency_claim: Option<Duration>,
    /// The run must have had this many failovers; fewer makes it unknown. (Guards against a drill that tests nothing.)
    pub failovers_expected: u32,
}

/// What a service must achieve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceObjective {
    /// This service.
    pub service: ServiceId,
    /// Its name.
    pub name: String,
    /// Its recovery time objective.
    pub rto: Duration,
}

/// A class of data, as the stack keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataClass {
    /// The session store.
    Sessions,
    /// The transaction log.
    TransactionLog,
}

/// What a data class must achieve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassObjective {
    /// This class.
    pub class: DataClass,
    /// Its name.
    pub name: String,
    /// Its recovery point objective. Zero is met only with no record lost.
    pub rpo: Duration,
}

/// The service level: from the first operation of a stretch of `sustain` and at least `probes` probes of which at least
/// `success_per_mille` thousandths succeed within the bound, the service counts as up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceLevel {
    /// For this long.
    pub sustain: Duration,
    /// With at least that many probes.
    pub probes: u32,
    /// That many of a thousand succeed.
    pub success_per_mille: u32,
    /// Per region, per addressed site: the longest time a successful operation may take.
    pub latency_bound: Vec<Vec<Duration>>,
}
