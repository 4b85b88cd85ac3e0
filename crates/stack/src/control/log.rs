//! Who writes the transaction log, and who must hold it: the control state's part of the log.

use crate::switches::Switches;
use crate::wal::segment::Incarnation;
use alloc::vec::Vec;
use firedrill_model::{
    Epoch, Hazard, LogIndex, Observation, Position, SiteId, SiteSet, StackConfig, TransactionLogConfig, WithoutCopy,
};
use serde::{Deserialize, Serialize};

/// Who writes the transaction log, and who must hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    /// The last entry that changed anything of this. A decision about it names the state that it was made in, and is void in any other.
    pub changed: LogIndex,
    /// Who writes, or is to open the log; `None`: nobody can without losing what was acknowledged.
    pub writer: Option<SiteId>,
    /// The writer's incarnation, once it has opened the log in this epoch.
    pub opened: Option<Incarnation>,
    /// The token of the writer's process.
    pub token: u64,
    /// The writer goes on after this record.
    pub start: Position,
    /// The synchronous copies.
    pub members: SiteSet,
    /// Sites that hold all that was ever acknowledged, and may be promoted without loss.
    pub holders: SiteSet,
    /// Sites that are to be synchronous copies.
    pub chosen: SiteSet,
    /// Sites that may enter the set once they hold the log: those that are chosen, and while one of them is out, stand-ins.
    pub eligible: SiteSet,
    /// The writer is not known to hold all that was acknowledged.
    pub lossy: bool,
    /// The failover in which every site that is up is asked how far it holds the log, for nobody is left who is known to hold all of it; 0: none is asked.
    pub asked: LogIndex,
    /// Those that have told it.
    pub told: SiteSet,
    /// The furthest end that was told, and whose it is.
    pub furthest: Option<(Incarnation, Position, SiteId)>,
}

impl LogState {
    /// The state before the first entry: the first site is to write, and the plan's copies hold the empty log.
    pub fn new(config: &StackConfig) -> LogState {
        let first = SiteId(0);
        let synchronous = config.transaction_log.as_ref().map_or(SiteSet::EMPTY, |log| log.synchronous);
        let members: SiteSet =
            synchronous.without(first).iter().filter(|site| site.index() < config.sites.len()).collect();
        LogState {
            changed: LogIndex(0),
            writer: Some(first),
            opened: None,
            token: 0,
            start: Position(0),
            members,
            holders: members.with(first),
            chosen: members,
            eligible: members,
            lossy: false,
            asked: LogIndex(0),
            told: SiteSet::EMPTY,
            furthest: None,
        }
    }

    /// The primary is down: if nobody who is up holds all that was acknowledged, those that are up are asked how far they hold the log.
    pub(super) fn primary_lost(&mut self, failover: LogIndex, up: SiteSet) {
        if !up.iter().any(|site| self.holders.contains(site)) {
            self.asked = failover;
        }
    }

    /// A site tells how far it holds the log. The later writer's record is the further one, as in Raft's comparison of logs; the plan's order decides between equals.
    pub(super) fn told_end(&mut self, failover: LogIndex, site: SiteId, incarnation: Incarnation, end: Position) {
        if self.asked != failover || failover == LogIndex(0) || !self.told.insert(site) {
            return;
        }
        let beats = |&(incarnation_there, end_there, there): &(Incarnation, Position, SiteId)| {
            (incarnation, end) > (incarnation_there, end_there)
                || (incarnation, end) == (incarnation_there, end_there) && site < there
        };
        if self.furthest.as_ref().is_none_or(beats) {
            self.furthest = Some((incarnation, end, site));
        }
    }

    /// Whether this site is to tell how far it holds the log.
    pub fn asks(&self, site: SiteId) -> bool {
        self.asked != LogIndex(0) && !self.told.contains(site)
    }

    /// The writer's process opens the log: it goes on after `end`.
    pub(super) fn open(&mut self, entry: LogIndex, epoch: Epoch, open: Open) -> Vec<Observation> {
        if open.since != self.changed || self.writer != Some(open.writer) {
            return Vec::new();
        }
        let lossy = core::mem::take(&mut self.lossy);
        self.changed = entry;
        self.opened = Some(Incarnation(entry));
        self.token = open.token;
        self.start = open.end;
        self.holders = self.members.with(open.writer);
        let loss = Observation::LossDeclared { writer: open.writer, epoch, after: open.end };
        lossy.then_some(loss).into_iter().chain([self.observed(epoch)]).collect()
    }

