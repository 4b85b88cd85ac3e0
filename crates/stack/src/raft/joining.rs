//! A site with a new disk: it may be the first that the site ever had, or replace one that is lost, with all that was promised on it (etcd#21178; dissertation §3.8).
//! The disk itself can't tell; the others can.
//!
//! The site tells each of them its disk's name and asks. They enter the name, durably, if it is the first that they hear of the site, and answer with the one that is
//! entered. It is a voter once a majority *of the others* answered with its own name. If any answers with another, it is a learner for good: it is refilled, and neither votes
//! nor counts. Two such majorities share a site, so of all the disks that a site ever has at most one votes, unless what the others had entered is
//! lost with most of their disks too. A learner lost what it had entered itself, and vouches for nobody. See `docs/adr/0009`.

use super::{Context, Raft};
use crate::io::Output;
use crate::message::RaftMessage;
use crate::storage::identity::DiskId;
use crate::storage::standing::Standing;
use firedrill_model::{Hazard, Observation, SiteId, SiteSet, Time};

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joining {
    /// Those that vouched for the disk.
    vouched: SiteSet,
    /// When the others are asked again.
    ask_at: Time,
}

impl Default for Joining {
    fn default() -> Joining {
        Joining { vouched: SiteSet::EMPTY, ask_at: Time::MAX }
    }
}

impl Raft {
    /// When the others are to be asked again; never if it is known what the site may promise.
    pub(super) fn asks_at(&self) -> Time {
        self.joining.ask_at
    }

    /// Asks those that have not answered, if it is not known yet what the site may promise.
    pub(super) fn ask_to_join(&mut self, ctx: &mut Context<'_>) {
        if self.standing != Standing::Joining {
            self.joining.ask_at = Time::MAX;
            return;
        }
        self.joining.ask_at = ctx.now + self.config.raft.heartbeat;
        let disk = ctx.storage.disk();
        for to in self.peers().iter().filter(|site| !self.joining.vouched.contains(*site)) {
            self.send_when_durable(ctx, to, RaftMessage::JoinRequest { disk });
        }
        self.join_if_vouched(ctx);
    }

    /// The others were to be asked again. Not before the disk has kept its name: an earlier question waits for that.
    pub(super) fn asking_due(&mut self, ctx: &mut Context<'_>) {
        if ctx.storage.established() {
            self.ask_to_join(ctx);
        } else {
            self.joining.ask_at = ctx.now + self.config.raft.heartbeat;
        }
    }

    /// A site with a new disk asks whether it is its first.
    pub(super) fn join_requested(&mut self, ctx: &mut Context<'_>, from: SiteId, disk: DiskId) {
        let first = ctx.storage.register(from, disk);
        if first == disk && self.standing == Standing::Learner {
            return;
        }
        let own = ctx.storage.disk();
        self.send_when_durable(ctx, from, RaftMessage::JoinResponse { disk, first, own });
    }

    /// A site answered which disk it knows as the first of this one.
    pub(super) fn join_answered(&mut self, ctx: &mut Context<'_>, from: SiteId, (disk, first): (DiskId, DiskId)) {
        if self.standing != Standing::Joining || disk != ctx.storage.disk() {
            return;
        }
        if first == disk {
            self.joining.vouched.insert(from);
            return self.join_if_vouched(ctx);
        }
        if ctx.switches.on(Hazard::WipedDiskVotes) {
            return self.join(ctx);
        }
        self.set_standing(ctx, Standing::Learner);
        ctx.out.push_back(Output::Observe(Observation::DiskReplaced));
    }

    fn join_if_vouched(&mut self, ctx: &mut Context<'_>) {
        let others = self.peers().len();
        let needed = if others == 0 { 0 } else { others / 2 + 1 };
        if self.joining.vouched.len() >= needed {
            self.join(ctx);
        }
    }

    /// From now on the site is a voter.
    fn join(&mut self, ctx: &mut Context<'_>) {
        let damaged = !self.holes.is_empty();
        self.set_standing(ctx, if damaged { Standing::Refilling } else { Standing::Full });
    }

    pub(super) fn set_standing(&mut self, ctx: &mut Context<'_>, standing: Standing) {
        self.standing = standing;
        ctx.storage.set_standing(standing);
        if standing != Standing::Joining {
            self.joining.ask_at = Time::MAX;
        }
    }

    /// Whether what this site accepts of writers of the transaction log counts. A learner may have helped to commit, on the disk that it lost, entries that name another
    /// writer; in a group of three it has them all again once it has what a leader had committed after a quorum of the others accepted that leader, since
    /// it began on this disk. (Among more sites an old acknowledgement may still arrive later and help another majority.)
    pub fn accepts_writers(&self) -> bool {
        match self.standing {
            Standing::Full => true,
            Standing::Learner => self.caught_up && self.config.sites.len() <= 3,
            Standing::Refilling | Standing::Joining => false,
        }
    }
}
