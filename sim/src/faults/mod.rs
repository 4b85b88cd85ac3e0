//! Faults begin and end.
//!
//! What keeps a site down, and for how long: a loss of power holds until its own end, whoever else came before. A crash or a freeze of a process that was not
//! there, or was frozen already, did nothing, so its end undoes nothing. A crash that waits for outputs is told to have begun when the process
//! dies, or, if it never did, at its end.
//!
//! *Struck*: a loss of power struck if any of its machines had power; a crash or shutdown if the process ended by it; a freeze if a process ran; slow fsync and clock
//! skew if the machine had power; partition and latency if any of their links was open between ends that had power. Faults that hit messages, operations of
//! disks, or inputs are told to have begun when they first hit one, or, if they never did, at their end ([`Sim::waits`]).
//!
//! [`disks`]: of disks and processes; [`links`]: of links.
//!
//! To add a fault: an arm in [`Sim::begin`], how to undo it in [`Undo`] and [`Sim::end`].

mod disks;
mod links;

use crate::host::{Armed, Host};
use crate::network::{LinkId, Slower};
use crate::process::Process;
use crate::sim::Sim;
use firedrill_drill::world::WorldEvent;
use firedrill_model::time::nanos;
use firedrill_model::{Fault, FaultId, SiteId, SiteSet, Time};
use std::time::Duration;

/// What the end of a fault has to undo.
#[derive(Clone, Debug)]
pub(crate) enum Undo {
    Power(SiteSet),
    Crash(SiteId),
    Freeze(SiteId),
    Cut(Vec<LinkId>),
    Slow(Vec<LinkId>, Slower),
    Sync(SiteId, u64),
    Skew(SiteId, i64),
    /// What troubles messages on these links.
    Trouble(Vec<LinkId>),
    /// What troubles a site's disk, which may have stopped its process.
    Disk(SiteId),
    /// What makes a site's process slower, by so many nanoseconds.
    Load(SiteId, u64),
    /// Nothing: it was done at once.
    Nothing,
}

impl<P: Process> Sim<P> {
    /// A fault begins.
    pub(crate) fn begin(&mut self, id: FaultId, fault: Fault) {
        if self.faults.contains_key(&id) {
            // Its name is taken by one that lasts.
            return self.tell_began(id, false);
        }
        match fault {
            Fault::SiteLoss { sites } | Fault::PowerLoss { sites } => self.begin_power_loss(id, sites),
            Fault::Crash { site, after_outputs } => self.begin_crash(id, site, after_outputs),
            // Nothing is in the way of a process without a shell: it ends at once.
            Fault::Shutdown { site } => self.begin_crash(id, site, 0),
            Fault::Freeze { site } => self.begin_freeze(id, site),
            Fault::Partition { a, b, direction } => {
                let links = self.begin_on_links(id, &a, &b, direction);
                self.network.cut(&links);
                self.faults.insert(id, Undo::Cut(links));
            }
            Fault::Latency { a, b, direction, delay, jitter } => {
                let by = Slower { delay: nanos(delay), jitter: nanos(jitter) };
                let links = self.begin_on_links(id, &a, &b, direction);
                self.network.slow_down(&links, by);
                self.faults.insert(id, Undo::Slow(links, by));
            }
            Fault::SlowFsync { site, delay } => self.begin_slow_fsync(id, site, delay),
            Fault::ClockSkew { site, offset_nanos } => {
                self.tell_began(id, self.has_power(site));
                self.faults.insert(id, Undo::Skew(site, offset_nanos));
                self.set_clock(site);
            }
            Fault::Loss { .. }
            | Fault::Duplicate { .. }
            | Fault::Reorder { .. }
            | Fault::Corrupt { .. }
            | Fault::Bandwidth { .. } => self.begin_trouble(id, &fault),
            Fault::ResetPeer { a, b } => self.begin_reset(id, &a, &b),
            Fault::BitRot { site, files, bits } => self.begin_rot(id, site, files, bits),
            Fault::DiskLoss { site } => self.begin_disk_loss(id, site),
            Fault::CpuStress { site, delay } => self.begin_stress(id, site, nanos(delay)),
            Fault::TornWrite { site, .. }
            | Fault::MisdirectedWrite { site, .. }
            | Fault::IoError { site, .. }
            | Fault::DiskFull { site }
            | Fault::ReadOnly { site }
            | Fault::FailedFsync { site, .. }
            | Fault::LyingFsync { site, .. } => self.begin_disk_trouble(id, site, &fault),
        }
    }

    /// A fault waits for something to hit: told when it does.
    fn waits(&mut self, id: FaultId, undo: Undo) {
        self.waiting.insert(id);
        self.faults.insert(id, undo);
    }

