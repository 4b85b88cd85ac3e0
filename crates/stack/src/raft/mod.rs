//! Consensus: the Raft algorithm (Ongaro & Ousterhout, USENIX ATC'14; Ongaro's dissertation, 2014), with pre-vote (§9.6), check-quorum (§6.2),
//! leadership transfer (§3.10) and linearizable reads (§6.4), over a disk that may lose what is not synced.
//!
//! - [`election`]: who leads
//! - [`replication`]: entries from the leader to the others; what is committed
//! - [`acceptance`]: the rounds by which a leader knows that a quorum still accepts it in the current fencing epoch; no reply leaves without
//! - [`joining`]: whether a site with a new disk may vote
//! - [`install`]: a snapshot for a follower that is too far behind
//! - [`progress`]: what a leader knows of a follower
//!
//! Time comes in with each call, randomness from a seeded stream; what is durable is asked of the storage.

pub mod acceptance;
pub mod election;
pub mod install;
pub mod joining;
pub mod progress;
pub mod replication;

use crate::entry::{Entry, Payload};
use crate::io::Output;
use crate::log::Log;
use crate::message::{Message, RaftMessage};
use crate::snapshot::Image;
use crate::storage::standing::Standing;
use crate::storage::{Gated, Storage};
use crate::switches::Switches;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{LogIndex, Observation, Rng, Role, SiteId, SiteSet, StackConfig, StorageArea, Term, Time};
use progress::Progress;

/// What the algorithm works on besides its own state.
pub struct Context<'a> {
    /// Now, by the site's clock.
    pub now: Time,
    /// The site's disk.
    pub storage: &'a mut Storage,
    /// Where outputs go.
    pub out: &'a mut VecDeque<Output>,
    /// Hazards.
    pub switches: &'a mut Switches,
}

/// One site's part in the consensus.
#[derive(Clone, Debug)]
pub struct Raft {
    config: Arc<StackConfig>,
    me: SiteId,
    rng: Rng,
    term: Term,
    voted_for: Option<SiteId>,
    role: Role,
    leader: Option<SiteId>,
    log: Log,
    commit: LogIndex,
    /// The site that should lead when it can: the primary of the committed control state.
    preferred: SiteId,
    /// What this site may still promise.
    standing: Standing,
    joining: joining::Joining,
    /// As a learner: it has all that was ever committed with the help of the disk that it lost.
    caught_up: bool,
    election_at: Time,
    heard_leader: Option<Time>,
    votes: SiteSet,
    /// As a leader.
    progress: Vec<Progress>,
    heartbeat_at: Time,
    quorum_check_at: Time,
    /// When the next step of a transfer of leadership is due.
    transfer_at: Time,
    transfer: election::Transfer,
    /// What was committed when the last step of a transfer was due.
    transfer_commit: LogIndex,
    /// The first entry of the own term as a leader.
    term_start: LogIndex,
    round: u64,
    round_began: Time,
    round_wanted: bool,
    entries_unsent: bool,
    /// As a follower: an acknowledgement that waits for the disk.
    ack_owed: Option<replication::AckOwed>,
    /// An entry that a leader contradicts although it was committed here.
    diverged: Option<LogIndex>,
    /// The state as of an entry, durable here, for followers that are too far behind.
    image: Option<Arc<Image>>,
    /// As a follower: a snapshot that arrives.
    incoming: Option<install::Incoming>,
    /// A snapshot that took the place of the log, to be applied.
    installed: Option<Arc<Image>>,
    /// Holes that were found and are not refilled.
    holes: Vec<(StorageArea, LogIndex, LogIndex)>,
}

impl Raft {
    /// A follower that knows nothing yet.
    pub fn new(config: Arc<StackConfig>, me: SiteId, rng: Rng) -> Raft {
        let sites = config.sites.len();
        Raft {
            config,
            me,
            rng,
            term: Term(0),
            voted_for: None,
            role: Role::Follower,
            leader: None,
            log: Log::default(),
            commit: LogIndex(0),
            preferred: SiteId(0),
            standing: Standing::Full,
            joining: joining::Joining::default(),
            caught_up: false,
            election_at: Time::MAX,
            heard_leader: None,
            votes: SiteSet::EMPTY,
            progress: alloc::vec![Progress::default(); sites],
            heartbeat_at: Time::MAX,
            quorum_check_at: Time::MAX,
            transfer_at: Time::MAX,
            transfer: election::Transfer::Idle,
            transfer_commit: LogIndex(0),
            term_start: LogIndex(0),
            round: 0,
            round_began: Time::ZERO,
            round_wanted: false,
            entries_unsent: false,
            ack_owed: None,
            diverged: None,
            image: None,
            incoming: None,
            installed: None,
            holes: Vec::new(),
        }
    }

