//! The events of a journal, in the order in which they happened.

use firedrill_model::{ClientId, FaultId, LogIndex, Observation, Op, OpId, Outcome, RegionId, ServiceId, SiteId, Time};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Why a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The workload: closed loop, as real users would.
    Workload,
    /// A probe: open loop, latency counted from the intended send.
    Probe,
    /// The scan after recovery, that reads everything once more.
    Scan,
}

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before the first fault: the steady state is reached.
    Warmup,
    /// Faults strike.
    Hurt,
    /// Faults are healed (what the scenario heals), service and convergence are demanded.
    Heal,
}

/// One event. Tagged from outside (`{"invoked":{...}}`), because the canonical binary form
/// describes no fields and so cannot be read back with a tag among them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A client invoked an operation.
    Invoked {
        /// When; for a probe, when it was meant to be sent.
        t: Time,
        /// This operation.
        id: OpId,
        /// Invoked by.
        client: ClientId,
        /// The client's region.
        region: RegionId,
        /// The service asked.
        service: ServiceId,
        /// Why.
        purpose: Purpose,
        /// What.
        op: Op,
    },
    /// An operation returned, or its deadline passed.
    Returned {
        /// When.
        t: Time,
        /// This operation.
        id: OpId,
        /// The site asked last; `None` if none was.
        site: Option<SiteId>,
        /// How often it was sent.
        attempts: u32,
        /// What became of it.
        outcome: Outcome,
    },
    /// A fault of the schedule began.
    FaultBegan {
        /// When.
        t: Time,
        /// This fault.
        fault: FaultId,
        /// Whether it took effect on something that was there (a live process, an open link).
        struck: bool,
        /// What did it: `simulated`, `container killed`, ... ; `None`: there is no mechanism for it
        /// in this world.
        mechanism: Option<String>,
        /// How much later than scheduled.
        late: Duration,
    },
    /// A fault of the schedule ended: what it did is undone.
    FaultEnded {
        /// When.
        t: Time,
        /// This fault.
        fault: FaultId,
    },
    /// A site told something about itself.
    Observed {
        /// When, by the world's clock.
        t: Time,
        /// This site.
        site: SiteId,
        /// When, by the site's own clock.
        site_t: Time,
        /// What.
        observation: Observation,
    },
    /// A part of the run began.
    PhaseBegan {
        /// When.
        t: Time,
        /// This part.
        phase: Phase,
    },
    /// An invariant over the sites' insides was violated.
    Violated {
        /// When.
        t: Time,
        /// Which: the name of the check.
        invariant: String,
        /// At which site, where it is one.
        site: Option<SiteId>,
        /// What was seen.
        detail: String,
    },
    /// How often an invariant had something to judge in this run. Told once per invariant, at the
    /// end.
    Judged {
        /// When.
        t: Time,
        /// Which: the name of the check.
        invariant: String,
        /// So often.
        times: u64,
    },
    /// A site's state at the end.
    FinalState {
        /// When.
        t: Time,
        /// This site.
        site: SiteId,
        /// Whether it was up. A site that is not up has no other figures.
        up: bool,
        /// It applied up to this entry.
        applied: LogIndex,
        /// The digest of its state.
        digest: u64,
        /// The digest of its transaction log; 0 if it has none.
        #[serde(default)]
        log_digest: u64,
    },
    /// The run ended.
    Ended {
        /// When.
        t: Time,
        /// `complete`, or why it was cut short (`halted`, `deadline`, the world's error).
        why: String,
    },
}

impl Event {
    /// When it happened.
    pub fn t(&self) -> Time {
        match self {
            Event::Invoked { t, .. }
            | Event::Returned { t, .. }
            | Event::FaultBegan { t, .. }
            | Event::FaultEnded { t, .. }
            | Event::Observed { t, .. }
            | Event::PhaseBegan { t, .. }
            | Event::Violated { t, .. }
            | Event::Judged { t, .. }
            | Event::FinalState { t, .. }
            | Event::Ended { t, .. } => *t,
        }
    }
}
