//! Who leads: elections, pre-votes, leases, transfer.

use super::{Context, Raft};
use crate::entry::Payload;
use crate::io::Output;
use crate::message::{Message, RaftMessage};
use crate::storage::Gated;
use firedrill_model::time::nanos;
use firedrill_model::{Hazard, LogIndex, Role, SiteId, SiteSet, Term, Time};

/// How far a transfer of leadership is (dissertation §3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    /// None is under way.
    Idle,
    /// Nothing is proposed until the preferred site has everything.
    CatchingUp,
    /// The preferred site was told to hold an election; still nothing is proposed, so that it can win.
    Told,
}

impl Raft {
    /// Draws when an election is due: for the preferred site from 1 to 1.4, for the others from 1.4 to 2 election timeouts from now.
    pub(super) fn reset_election_timer(&mut self, now: Time) {
        let base = nanos(self.config.raft.election_timeout);
        let (low, high) = if self.preferred == self.me { (base, base / 10 * 14) } else { (base / 10 * 14, base * 2) };
        self.election_at = now + core::time::Duration::from_nanos(self.rng.between(low, high));
    }

    /// Whether a leader was heard within the shortest election timeout, so that its lease holds.
    fn in_lease(&self, now: Time) -> bool {
        self.role == Role::Leader
            || self.heard_leader.is_some_and(|heard| now.since(heard) < self.config.raft.election_timeout)
    }

    fn abstains(&self) -> bool {
        self.standing.abstains()
    }

    /// No leader was heard for too long.
    pub(super) fn election_due(&mut self, ctx: &mut Context<'_>) {
        self.leader = None;
        if self.abstains() {
            self.reset_election_timer(ctx.now);
        } else if self.config.raft.pre_vote {
            self.ask_whether(ctx);
        } else {
            self.campaign(ctx, false);
        }
    }

    fn ask_whether(&mut self, ctx: &mut Context<'_>) {
        self.become_role(ctx, Role::PreCandidate);
        self.reset_election_timer(ctx.now);
        self.votes = SiteSet::only(self.me);
        if self.votes.len() >= self.quorum() {
            return self.campaign(ctx, false);
        }
        for to in self.peers().iter() {
            self.send(ctx, to, self.vote_request(self.term.next(), true, false));
        }
    }

    /// Holds an election.
    pub(super) fn campaign(&mut self, ctx: &mut Context<'_>, transfer: bool) {
        if self.abstains() {
            return;
        }
        self.term = self.term.next();
        self.voted_for = Some(self.me);
        self.leader = None;
        self.votes = SiteSet::EMPTY;
        // What is owed to the leader of the old term must not be said in the new one, where that leader may lead again.
        self.ack_owed = None;
        ctx.storage.set_vote(self.term, self.voted_for);
        self.become_role(ctx, Role::Candidate);
        self.reset_election_timer(ctx.now);
        ctx.storage.send_when_durable(Gated::OwnVote(self.term));
        for to in self.peers().iter() {
            self.send_when_durable(ctx, to, self.vote_request(self.term, false, transfer));
        }
    }

    fn vote_request(&self, term: Term, pre_vote: bool, transfer: bool) -> RaftMessage {
        let (last_index, last_term) = (self.log.last_index(), self.log.last_term());
        RaftMessage::VoteRequest { term, last_index, last_term, pre_vote, transfer }
    }

    fn become_role(&mut self, ctx: &mut Context<'_>, role: Role) {
        if self.role != role || role == Role::Candidate {
            self.role = role;
            self.observe_role(ctx);
        }
    }

    /// Follows in this term, which is not lower than the own.
    pub(super) fn become_follower(&mut self, ctx: &mut Context<'_>, term: Term, leader: Option<SiteId>) {
        let changed = term != self.term || self.role != Role::Follower;
        if term > self.term {
            self.term = term;
            self.voted_for = None;
            ctx.storage.set_vote(term, None);
        }
        if self.role == Role::Leader {
            self.reset_election_timer(ctx.now);
        }
        self.role = Role::Follower;
        self.leader = leader;
        if changed {
            self.ack_owed = None;
            self.observe_role(ctx);
        }
    }

    /// A vote, or whether it would be given, was asked for.
    pub(super) fn vote_requested(&mut self, ctx: &mut Context<'_>, from: SiteId, request: &RaftMessage) {
        let RaftMessage::VoteRequest { term, last_index, last_term, pre_vote, transfer } = *request else {
            return;
        };
        let lease = self.in_lease(ctx.now) && !transfer;
        let complete = self.at_least_as_complete(last_index, last_term);
        if pre_vote {
            let granted = term > self.term && !lease && complete && !self.abstains();
            let term = if granted { term } else { self.term };
            return self.send(ctx, from, RaftMessage::VoteResponse { term, granted, pre_vote });
        }
        if term > self.term {
            if lease && self.config.raft.check_quorum {
                return;
            }
            self.become_follower(ctx, term, None);
        }
        let free = self.voted_for.is_none_or(|voted| voted == from);
        let granted = term == self.term && free && complete && !self.abstains();
        if granted {
            self.become_role(ctx, Role::Follower);
            self.voted_for = Some(from);
            ctx.storage.set_vote(self.term, self.voted_for);
            self.reset_election_timer(ctx.now);
        }
        let response = RaftMessage::VoteResponse { term: self.term, granted, pre_vote };
        if granted && ctx.switches.on(Hazard::VoteBeforeDurable) {
            ctx.out.push_back(Output::Send { to: from, message: Message::Raft(response) });
        } else {
            self.send_when_durable(ctx, from, response);
        }
    }

