//! Faults begin and end; what they struck is told as in the simulator.
//!
//! To add one: its kind in [`KINDS`], an arm in `begin`, and how to undo it in [`Undo`] and `end`.

use crate::host::Host;
use crate::world::Hosted;
use firedrill_drill::world::WorldEvent;
use firedrill_model::time::nanos;
use firedrill_model::{Direction, Endpoint, Fault, FaultId, FaultKind, FileClass, SiteId, SiteSet};

/// What hosts have a mechanism for.
pub const KINDS: &[FaultKind] = &[
    FaultKind::SiteLoss,
    FaultKind::PowerLoss,
    FaultKind::Crash,
    FaultKind::Freeze,
    FaultKind::Partition,
    FaultKind::PartitionOneWay,
    FaultKind::SlowFsync,
    FaultKind::ClockSkew,
    FaultKind::Latency,
    FaultKind::ResetPeer,
    FaultKind::BitRot,
    FaultKind::TornWrite,
    FaultKind::MisdirectedWrite,
    FaultKind::IoError,
    FaultKind::DiskFull,
    FaultKind::ReadOnly,
    FaultKind::FailedFsync,
    FaultKind::LyingFsync,
    FaultKind::DiskLoss,
    FaultKind::Shutdown,
];

/// The mechanism of faults of disks.
pub(crate) const ON_DISK: &str = "on the simulated disk";
/// The mechanism of faults of processes.
pub(crate) const PROCESS: &str = "the site's tasks ended, or held";
const TOLD_TO_END: &str = "the site's shell told to end";
const LINKS: &str = "the runtime's links, and the connections on them";

/// Directions of links.
pub(crate) type Links = Vec<(Endpoint, Endpoint)>;

/// What the end of a fault has to undo.
pub(crate) enum Undo {
    Power(SiteSet),
    Crash(SiteId),
    Shutdown(SiteId),
    Freeze(SiteId),
    Cut(Links),
    Slow,
    Sync(SiteId, i64),
    Skew(SiteId, i64),
    Disk(SiteId),
    Nothing,
}

/// The directions of links from one side to the other.
fn directions(a: &[Endpoint], b: &[Endpoint], direction: Direction) -> Links {
    let (to, from) = (direction != Direction::From, direction != Direction::To);
    let mut links: Links = Vec::new();
    for (&a, &b) in a.iter().flat_map(|a| b.iter().map(move |b| (a, b))) {
        let pair = [(to, (a, b)), (from, (b, a))];
        links.extend(pair.into_iter().filter(|(is, (a, b))| *is && a != b).map(|(_, ends)| ends));
    }
    links.sort_unstable();
    links.dedup();
    links.retain(|ends| !matches!(ends, (Endpoint::Region(_), Endpoint::Region(_))));
    links
}

impl<H: Host> Hosted<H> {
    pub(crate) fn tell_began(&self, id: FaultId, struck: bool, mechanism: &str) {
        self.tell(WorldEvent::FaultBegan { id, struck, mechanism: Some(mechanism.to_owned()) });
    }

    fn has(&self, site: SiteId) -> bool {
        site.index() < self.stage.begin().config.sites.len()
    }

    pub(crate) fn begin(&mut self, id: FaultId, fault: Fault) {
        if !KINDS.contains(&fault.kind()) {
            return self.tell(WorldEvent::FaultBegan { id, struck: false, mechanism: None });
        }
        if self.faults.contains_key(&id) || !fault.sites().iter().all(|site| self.has(site)) {
            // Its name is taken by one that lasts; or it names a site that is not there.
            return self.tell_began(id, false, PROCESS);
        }
        let undo = match fault {
            Fault::SiteLoss { sites } | Fault::PowerLoss { sites } => self.begin_power_loss(id, sites),
            Fault::DiskLoss { site } => self.begin_disk_loss(id, site),
            Fault::Crash { site, after_outputs } => self.begin_crash(id, site, after_outputs),
            Fault::Freeze { site } => self.begin_freeze(id, site),
            Fault::Shutdown { site } => self.begin_shutdown(id, site),
            Fault::Partition { a, b, direction } => self.begin_cut(id, directions(&a, &b, direction)),
            Fault::Latency { a, b, direction, delay, jitter } => {
                let links = directions(&a, &b, direction);
                self.tell_began(id, self.any_open(&links), LINKS);
                self.stage.lock().slower.insert(id, (links, nanos(delay), nanos(jitter)));
                Undo::Slow
            }
            Fault::ResetPeer { a, b } => {
                let struck = self.stage.reset(&directions(&a, &b, Direction::Both));
                self.tell_began(id, struck, LINKS);
                Undo::Nothing
            }
            Fault::SlowFsync { site, delay } => {
                let by = i64::try_from(nanos(delay)).unwrap_or(i64::MAX);
                self.tell_began(id, self.stage.is_powered(Endpoint::Site(site)), ON_DISK);
                self.stage.lock().machines[site.index()].device.slow_down(by);
                Undo::Sync(site, by)
            }
            Fault::ClockSkew { site, offset_nanos } => {
                self.tell_began(id, self.stage.is_powered(Endpoint::Site(site)), "the site's clock");
                self.skew(site, offset_nanos);
                Undo::Skew(site, offset_nanos)
            }
            Fault::BitRot { site, files, bits } => self.begin_rot(id, site, files, bits),
            fault => self.begin_disk_trouble(id, &fault),
        };
        self.faults.insert(id, undo);
    }

