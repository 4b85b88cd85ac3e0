//! What a leader knows of a follower.

use crate::storage::identity::DiskId;
use crate::storage::standing::Standing;
use alloc::collections::VecDeque;
use firedrill_model::{LogIndex, Time};

/// So many disks that were replaced are remembered.
const REPLACED: usize = 8;

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
    pub in_flight: VecDeque<LogIndex>,
    /// The latest time of sending, by the leader's clock, that the follower echoed.
    pub answered_at: Time,
    /// The latest round in which it accepted the leader's epoch.
    pub accepted_round: u64,
    /// The disk that it speaks for.
    pub disk: DiskId,
    /// Disks that this one replaced while the leader led.
    replaced: VecDeque<DiskId>,
    /// The latest start of its process, on that disk, that was heard of.
    pub incarnation: u64,
    /// The leader's round when that one was first heard.
    pub heard_in: u64,
    /// What of its answers may be counted.
    pub standing: Standing,
    /// A snapshot on its way to it.
    pub install: Option<super::install::Install>,
}

impl Progress {
    /// Nothing is known of the follower. It is given the benefit of one election timeout.
    pub fn restart(&mut self, next: LogIndex, now: Time) {
        *self = Progress { next, probing: true, answered_at: now, ..Progress::default() };
    }

    /// A process of the follower answers in a round of the leader: whether what it says is still true. Of a process that is heard for the first time nothing is known,
    /// whatever an earlier one acknowledged; what an earlier one says, or one on a disk that was replaced since, is no longer true. One that has become a
    /// learner remains one.
    pub fn hears(&mut self, (disk, incarnation): (DiskId, u64), standing: Standing, round: u64) -> bool {
        let replaces = self.disk != DiskId::NONE && self.disk != disk;
        let (was, is) = (self.standing == Standing::Learner, standing == Standing::Learner);
        let becomes_learner = is && !was;
        let earlier = was && (standing.counts() || !is && !replaces);
        if earlier || self.replaced.contains(&disk) || !replaces && incarnation < self.incarnation {
            return false;
        }
        if replaces {
            self.replaced.truncate(REPLACED - 1);
            self.replaced.push_front(self.disk);
        }
        if replaces || becomes_learner {
            self.answered_at = Time::ZERO;
            self.accepted_round = 0;
        }
        if replaces || becomes_learner || incarnation > self.incarnation {
            self.disk = disk;
            self.incarnation = incarnation;
            self.heard_in = round;
            self.matched = LogIndex(0);
            self.probing = true;
            self.probe_sent = false;
            self.in_flight.clear();
            self.install = None;
        }
        self.standing = standing;
        true
    }

    /// Whether its answers count towards a quorum.
    pub fn counts(&self) -> bool {
        self.standing.counts()
    }

    /// Whether a message with entries may be sent.
    pub fn may_send(&self, max_in_flight: u32) -> bool {
        if self.probing { !self.probe_sent } else { self.in_flight.len() < max_in_flight as usize }
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
        while self.in_flight.front().is_some_and(|last| *last <= self.matched) {
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
}
