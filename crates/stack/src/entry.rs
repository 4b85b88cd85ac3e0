//! Entries of the replicated log.

use crate::control::log::Open;
use crate::wal::segment::Incarnation;
use alloc::sync::Arc;
use firedrill_model::{LogIndex, Op, Position, ServiceId, SessionId, SiteId, SiteSet, Term};
use serde::{Deserialize, Serialize};

/// Terms, indices, epochs and versions stay below this for as long as a site can live. A larger one is damage or mischief, and is refused
/// at the door, so that nothing behind it can overflow.
pub const LIMIT: u64 = 1 << 62;
/// The longest key, in bytes.
pub const MAX_KEY: usize = 255;
/// The longest value, in bytes.
pub const MAX_VALUE: usize = 1 << 20;

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

impl Entry {
    /// About how many bytes it takes on the wire and on the disk.
    pub fn weight(&self) -> usize {
        let Payload::Session(command) = &self.payload else {
            return 32;
        };
        let (key, values) = op_size(&command.op);
        64 + key + 2 * values
    }

    /// Whether a leader could have made it, in a group of so many sites.
    pub fn is_plausible(&self, sites: usize) -> bool {
        match &self.payload {
            Payload::Noop => true,
            Payload::Session(command) => fits(&command.op),
            Payload::Control(command) => command.is_plausible(sites),
        }
    }
}

/// Whether the key and the values of an operation on a session are of a length that is allowed.
pub fn fits(op: &Op) -> bool {
    let (key, value) = op_size(op);
    (1..=MAX_KEY).contains(&key) && value <= MAX_VALUE
}

/// The bytes of the key (none: no session is meant), and of the larger value.
fn op_size(op: &Op) -> (usize, usize) {
    let value = match op {
        Op::Read { .. } | Op::Scan { .. } => 0,
        Op::Append { record: value } | Op::Write { value, .. } => value.as_bytes().len(),
        Op::Cas { expected, value, .. } => {
            let expected = expected.as_ref().map_or(0, |old| old.as_bytes().len());
            expected.max(value.as_bytes().len())
        }
    };
    (op.key().map_or(0, |key| key.as_str().len()), value)
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
    /// A process opens the transaction log to write it.
    OpenLog(Open),
    /// The set of synchronous copies of the transaction log changes.
    SetCopies {
        /// In this state of the log.
        since: LogIndex,
        /// To these.
        members: SiteSet,
    },
    /// A site lost records of the transaction log that it had promised to hold.
    RecordsLost {
        /// This site.
        site: SiteId,
    },
    /// How far a site holds the transaction log: asked when the primary is down and nobody is left who is known to hold all of it.
    LogEnd {
        /// In this failover.
        failover: LogIndex,
        /// This site.
        site: SiteId,
        /// Who wrote its last durable record; 0 if it has none.
        incarnation: Incarnation,
        /// Where that record stands.
        end: Position,
    },
    /// A site that holds the transaction log goes on with it, where none could.
    ResumeLog {
        /// In this state of the log.
        since: LogIndex,
    },
}

impl ControlCommand {
    /// Whether a leader could have proposed it, in a group of so many sites.
    pub fn is_plausible(&self, sites: usize) -> bool {
        match self {
            ControlCommand::DeclareDown { site }
            | ControlCommand::SiteReturned { site }
            | ControlCommand::RecordsLost { site } => site.index() < sites,
            ControlCommand::LogEnd { site, incarnation, end, .. } => {
                site.index() < sites && incarnation.0.0.max(end.0) < LIMIT
            }
            ControlCommand::OpenLog(open) => open.writer.index() < sites && open.since.0.max(open.end.0) < LIMIT,
            ControlCommand::SetCopies { members, .. } => members.iter().all(|site| site.index() < sites),
            _ => true,
        }
    }

    /// Whether it may end the authority of who writes the transaction log.
    pub fn fences(&self) -> bool {
        matches!(
            self,
            ControlCommand::RaiseEpoch { .. } | ControlCommand::OpenLog(_) | ControlCommand::ResumeLog { .. }
        )
    }
}