    pub(crate) fn end(&mut self, id: FaultId) {
        let undo = self.faults.remove(&id);
        if let Some(Undo::Crash(site)) = undo {
            let mut state = self.stage.lock();
            let armed = &mut state.machines[site.index()].armed;
            let before = armed.len();
            armed.retain(|(fault, _)| *fault != id);
            if armed.len() < before {
                state.waiting.insert(id);
            }
        }
        if self.stage.lock().waiting.remove(&id) {
            self.tell_began(id, false, ON_DISK);
        }
        self.tell(WorldEvent::FaultEnded { id });
        match undo {
            None | Some(Undo::Nothing) => {}
            Some(Undo::Power(sites)) => {
                for site in sites.iter() {
                    self.stage.lock().machines[site.index()].unpowered_by.retain(|fault| *fault != id);
                }
                sites.iter().for_each(|site| self.start(site));
            }
            Some(Undo::Crash(site)) => {
                self.stage.lock().machines[site.index()].crashed_by.retain(|fault| *fault != id);
                self.start(site);
            }
            Some(Undo::Shutdown(site)) => {
                // It has had its time.
                if self.stage.is_running(Endpoint::Site(site)) {
                    self.kill(site);
                }
                self.stage.lock().machines[site.index()].crashed_by.retain(|fault| *fault != id);
                self.start(site);
            }
            Some(Undo::Freeze(site)) => {
                let frozen_by = &mut self.stage.lock().machines[site.index()].frozen_by;
                *frozen_by = frozen_by.filter(|fault| *fault != id);
            }
            Some(Undo::Cut(links)) => self.heal(&links),
            Some(Undo::Slow) => drop(self.stage.lock().slower.remove(&id)),
            Some(Undo::Sync(site, by)) => self.stage.lock().machines[site.index()].device.slow_down(-by),
            Some(Undo::Skew(site, by)) => self.skew(site, by.saturating_neg()),
            Some(Undo::Disk(site)) => {
                let troubled = {
                    let device = &mut self.stage.lock().machines[site.index()].device;
                    device.relieve(id);
                    device.is_troubled()
                };
                if !troubled {
                    self.start(site);
                }
            }
        }
        self.stage.wake_all();
    }

    fn skew(&self, site: SiteId, by: i64) {
        {
            let skew = &mut self.stage.lock().machines[site.index()].skew;
            *skew = skew.saturating_add(by);
        }
        self.stage.wake_all();
    }

    fn any_open(&self, links: &Links) -> bool {
        let up = |end| self.stage.is_powered(end);
        links.iter().any(|&(from, to)| self.stage.is_open(from, to) && up(from) && up(to))
    }

    fn begin_cut(&mut self, id: FaultId, links: Links) -> Undo {
        self.tell_began(id, self.any_open(&links), LINKS);
        for &(from, to) in &links {
            let at = self.at();
            let cuts = {
                let mut state = self.stage.lock();
                let (cuts, last) = state.cuts.entry((from, to)).or_insert((0, at));
                *cuts += 1;
                *last = at;
                *cuts
            };
            if cuts == 1 {
                self.host.link(from, to, false);
            }
        }
        self.stage.wake_all();
        Undo::Cut(links)
    }

