//! Processes start, die, freeze and thaw; machines lose power and get it back.

use crate::disk::Touched;
use crate::draw::{self, For};
use crate::event::{Ending, Event};
use crate::host::{Armed, Running};
use crate::process::Process;
use crate::sim::Sim;
use firedrill_drill::world::WorldEvent;
use firedrill_model::rng::mix;
use firedrill_model::{FaultId, Rng, SiteId, Time};
use firedrill_stack::LogKey;
use firedrill_stack::io::Input;
use std::time::Duration;

/// Something looks after a machine's process, and restarts it after this.
const RESTARTED_AFTER: Duration = Duration::from_secs(1);

/// The key of the transaction log in this run: drawn from the seed, and told to nobody but the sites.
pub fn log_key(seed: u64) -> LogKey {
    let mut draws = Rng::new(seed, "log key");
    let mut secret = [0; 32];
    secret.chunks_exact_mut(8).for_each(|part| part.copy_from_slice(&draws.bits().to_le_bytes()));
    LogKey { id: 1, secret }
}

impl<P: Process> Sim<P> {
    /// Starts a site's process over what is on its disk, unless one runs or something keeps it down.
    pub(crate) fn start(&mut self, site: SiteId) {
        let host = &mut self.hosts[site.index()];
        if host.process.is_some() || !host.powered() || !host.crashed_by.is_empty() {
            return;
        }
        host.starts += 1;
        host.load.begin_anew();
        let rng = Rng::new(self.seed, "site").split(u64::from(site.0)).split(u64::from(host.starts));
        host.process = Some(Running::new(P::new(self.config.clone(), site, rng)));
        self.invariants.started(site, host.starts);
        if self.config.transaction_log.is_some() {
            self.handle(site, Input::KeyGiven { key: log_key(self.seed) });
        }
        self.handle(site, Input::Started);
    }

    /// A site's process dies at once. Its machine lives, and breaks its connections.
    pub(crate) fn kill(&mut self, site: SiteId) {
        self.stop(site);
        for ticket in self.requests.held_by(site) {
            self.request_ends(site, ticket, Ending::Broken);
        }
    }

    /// A process that has stopped is gone, and nobody restarts it while its disk is in trouble: a restart would find the same. After that something does
    /// (the fault's end, or, if it ended before the process stopped, what looks after the machine).
    pub(crate) fn bury_if_stopped(&mut self, site: SiteId) {
        let host = &self.hosts[site.index()];
        if !host.process.as_ref().is_some_and(|running| running.process.has_stopped()) {
            return;
        }
        let troubled = host.disk.is_troubled();
        self.kill(site);
        if !troubled {
            self.queue.put(self.now + RESTARTED_AFTER, Event::Boot(site));
        }
    }

    /// A site's power fails. Nobody is told.
    pub(crate) fn power_off(&mut self, site: SiteId) {
        self.stop_without_power(site);
        let host = &mut self.hosts[site.index()];
        host.disk.lose_power();
        self.invariants.became_durable(site, &host.disk, Touched::Anything);
        self.disk_struck(site);
    }

    /// A site's machine is off: its process is gone, nobody is told, and what its disk was doing is void.
    pub(crate) fn stop_without_power(&mut self, site: SiteId) {
        self.stop(site);
        for ticket in self.requests.held_by(site) {
            self.requests.lost(ticket);
        }
        self.hosts[site.index()].outages += 1;
    }

    /// Tells of faults that hit a site's disk for the first time.
    pub(crate) fn disk_struck(&mut self, site: SiteId) {
        for fault in self.hosts[site.index()].disk.take_struck() {
            self.tell_struck(fault);
        }
    }

    /// Tells that a fault that waited for something to hit has hit it.
    pub(crate) fn tell_struck(&mut self, fault: FaultId) {
        if self.waiting.remove(&fault) {
            self.tell_began(fault, true);
        }
    }

    /// An output has left; if a crash waited for it, the process dies.
    pub(crate) fn crash_if_armed(&mut self, site: SiteId) {
        let host = &mut self.hosts[site.index()];
        let Some(armed) = host.count_output() else {
            return;
        };
        let (strikes, too_late) = armed.split_first().expect("a crash strikes");
        host.crashed_by.push(strikes.fault);
        self.tell_began(strikes.fault, true);
        self.kill(site);
        self.tell_missed(too_late);
    }

    /// A frozen process goes on. Whether it notices first that time passed, or what came in, is drawn.
    pub(crate) fn thaw(&mut self, site: SiteId) {
        let host = &mut self.hosts[site.index()];
        let Some(running) = &mut host.process else {
            return;
        };
        let inbox = running.thaw();
        let process = host.starts;
        self.wakes[site.index()] = host.wake();
        let timers_first = mix(draw::salt(self.seed, For::Thaw, u64::from(site.0)) ^ self.now.as_nanos()) & 1 == 0;
        if timers_first && self.wakes[site.index()] <= self.now {
            self.handle(site, Input::TimePassed);
        }
        for input in inbox {
            if self.hosts[site.index()].starts != process {
                break;
            }
            self.handle(site, input);
        }
    }

    /// Tells that a fault began, and whether it struck.
    pub(crate) fn tell_began(&mut self, id: FaultId, struck: bool) {
        self.tell(WorldEvent::FaultBegan { id, struck, mechanism: Some("simulated".to_owned()) });
    }

    /// The process is gone, and with it the crashes that waited for it.
    fn stop(&mut self, site: SiteId) {
        let host = &mut self.hosts[site.index()];
        host.process = None;
        self.wakes[site.index()] = Time::MAX;
        let armed = std::mem::take(&mut host.armed);
        self.tell_missed(&armed);
    }

    fn tell_missed(&mut self, crashes: &[Armed]) {
        for crash in crashes {
            self.tell_began(crash.fault, false);
        }
    }
}
