//! What the shell runs.

use firedrill_model::{Epoch, LogIndex, Role, SiteId, Term, Time};
use firedrill_stack::Site;
use firedrill_stack::io::{Input, Output};
use firedrill_stack::restart::ReadAtStart;
use serde::{Deserialize, Serialize};

/// A machine without clock, thread, file or socket: the site, or a stand-in in the tests of the shell.
pub trait Machine: Send + 'static {
    /// Takes in a fact.
    fn handle(&mut self, now: Time, input: Input);
    /// The next thing that it wants done, in order.
    fn poll_output(&mut self) -> Option<Output>;
    /// When it next wants to be told that time passed.
    fn poll_deadline(&self) -> Option<Time>;
    /// How it stands.
    fn status(&self) -> Status;
    /// Whether it has stopped for good, and says nothing more.
    fn has_stopped(&self) -> bool;
}

/// How a site stands, for people and for the report at a run's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether it takes part: it has read its disk, and nothing has stopped it since.
    pub recovered: bool,
    /// Its Raft role.
    pub role: Role,
    /// Its Raft term.
    pub term: Term,
    /// The highest fencing epoch that it has accepted.
    pub epoch: Epoch,
    /// The primary of that control state which it has applied.
    pub primary: SiteId,
    /// It applied the log up to this entry.
    pub applied: LogIndex,
    /// The digest of its applied state, in hexadecimal (16 digits: JSON's numbers end at 2^53).
    #[serde(with = "hex")]
    pub digest: u64,
    /// The digest of its transaction log, likewise; 0 if it has none.
    #[serde(with = "hex")]
    pub log_digest: u64,
    /// What it read of its disk when it started.
    pub read_at_start: ReadAtStart,
}

impl Machine for Site {
    fn handle(&mut self, now: Time, input: Input) {
        Site::handle(self, now, input);
    }

    fn poll_output(&mut self) -> Option<Output> {
        Site::poll_output(self)
    }

    fn poll_deadline(&self) -> Option<Time> {
        Site::poll_deadline(self)
    }

    fn status(&self) -> Status {
        Status {
            recovered: self.recovered(),
            primary: self.primary(),
            role: self.role(),
            term: self.term(),
            epoch: self.epoch(),
            applied: self.applied_index(),
            digest: self.applied_digest(),
            log_digest: self.log_digest(),
            read_at_start: self.read_at_start(),
        }
    }

    fn has_stopped(&self) -> bool {
        Site::has_stopped(self)
    }
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{value:016x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        u64::from_str_radix(&String::deserialize(from)?, 16).map_err(D::Error::custom)
    }
}
