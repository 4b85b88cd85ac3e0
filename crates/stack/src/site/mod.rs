//! A site of the stack: routes between the machines, applies what is committed.
//!
//! - [`requests`]: what clients asked, until it is answered
//! - `snapshots`: taking snapshots, and taking over those that arrive
//! - `log`: the transaction log's way through the site

mod log;
pub(crate) mod requests;
mod snapshots;

use crate::control::{Control, steps};
use crate::entry::{Entry, Payload};
use crate::health::Health;
use crate::io::{DiskToken, Input, Output};
use crate::memory::Memory;
use crate::message::Message;
use crate::pages::hash_bytes;
use crate::raft::{Context, Raft};
use crate::restart::ReadAtStart;
use crate::sessions::Sessions;
use crate::storage::identity::DiskId;
use crate::storage::standing::Standing;
use crate::storage::{self, Storage};
use crate::switches::Switches;
use crate::wal::{self, Wal};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use firedrill_model::rng::mix;
use firedrill_model::{Epoch, LogIndex, Observation, Op, Response, Rng, Role, SiteId, StackConfig, Term, Time};
use log::LogDesk;
use requests::Requests;
use snapshots::Taking;

/// The stream from which the name of a new disk is drawn.
const DISK: u64 = u64::from_le_bytes(*b"new disk");
/// So many digests of recently applied entries are kept.
const DIGESTS: usize = 1024;
/// The digest is told at every entry whose index is a multiple of this.
const TELL_DIGEST: u64 = 64;

/// A site. It does nothing by itself: see the crate's documentation.
#[derive(Clone, Debug)]
pub struct Site {
    config: Arc<StackConfig>,
    me: SiteId,
    storage: Storage,
    raft: Raft,
    health: Health,
    sessions: Sessions,
    control: Control,
    requests: Requests,
    has_log: bool,
    wal: Wal,
    log_desk: LogDesk,
    taking: Taking,
    switches: Switches,
    applied: LogIndex,
    digests: VecDeque<u64>,
    /// A control entry that was proposed and is not applied yet.
    proposed: LogIndex,
    stopped: bool,
    /// What the inputs made due has not been done since this instant.
    unsettled: Option<Time>,
    out: VecDeque<Output>,
}

impl Site {
    /// The site `me` of `config`, as a process that has not started yet.
    pub fn new(config: Arc<StackConfig>, me: SiteId, rng: Rng) -> Site {
        Site {
            me,
            config: config.clone(),
            taking: Taking::Idle,
            storage: Storage::new(DiskId::drawn(rng.split(DISK).bits())),
            has_log: config.transaction_log.is_some(),
            wal: Wal::new(&config, me, &rng),
            log_desk: LogDesk::default(),
            raft: Raft::new(config.clone(), me, rng),
            health: Health::new(config.clone(), me),
            sessions: Sessions::default(),
            control: Control::new(config.clone()),
            requests: Requests::new(config.raft.election_timeout),
            switches: Switches::new(config.hazards),
            applied: LogIndex(0),
            digests: VecDeque::from([0]),
            proposed: LogIndex(0),
            stopped: false,
            unsettled: None,
            out: VecDeque::new(),
        }
    }

