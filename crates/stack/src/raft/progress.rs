//! What a leader knows of a follower.

use firedrill_model::{LogIndex, Time};

/// A follower, as its leader knows it.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The next entry to send.
    pub next: LogIndex,
    /// The follower's log agrees, durably, up to here.
    pub matched: LogIndex,
    /// Not known yet where the logs agree: one message at a time.
    pub probing: bool,
    /// While probing: a message is under way.
    pub probe_sent: bool,
    /// The last entries of messages under way, oldest first; only how many there are matters, and which are acknowledged.
    pub in_flight: alloc::collections::VecDeque<LogIndex>,
    /// The latest time of sending, by the leader's clock, that the follower echoed.
    pub answered_at: Time,
    /// The latest round in which it accepted the leader's epoch.
    pub accepted_round: u64,
}

impl Progress {
    /// Nothing is known of the follower. It is given the benefit of one election timeout.
    pub fn restart(&mut self, next: LogIndex, now: Time) {
        *self = Progress {
            next,
            probing: true,
            answered_at: now,
            ..Progress::default()
        };
    }

    /// Whether a message with entries may be sent.
    pub fn may_send(&self, max_in_flight: u32) -> bool {
        if self.probing {
            !self.probe_sent
        } else {
            self.in_flight.len() < max_in_flight as usize
        }
    }

    /// A message with entries up to `last` was sent.
    pub fn sent(&mut self, last: LogIndex) {
        if self.probing {
            self.probe_sent = true;
        } else {
            self.in_flight.push_back(last);
            self.next = last.next();
        }
    }

    /// The follower's log agrees, durably, up to `index`.
    pub fn matches(&mut self, index: LogIndex) {
        self.matched = self.matched.max(index);
        self.next = self.next.max(self.matched.next());
        self.probing = false;
        self.probe_sent = false;
        while self
            .in_flight
            .front()
            .is_some_and(|last| *last <= self.matched)
        {
            self.in_flight.pop_front();
        }
    }

    /// The follower's log does not agree at `index`; it may at `hint`. An answer about entries that are known to match is stale.
    pub fn rejects(&mut self, index: LogIndex, hint: LogIndex) {
        if index <= self.matched || (self.probing && index != self.next.prev()) {
            return;
        }
        self.next = hint.min(index.prev()).max(self.matched).next();
        self.probing = true;
        self.probe_sent = false;
        self.in_flight.clear();
    }

    /// The follower lost what it had acknowledged, behind `hint`.
    pub fn lost(&mut self, hint: LogIndex) {
        self.matched = LogIndex(0);
        self.next = hint.next();
        self.probing = true;
        self.probe_sent = false;
        self.in_flight.clear();
    }
}
