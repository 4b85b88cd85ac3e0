//! The simulated world: hosts, links and the event queue, and the loop that takes the next event.

use crate::disk::{Disk, Speed};
use crate::event::{Ending, Event};
use crate::faults::Undo;
use crate::host::Host;
use crate::invariants::{Invariant, Invariants};
use crate::network::{Arrival, Network};
use crate::process::Process;
use crate::queue::Queue;
use crate::requests::Requests;
use crate::wire;
use firedrill_drill::world::{Action, Capabilities, Command, Happened, Setup, Step, World, WorldEvent};
use firedrill_model::time::nanos;
use firedrill_model::{Endpoint, FaultId, FaultKind, LogIndex, SiteId, StackConfig, Time};
use firedrill_stack::Site;
use firedrill_stack::io::{FileId, Input, Ticket};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// More events than that within a second of virtual time are a storm that feeds itself; the world gives up.
const STORM: u32 = 500_000;
/// A process that asks to be woken at once, when it has just been woken, is woken this much later.
const TIMER_SLACK: Duration = Duration::from_micros(1);

/// What every simulated world can do; to be known before there is one, since schedules are drawn for it.
pub fn capabilities() -> Capabilities {
    Capabilities {
        world: "sim",
        faults: FaultKind::ALL.to_vec(),
        deterministic: true,
        invariants: Invariant::ALL.iter().map(|invariant| invariant.name()).collect(),
    }
}

/// A simulated world. A clone of it is a fork: given the same commands, both go on alike.
#[derive(Clone)]
pub struct Sim<P: Process = Site> {
    pub(crate) now: Time,
    pub(crate) seed: u64,
    pub(crate) config: Arc<StackConfig>,
    pub(crate) queue: Queue<Event>,
    pub(crate) network: Network,
    pub(crate) hosts: Vec<Host<P>>,
    /// When each site's process is to be woken. Kept apart from the queue, so that no timer is ever stale.
    pub(crate) wakes: Vec<Time>,
    pub(crate) requests: Requests,
    pub(crate) faults: BTreeMap<FaultId, Undo>,
    /// Of these, those that have not hit anything yet, and have not been told to have begun.
    pub(crate) waiting: BTreeSet<FaultId>,
    pub(crate) invariants: Invariants,
    /// A client asked something of the transaction log.
    log_asked: bool,
    told: Vec<Happened>,
    /// Something was told that the drill must answer.
    must_return: bool,
    pace: Pace,
    handled: u64,
}

/// How many events the current second of virtual time has had.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    until: Time,
    events: u32,
}

impl Sim {
    /// A world at time zero, in which nothing has happened yet and the sites run the stack.
    pub fn new(setup: &Setup) -> Sim {
        Sim::running(setup)
    }
}

impl<P: Process> Sim<P> {
    /// The same with another process at the sites.
    pub fn running(setup: &Setup) -> Sim<P> {
        let sites = setup.config.sites.len();
        assert_eq!(sites, setup.plan.sites.len(), "the stack's sites are the plan's");
        let speed =
            Speed { sync_min: nanos(setup.physics.sync_min), sync_max: nanos(setup.physics.sync_max), slower: 0 };
        let host = |site: usize| Host::new(Disk::new(setup.seed, site as u64, speed));
        let mut queue = Queue::new();
        for site in 0..sites {
            queue.put(Time::ZERO, Event::Boot(SiteId(site as u8)));
        }
        Sim {
            now: Time::ZERO,
            seed: setup.seed,
            config: Arc::new(setup.config.clone()),
            queue,
            network: Network::new(setup),
            hosts: (0..sites).map(host).collect(),
            wakes: vec![Time::MAX; sites],
            requests: Requests::default(),
            faults: BTreeMap::new(),
            waiting: BTreeSet::new(),
            invariants: Invariants::new(sites),
            log_asked: false,
            told: Vec::new(),
            must_return: false,
            pace: Pace::default(),
            handled: 0,
        }
    }

    /// How many events were handled so far, timers included.
    pub fn events_handled(&self) -> u64 {
        self.handled
    }

    /// A site's process, if one runs.
    pub fn process(&self, site: SiteId) -> Option<&P> {
        self.hosts.get(site.index())?.process.as_ref().map(|running| &running.process)
    }

    /// The files on a site's disk, as its process sees them, and how many bytes each has.
    pub fn files(&self, site: SiteId) -> impl Iterator<Item = (FileId, usize)> {
        self.hosts.get(site.index()).into_iter().flat_map(|host| host.disk.files())
    }

    /// Tells what happens now.
    pub(crate) fn tell(&mut self, event: WorldEvent) {
        self.must_return |= matches!(
            event,
            WorldEvent::Answered { .. }
                | WorldEvent::Refused { .. }
                | WorldEvent::Broken { .. }
                | WorldEvent::Failed { .. }
        );
        self.told.push(Happened { t: self.now, event });
    }

    /// Lets the next event happen, if it is due by `until`. At the same instant, events of the queue come before timers, and timers
    /// in the order of the sites.
    fn advance(&mut self, until: Time) -> bool {
        let (timer, site) = self.next_wake();
        match self.queue.next_time() {
            Some(at) if at <= timer && at <= until => {
                let (at, event) = self.queue.take().expect("the event that was looked at is there");
                self.now = self.now.max(at);
                self.happens(event);
            }
            _ if timer <= until && timer < Time::MAX => {
                self.now = self.now.max(timer);
                self.woken(site);
            }
            _ => return false,
        }
        self.handled += 1;
        self.keep_pace();
        true
    }

