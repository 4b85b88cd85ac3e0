//! The world around a host: commands in, events out, the host's time in between.

use crate::clients::Order;
use crate::faults::{KINDS, Undo};
use crate::host::Host;
use crate::stage::Stage;
use firedrill_drill::remote::wire::QUEUES_BOUNDED;
use firedrill_drill::world::{Action, Capabilities, Command, Happened, Step, World, WorldEvent};
use firedrill_model::{FaultId, LogIndex, SiteId, Time};
use std::collections::{BTreeMap, VecDeque};
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Something looks after a machine's process that gave up, and restarts it after this.
const RESTARTED_AFTER: Duration = Duration::from_secs(1);

/// What hosts can do.
pub fn capabilities(world: &'static str) -> Capabilities {
    Capabilities { world, faults: KINDS.to_vec(), deterministic: true, invariants: vec![QUEUES_BOUNDED] }
}

/// A world on a host.
pub struct Hosted<H> {
    pub(crate) host: H,
    pub(crate) stage: Stage,
    name: &'static str,
    regions: Vec<UnboundedSender<Order>>,
    /// What it has told that it is.
    now: Time,
    commands: BTreeMap<Time, VecDeque<Action>>,
    pub(crate) faults: BTreeMap<FaultId, Undo>,
}

impl<H: Host> Hosted<H> {
    /// A world at time zero, with all sites about to start. `regions`: to the clients of each.
    pub fn new(name: &'static str, host: H, stage: Stage, regions: Vec<UnboundedSender<Order>>) -> Hosted<H> {
        let (commands, faults) = (BTreeMap::new(), BTreeMap::new());
        let mut world = Hosted { host, stage, name, regions, now: Time::ZERO, commands, faults };
        world.sites().for_each(|site| world.start(site));
        world
    }

    pub(crate) fn sites(&self) -> impl Iterator<Item = SiteId> + use<H> {
        (0..self.stage.begin().config.sites.len()).map(|site| SiteId(site as u8))
    }

    /// Where the world is.
    pub(crate) fn at(&self) -> Time {
        self.now.max(self.host.now())
    }

    pub(crate) fn tell(&self, event: WorldEvent) {
        self.stage.tell_at(self.at(), event);
    }

    /// Starts a site's process, unless one runs or something keeps it down.
    pub(crate) fn start(&mut self, site: SiteId) {
        {
            let machine = &mut self.stage.lock().machines[site.index()];
            // What keeps it down will start it.
            machine.restart_at = None;
            if machine.running || !machine.powered() || !machine.crashed_by.is_empty() {
                return;
            }
            machine.starts += 1;
            machine.running = true;
        }
        self.host.start(site);
    }

    /// A site's process dies.
    pub(crate) fn kill(&mut self, site: SiteId) {
        let missed = {
            let machine = &mut self.stage.lock().machines[site.index()];
            (machine.running, machine.told_to_end) = (false, false);
            (machine.stopped, machine.dying_of, machine.frozen_by, machine.site) = (false, None, None, None);
            machine.queues.watch(Vec::new());
            std::mem::take(&mut machine.armed)
        };
        self.host.kill(site);
        self.stage.wake_all();
        missed.into_iter().for_each(|(id, _)| self.tell_began(id, false, crate::faults::PROCESS));
    }

    fn act(&mut self, due: Time, action: Action) {
        match action {
            Action::Send { id, region, site, request } => {
                if let Some(region) = self.regions.get(region.index()) {
                    // The clients live as long as the world.
                    drop(region.send(Order::Send { due, id, site, request }));
                }
            }
            Action::Forget { id } => self.regions.iter().for_each(|region| drop(region.send(Order::Forget(id)))),
            Action::Begin { id, fault } => self.begin(id, fault),
            Action::End { id } => self.end(id),
            Action::Report => self.report(),
        }
    }

