//! The contract between the drill and a world: what a world can do, what it is told, what it tells.

use firedrill_model::{
    Fault, FaultId, FaultKind, LogIndex, Observation, RegionId, Request, Response, SiteId, StackConfig, Time,
};
use firedrill_plan::Plan;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a world can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Its name in the manifest: `sim`, `live`.
    pub world: &'static str,
    /// The kinds of faults that it has a mechanism for.
    pub faults: Vec<FaultKind>,
    /// Whether the same seed gives the same journal.
    pub deterministic: bool,
    /// The invariants over the sites' insides that it judges itself and reports as [`WorldEvent::Violated`] and `Judged`.
    pub invariants: Vec<&'static str>,
}

/// What a world is made from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The plan, scaled.
    pub plan: Plan,
    /// The figures that the stack obeys, after the seed's draws.
    pub config: StackConfig,
    /// The seed of the run; the world splits its own streams from it.
    pub seed: u64,
    /// The physics that the seed drew.
    pub physics: Physics,
}

/// Physics that a seed may draw, for worlds that can do it; others take their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Physics {
    /// How long a sync takes: the shortest.
    pub sync_min: Duration,
    /// How long a sync takes: the longest.
    pub sync_max: Duration,
    /// Jitter of a link, in thousandths of its one-way latency.
    pub jitter_per_mille: u32,
    /// Loss on a link between sites, in thousandths of the messages.
    pub loss_per_mille: u32,
}

/// Names a request of the drill until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// What a world is told, to be done at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Then. One in the past runs at once, and its lateness is journalled.
    pub due: Time,
    /// This.
    pub action: Action,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// A client in `region` sends a request to a site.
    Send {
        /// To be answered under this name, or never.
        id: RequestId,
        /// From here.
        region: RegionId,
        /// To there.
        site: SiteId,
        /// This.
        request: Request,
    },
    /// The client no longer waits for an answer.
    Forget {
        /// To this.
        id: RequestId,
    },
    /// A fault begins.
    Begin {
        /// Its place in the schedule.
        id: FaultId,
        /// What.
        fault: Fault,
    },
    /// A fault ends; what it did is undone.
    End {
        /// Its place in the schedule.
        id: FaultId,
    },
    /// Every site reports its state ([`WorldEvent::FinalState`]), and the world how often its invariants judged.
    Report,
}

/// What a world tells, with the time at which it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Happened {
    /// When, by the world's clock.
    pub t: Time,
    /// What.
    pub event: WorldEvent,
}

/// The name of an invariant.
pub type InvariantName = &'static str;

/// What a world tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WorldEvent {
    /// A site's answer reached the client.
    Answered {
        /// To this request.
        id: RequestId,
        /// The answer.
        response: Response,
    },
    /// The site refused the connection, so the request never reached a process.
    Refused {
        /// This request.
        id: RequestId,
    },
    /// The connection broke without an answer; the request may have been received.
    Broken {
        /// This request.
        id: RequestId,
    },
    /// A fault began.
    FaultBegan {
        /// This.
        id: FaultId,
        /// Whether it took effect on something that was there.
        struck: bool,
        /// What did it; `None`: no mechanism.
        mechanism: Option<String>,
    },
    /// A fault ended.
    FaultEnded {
        /// This.
        id: FaultId,
    },
    /// A site told something.
    Observed {
        /// This site.
        site: SiteId,
        /// By its own clock.
        site_t: Time,
        /// What.
        observation: Observation,
    },
    /// An invariant was violated.
    Violated {
        /// Its name.
        #[serde(with = "crate::remote::invariant")]
        invariant: InvariantName,
        /// Where, if at one site.
        site: Option<SiteId>,
        /// What was seen.
        detail: String,
    },
    /// How often an invariant judged, in answer to [`Action::Report`].
    Judged {
        /// Its name.
        #[serde(with = "crate::remote::invariant")]
        invariant: InvariantName,
        /// So often.
        times: u64,
    },
    /// A site's state, in answer to [`Action::Report`].
    FinalState {
        /// This site.
        site: SiteId,
        /// Whether it is up.
        up: bool,
        /// It applied up to this entry.
        applied: LogIndex,
        /// The digest of its state.
        digest: u64,
        /// The digest of its transaction log; 0 if it has none.
        log_digest: u64,
    },
    /// The world can't go on.
    Failed {
        /// Why.
        error: String,
    },
}

/// What a step of a world brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The world's clock now. Never runs backwards.
    pub now: Time,
    /// What happened, in order of `t`.
    pub events: Vec<Happened>,
}

/// Where the stack runs.
pub trait World {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Lets the world run: takes over `commands` (each due at `due`, in any order), and returns at the first instant with an event that the
    /// drill must answer ([`WorldEvent::Answered`], `Refused`, `Broken`, `Failed`), or at `until`, whichever is earlier.
    /// Observations and faults are told with the step in which they happen and do not end it.
    fn step(&mut self, until: Time, commands: &[Command]) -> Step;
}
