//! Entries from the leader to the others, and what is committed.

use super::{Context, Raft};
use crate::entry::Entry;
use crate::io::Output;
use crate::message::RaftMessage;
use crate::storage::standing::Standing;
use alloc::vec::Vec;
use firedrill_model::{LogIndex, Observation, Role, SiteId, Term, Time};

/// A message holds no more bytes of entries than this, unless a single entry is larger.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// What of a leader's message is echoed, and whether its epoch was accepted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) round: u64,
    pub(super) sent: Time,
    pub(super) accepted: bool,
}

/// An acknowledgement that a follower owes until the entries are durable.
#[derive(Clone, Copy, Debug)]
pub struct AckOwed {
    leader: SiteId,
    matched: LogIndex,
    acknowledged: LogIndex,
    answer: Answer,
}

impl AckOwed {
    /// Up to this entry, to this leader.
    pub(super) fn new(leader: SiteId, matched: LogIndex, answer: Answer) -> AckOwed {
        AckOwed { leader, matched, acknowledged: LogIndex(0), answer }
    }
}

impl Raft {
    pub(super) fn tick_leader(&mut self, ctx: &mut Context<'_>) {
        if ctx.now >= self.quorum_check_at {
            self.check_quorum(ctx);
        }
        if self.role == Role::Leader && ctx.now >= self.heartbeat_at {
            for site in self.peers().iter() {
                self.progress[site.index()].probe_sent = false;
            }
            self.resend_pieces();
            self.round_wanted = true;
            self.round_began = Time::ZERO;
        }
        if self.role == Role::Leader && ctx.now >= self.transfer_at {
            self.transfer_due(ctx);
        }
    }

    /// Sends entries that are due, and a heartbeat to those who get none when a round is to begin.
    pub(super) fn flush_leader(&mut self, ctx: &mut Context<'_>) {
        let begin = self.round_wanted && self.round_is_due(ctx.now);
        if self.entries_unsent || begin {
            self.round += 1;
            self.round_began = ctx.now;
            self.heartbeat_at = ctx.now + self.config.raft.heartbeat;
            self.round_wanted = false;
        }
        for to in self.peers().iter() {
            if self.needs_snapshot(to) {
                self.send_pieces(ctx, to);
            }
            let sent = self.send_entries(ctx, to);
            if !sent && (begin || self.entries_unsent) {
                let prev = self.progress[to.index()].next.prev();
                self.send_append(ctx, to, prev, Vec::new());
            }
        }
        self.entries_unsent = false;
        if self.quorum() == 1 {
            self.advance_commit(ctx);
        }
    }

    /// Sends all the entries that a follower may be sent; true if any.
    fn send_entries(&mut self, ctx: &mut Context<'_>, to: SiteId) -> bool {
        let raft = &self.config.raft;
        let (batch, in_flight) = (raft.max_batch as usize, raft.max_in_flight);
        let mut any = false;
        loop {
            let progress = &self.progress[to.index()];
            if progress.next > self.log.last_index() || self.needs_snapshot(to) || !progress.may_send(in_flight) {
                return any;
            }
            let prev = progress.next.prev();
            let entries = self.log.after(prev, batch, MAX_BATCH_BYTES);
            let Some(last) = entries.last().map(|entry| entry.index) else {
                return any;
            };
            self.send_append(ctx, to, prev, entries);
            self.progress[to.index()].sent(last);
            any = true;
        }
    }

    fn send_append(&mut self, ctx: &mut Context<'_>, to: SiteId, prev_index: LogIndex, entries: Vec<Entry>) {
        // A heartbeat to a follower that needs a snapshot says nothing about entries: all logs agree before the first.
        let prev_index = if self.needs_snapshot(to) { LogIndex(0) } else { prev_index };
        let message = RaftMessage::Append {
            term: self.term,
            prev_index,
            prev_term: self.log.term(prev_index).unwrap_or_default(),
            entries,
            commit: self.commit,
            epoch: ctx.storage.epoch(),
            round: self.round,
            sent: ctx.now,
            disk: self.progress[to.index()].disk,
            incarnation: self.progress[to.index()].incarnation,
            confirmed: self.confirmed_since_heard(to),
        };
        self.send(ctx, to, message);
    }

