//! A disaster-recovery plan, resolved: names are indices, units are durations, defaults are filled in.

use crate::diagnostic::Position;
use crate::document::{PlanDocument, Span};
use crate::source::Source;
use firedrill_model::{SiteSet, WithoutCopy};
use std::sync::Arc;
use std::time::Duration;

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What it is called.
    pub title: String,
    /// The text that it was read from.
    pub text: String,
    /// The sites in the order of succession; at most 16.
    pub sites: Vec<Site>,
    /// The round trip between two sites, by site and site; zero on the diagonal, symmetric.
    pub links: Vec<Vec<Link>>,
    /// The client regions.
    pub regions: Vec<Region>,
    /// The services.
    pub services: Vec<Service>,
    /// Raft's figures.
    pub raft: Raft,
    /// Failure detection.
    pub detection: Detection,
    /// Channels of notification, in order.
    pub notifications: Vec<String>,
    /// How long a DNS answer is kept by clients.
    pub dns_ttl: Duration,
    /// The service level.
    pub level: Level,
    /// The seed's claim on latency, reported and not judged (200 ms).
    pub latency_claim: Option<Duration>,
    /// The recovery point objective of the session store, if the plan has one.
    pub sessions_rpo: Option<Duration>,
    /// The transaction log, if the plan has one.
    pub transaction_log: Option<TransactionLog>,
    /// The plan's scalable figures were divided by this; 1 as read.
    pub time_scale: u32,
    /// The figures that are ours and not the seed's.
    pub assumptions: Vec<Assumption>,
    /// The plan as it is written: every section and figure, with its place. A time scale does not change it.
    pub document: Arc<PlanDocument>,
}

impl Plan {
    /// The line and column that a place in the plan's text begins at.
    pub fn position(&self, span: Span) -> Position {
        Source { file: "", text: &self.text }.position(span.start)
    }
}

/// A figure that is not in the document that the plan was made from: an assumption of whoever wrote the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// The section that it is in, with what it is about: `[[link]] new-york, london`.
    pub section: String,
    /// The key.
    pub key: String,
    /// The paragraph of the document that the section is taken from.
    pub source: String,
}

/// A site.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its name: `new-york`.
    pub name: String,
    /// `primary`, `secondary`, `tertiary`.
    pub role: String,
    /// Percent of the primary's.
    pub capacity_percent: u32,
}

/// A link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Link {
    /// The round trip.
    pub round_trip: Duration,
}

/// A client region.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Its name: `us-east`.
    pub name: String,
    /// The round trip to each site, by site.
    pub round_trips: Vec<Duration>,
}

/// A service.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name: `core-mcp`.
    pub name: String,
    /// The name of its tier.
    pub tier: String,
    /// 0 for P0.
    pub priority: u8,
    /// Indices of services that must be promoted before it.
    pub depends_on: Vec<usize>,
    /// Its recovery time objective, from its tier.
    pub rto: Duration,
}

/// Raft's figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Raft {
    /// Heartbeat interval.
    pub heartbeat: Duration,
    /// Election timeout.
    pub election_timeout: Duration,
    /// Snapshot threshold, in entries.
    pub snapshot_threshold: u64,
    /// Entries in a message, at most.
    pub max_batch: u32,
    /// Unacknowledged messages to a follower, at most.
    pub max_in_flight: u32,
}

/// Failure detection.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Between good checks. Scalable.
    pub interval: Duration,
    /// Of a check. Scalable.
    pub timeout: Duration,
    /// After the first failure.
    pub retries: u32,
}

/// The transaction log.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactionLog {
    /// The synchronous copies besides the writer, at first.
    pub synchronous: SiteSet,
    /// What the writer does while a synchronous copy is out.
    pub without_copy: WithoutCopy,
    /// A synchronous copy that has not answered for this long is out.
    pub copy_timeout: Duration,
    /// From one shipment to the other sites to the next.
    pub send_interval: Duration,
    /// Older records may be dropped.
    pub retention: Duration,
    /// The recovery point objective.
    pub rpo: Duration,
    /// An asynchronous copy may be behind by this much.
    pub staleness: Option<Duration>,
}

/// The service level, as the definitions of DESIGN.md have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// 60 s.
    pub sustain: Duration,
    /// 1,000 probes.
    pub probes: u32,
    /// 999 per mille.
    pub success_per_mille: u32,
    /// 50 ms on top of the round trips.
    pub bound_margin: Duration,
}
