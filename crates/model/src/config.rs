//! The figures that the stack obeys.

use crate::hazard::HazardSet;
use crate::ids::{ServiceId, SiteSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// All that a site of the stack is told. The same at every site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackConfig {
    /// The sites, in the order of succession: the first is the first primary.
    pub sites: Vec<SiteConfig>,
    /// The services.
    pub services: Vec<ServiceConfig>,
    /// Raft's figures.
    pub raft: RaftConfig,
    /// Failure detection.
    pub health: HealthConfig,
    /// The transaction log, if there is one.
    pub transaction_log: Option<TransactionLogConfig>,
    /// Where a completed failover is announced, in this order: names of channels.
    pub notifications: Vec<String>,
    /// Hazards that are switched on. Empty but for measuring the harness.
    pub hazards: HazardSet,
}

/// A site, as the stack knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteConfig {
    /// The plan's name for it.
    pub name: String,
    /// Its capacity, in percent of the primary's; its weight in the weighted round robin.
    pub capacity_percent: u32,
}

/// A service, as the stack knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceConfig {
    /// The plan's name for it.
    pub name: String,
    /// Recovery priority: 0 (P0) first.
    pub priority: u8,
    /// Promoted only after these.
    pub depends_on: Vec<ServiceId>,
}

/// Raft's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RaftConfig {
    /// The leader is heard from at least this often.
    pub heartbeat: Duration,
    /// Without a leader for this long (and up to twice that, drawn), a site asks for votes.
    pub election_timeout: Duration,
    /// Ask whether an election could be won before raising the term. Off only in swarms.
    pub pre_vote: bool,
    /// A leader without a quorum for an election timeout steps down. Off only in swarms.
    pub check_quorum: bool,
    /// At most that many entries in a message.
    pub max_batch: u32,
    /// At most that many unacknowledged messages with entries to a follower.
    pub max_in_flight: u32,
    /// Entries kept before a snapshot is taken.
    pub snapshot_threshold: u64,
}

/// Failure detection: each site checks each other one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthConfig {
    /// From one good check to the next.
    pub interval: Duration,
    /// A check without an answer for this long has failed.
    pub timeout: Duration,
    /// A peer is down after a first failed check and that many failed retries, each begun at once.
    pub retries: u32,
}

/// The transaction log: one writer per fencing epoch, synchronous copies before the acknowledgement, the other sites shipped what those hold.
/// The key that encrypts it is a secret, and is given to a site apart from this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionLogConfig {
    /// The synchronous copies besides the writer, at first.
    pub synchronous: SiteSet,
    /// What the writer does while a synchronous copy is out.
    pub without_copy: WithoutCopy,
    /// A synchronous copy that has not answered for this long is out.
    pub copy_timeout: Duration,
    /// What is acknowledged is shipped to the other sites at this interval.
    pub send_interval: Duration,
    /// Records older than this may be dropped, at every site.
    pub retention: Duration,
}

/// What the writer of the transaction log does while a synchronous copy is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutCopy {
    /// It acknowledges nothing until the copy is back.
    Stop,
    /// The copy leaves the set by a control entry, and the writer goes on without it.
    Asynchronous,
}