    /// A leader's message arrived.
    pub(super) fn append_received(&mut self, ctx: &mut Context<'_>, from: SiteId, message: RaftMessage) {
        let RaftMessage::Append {
            term,
            prev_index,
            prev_term,
            entries,
            commit,
            epoch,
            round,
            sent,
            disk,
            incarnation,
            confirmed,
        } = message
        else {
            return;
        };
        let heard = (disk, incarnation);
        let mut answer = Answer { round, sent, accepted: false };
        if term < self.term {
            return self.refuse(ctx, from, prev_index, LogIndex(0), answer);
        }
        self.follow(ctx, term, from);
        answer.accepted = epoch >= ctx.storage.epoch();
        ctx.storage.raise_epoch(epoch);

        let base = self.log.base();
        let (prev_index, prev_term, entries) = if prev_index < base {
            // What was dropped here is committed, so the leader has it too.
            let rest: Vec<Entry> = entries.into_iter().skip_while(|entry| entry.index <= base).collect();
            (base, self.log.term(base).unwrap_or_default(), rest)
        } else {
            (prev_index, prev_term, entries)
        };
        if self.log.term(prev_index) != Some(prev_term) {
            // The last entry at or before which the logs may agree: whole terms are skipped (Raft §5.3).
            let hint = self.log.last_up_to(prev_index, prev_term).max(self.commit);
            return self.refuse(ctx, from, prev_index, hint, answer);
        }
        let matched = LogIndex(prev_index.0 + entries.len() as u64);
        let heartbeat = entries.is_empty();
        if !self.take_entries(ctx, entries) {
            return;
        }
        self.commit = self.commit.max(commit.min(matched));
        self.overtake_incoming(ctx);
        if heard == (ctx.storage.disk(), ctx.storage.incarnation()) {
            self.refilled(ctx, from, commit, confirmed);
        }
        let durable = ctx.storage.durable_index();
        if heartbeat || durable >= matched {
            self.acknowledge(ctx, from, matched.min(durable), answer);
        } else {
            self.owe(from, matched, prev_index, answer);
        }
    }

    /// The leader of this term speaks.
    pub(super) fn follow(&mut self, ctx: &mut Context<'_>, term: Term, leader: SiteId) {
        self.become_follower(ctx, term, Some(leader));
        self.heard_leader = Some(ctx.now);
        self.reset_election_timer(ctx.now);
    }

    /// Will acknowledge entries up to `matched` when they are durable. A message that came out of order takes back nothing of what is owed already.
    fn owe(&mut self, leader: SiteId, matched: LogIndex, prev_index: LogIndex, answer: Answer) {
        let owed = self.ack_owed.filter(|owed| owed.leader == leader);
        self.ack_owed = Some(match owed {
            None => AckOwed::new(leader, matched, answer),
            Some(owed) => AckOwed {
                leader,
                matched: matched.max(owed.matched),
                acknowledged: owed.acknowledged.min(prev_index),
                answer: if answer.round >= owed.answer.round { answer } else { owed.answer },
            },
        });
    }

    /// Appends what is new, from the first entry that conflicts on. False if that would undo what is committed.
    fn take_entries(&mut self, ctx: &mut Context<'_>, entries: Vec<Entry>) -> bool {
        for entry in entries {
            match self.log.term(entry.index) {
                Some(term) if term == entry.term => continue,
                Some(_) if entry.index <= self.commit => {
                    self.diverged = Some(entry.index);
                    return false;
                }
                Some(_) => self.log.truncate(entry.index.prev()),
                None => {}
            }
            if entry.index != self.log.last_index().next() || entry.term < self.log.last_term() {
                return false;
            }
            self.append(ctx, entry);
        }
        true
    }

