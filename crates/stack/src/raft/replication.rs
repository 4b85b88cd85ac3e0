//! Entries from the leader to the others, and what is committed.

use super::{Context, Raft};
use crate::entry::Entry;
use crate::message::RaftMessage;
use alloc::vec::Vec;
use firedrill_model::{LogIndex, Role, SiteId, Time};

/// An acknowledgement that a follower owes until the entries are durable.
#[derive(Clone, Copy, Debug)]
pub struct AckOwed {
    leader: SiteId,
    matched: LogIndex,
    acknowledged: LogIndex,
    round: u64,
    sent: Time,
    accepted: bool,
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
            self.round_wanted = true;
            self.round_began = Time::ZERO;
            self.transfer_if_preferred(ctx);
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
            if progress.next > self.log.last_index() || !progress.may_send(in_flight) {
                return any;
            }
            let prev = progress.next.prev();
            let entries = self.log.after(prev, batch);
            let Some(last) = entries.last().map(|entry| entry.index) else {
                return any;
            };
            self.send_append(ctx, to, prev, entries);
            self.progress[to.index()].sent(last);
            any = true;
        }
    }

    fn send_append(
        &mut self,
        ctx: &mut Context<'_>,
        to: SiteId,
        prev_index: LogIndex,
        entries: Vec<Entry>,
    ) {
        let message = RaftMessage::Append {
            term: self.term,
            prev_index,
            prev_term: self.log.term(prev_index).unwrap_or_default(),
            entries,
            commit: self.commit,
            epoch: ctx.storage.epoch(),
            round: self.round,
            sent: ctx.now,
        };
        self.send(ctx, to, message);
    }

    /// A leader's message arrived.
    pub(super) fn append_received(
        &mut self,
        ctx: &mut Context<'_>,
        from: SiteId,
        message: RaftMessage,
    ) {
        let RaftMessage::Append {
            term,
            prev_index,
            prev_term,
            entries,
            commit,
            epoch,
            round,
            sent,
        } = message
        else {
            return;
        };
        if term < self.term {
            let refusal = self.refusal(prev_index, LogIndex(0), round, sent, false);
            return self.send_when_durable(ctx, from, refusal);
        }
        self.become_follower(ctx, term, Some(from));
        self.heard_leader = Some(ctx.now);
        self.reset_election_timer(ctx.now);
        let accepted = epoch >= ctx.storage.epoch();
        ctx.storage.raise_epoch(epoch);

        if self.log.term(prev_index) != Some(prev_term) {
            let hint = self.last_that_may_agree(prev_index, prev_term);
            let refusal = self.refusal(prev_index, hint, round, sent, accepted);
            return self.send_when_durable(ctx, from, refusal);
        }
        let heartbeat = entries.is_empty();
        let matched = LogIndex(prev_index.0 + entries.len() as u64);
        if !self.take_entries(ctx, entries) {
            return;
        }
        self.commit = self.commit.max(commit.min(matched));
        self.refilled(ctx, commit);
        if heartbeat || ctx.storage.durable_index() >= matched {
            let index = matched.min(ctx.storage.durable_index());
            let message = self.acknowledgement(index, round, sent, accepted);
            self.send_when_durable(ctx, from, message);
        } else {
            let acknowledged = self
                .ack_owed
                .map_or(LogIndex(0), |owed| owed.acknowledged.min(prev_index));
            self.ack_owed = Some(AckOwed {
                leader: from,
                matched,
                acknowledged,
                round,
                sent,
                accepted,
            });
        }
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

    /// Once a damaged site has again all that its leader had committed, it takes part in full.
    fn refilled(&mut self, ctx: &Context<'_>, leader_commit: LogIndex) {
        if let Some(lost_to) = self.lost_to {
            let target = lost_to.max(leader_commit);
            self.lost_to = (ctx.storage.durable_index() < target).then_some(target);
        }
    }

    /// The last entry at or before which the logs may agree: skips back over the conflicting term (Raft §5.3).
    fn last_that_may_agree(
        &self,
        prev_index: LogIndex,
        prev_term: firedrill_model::Term,
    ) -> LogIndex {
        let mut index = prev_index.min(self.log.last_index());
        while index > self.commit && self.log.term(index).is_some_and(|term| term > prev_term) {
            index = index.prev();
        }
        if index == prev_index {
            index.prev()
        } else {
            index
        }
    }

    fn acknowledgement(
        &self,
        index: LogIndex,
        round: u64,
        sent: Time,
        accepted: bool,
    ) -> RaftMessage {
        let (term, hint, damaged) = (self.term, index, self.lost_to.is_some());
        RaftMessage::AppendResponse {
            term,
            ok: true,
            index,
            hint,
            round,
            sent,
            accepted,
            damaged,
        }
    }

    fn refusal(
        &self,
        index: LogIndex,
        hint: LogIndex,
        round: u64,
        sent: Time,
        accepted: bool,
    ) -> RaftMessage {
        let (term, damaged) = (self.term, self.lost_to.is_some());
        RaftMessage::AppendResponse {
            term,
            ok: false,
            index,
            hint,
            round,
            sent,
            accepted,
            damaged,
        }
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
        let message = self.acknowledgement(index, owed.round, owed.sent, owed.accepted);
        self.send_when_durable(ctx, owed.leader, message);
    }

    /// A follower answered.
    pub(super) fn append_answered(
        &mut self,
        ctx: &mut Context<'_>,
        from: SiteId,
        message: &RaftMessage,
    ) {
        let RaftMessage::AppendResponse {
            term,
            ok,
            index,
            hint,
            round,
            sent,
            accepted,
            damaged,
        } = *message
        else {
            return;
        };
        if term > self.term {
            return self.become_follower(ctx, term, None);
        }
        if term < self.term || self.role != Role::Leader {
            return;
        }
        let last = self.log.last_index();
        let progress = &mut self.progress[from.index()];
        progress.answered_at = progress.answered_at.max(sent);
        if accepted {
            progress.accepted_round = progress.accepted_round.max(round);
        }
        if ok {
            progress.matches(index.min(last));
        } else if damaged {
            progress.lost(hint.min(last));
        } else {
            progress.rejects(index, hint);
        }
        self.advance_commit(ctx);
    }

    /// Commits the last entry of the own term that is durable on a quorum, and with it all before (Raft §5.4.2, figure 8).
    pub(super) fn advance_commit(&mut self, ctx: &mut Context<'_>) {
        let mut matched: Vec<LogIndex> = self
            .peers()
            .iter()
            .map(|site| self.progress[site.index()].matched)
            .collect();
        matched.push(ctx.storage.durable_index());
        matched.sort_unstable_by(|a, b| b.cmp(a));
        let index = matched[self.quorum() - 1];
        if index > self.commit && self.log.term(index) == Some(self.term) {
            self.commit = index;
        }
    }
}
