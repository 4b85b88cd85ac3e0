//! Rounds of acceptance: how a leader knows that a quorum still accepts it in the current fencing epoch.
//!
//! Every message of a leader carries the number of a round and its epoch; a follower accepts if it has stored no higher epoch. A reply may leave once a quorum has
//! accepted a round that began after its request arrived: that is Raft's linearizable read (dissertation §6.4) and the fencing token at once.

use super::{Context, Raft};
use alloc::vec::Vec;
use core::time::Duration;
use firedrill_model::{Hazard, Role, SiteId, Time};

/// While a round is under way, the next begins at most this much later, so that many requests share one.
const GATHER: Duration = Duration::from_millis(20);

impl Raft {
    /// The round that a request which arrived now must wait for; asks for one to begin.
    pub fn want_round(&mut self) -> u64 {
        self.round_wanted = true;
        self.round + 1
    }

    /// Whether replies that wait for `round` may leave.
    pub fn accepted(&self, ctx: &mut Context<'_>, round: u64) -> bool {
        self.role == Role::Leader && (self.accepted_round() >= round || ctx.switches.on(Hazard::NoFencing))
    }

    /// The latest round that a quorum accepted. The leader itself accepts its current round.
    fn accepted_round(&self) -> u64 {
        let mut rounds: Vec<u64> = self.peers().iter().map(|site| self.progress[site.index()].accepted_round).collect();
        rounds.push(self.round);
        rounds.sort_unstable_by(|a, b| b.cmp(a));
        rounds[self.quorum() - 1]
    }

    /// Whether a quorum accepted a round that began after a follower's process was first heard.
    pub(super) fn confirmed_since_heard(&self, of: SiteId) -> bool {
        let progress = &self.progress[of.index()];
        progress.incarnation > 0 && self.accepted_round() > progress.heard_in
    }

    /// When a wanted round begins although another is under way.
    pub(super) fn gathered_at(&self) -> Time {
        self.round_began + GATHER
    }

    /// Whether a wanted round is to begin: at once, unless another is under way.
    pub(super) fn round_is_due(&self, now: Time) -> bool {
        let mut accepted: Vec<u64> =
            self.peers().iter().map(|site| self.progress[site.index()].accepted_round).collect();
        accepted.sort_unstable_by(|a, b| b.cmp(a));
        let under_way = self.quorum() > 1 && accepted[self.quorum() - 2] < self.round;
        !under_way || self.gathered_at() <= now
    }
}
