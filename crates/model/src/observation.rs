//! What a site says about itself.

use crate::ids::{Epoch, LogIndex, ServiceId, SiteId, SiteSet, Term};
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
}
