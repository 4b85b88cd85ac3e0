//! What the simulator asks of a site's process. The stack's [`Site`] is one; tests of the physics bring scripted ones.

use firedrill_model::{Epoch, LogIndex, Position, Rng, Role, SiteId, SiteSet, StackConfig, Term, Time};
use firedrill_stack::Site;
use firedrill_stack::io::{Input, Output};
use firedrill_stack::wal::segment::Incarnation;
use std::sync::Arc;

/// A sans-IO process: told facts, asked what it wants done and when it wants to be woken.
pub trait Process: Clone {
    /// A process that has not been told anything yet.
    fn new(config: Arc<StackConfig>, me: SiteId, rng: Rng) -> Self;

    /// Tells it a fact; `now` is by the site's own clock.
    fn handle(&mut self, now: Time, input: Input);

    /// What it wants done next.
    fn poll_output(&mut self) -> Option<Output>;

    /// When it wants to be woken, by the site's own clock.
    fn poll_deadline(&self) -> Option<Time>;

    /// Its insides, for the invariants.
    fn insides(&self) -> Insides;

    /// The digest of what it has applied so far.
    fn applied_digest(&self) -> u64;

    /// The digest of its transaction log; 0 if it has none.
    fn log_digest(&self) -> u64 {
        0
    }

    /// The digest of what it had applied up to a recent entry.
    fn digest_at(&self, index: LogIndex) -> Option<u64>;

    /// The term of an entry of its log.
    fn entry_term(&self, index: LogIndex) -> Option<Term>;

    /// What it writes of the transaction log around a record, if it is the writer, as far as it knows.
    fn writes(&self, _position: Position) -> Option<Writes> {
        None
    }

    /// Whether it has given up, as it does when its disk fails it; its machine ends it then.
    fn has_stopped(&self) -> bool {
        false
    }
}

/// What a writer of the transaction log knows when it acknowledges a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writes {
    /// Its incarnation.
    pub incarnation: Incarnation,
    /// The fencing epoch.
    pub epoch: Epoch,
    /// The synchronous copies.
    pub members: SiteSet,
    /// A record, and who wrote it.
    pub record: (Position, Option<Incarnation>),
}

impl Writes {
    /// Who wrote the record that is acknowledged.
    pub fn incarnation_of(&self, position: Position) -> Option<Incarnation> {
        self.record.1.filter(|_| self.record.0 == position)
    }
}

/// A process's insides, as far as they tell whether anything has to be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Insides {
    /// Its Raft role.
    pub role: Role,
    /// Its term.
    pub term: Term,
    /// The last entry that it knows to be committed.
    pub commit: LogIndex,
    /// The last entry that it has applied.
    pub applied: LogIndex,
}

impl Process for Site {
    fn new(config: Arc<StackConfig>, me: SiteId, rng: Rng) -> Site {
        Site::new(config, me, rng)
    }

    fn handle(&mut self, now: Time, input: Input) {
        Site::handle(self, now, input);
    }

    fn poll_output(&mut self) -> Option<Output> {
        Site::poll_output(self)
    }

    fn poll_deadline(&self) -> Option<Time> {
        Site::poll_deadline(self)
    }

    fn insides(&self) -> Insides {
        Insides { role: self.role(), term: self.term(), commit: self.commit_index(), applied: self.applied_index() }
    }

    fn applied_digest(&self) -> u64 {
        Site::applied_digest(self)
    }

    fn log_digest(&self) -> u64 {
        Site::log_digest(self)
    }

    fn digest_at(&self, index: LogIndex) -> Option<u64> {
        Site::digest_at(self, index)
    }

    fn entry_term(&self, index: LogIndex) -> Option<Term> {
        Site::entry_term(self, index)
    }

    fn writes(&self, position: Position) -> Option<Writes> {
        let incarnation = self.writes_log()?;
        let record = (position, self.log_incarnation(position));
        Some(Writes { incarnation, epoch: self.epoch(), members: self.log_state().members, record })
    }

    fn has_stopped(&self) -> bool {
        Site::has_stopped(self)
    }
}