    fn heal(&mut self, links: &Links) {
        for &(from, to) in links {
            let at = self.at();
            let left = {
                let mut state = self.stage.lock();
                let (cuts, last) = state.cuts.entry((from, to)).or_insert((1, at));
                *cuts = cuts.saturating_sub(1);
                *last = at;
                *cuts
            };
            if left == 0 {
                self.host.link(from, to, true);
            }
        }
    }

    fn begin_power_loss(&mut self, id: FaultId, sites: SiteSet) -> Undo {
        let struck: SiteSet = sites.iter().filter(|site| self.stage.is_powered(Endpoint::Site(*site))).collect();
        self.tell_began(id, !struck.is_empty(), "the site's tasks ended, and the simulated disk's cache lost");
        for site in sites.iter() {
            self.stage.lock().machines[site.index()].unpowered_by.push(id);
        }
        for site in struck.iter() {
            let at = self.at();
            let torn = {
                let device = &mut self.stage.lock().machines[site.index()].device;
                device.lose_power(at);
                device.take_struck()
            };
            self.kill(site);
            for fault in torn {
                if self.stage.lock().waiting.remove(&fault) {
                    self.tell_began(fault, true, ON_DISK);
                }
            }
        }
        Undo::Power(sites)
    }

    fn begin_disk_loss(&mut self, id: FaultId, site: SiteId) -> Undo {
        let at = self.at();
        let had_files = {
            let machine = &mut self.stage.lock().machines[site.index()];
            machine.unpowered_by.push(id);
            machine.device.wipe(at)
        };
        self.tell_began(id, had_files, ON_DISK);
        self.kill(site);
        Undo::Power(SiteSet::only(site))
    }

    fn begin_crash(&mut self, id: FaultId, site: SiteId, after_outputs: u32) -> Undo {
        if !self.stage.is_running(Endpoint::Site(site)) {
            self.tell_began(id, false, PROCESS);
            return Undo::Nothing;
        }
        if after_outputs > 0 {
            self.stage.lock().machines[site.index()].armed.push((id, after_outputs));
            return Undo::Crash(site);
        }
        self.stage.lock().machines[site.index()].crashed_by.push(id);
        self.tell_began(id, true, PROCESS);
        self.kill(site);
        Undo::Crash(site)
    }

    fn begin_shutdown(&mut self, id: FaultId, site: SiteId) -> Undo {
        let runs = self.stage.is_running(Endpoint::Site(site));
        self.tell_began(id, runs, TOLD_TO_END);
        if !runs {
            return Undo::Nothing;
        }
        {
            let machine = &mut self.stage.lock().machines[site.index()];
            machine.crashed_by.push(id);
            machine.told_to_end = true;
        }
        self.stage.wake_all();
        Undo::Shutdown(site)
    }

    fn begin_freeze(&mut self, id: FaultId, site: SiteId) -> Undo {
        let can = {
            let machine = &mut self.stage.lock().machines[site.index()];
            let can = machine.running && machine.frozen_by.is_none();
            if can {
                machine.frozen_by = Some(id);
            }
            can
        };
        self.tell_began(id, can, PROCESS);
        self.stage.wake_all();
        if can { Undo::Freeze(site) } else { Undo::Nothing }
    }

    fn begin_rot(&mut self, id: FaultId, site: SiteId, files: FileClass, bits: u32) -> Undo {
        let at = self.at();
        let rotten = self.stage.lock().machines[site.index()].device.rot(at, files, bits);
        self.tell_began(id, rotten > 0, ON_DISK);
        Undo::Nothing
    }

    fn begin_disk_trouble(&mut self, id: FaultId, fault: &Fault) -> Undo {
        let Some(site) = fault.sites().iter().next() else { return Undo::Nothing };
        self.stage.lock().waiting.insert(id);
        self.stage.lock().machines[site.index()].device.trouble(id, fault);
        Undo::Disk(site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::RegionId;

    #[test]
    fn directions_are_those_of_the_fault() {
        let (one, two) = (Endpoint::Site(SiteId(0)), Endpoint::Region(RegionId(0)));
        assert_eq!(directions(&[one], &[two], Direction::To), [(one, two)]);
        assert_eq!(directions(&[one], &[two], Direction::From), [(two, one)]);
        assert_eq!(directions(&[one], &[two], Direction::Both).len(), 2);
        assert!(directions(&[two], &[two], Direction::Both).is_empty());
    }
}