    /// Tells the site a fact. Several may be told before the outputs are asked for: what they make due is then done for all of them at
    /// once, so that many requests share a message and a sync. `now` is the site's own clock, which must not run backwards by more than what its skew says.
    pub fn handle(&mut self, now: Time, input: Input) {
        if self.stopped {
            return;
        }
        if self.storage.ready() {
            self.tick(now);
        }
        match input {
            Input::Started => {
                self.out.push_back(Output::Observe(Observation::Started));
                self.storage.start(&mut self.out);
                self.wal.start(&mut self.out);
            }
            Input::KeyGiven { key } => self.wal.key_given(key, &mut self.out),
            Input::TimePassed => {}
            Input::FilesListed { token, result } if !is_of_log(token) => {
                let progress = self.storage.files_listed(token, result, &mut self.out);
                self.disk_progressed(now, progress);
            }
            Input::FilesListed { token, result } => {
                let failed = self.wal.files_listed(token, result, &mut self.out);
                self.log_progressed(failed);
            }
            Input::FileRead { token, result } if is_of_log(token) => {
                let failed = self.wal.file_read(token, result, &mut self.switches, &mut self.out);
                self.log_progressed(failed);
            }
            Input::Synced { token } if is_of_log(token) => self.wal.synced(now, token),
            Input::MessageReceived { from, message } => self.message_received(now, from, message),
            Input::RequestReceived { ticket, request } => {
                self.request_received(now, requests::Origin::Client(ticket), request);
            }
            Input::FileRead { token, result } => {
                let progress = self.storage.file_read(token, result, &mut self.out);
                self.disk_progressed(now, progress);
            }
            Input::Synced { token } => {
                let progress = self.storage.synced(token);
                self.disk_progressed(now, progress);
            }
            Input::SyncFailed { token, error } => {
                let file = self.wal.syncing(token);
                let progress = self.storage.sync_failed((token, error), file, &mut self.switches, &mut self.out);
                self.disk_progressed(now, progress);
            }
            Input::WriteFailed { error, .. } => {
                let progress = self.storage.write_failed(error, &mut self.switches);
                self.disk_progressed(now, progress);
            }
        }
        self.unsettled = Some(now);
    }

    /// The next thing that the site wants done. To be asked until there is none.
    pub fn poll_output(&mut self) -> Option<Output> {
        if self.out.is_empty()
            && let Some(now) = self.unsettled.take()
        {
            self.settle(now);
        }
        self.out.pop_front()
    }

    /// When the site wants to be woken, by its own clock, once all outputs have been taken.
    pub fn poll_deadline(&self) -> Option<Time> {
        if self.stopped || !self.storage.ready() {
            return None;
        }
        let own = self.raft.deadline().min(self.health.deadline()).min(self.requests.deadline());
        Some(own.min(self.wal.deadline()))
    }

    fn context(&mut self, now: Time) -> (&mut Raft, Context<'_>) {
        let Site { raft, storage, out, switches, .. } = self;
        (raft, Context { now, storage, out, switches })
    }

    fn tick(&mut self, now: Time) {
        let (raft, mut ctx) = self.context(now);
        raft.tick(&mut ctx);
        self.health.tick(now, &mut self.out);
        self.requests.expire(now, &mut self.out);
    }

    fn message_received(&mut self, now: Time, from: SiteId, message: Message) {
        let is_peer = from != self.me && from.index() < self.control.sites();
        if !is_peer || !self.storage.established() {
            return;
        }
        match message {
            Message::Raft(message) => {
                let (raft, mut ctx) = self.context(now);
                raft.receive(&mut ctx, from, message);
            }
            Message::HealthCheck { nonce } => {
                self.out.push_back(Output::Send { to: from, message: Message::HealthReply { nonce } });
            }
            Message::HealthReply { .. } => self.health.answered(now, from, &mut self.out),
            Message::Forward { id, term, request } => {
                self.forward_received(now, from, id, term, request);
            }
            Message::ForwardReply { id, response } => self.requests.forward_answered(id, response, &mut self.out),
            Message::Log(message) => self.log_message_received(now, from, message),
        }
    }

    fn disk_progressed(&mut self, now: Time, progress: storage::Progress) {
        match progress {
            storage::Progress::None => {}
            storage::Progress::Recovered(found) => {
                let found = *found;
                if let Some(image) = &found.image {
                    self.take_over(image);
                }
                if self.stopped {
                    return;
                }
                let observation = Observation::Recovered {
                    last_index: found.log.last_index(),
                    term: found.meta.term,
                    damaged: matches!(found.meta.standing, Standing::Refilling | Standing::Learner),
                };
                self.out.push_back(Output::Observe(observation));
                self.storage.raise_epoch(self.control.epoch());
                self.requests.begin(self.storage.process(), found.meta.term);
                let (raft, mut ctx) = self.context(now);
                raft.recovered(&mut ctx, found);
                self.health.start(now);
            }
            storage::Progress::MetaDurable | storage::Progress::LogDurable => {
                let (raft, mut ctx) = self.context(now);
                raft.disk_progressed(&mut ctx);
            }
            storage::Progress::SnapshotWritten => self.snapshot_written(now),
            storage::Progress::Failed(error) => {
                self.stop(Observation::DiskFailed { error: format!("{error:?}") });
            }
        }
    }