    /// Takes over what the disk held, and begins to take part.
    pub fn recovered(&mut self, ctx: &mut Context<'_>, found: crate::storage::recover::Recovered) {
        self.term = found.meta.term;
        self.voted_for = found.meta.voted_for;
        self.log = found.log;
        self.commit = self.log.base();
        self.image = found.image;
        if let Some((area, from, to)) = found.hole {
            self.holes.push((area, from, to));
            ctx.out.push_back(Output::Observe(Observation::HoleFound { area, from: from.0, to: to.0 }));
        }
        self.standing = found.meta.standing;
        self.reset_election_timer(ctx.now);
        self.observe_role(ctx);
        self.ask_to_join(ctx);
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The term.
    pub fn term(&self) -> Term {
        self.term
    }

    /// Who leads, if that is known.
    pub fn leader(&self) -> Option<SiteId> {
        self.leader
    }

    /// Committed up to here.
    pub fn commit(&self) -> LogIndex {
        self.commit
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The first entry of the own term as a leader: until it is applied, a leader does not know what is committed.
    pub fn term_start(&self) -> LogIndex {
        self.term_start
    }

    /// An entry that a leader contradicts although it was committed here. The site must stop.
    pub fn diverged(&self) -> Option<LogIndex> {
        self.diverged
    }

    /// Says who should lead when it can.
    pub fn set_preferred(&mut self, site: SiteId) {
        self.preferred = site;
    }

    fn sites(&self) -> SiteSet {
        SiteSet::first(self.config.sites.len())
    }

    fn peers(&self) -> SiteSet {
        self.sites().without(self.me)
    }

    fn quorum(&self) -> usize {
        self.config.sites.len() / 2 + 1
    }

    fn observe_role(&self, ctx: &mut Context<'_>) {
        ctx.out.push_back(Output::Observe(Observation::RoleChanged { role: self.role, term: self.term }));
    }

    /// When the algorithm wants to be woken.
    pub fn deadline(&self) -> Time {
        if self.role != Role::Leader {
            return self.election_at.min(self.asks_at());
        }
        let round = if self.round_wanted { self.gathered_at() } else { Time::MAX };
        let due = self.heartbeat_at.min(self.quorum_check_at).min(round);
        if self.preferred == self.me { due } else { due.min(self.transfer_at) }
    }

    /// Time passed.
    pub fn tick(&mut self, ctx: &mut Context<'_>) {
        if self.role == Role::Leader {
            return self.tick_leader(ctx);
        }
        if ctx.now >= self.asks_at() {
            self.asking_due(ctx);
        }
        if ctx.now >= self.election_at {
            self.election_due(ctx);
        }
    }

    /// A leader proposes an entry; returns its place. Sent with the next [`Raft::flush`].
    pub fn propose(&mut self, ctx: &mut Context<'_>, payload: Payload) -> LogIndex {
        assert_eq!(self.role, Role::Leader, "only a leader proposes");
        let entry = Entry { index: self.log.last_index().next(), term: self.term, payload };
        let index = entry.index;
        self.append(ctx, entry);
        self.entries_unsent = true;
        index
    }

    fn append(&mut self, ctx: &mut Context<'_>, entry: Entry) {
        ctx.storage.append(&entry, self.log.last_term(), ctx.switches);
        self.log.push(entry);
    }

    /// A message of a peer arrived.
    pub fn receive(&mut self, ctx: &mut Context<'_>, from: SiteId, message: RaftMessage) {
        if !self.peers().contains(from) || !message.is_plausible(self.config.sites.len()) {
            return;
        }
        match message {
            RaftMessage::VoteRequest { .. } => self.vote_requested(ctx, from, &message),
            RaftMessage::VoteResponse { term, granted, pre_vote } => {
                self.vote_answered(ctx, from, term, granted, pre_vote);
            }
            RaftMessage::Append { .. } => self.append_received(ctx, from, message),
            RaftMessage::AppendResponse { .. } | RaftMessage::InstallResponse { .. } => {
                self.append_answered(ctx, from, &message);
            }
            RaftMessage::InstallSnapshot { .. } => self.piece_received(ctx, from, message),
            RaftMessage::JoinRequest { disk } => self.join_requested(ctx, from, disk),
            RaftMessage::JoinResponse { disk, first, own } => {
                ctx.storage.register(from, own);
                self.join_answered(ctx, from, (disk, first));
            }
            RaftMessage::TimeoutNow { term } => {
                if term == self.term && self.role == Role::Follower {
                    self.campaign(ctx, true);
                }
            }
        }
    }

    /// The disk went on: acknowledges what is durable now.
    pub fn disk_progressed(&mut self, ctx: &mut Context<'_>) {
        self.send_owed_ack(ctx);
        if self.role == Role::Leader {
            self.advance_commit(ctx);
        }
    }

    /// Lets out what waits behind the gate for term and vote to be durable, if they are.
    pub fn open_gate(&mut self, ctx: &mut Context<'_>) {
        while let Some(gated) = ctx.storage.open_gate() {
            match gated {
                Gated::Send(to, message) => ctx.out.push_back(Output::Send { to, message }),
                Gated::OwnVote(term) => {
                    if term == self.term && self.role == Role::Candidate {
                        self.count_vote(ctx, self.me);
                    }
                }
            }
        }
    }

    /// Sends what the handled input made due.
    pub fn flush(&mut self, ctx: &mut Context<'_>) {
        if self.role == Role::Leader {
            self.flush_leader(ctx);
        }
    }

    fn send(&self, ctx: &mut Context<'_>, to: SiteId, message: RaftMessage) {
        ctx.out.push_back(Output::Send { to, message: Message::Raft(message) });
    }

    /// Sends a message that must not leave before term and vote are durable.
    fn send_when_durable(&self, ctx: &mut Context<'_>, to: SiteId, message: RaftMessage) {
        ctx.storage.send_when_durable(Gated::Send(to, Message::Raft(message)));
    }
}