    /// Once a damaged site has again all that was committed, on its disk, it takes part in full. What was committed is known from a leader that has committed in its
    /// own term, and that has heard of this process, so that its `commit` covers all that it ever counted this site for. A learner may have helped a later leader; it
    /// takes the word only of one that a quorum accepted since.
    fn refilled(&mut self, ctx: &mut Context<'_>, source: SiteId, commit: LogIndex, confirmed: bool) {
        if self.log.term(commit) != Some(self.term) || ctx.storage.durable_index() < commit {
            return;
        }
        self.caught_up |= self.standing == Standing::Learner && confirmed;
        if self.standing == Standing::Refilling {
            self.set_standing(ctx, Standing::Full);
            for (area, from, to) in core::mem::take(&mut self.holes) {
                let refilled = Observation::HoleRefilled { area, from: from.0, to: to.0, source };
                ctx.out.push_back(Output::Observe(refilled));
            }
        }
    }

    pub(super) fn acknowledge(&self, ctx: &mut Context<'_>, to: SiteId, index: LogIndex, answer: Answer) {
        self.answer(ctx, to, true, index, index, answer);
    }

    pub(super) fn refuse(&self, ctx: &mut Context<'_>, to: SiteId, index: LogIndex, hint: LogIndex, answer: Answer) {
        self.answer(ctx, to, false, index, hint, answer);
    }

    fn answer(&self, ctx: &mut Context<'_>, to: SiteId, ok: bool, index: LogIndex, hint: LogIndex, answer: Answer) {
        let message = RaftMessage::AppendResponse {
            term: self.term,
            ok,
            index,
            hint,
            hint_term: self.log.term(hint).unwrap_or_default(),
            round: answer.round,
            sent: answer.sent,
            accepted: answer.accepted,
            standing: self.standing,
            disk: ctx.storage.disk(),
            incarnation: ctx.storage.incarnation(),
        };
        self.send_when_durable(ctx, to, message);
    }

    /// Sends an owed acknowledgement as far as the log is durable now.
    pub(super) fn send_owed_ack(&mut self, ctx: &mut Context<'_>) {
        let Some(owed) = &mut self.ack_owed else {
            return;
        };
        let index = owed.matched.min(ctx.storage.durable_index());
        if index <= owed.acknowledged {
            return;
        }
        owed.acknowledged = index;
        let owed = *owed;
        if index >= owed.matched {
            self.ack_owed = None;
        }
        self.acknowledge(ctx, owed.leader, index, owed.answer);
    }

    /// A follower answered.
    pub(super) fn append_answered(&mut self, ctx: &mut Context<'_>, from: SiteId, message: &RaftMessage) {
        let (&RaftMessage::AppendResponse { term, round, sent, accepted, standing, disk, incarnation, .. }
        | &RaftMessage::InstallResponse { term, round, sent, accepted, standing, disk, incarnation, .. }) = message
        else {
            return;
        };
        if term > self.term {
            return self.become_follower(ctx, term, None);
        }
        if term < self.term || self.role != Role::Leader {
            return;
        }
        let progress = &mut self.progress[from.index()];
        if !progress.hears((disk, incarnation), standing, self.round) {
            return;
        }
        if progress.counts() {
            progress.answered_at = progress.answered_at.max(sent.min(ctx.now));
            if accepted {
                progress.accepted_round = progress.accepted_round.max(round.min(self.round));
            }
        }
        match *message {
            RaftMessage::AppendResponse { ok: true, index, .. } => progress.matches(index.min(self.log.last_index())),
            RaftMessage::AppendResponse { index, hint, hint_term, .. } => {
                progress.rejects(index, self.log.last_up_to(hint, hint_term));
            }
            RaftMessage::InstallResponse { index, next, .. } => self.piece_answered(from, index, next),
            _ => {}
        }
        self.end_install(from);
        self.advance_commit(ctx);
        if from == self.preferred {
            self.tell_preferred(ctx);
        }
    }

    /// Commits the last entry of the own term that is durable on a quorum, and with it all before (Raft §5.4.2, figure 8).
    pub(super) fn advance_commit(&mut self, ctx: &mut Context<'_>) {
        let matched = |site: SiteId| {
            let progress = &self.progress[site.index()];
            if progress.counts() { progress.matched } else { LogIndex(0) }
        };
        let mut matched: Vec<LogIndex> = self.peers().iter().map(matched).collect();
        matched.push(ctx.storage.durable_index());
        matched.sort_unstable_by(|a, b| b.cmp(a));
        let index = matched[self.quorum() - 1];
        if index > self.commit && self.log.term(index) == Some(self.term) {
            self.commit = index;
        }
    }
}