    /// The transaction log's disk answered; it may have found that the site must stop.
    fn log_progressed(&mut self, failed: Option<String>) {
        if let Some(error) = failed {
            self.stop(Observation::DiskFailed { error });
        }
    }

    /// Stops for good: a site that can't trust itself says nothing more. What waits to be sent may be untrue, and is dropped.
    fn stop(&mut self, why: Observation) {
        self.stopped = true;
        self.out.clear();
        self.out.push_back(Output::Observe(why));
    }

    /// After the inputs: applies what is committed, takes the next step, answers, and sends and writes what that made due.
    fn settle(&mut self, now: Time) {
        if !self.storage.ready() || self.stopped {
            return;
        }
        if let Some(index) = self.raft.diverged() {
            return self.stop(Observation::Diverged { index });
        }
        let (raft, mut ctx) = self.context(now);
        raft.open_gate(&mut ctx);
        self.apply_installed();
        if self.stopped {
            return;
        }
        self.apply_committed();
        self.snapshot_step();
        self.propose_step(now);
        self.answer(now);
        self.settle_log(now);
        let (raft, mut ctx) = self.context(now);
        raft.flush(&mut ctx);
        self.storage.flush(&mut self.out);
        while let Some(hazard) = self.switches.newly_reached() {
            self.out.push_back(Output::Observe(Observation::HazardReached { hazard: hazard.number() }));
        }
    }

    fn apply_committed(&mut self) {
        while self.applied < self.raft.commit() {
            let Some(entry) = self.raft.log().get(self.applied.next()).cloned() else {
                return;
            };
            self.applied = entry.index;
            let response = self.apply(&entry);
            self.chain_digest(&entry, response.as_ref());
            if let Some(response) = response {
                self.requests.applied(entry.index, response);
            }
        }
    }

    fn apply(&mut self, entry: &Entry) -> Option<Response> {
        match &entry.payload {
            Payload::Noop => None,
            Payload::Session(command) => Some(self.sessions.apply(command)),
            Payload::Control(command) => {
                for observation in self.control.apply(entry.index, *command, &mut self.switches) {
                    self.out.push_back(Output::Observe(observation));
                }
                self.storage.raise_epoch(self.control.epoch());
                self.raft.set_preferred(self.control.primary());
                None
            }
        }
    }

    /// The digest covers every entry and every result, in order.
    fn chain_digest(&mut self, entry: &Entry, response: Option<&Response>) {
        let mut digest = mix(self.applied_digest() ^ mix(entry.index.0) ^ mix(entry.term.0).rotate_left(17));
        match &entry.payload {
            Payload::Noop => {}
            Payload::Session(command) => {
                digest = mix(digest ^ mix(command.session.0) ^ command.seq);
                digest = hash_op(digest, &command.op);
                digest = hash_response(digest, response);
            }
            Payload::Control(command) => {
                digest = hash_bytes(digest, format!("{command:?}").as_bytes());
            }
        }
        if self.digests.len() == DIGESTS {
            self.digests.pop_front();
        }
        self.digests.push_back(digest);
        if self.applied.0.is_multiple_of(TELL_DIGEST) {
            self.out.push_back(Output::Observe(Observation::AppliedDigest { index: self.applied, digest }));
        }
    }

    /// As a leader that knows what is committed: proposes the next step of a failover, one at a time.
    fn propose_step(&mut self, now: Time) {
        if self.raft.role() != Role::Leader {
            // What it had proposed may never come.
            self.proposed = LogIndex(0);
            return;
        }
        let informed = self.applied >= self.raft.term_start();
        if !informed || self.raft.hands_over() || self.proposed > self.applied {
            return;
        }
        if let Some(command) = steps::next_step(&self.control, &self.health, self.me) {
            let (raft, mut ctx) = self.context(now);
            self.proposed = raft.propose(&mut ctx, Payload::Control(command));
        }
    }
}

fn is_of_log(token: DiskToken) -> bool {
    token.0 & wal::store::TOKEN != 0
}