    /// A fault ends.
    pub(crate) fn end(&mut self, id: FaultId) {
        let undo = self.faults.remove(&id);
        if let Some(Undo::Crash(site)) = undo {
            let armed = &mut self.hosts[site.index()].armed;
            if let Some(waits) = armed.iter().position(|crash| crash.fault == id) {
                armed.remove(waits);
                self.tell_began(id, false);
            }
        }
        if self.waiting.remove(&id) {
            self.tell_began(id, false);
        }
        self.tell(WorldEvent::FaultEnded { id });
        match undo {
            None | Some(Undo::Nothing) => {}
            Some(Undo::Trouble(links)) => self.network.relieve(&links, id),
            Some(Undo::Disk(site)) => self.end_disk_trouble(id, site),
            Some(Undo::Load(site, by)) => {
                let load = &mut self.hosts[site.index()].load;
                load.each = load.each.saturating_sub(by);
            }
            Some(Undo::Power(sites)) => self.restore_power(id, sites),
            Some(Undo::Crash(site)) => {
                let held = &mut self.hosts[site.index()].crashed_by;
                let before = held.len();
                held.retain(|fault| *fault != id);
                if held.len() < before {
                    self.start(site);
                }
            }
            Some(Undo::Freeze(site)) => {
                let frozen_by = self.hosts[site.index()].process.as_ref().and_then(|running| running.frozen_by);
                if frozen_by == Some(id) {
                    self.thaw(site);
                }
            }
            Some(Undo::Cut(links)) => self.network.heal(&links),
            Some(Undo::Slow(links, by)) => self.network.speed_up(&links, by),
            Some(Undo::Sync(site, delay)) => {
                let host = &mut self.hosts[site.index()];
                host.slow_sync = host.slow_sync.saturating_sub(delay);
                host.disk.slow_down(host.slow_sync);
            }
            Some(Undo::Skew(site, _)) => self.set_clock(site),
        }
    }

    fn begin_power_loss(&mut self, id: FaultId, sites: SiteSet) {
        let sites: SiteSet = sites.iter().filter(|site| site.index() < self.hosts.len()).collect();
        let struck: SiteSet = sites.iter().filter(|site| self.has_power(*site)).collect();
        self.tell_began(id, !struck.is_empty());
        for site in sites.iter() {
            self.hosts[site.index()].unpowered_by.push(id);
        }
        for site in struck.iter() {
            self.power_off(site);
        }
        self.faults.insert(id, Undo::Power(sites));
    }

    fn restore_power(&mut self, id: FaultId, sites: SiteSet) {
        for site in sites.iter() {
            self.hosts[site.index()].unpowered_by.retain(|fault| *fault != id);
        }
        for site in sites.iter() {
            self.start(site);
        }
    }

    fn begin_crash(&mut self, id: FaultId, site: SiteId, after_outputs: u32) {
        let Some(host) = self.hosts.get_mut(site.index()).filter(|host| host.process.is_some()) else {
            return self.tell_began(id, false);
        };
        self.faults.insert(id, Undo::Crash(site));
        if after_outputs > 0 {
            host.armed.push(Armed { fault: id, outputs_left: after_outputs });
            return;
        }
        host.crashed_by.push(id);
        self.tell_began(id, true);
        self.kill(site);
    }

    fn begin_freeze(&mut self, id: FaultId, site: SiteId) {
        let process = self.hosts.get_mut(site.index()).and_then(|host| host.process.as_mut());
        let Some(running) = process.filter(|running| running.frozen_by.is_none()) else {
            return self.tell_began(id, false);
        };
        running.frozen_by = Some(id);
        self.wakes[site.index()] = Time::MAX;
        self.faults.insert(id, Undo::Freeze(site));
        self.tell_began(id, true);
    }

    fn begin_slow_fsync(&mut self, id: FaultId, site: SiteId, delay: Duration) {
        self.tell_began(id, self.has_power(site));
        if let Some(host) = self.hosts.get_mut(site.index()) {
            host.slow_sync = host.slow_sync.saturating_add(nanos(delay));
            host.disk.slow_down(host.slow_sync);
            self.faults.insert(id, Undo::Sync(site, nanos(delay)));
        }
    }

    /// A site's clock is off by all the skews that last, together.
    fn set_clock(&mut self, site: SiteId) {
        let skews = self.faults.values().filter_map(|undo| match undo {
            Undo::Skew(at, by) if *at == site => Some(*by),
            _ => None,
        });
        let skew = skews.fold(0, i64::saturating_add);
        if let Some(host) = self.hosts.get_mut(site.index()) {
            host.skew = skew;
            self.wakes[site.index()] = host.wake();
        }
    }

    fn has_power(&self, site: SiteId) -> bool {
        self.hosts.get(site.index()).is_some_and(Host::powered)
    }
}
