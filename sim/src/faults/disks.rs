//! Faults of disks and of processes' speed begin and end.

use super::Undo;
use crate::disk::Trouble;
use crate::process::Process;
use crate::sim::Sim;
use firedrill_model::{Fault, FaultId, FileClass, SiteId, SiteSet};

impl<P: Process> Sim<P> {
    /// A fault that hits operations of a disk begins.
    pub(super) fn begin_disk_trouble(&mut self, id: FaultId, site: SiteId, fault: &Fault) {
        let Some((files, trouble)) = Trouble::of(fault) else { return };
        let Some(host) = self.hosts.get_mut(site.index()) else {
            return self.tell_began(id, false);
        };
        host.disk.trouble(id, files, trouble);
        self.waits(id, Undo::Disk(site));
    }

    /// It ends; a process that stopped because of it is restarted.
    pub(super) fn end_disk_trouble(&mut self, id: FaultId, site: SiteId) {
        self.hosts[site.index()].disk.relieve(id);
        if !self.hosts[site.index()].disk.is_troubled() {
            self.start(site);
        }
    }

    /// Durable bits flip. (Nobody is told, the invariants neither: they believe what was written until the disk is read again.)
    pub(super) fn begin_rot(&mut self, id: FaultId, site: SiteId, files: FileClass, bits: u32) {
        let host = self.hosts.get_mut(site.index());
        let rotten = host.map_or(0, |host| host.disk.rot(files, bits));
        self.tell_began(id, rotten > 0);
        self.faults.insert(id, Undo::Nothing);
    }

    /// The machine stops as if its power failed, and what is on its disk is gone.
    pub(super) fn begin_disk_loss(&mut self, id: FaultId, site: SiteId) {
        let powered = self.has_power(site);
        let Some(host) = self.hosts.get_mut(site.index()) else {
            return self.tell_began(id, false);
        };
        host.unpowered_by.push(id);
        let had_files = host.disk.wipe();
        self.tell_began(id, had_files);
        if powered {
            self.stop_without_power(site);
        }
        self.invariants.disk_lost(site);
        self.faults.insert(id, Undo::Power(SiteSet::only(site)));
    }

    /// The process needs longer for each thing that it is told.
    pub(super) fn begin_stress(&mut self, id: FaultId, site: SiteId, by: u64) {
        let Some(host) = self.hosts.get_mut(site.index()) else {
            return self.tell_began(id, false);
        };
        host.load.each = host.load.each.saturating_add(by);
        self.waits(id, Undo::Load(site, by));
    }

    /// A site's process gets to something later than it could: whatever makes it slow hits.
    pub(crate) fn slowed(&mut self, site: SiteId) {
        if self.waiting.is_empty() {
            return;
        }
        let slows = |undo: Option<&Undo>| matches!(undo, Some(Undo::Load(at, _)) if *at == site);
        let hit: Vec<FaultId> = self.waiting.iter().copied().filter(|id| slows(self.faults.get(id))).collect();
        hit.into_iter().for_each(|id| self.tell_struck(id));
    }
}