fn hash_op(digest: u64, op: &Op) -> u64 {
    let digest = op.key().map_or(digest, |key| hash_bytes(digest, key.as_str().as_bytes()));
    match op {
        Op::Read { .. } | Op::Append { .. } | Op::Scan { .. } => mix(digest ^ 1),
        Op::Write { value, .. } => hash_bytes(mix(digest ^ 2), value.as_bytes()),
        Op::Cas { expected, value, .. } => {
            let digest = expected.as_ref().map_or(mix(digest ^ 3), |old| hash_bytes(mix(digest ^ 4), old.as_bytes()));
            hash_bytes(digest, value.as_bytes())
        }
    }
}

fn hash_response(digest: u64, response: Option<&Response>) -> u64 {
    use firedrill_model::OpResult;
    match response {
        Some(Response::Done(OpResult::Value(Some(value)))) => hash_bytes(mix(digest ^ 5), value.as_bytes()),
        Some(Response::Done(OpResult::Value(None))) => mix(digest ^ 6),
        Some(Response::Done(OpResult::Written)) => mix(digest ^ 7),
        Some(Response::Done(OpResult::Cas { swapped })) => mix(digest ^ 8 ^ (u64::from(*swapped) << 8)),
        Some(_) | None => mix(digest ^ 9),
    }
}

/// What the site looks like inside: for invariants and reports.
impl Site {
    /// Whether it has given up, because its disk failed it. It does nothing more; what runs it should end it.
    pub fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether recovery from disk has ended, and nothing has stopped the site since.
    pub fn recovered(&self) -> bool {
        self.storage.ready() && !self.stopped
    }

    /// What is in memory that grows with what is asked.
    pub fn memory(&self) -> Memory {
        Memory {
            replicated_log: self.raft.log().memory(),
            waiting_for_disk: self.storage.memory(),
            transaction_log: self.wal.memory(),
            retries: self.wal.retries_memory(),
            requests: self.requests.memory(),
        }
    }

    /// What was read of the disk when the process started.
    pub fn read_at_start(&self) -> ReadAtStart {
        ReadAtStart { transaction_log_bytes: self.wal.bytes_read_at_start(), ..self.storage.read_at_start() }
    }

    /// The Raft role.
    pub fn role(&self) -> Role {
        self.raft.role()
    }

    /// The Raft term.
    pub fn term(&self) -> Term {
        self.raft.term()
    }

    /// The highest fencing epoch that the site has accepted.
    pub fn epoch(&self) -> Epoch {
        self.storage.epoch()
    }

    /// The primary, as far as the site has applied the log.
    pub fn primary(&self) -> SiteId {
        self.control.primary()
    }

    /// Committed up to here.
    pub fn commit_index(&self) -> LogIndex {
        self.raft.commit()
    }

    /// Applied up to here.
    pub fn applied_index(&self) -> LogIndex {
        self.applied
    }

    /// The digest of all that was applied.
    pub fn applied_digest(&self) -> u64 {
        self.digests.back().copied().unwrap_or_default()
    }

    /// Where the transaction log ends, durably, and by whom, in one number; 0 if there is none, or nothing in it. Two sites that agree in it have
    /// the same log: incarnations rise along a log, so that the last one tells the whole.
    pub fn log_digest(&self) -> u64 {
        let end = self.log_durable();
        let Some(incarnation) = self.log_incarnation(end).filter(|_| end.0 > 0) else {
            return 0;
        };
        // Fibonacci hashing (Knuth, TAOCP 6.4) of each, so that neither undoes the other.
        let spread = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        spread(end.0) ^ spread(incarnation.0.0).rotate_left(32)
    }

    /// The digest as it was when `index` had been applied; `None` if that is too long ago or still to come.
    pub fn digest_at(&self, index: LogIndex) -> Option<u64> {
        let back = self.applied.0.checked_sub(index.0)? as usize;
        self.digests.len().checked_sub(back + 1).and_then(|at| self.digests.get(at)).copied()
    }

    /// The last entry.
    pub fn last_index(&self) -> LogIndex {
        self.raft.log().last_index()
    }

    /// The term of an entry; 0 for the place before the first.
    pub fn entry_term(&self, index: LogIndex) -> Option<Term> {
        self.raft.log().term(index)
    }

    /// How many sessions are stored.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }
}