    fn next_wake(&self) -> (Time, usize) {
        let mut next = (Time::MAX, 0);
        for (site, wake) in self.wakes.iter().enumerate() {
            if *wake < next.0 {
                next = (*wake, site);
            }
        }
        next
    }

    fn woken(&mut self, site: usize) {
        if self.hosts[site].load.takes_time(self.now) {
            // Woken anew when it has come to this.
            self.wakes[site] = Time::MAX;
            self.deliver(SiteId(site as u8), Input::TimePassed);
            return;
        }
        self.handle(SiteId(site as u8), Input::TimePassed);
        if self.wakes[site] <= self.now {
            self.wakes[site] = self.now + TIMER_SLACK;
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Boot(site) => self.start(site),
            Event::Command(action) => self.act(action),
            Event::Message { from, to, passage, message } => {
                if self.network.arrives(passage) == Arrival::Whole {
                    self.deliver(to, Input::MessageReceived { from, message });
                }
            }
            Event::Request { to, passage, ticket, request } => match self.network.arrives(passage) {
                Arrival::Whole => self.request_arrives(to, ticket, request),
                Arrival::Broken => self.request_damaged(to, ticket),
                Arrival::Lost => {}
            },
            Event::Response { passage, ticket, ending } => match self.network.arrives(passage) {
                Arrival::Whole => self.response_arrives(ticket, ending),
                Arrival::Broken => self.response_arrives(ticket, Ending::Broken),
                Arrival::Lost => {}
            },
            Event::Work { site, process, input } => self.works(site, process, input),
            Event::Disk { site, boot, process, completion } => self.disk_done(site, boot, process, completion),
        }
    }

    fn response_arrives(&mut self, ticket: Ticket, ending: Ending) {
        if let Some(id) = self.requests.ended(ticket) {
            self.tell(match ending {
                Ending::Answered(response) => WorldEvent::Answered { id, response },
                Ending::Refused => WorldEvent::Refused { id },
                Ending::Broken => WorldEvent::Broken { id },
            });
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Send { id, region, site, request } => {
                self.log_asked |= request.op.is_of_log();
                let ticket = self.requests.send(id, region, site);
                let ends = (Endpoint::Region(region), Endpoint::Site(site));
                let sent = self.send(ends, || wire::of_request(&request));
                if let Some((at, passage)) = sent.arrives {
                    self.queue.put(at, Event::Request { to: site, passage, ticket, request });
                }
            }
            Action::Forget { id } => self.requests.forget(id),
            Action::Begin { id, fault } => self.begin(id, fault),
            Action::End { id } => self.end(id),
            Action::Report => self.report(),
        }
    }

    fn report(&mut self) {
        for site in 0..self.hosts.len() {
            let host = &self.hosts[site];
            let up = host.up();
            let (applied, digest, log_digest) = match &host.process {
                Some(running) if up => {
                    let process = &running.process;
                    (process.insides().applied, process.applied_digest(), process.log_digest())
                }
                _ => (LogIndex(0), 0, 0),
            };
            self.tell(WorldEvent::FinalState { site: SiteId(site as u8), up, applied, digest, log_digest });
        }
        // Where nobody asks anything of the transaction log, its invariants have nothing to judge, and are not listed.
        let log_asked = self.log_asked;
        for invariant in Invariant::ALL.into_iter().filter(|invariant| log_asked || !invariant.is_of_log()) {
            let times = self.invariants.judged(invariant);
            self.tell(WorldEvent::Judged { invariant: invariant.name(), times });
        }
    }

    /// Tells of invariants that were found violated.
    pub(crate) fn tell_violations(&mut self) {
        for violation in self.invariants.take_found() {
            self.tell(WorldEvent::Violated {
                invariant: violation.invariant.name(),
                site: Some(violation.site),
                detail: violation.detail,
            });
        }
    }

    /// Gives up when a second of virtual time has more events than any real workload could bring.
    fn keep_pace(&mut self) {
        if self.now >= self.pace.until {
            self.pace = Pace { until: self.now + Duration::from_secs(1), events: 0 };
        }
        self.pace.events += 1;
        if self.pace.events == STORM {
            let error = format!("more than {STORM} events within a second of virtual time: something feeds itself");
            self.tell(WorldEvent::Failed { error });
        }
    }
}

impl<P: Process> World for Sim<P> {
    fn capabilities(&self) -> Capabilities {
        capabilities()
    }

    fn step(&mut self, until: Time, commands: &[Command]) -> Step {
        let until = until.max(self.now);
        for command in commands {
            self.queue.put(command.due.max(self.now), Event::Command(command.action.clone()));
        }
        while !self.must_return && self.pace.events < STORM {
            if !self.advance(until) {
                self.now = until;
                break;
            }
        }
        self.must_return = false;
        if self.pace.events >= STORM && self.told.is_empty() {
            // It has given up: nothing happens any more.
            self.now = until;
        }
        Step { now: self.now, events: std::mem::take(&mut self.told) }
    }
}