    /// The set of synchronous copies changes.
    pub(super) fn set_members(
        &mut self,
        entry: LogIndex,
        epoch: Epoch,
        since: LogIndex,
        members: SiteSet,
        sites: SiteSet,
    ) -> Vec<Observation> {
        let Some(writer) = self.writer.filter(|writer| since == self.changed && !members.contains(*writer)) else {
            return Vec::new();
        };
        self.changed = entry;
        self.members = members;
        self.holders = members.with(writer);
        self.choose_stand_ins(sites.without(writer));
        alloc::vec![self.observed(epoch)]
    }

    /// A site lost records: it is neither promoted nor counts until it holds the log again.
    pub(super) fn lost_records(&mut self, entry: LogIndex, epoch: Epoch, site: SiteId) -> Vec<Observation> {
        if Some(site) == self.writer || !self.holders.contains(site) {
            return Vec::new();
        }
        self.changed = entry;
        self.holders.remove(site);
        if self.members.remove(site) { alloc::vec![self.observed(epoch)] } else { Vec::new() }
    }

    pub(super) fn observed(&self, epoch: Epoch) -> Observation {
        Observation::SyncSetChanged { epoch, members: self.members, entry: self.changed }
    }

    /// Who takes over from a primary that is down, and whether it holds all that was acknowledged: the first in the plan's order that does, or, if none is up, the
    /// one that told that it holds most, or else the first that is up.
    pub(super) fn successor(&self, up: SiteSet, switches: &mut Switches) -> (Option<SiteId>, bool) {
        let next = up.iter().next();
        let lagging = next.is_some_and(|next| !self.holders.contains(next));
        if lagging && switches.on(Hazard::LaggingReplicaPromoted) {
            return (next, true);
        }
        let holder = up.iter().find(|site| self.holders.contains(*site));
        let furthest = self.furthest.map(|(_, _, site)| site).filter(|site| up.contains(*site));
        (holder.or(furthest).or(next), holder.is_some())
    }

    /// The epoch was raised, and this site is to open the log.
    pub(super) fn raised(
        &mut self,
        log: &TransactionLogConfig,
        entry: LogIndex,
        primary: SiteId,
        holds: bool,
        up: SiteSet,
    ) {
        self.changed = entry;
        self.opened = None;
        (self.asked, self.told, self.furthest) = (LogIndex(0), SiteSet::EMPTY, None);
        self.lossy = !holds;
        let moved = self.writer != Some(primary);
        let waits = self.lossy && log.without_copy == WithoutCopy::Stop;
        self.writer = (!waits).then_some(primary);
        if moved {
            let copies = up.without(primary);
            let kept = |site: &SiteId| holds && self.members.contains(*site) && self.holders.contains(*site);
            self.members = copies.iter().filter(kept).collect();
            self.choose_eligible(log, copies);
        }
    }

    /// The plan's number of copies: those that are, then by the plan's order among those that are up.
    fn choose_eligible(&mut self, log: &TransactionLogConfig, copies: SiteSet) {
        let wanted = log.synchronous.len();
        let next = copies.iter().filter(|site| !self.members.contains(*site));
        self.chosen = self.members.iter().chain(next).take(wanted.max(self.members.len())).collect();
        self.eligible = self.chosen;
    }

    /// While chosen copies are out of the set, as many others may enter it, in the plan's order: the writer goes on without a copy only for as long as a
    /// stand-in needs to catch up. They leave when the chosen ones are back.
    fn choose_stand_ins(&mut self, copies: SiteSet) {
        let missing = self.chosen.iter().filter(|site| !self.members.contains(*site)).count();
        let others = copies.iter().filter(|site| !self.chosen.contains(*site));
        self.eligible = self.chosen.iter().chain(others.take(missing)).collect();
    }

    /// Who can go on, when nobody writes: a site that is up and holds the log.
    pub fn resumes_at(&self, up: SiteSet) -> Option<SiteId> {
        up.iter().find(|site| self.writer.is_none() && self.holders.contains(*site))
    }

    /// A site returned. If there was none left to be a copy, it is to be one.
    pub(super) fn returned(&mut self, config: &StackConfig, up: SiteSet) {
        if let (Some(log), Some(writer)) = (&config.transaction_log, self.writer)
            && self.chosen.is_empty()
        {
            self.choose_eligible(log, up.without(writer));
        }
    }
}

/// A writer's process that opens the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// In this state of the log.
    pub since: LogIndex,
    /// This site.
    pub writer: SiteId,
    /// Drawn by the process, so that it knows itself.
    pub token: u64,
    /// Its log ends here, durably.
    pub end: Position,
}
