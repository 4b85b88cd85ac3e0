//! A small world for tests: one store behind three sites that are only up or down, near or far. It keeps every promise of the conformance
//! suite, or breaks the one that it is told to.

mod network;
mod sites;

use firedrill_drill::world::{Action, Capabilities, Command, Happened, RequestId, Setup, Step, World, WorldEvent};
use firedrill_model::{
    Fault, FaultId, FaultKind, Key, LogIndex, Op, OpResult, Position, RegionId, Request, Response, SessionId, SiteId,
    Time, Value,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Worlds made so far in this process: what a world that breaks its promise of determinism depends on.
static MADE: AtomicU64 = AtomicU64::new(0);

/// The fake world.
#[derive(Clone)]
pub struct Fake {
    setup: Setup,
    capabilities: Capabilities,
    /// The name of the conformance test whose promise is broken.
    broken: Option<&'static str>,
    now: Time,
    counter: u64,
    queue: BTreeMap<(Time, u64), Inner>,
    told: Vec<Happened>,
    active: BTreeMap<FaultId, Fault>,
    store: BTreeMap<Key, Value>,
    log: Vec<Value>,
    sessions: BTreeMap<SessionId, (u64, Response)>,
    commits: u64,
    forgotten: BTreeSet<RequestId>,
    held: Vec<Asked>,
    /// Rises when a site's process dies.
    lives: Vec<u32>,
    /// Since when a site's process runs.
    started: Vec<Time>,
    promoted: SiteId,
    serial: u64,
    wobble: u64,
}

/// A request on its way.
#[derive(Clone)]
struct Asked {
    id: RequestId,
    region: RegionId,
    site: SiteId,
    request: Request,
}

#[derive(Clone)]
enum Inner {
    Do(Action),
    Arrive(Asked),
    Commit(Asked, u32),
    Reach(RequestId, WorldEvent),
    /// A fault ends though nobody asked for it.
    Fades(FaultId),
    /// Its peers have waited long enough for this site.
    Detected(SiteId),
}

impl Fake {
    /// A world that keeps every promise.
    pub fn new(setup: &Setup) -> Fake {
        Fake::limited(setup, &FaultKind::ALL)
    }

    /// A world that breaks the promise of the test of this name.
    pub fn breaking(setup: &Setup, broken: Option<&'static str>) -> Fake {
        let sites = setup.plan.sites.len();
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        Fake {
            setup: setup.clone(),
            capabilities: Capabilities {
                world: "fake",
                faults: FaultKind::ALL.to_vec(),
                deterministic: true,
                invariants: vec!["nothing"],
            },
            broken,
            now: Time::ZERO,
            counter: 0,
            queue: BTreeMap::new(),
            told: Vec::new(),
            active: BTreeMap::new(),
            store: BTreeMap::new(),
            log: Vec::new(),
            sessions: BTreeMap::new(),
            commits: 0,
            forgotten: BTreeSet::new(),
            held: Vec::new(),
            lives: vec![0; sites],
            started: vec![Time::ZERO; sites],
            promoted: SiteId(0),
            serial: 0,
            wobble: if broken == Some("determinism") { made % 1000 } else { 0 },
        }
    }

    /// A world that can do these kinds of faults. One that can't do all claims no determinism either.
    pub fn limited(setup: &Setup, faults: &[FaultKind]) -> Fake {
        let mut fake = Fake::breaking(setup, None);
        fake.capabilities.faults = faults.to_vec();
        fake.capabilities.deterministic = faults == FaultKind::ALL;
        fake
    }

    fn breaks(&self, test: &str) -> bool {
        self.broken == Some(test)
    }

    fn later(&mut self, delay: Duration, inner: Inner) {
        self.at(self.now + delay, inner);
    }

    fn at(&mut self, t: Time, inner: Inner) {
        self.counter += 1;
        self.queue.insert((t.max(self.now), self.counter), inner);
    }

    fn tell(&mut self, event: WorldEvent) {
        let early = self.breaks("order") && matches!(event, WorldEvent::Observed { .. });
        let t = if early { self.now + Duration::from_millis(500) } else { self.now };
        self.told.push(Happened { t, event });
    }

    fn handle(&mut self, inner: Inner) {
        match inner {
            Inner::Do(action) => self.act(action),
            Inner::Arrive(asked) => self.arrive(asked),
            Inner::Commit(asked, life) => self.commit(asked, life),
            Inner::Reach(id, event) => {
                if !self.forgotten.contains(&id) || self.breaks("forgotten") {
                    self.tell(event);
                }
            }
            Inner::Fades(id) => {
                self.active.remove(&id);
            }
            Inner::Detected(site) => self.fail_over(site),
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Send { id, region, site, request } => self.send(Asked { id, region, site, request }),
            Action::Forget { id } => {
                self.forgotten.insert(id);
            }
            Action::Begin { id, fault } => self.begin(id, fault),
            Action::End { id } => self.end(id),
            Action::Report => self.report(),
        }
    }

    fn arrive(&mut self, asked: Asked) {
        let site = asked.site;
        if self.is_lost(site) {
            return;
        }
        if self.is_crashed(site) {
            if !self.breaks("crash") {
                self.reach(asked.region, site, asked.id, WorldEvent::Refused { id: asked.id });
            }
        } else if self.is_frozen(site) && !self.breaks("freeze") {
            self.held.push(asked);
        } else if site != self.promoted {
            self.reply(&asked, Response::NotApplied(firedrill_model::NotApplied::NotPromoted));
        } else if let Some(quorum) = self.quorum_round_trip(site) {
            let sync = self.setup.physics.sync_max + self.slowest_sync_of_quorum();
            let life = self.lives[site.index()];
            self.later(quorum + sync, Inner::Commit(asked, life));
        }
    }

    fn commit(&mut self, asked: Asked, life: u32) {
        let site = asked.site;
        if self.lives[site.index()] != life || self.quorum_round_trip(site).is_none() {
            return;
        }
        if self.is_frozen(site) && !self.breaks("freeze") {
            self.held.push(asked);
            return;
        }
        let response = match self.sessions.get(&asked.request.session) {
            Some((seq, response)) if *seq == asked.request.seq => response.clone(),
            // Of an operation before the session's last one nobody waits for the answer.
            Some((seq, _)) if *seq > asked.request.seq => return,
            _ => {
                let response = Response::Done(self.apply(&asked.request.op));
                self.commits += 1;
                self.sessions.insert(asked.request.session, (asked.request.seq, response.clone()));
                response
            }
        };
        self.reply(&asked, response);
    }

    fn apply(&mut self, op: &Op) -> OpResult {
        match op {
            Op::Read { key } => OpResult::Value(self.store.get(key).cloned()),
            Op::Write { key, value } => {
                self.store.insert(key.clone(), value.clone());
                OpResult::Written
            }
            Op::Cas { key, expected, value } => {
                let swapped = self.store.get(key) == expected.as_ref();
                if swapped {
                    self.store.insert(key.clone(), value.clone());
                }
                OpResult::Cas { swapped }
            }
            Op::Append { record } => {
                self.log.push(record.clone());
                OpResult::Appended { position: Position(self.log.len() as u64) }
            }
            Op::Scan { after } => {
                // A page is two records.
                let records: Vec<Value> = self.log.iter().skip(after.0 as usize).take(2).cloned().collect();
                OpResult::Records { first: after.next(), records, end: Position(self.log.len() as u64) }
            }
        }
    }

    fn reply(&mut self, asked: &Asked, response: Response) {
        let event = WorldEvent::Answered { id: asked.id, response };
        self.reach(asked.region, asked.site, asked.id, event.clone());
        if self.breaks("answered-once") {
            self.reach(asked.region, asked.site, asked.id, event);
        }
    }

    fn report(&mut self) {
        for site in (0..self.lives.len()).map(|site| SiteId(site as u8)) {
            let up = (!self.is_lost(site) && !self.is_crashed(site)) || self.breaks("report");
            // A site needs two seconds after its start to catch up.
            let behind =
                self.now.since(self.started[site.index()]) < Duration::from_secs(2) && self.now > Time::from_secs(2);
            let applied = LogIndex(if behind { 0 } else { self.commits });
            self.tell(WorldEvent::FinalState { site, up, applied, digest: applied.0, log_digest: 0 });
        }
        self.tell(WorldEvent::Judged { invariant: "nothing", times: self.commits });
    }
}

impl World for Fake {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn step(&mut self, until: Time, commands: &[Command]) -> Step {
        for command in commands {
            self.at(command.due, Inner::Do(command.action.clone()));
        }
        while let Some((&(t, number), _)) = self.queue.first_key_value() {
            if t > until {
                break;
            }
            let Some(inner) = self.queue.remove(&(t, number)) else {
                break;
            };
            self.now = self.now.max(t);
            self.handle(inner);
            let answers = |happened: &Happened| {
                use WorldEvent::{Answered, Broken, Refused};
                matches!(happened.event, Answered { .. } | Refused { .. } | Broken { .. })
            };
            if self.told.last().is_some_and(answers) {
                return Step { now: self.now, events: std::mem::take(&mut self.told) };
            }
        }
        let too_far = if self.breaks("clock") { Duration::from_millis(1) } else { Duration::ZERO };
        self.now = self.now.max(until + too_far);
        Step { now: self.now, events: std::mem::take(&mut self.told) }
    }
}
