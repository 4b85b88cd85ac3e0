//! What a site says about itself.

use crate::ids::{Epoch, LogIndex, Position, ServiceId, SiteId, SiteSet, Term};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A Raft role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Follows a leader, or waits for one.
    #[default]
    Follower,
    /// Asks whether it could win an election, without raising its term.
    PreCandidate,
    /// Asks for votes.
    Candidate,
    /// Leads.
    Leader,
}

/// A part of a site's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StorageArea {
    /// The replicated log.
    ReplicatedLog,
    /// The transaction log.
    TransactionLog,
    /// The snapshot of the replicated state.
    Snapshot,
}

/// Something that happened inside a site, told at the moment when it happened. Control entries of the log are told by every
/// site as it applies them; the earliest telling is when the thing came into force.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observation {
    /// The process started and reads its disk.
    Started,
    /// Recovery from disk has ended; the site takes part.
    Recovered {
        /// The last entry found.
        last_index: LogIndex,
        /// The term found.
        term: Term,
        /// Whether the disk was damaged before its last durable mark, so that the site abstains until it is refilled.
        damaged: bool,
    },
    /// Its Raft role or term changed.
    RoleChanged {
        /// Now this.
        role: Role,
        /// In this term.
        term: Term,
    },
    /// The digest of all that it applied up to an entry. Told at every 64th entry.
    AppliedDigest {
        /// Up to this entry.
        index: LogIndex,
        /// A hash chained over entries and their results.
        digest: u64,
    },
    /// A health check of a peer failed, after so many good ones or failures.
    CheckFailed {
        /// Of this peer.
        peer: SiteId,
        /// The first failure is 1.
        failures: u32,
    },
    /// The checks of a peer failed so often that it counts as down. (End of the phase *detect*.)
    PeerDown {
        /// This peer.
        peer: SiteId,
    },
    /// A peer that was down answers again.
    PeerUp {
        /// This peer.
        peer: SiteId,
    },
    /// Control entry: a site is declared down. (End of the phase *decide*, if it starts a failover.)
    FailoverDecided {
        /// Down is this site.
        failed: SiteId,
        /// The position of the entry, which names the failover.
        entry: LogIndex,
    },
    /// Control entry: the fencing epoch was raised, so that the failed site is isolated. (End of the phase *isolate*.)
    EpochRaised {
        /// To this.
        epoch: Epoch,
        /// With this primary.
        primary: SiteId,
    },
    /// Control entry: where traffic is to go is settled.
    RedirectPrepared {
        /// To these sites.
        to: SiteSet,
    },
    /// Control entry: a service is promoted at these sites. (End of the phase *promote*.)
    ServicePromoted {
        /// This service.
        service: ServiceId,
        /// It now serves here, and nowhere else.
        sites: SiteSet,
    },
    /// The weights of a service changed (weighted round robin).
    WeightsSwitched {
        /// This service.
        service: ServiceId,
        /// One weight per site, in the plan's order.
        weights: Vec<u32>,
        /// Rises with every change; an older one must not replace a newer.
        serial: u64,
    },
    /// The DNS record of a service changed.
    DnsChanged {
        /// This service.
        service: ServiceId,
        /// It now names these sites.
        sites: SiteSet,
        /// Rises with every change; an older one must not replace a newer.
        serial: u64,
    },
    /// A notification was sent.
    NotificationSent {
        /// Over this channel.
        channel: String,
        /// About the failover named by this entry.
        entry: LogIndex,
    },
    /// Control entry: all the steps of a failover are done.
    FailoverCompleted {
        /// The failover named by this entry.
        entry: LogIndex,
    },
    /// Control entry: a site that was down is up again, as a standby.
    SiteReturned {
        /// This site.
        site: SiteId,
    },
    /// Control entry: these sites, besides the writer, must hold a record of the transaction log durably before it is acknowledged. With none, replies
    /// wait for a quorum's confirmation of the epoch instead.
    SyncSetChanged {
        /// In this fencing epoch.
        epoch: Epoch,
        /// The synchronous copies.
        members: SiteSet,
        /// The position of the entry in the replicated log.
        entry: LogIndex,
    },
    /// The site holds the transaction log durably up to here. Told by copies when they have got further, at most once a second.
    LogHeld {
        /// Up to this record.
        position: Position,
        /// As received in this fencing epoch.
        epoch: Epoch,
    },
    /// Control entry: a site was promoted to be the log's writer that is not known to hold all that was acknowledged. What is lost is said here, not hidden.
    LossDeclared {
        /// The new writer.
        writer: SiteId,
        /// In this fencing epoch.
        epoch: Epoch,
        /// The log goes on after this record.
        after: Position,
    },
    /// A returning site cut its transaction log where another epoch went on; what was cut is kept aside on its disk.
    TailCut {
        /// The epoch in which the cut records were written.
        epoch: Epoch,
        /// The log is known to agree up to this record.
        after: Position,
        /// So many records were cut and kept aside.
        records: u64,
    },
    /// Recovery or reading found durable data damaged: a hole, until it is refilled.
    HoleFound {
        /// Of this.
        area: StorageArea,
        /// From this entry or record on.
        from: u64,
        /// To this one, which is included.
        to: u64,
    },
    /// A hole was refilled from another site, and what was refilled is durable.
    HoleRefilled {
        /// Of this.
        area: StorageArea,
        /// From this entry or record on.
        from: u64,
        /// To this one, which is included.
        to: u64,
        /// It came from this site.
        source: SiteId,
    },
    /// A snapshot of the state was made durable, and the log before it dropped.
    SnapshotTaken {
        /// As of this entry.
        index: LogIndex,
    },
    /// A snapshot was received, made durable and taken over.
    SnapshotInstalled {
        /// As of this entry.
        index: LogIndex,
        /// From this site.
        source: SiteId,
    },
    /// The line of a switched-on hazard ran for the first time since the start of the process.
    HazardReached {
        /// Its number in HAZARDS.md.
        hazard: u8,
    },
    /// A leader contradicts an entry that this site holds committed; the site stopped for it.
    Diverged {
        /// This entry.
        index: LogIndex,
    },
    /// The disk reported an error, and the site stopped for it.
    DiskFailed {
        /// What the disk said.
        error: String,
    },
    /// The site's disk is new and the others know an earlier one: it is refilled as a learner, which follows and never votes.
    DiskReplaced,
}