    fn report(&mut self) {
        let mut judged = 0;
        for site in self.sites() {
            let (running, frozen, of, times) = {
                let machine = &self.stage.lock().machines[site.index()];
                (machine.running, machine.frozen_by.is_some(), machine.site.clone(), machine.queues.judged())
            };
            judged += times;
            let up = running && !frozen;
            let state = of.filter(|_| up).map(|of| {
                let of = of.lock().unwrap_or_else(PoisonError::into_inner);
                (of.applied_index(), of.applied_digest(), of.log_digest())
            });
            let (applied, digest, log_digest) = state.unwrap_or((LogIndex(0), 0, 0));
            self.tell(WorldEvent::FinalState { site, up, applied, digest, log_digest });
        }
        self.tell(WorldEvent::Judged { invariant: QUEUES_BOUNDED, times: judged });
    }

    /// Ends processes that are dying or have given up, starts those whose time has come, and judges.
    fn look_after(&mut self) {
        let at = self.at();
        for site in self.sites() {
            let (dying, stopped, restart, found) = {
                let machine = &mut self.stage.lock().machines[site.index()];
                let restart = machine.restart_at.is_some_and(|due| due <= at);
                (machine.dying_of, machine.stopped, restart, machine.queues.judge())
            };
            if let Some(detail) = found {
                self.tell(WorldEvent::Violated { invariant: QUEUES_BOUNDED, site: Some(site), detail });
            }
            if let Some(id) = dying {
                self.stage.lock().machines[site.index()].crashed_by.push(id);
                self.tell_began(id, true, crate::faults::PROCESS);
                self.kill(site);
            } else if stopped {
                self.kill(site);
                let machine = &mut self.stage.lock().machines[site.index()];
                if !machine.device.is_troubled() {
                    machine.restart_at = Some(at + RESTARTED_AFTER);
                }
            } else if restart {
                self.start(site);
            }
        }
    }

    fn next_due(&self) -> Time {
        let restart = self.stage.lock().machines.iter().filter_map(|machine| machine.restart_at).min();
        let command = self.commands.first_key_value().map(|(due, _)| *due);
        restart.into_iter().chain(command).min().unwrap_or(Time::MAX)
    }

    fn act_on_what_is_due(&mut self) {
        while let Some(first) = self.commands.first_entry().filter(|first| *first.key() <= self.host.now()) {
            let (due, actions) = first.remove_entry();
            actions.into_iter().for_each(|action| self.act(due, action));
        }
    }

    fn told(&mut self, until: Time) -> Vec<Happened> {
        let mut told = std::mem::take(&mut self.stage.lock().told);
        // A tick or a wake-up is the resolution of a host: nothing is told before what has been told, or after the step.
        let end = self.host.now().min(until).max(self.now);
        told.iter_mut().for_each(|happened| happened.t = happened.t.clamp(self.now, end));
        told.sort_by_key(|happened| happened.t);
        told
    }
}

impl<H: Host> World for Hosted<H> {
    fn capabilities(&self) -> Capabilities {
        capabilities(self.name)
    }

    fn step(&mut self, until: Time, commands: &[Command]) -> Step {
        let until = until.max(self.now);
        for Command { due, action } in commands {
            match action {
                // Clients wait by themselves, to the nanosecond.
                Action::Send { .. } => self.act(*due, action.clone()),
                _ => self.commands.entry((*due).max(self.now)).or_default().push_back(action.clone()),
            }
        }
        loop {
            // A crash that struck just now is told, and its process ended, before that fault's end can be due.
            self.look_after();
            self.act_on_what_is_due();
            let answers = std::mem::take(&mut self.stage.lock().came_up) && self.must_return();
            if answers {
                let events = self.told(until);
                self.now = self.host.now().min(until).max(self.now);
                return Step { now: self.now, events };
            }
            if !self.host.advance(until, self.next_due()) {
                break;
            }
        }
        let events = self.told(until);
        self.now = until;
        Step { now: until, events }
    }
}

impl<H> Hosted<H> {
    /// Whether something was told that the drill must answer.
    fn must_return(&self) -> bool {
        use WorldEvent::{Answered, Broken, Failed, Refused};
        let answers = |happened: &Happened| {
            matches!(happened.event, Answered { .. } | Refused { .. } | Broken { .. } | Failed { .. })
        };
        self.stage.lock().told.iter().any(answers)
    }
}