    /// Whether a candidate's log has all that the own has.
    fn at_least_as_complete(&self, last_index: LogIndex, last_term: Term) -> bool {
        (last_term, last_index) >= (self.log.last_term(), self.log.last_index())
    }

    /// A vote, or whether it would be given, was answered.
    pub(super) fn vote_answered(
        &mut self,
        ctx: &mut Context<'_>,
        from: SiteId,
        term: Term,
        granted: bool,
        pre_vote: bool,
    ) {
        if !granted {
            if term > self.term {
                self.become_follower(ctx, term, None);
            }
            return;
        }
        if pre_vote && self.role == Role::PreCandidate && term == self.term.next() {
            self.votes.insert(from);
            if self.votes.len() >= self.quorum() {
                self.campaign(ctx, false);
            }
        } else if !pre_vote && self.role == Role::Candidate && term == self.term {
            self.count_vote(ctx, from);
        }
    }

    pub(super) fn count_vote(&mut self, ctx: &mut Context<'_>, from: SiteId) {
        self.votes.insert(from);
        if self.votes.len() >= self.quorum() {
            self.become_leader(ctx);
        }
    }

    fn become_leader(&mut self, ctx: &mut Context<'_>) {
        self.become_role(ctx, Role::Leader);
        self.leader = Some(self.me);
        let next = self.log.last_index().next();
        for progress in &mut self.progress {
            progress.restart(next, ctx.now);
        }
        self.heartbeat_at = ctx.now + self.config.raft.heartbeat;
        self.quorum_check_at = ctx.now + self.config.raft.election_timeout;
        self.transfer_at = ctx.now + self.config.raft.heartbeat;
        self.transfer = Transfer::Idle;
        self.transfer_commit = next;
        self.round_wanted = false;
        self.term_start = next;
        self.propose(ctx, Payload::Noop);
    }

    /// Whether leadership is being handed over, so that nothing may be proposed.
    pub fn hands_over(&self) -> bool {
        self.role == Role::Leader && self.transfer != Transfer::Idle
    }

    /// The next step of handing leadership to the preferred site is due: an attempt begins if that site has all that was committed a heartbeat interval ago,
    /// lasts no longer than that again, and is made at most once per election timeout.
    pub(super) fn transfer_due(&mut self, ctx: &mut Context<'_>) {
        let raft = &self.config.raft;
        if self.transfer != Transfer::Idle {
            self.transfer = Transfer::Idle;
            self.transfer_at = ctx.now + raft.election_timeout;
            return;
        }
        self.transfer_at = ctx.now + raft.heartbeat;
        if self.preferred == self.me || self.commit < self.term_start {
            return;
        }
        let progress = &self.progress[self.preferred.index()];
        let fresh = ctx.now.since(progress.answered_at) < raft.heartbeat * 2;
        let close = !progress.probing && progress.matched >= self.transfer_commit;
        self.transfer_commit = self.commit;
        if fresh && close && !progress.standing.abstains() {
            self.transfer = Transfer::CatchingUp;
            self.tell_preferred(ctx);
        }
    }

    /// Tells the preferred site to hold an election once it has everything.
    pub(super) fn tell_preferred(&mut self, ctx: &mut Context<'_>) {
        let to = self.preferred;
        let complete = self.progress[to.index()].matched == self.log.last_index();
        if self.transfer == Transfer::CatchingUp && complete {
            self.transfer = Transfer::Told;
            self.send(ctx, to, RaftMessage::TimeoutNow { term: self.term });
        }
    }

    /// Steps down if no quorum answered within an election timeout. What counts is when the answered messages were *sent*: answers that were
    /// delayed for long say nothing about now.
    pub(super) fn check_quorum(&mut self, ctx: &mut Context<'_>) {
        self.quorum_check_at = ctx.now + self.config.raft.election_timeout;
        if !self.config.raft.check_quorum {
            return;
        }
        let heard = |site: &SiteId| {
            let progress = &self.progress[site.index()];
            let age = ctx.now.since(progress.answered_at);
            progress.counts() && age < self.config.raft.election_timeout
        };
        let alive = 1 + self.peers().iter().filter(heard).count();
        if alive < self.quorum() {
            self.become_follower(ctx, self.term, None);
        }
    }
}
