//! Entries of the replicated log.

use alloc::sync::Arc;
use firedrill_model::{LogIndex, Op, ServiceId, SessionId, SiteId, Term};
use serde::{Deserialize, Serialize};

/// An entry of the replicated log. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the log; the first is 1.
    pub index: LogIndex,
    /// The term of the leader that made it.
    pub term: Term,
    /// What it says.
    pub payload: Payload,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payload {
    /// Nothing: a new leader's first entry, by which it learns what is committed.
    Noop,
    /// An operation on the session store.
    Session(Arc<SessionCommand>),
    /// A decision about sites and services.
    Control(ControlCommand),
}

/// A client's operation, as it is replicated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionCommand {
    /// The client's session.
    pub session: SessionId,
    /// The operation's number in it.
    pub seq: u64,
    /// The operation.
    pub op: Op,
}

/// A decision about sites and services. What follows from it is computed from the control state when it is applied, the same at every
/// site; a step that no longer fits the state when its turn comes changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ControlCommand {
    /// A site is down. If it serves anything, this decides a failover, named by this entry's index.
    DeclareDown {
        /// This site.
        site: SiteId,
    },
    /// Isolate the failed site: raise the fencing epoch and name the primary.
    RaiseEpoch {
        /// Of this failover.
        failover: LogIndex,
    },
    /// Settle where traffic goes.
    PrepareRedirect {
        /// Of this failover.
        failover: LogIndex,
    },
    /// Promote a service at the sites that traffic goes to, and switch its weights.
    Promote {
        /// Of this failover.
        failover: LogIndex,
        /// This service.
        service: ServiceId,
    },
    /// Change the DNS records.
    UpdateDns {
        /// Of this failover.
        failover: LogIndex,
    },
    /// Notify, and be done.
    Complete {
        /// Of this failover.
        failover: LogIndex,
    },
    /// A site that was down answers again. It is a standby from now on.
    SiteReturned {
        /// This site.
        site: SiteId,
    },
}
