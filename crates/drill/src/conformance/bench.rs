//! What the tests are written with: a world, its clock, and what it told.

use super::Make;
use super::plan::setup;
use crate::world::{Action, Capabilities, Command, Happened, RequestId, Setup, World, WorldEvent};
use firedrill_model::{
    Fault, FaultId, Key, Op, OpResult, RegionId, Request, Response, ServiceId, SessionId, SiteId, Time, Value,
};
use std::time::Duration;

/// A world may need this long before its first write is acknowledged, and after a restart.
pub(super) const READY_WITHIN: Duration = Duration::from_secs(60);
/// A request without an answer is tried again after this long.
const TRY_AGAIN: Duration = Duration::from_secs(2);
/// A world that does not claim determinism runs in real time, and may be late by this much.
const REAL_TIME_SLACK: Duration = Duration::from_millis(50);
/// A world that told so many steps in a row without letting time pass has stopped.
const IDLE_STEPS: u32 = 10_000;

/// Near the first site.
pub(super) const NEAR: RegionId = RegionId(0);
/// Farther away.
pub(super) const FAR: RegionId = RegionId(1);
/// Where the service is promoted.
pub(super) const FIRST: SiteId = SiteId(0);
/// All three.
pub(super) const SITES: [SiteId; 3] = [SiteId(0), SiteId(1), SiteId(2)];

/// A world under test.
pub(super) struct Bench {
    world: Box<dyn World>,
    capabilities: Capabilities,
    setup: Setup,
    now: Time,
    commands: Vec<Command>,
    told: Vec<Happened>,
    requests: u64,
    faults: u16,
    /// Breaches of the contract on the clock.
    pub(super) clock_breaches: Vec<String>,
    /// Breaches of the contract on the order of events.
    pub(super) order_breaches: Vec<String>,
}

impl Bench {
    pub(super) fn new(make: &mut Make<'_>) -> Bench {
        let setup = setup();
        let world = make(&setup);
        let capabilities = world.capabilities();
        Bench {
            world,
            capabilities,
            setup,
            now: Time::ZERO,
            commands: Vec::new(),
            told: Vec::new(),
            requests: 0,
            faults: 0,
            clock_breaches: Vec::new(),
            order_breaches: Vec::new(),
        }
    }

    pub(super) fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// The plan's round trip from a region to a site.
    pub(super) fn round_trip(&self, region: RegionId, site: SiteId) -> Duration {
        self.setup.plan.regions[region.index()].round_trips[site.index()]
    }

    /// The plan's longest round trip between sites.
    pub(super) fn longest_link(&self) -> Duration {
        self.setup.plan.links.iter().flatten().map(|link| link.round_trip).max().unwrap_or_default()
    }

    /// All that was told so far.
    pub(super) fn told(&self) -> &[Happened] {
        &self.told
    }

    pub(super) fn command(&mut self, due: Time, action: Action) {
        self.commands.push(Command { due, action });
    }

    /// A fault begins now.
    pub(super) fn begin(&mut self, fault: Fault) -> FaultId {
        let id = FaultId(self.faults);
        self.faults += 1;
        self.command(self.now, Action::Begin { id, fault });
        id
    }

    /// A fault ends now.
    pub(super) fn end(&mut self, id: FaultId) {
        self.command(self.now, Action::End { id });
    }

    /// Sends a request at an instant, in a session of its own.
    pub(super) fn send(&mut self, due: Time, region: RegionId, site: SiteId, op: Op) -> RequestId {
        self.requests += 1;
        let id = RequestId(self.requests);
        let request = Request { session: SessionId(self.requests), seq: 1, service: ServiceId(0), op };
        self.command(due, Action::Send { id, region, site, request });
        id
    }

    /// What the client learned of a request: when, and `None` for a refusal or a broken connection, else the answer. In order.
    pub(super) fn fates(&self, request: RequestId) -> impl Iterator<Item = (Time, Option<&Response>)> {
        self.told.iter().filter_map(move |happened| match &happened.event {
            WorldEvent::Answered { id, response } if *id == request => Some((happened.t, Some(response))),
            WorldEvent::Refused { id } | WorldEvent::Broken { id } if *id == request => Some((happened.t, None)),
            _ => None,
        })
    }

    /// Whether a request was done.
    pub(super) fn is_done(&self, request: RequestId) -> bool {
        self.fates(request).any(|(_, response)| matches!(response, Some(Response::Done(_))))
    }

    /// Lets the world run for so long.
    pub(super) fn run_for(&mut self, time: Duration) -> Result<(), String> {
        let until = self.now + time;
        self.run_until(until, |_| false)
    }

    /// Lets the world run until a request has a fate, or for so long.
    pub(super) fn await_fate(&mut self, request: RequestId, within: Duration) -> Result<(), String> {
        let until = self.now + within;
        self.run_until(until, |bench| bench.fates(request).next().is_some())
    }

    fn run_until(&mut self, until: Time, enough: impl Fn(&Bench) -> bool) -> Result<(), String> {
        let mut idle = 0;
        while self.now < until && !enough(self) {
            let before = (self.now, self.told.len());
            self.step(until)?;
            idle = if before == (self.now, self.told.len()) { idle + 1 } else { 0 };
            if idle > IDLE_STEPS {
                return Err(format!("the world does not go on at {}, though asked to until {until}", self.now));
            }
        }
        Ok(())
    }

    fn step(&mut self, until: Time) -> Result<(), String> {
        let step = self.world.step(until, &self.commands);
        self.commands.clear();
        let slack = if self.capabilities.deterministic { Duration::ZERO } else { REAL_TIME_SLACK };
        if step.now < self.now {
            self.clock_breaches.push(format!("the clock ran back from {} to {}", self.now, step.now));
        }
        if step.now > until + slack {
            self.clock_breaches.push(format!("a step until {until} ran to {}", step.now));
        }
        for happened in step.events {
            self.check_order(&happened, step.now);
            if let WorldEvent::Failed { error } = &happened.event {
                return Err(format!("the world failed at {}: {error}", happened.t));
            }
            self.told.push(happened);
        }
        self.now = self.now.max(step.now);
        Ok(())
    }

    fn check_order(&mut self, happened: &Happened, now: Time) {
        let slack = if self.capabilities.deterministic { Duration::ZERO } else { REAL_TIME_SLACK };
        let last = self.told.last().map_or(Time::ZERO, |last| last.t);
        if happened.t + slack < last {
            self.order_breaches.push(format!("after {last} it told of {}: {:?}", happened.t, happened.event));
        }
        if happened.t > now {
            self.order_breaches.push(format!("at {now} it told of {}: {:?}", happened.t, happened.event));
        }
    }

    /// Tries an operation through a site, again and again in fresh sessions, until it is done.
    pub(super) fn done(
        &mut self,
        region: RegionId,
        site: SiteId,
        op: &Op,
        within: Duration,
    ) -> Result<OpResult, String> {
        let until = self.now + within;
        while self.now < until {
            let request = self.send(self.now, region, site, op.clone());
            self.await_fate(request, TRY_AGAIN)?;
            if let Some((_, Some(Response::Done(result)))) = self.fates(request).next() {
                return Ok(result.clone());
            }
            let id = request;
            self.command(self.now, Action::Forget { id });
            self.run_for(Duration::from_millis(200))?;
        }
        Err(format!("{op:?} through {site} from {region} was not done within {} s", within.as_secs()))
    }

    /// Waits until the world acknowledges a first write.
    pub(super) fn ready(&mut self) -> Result<(), String> {
        self.done(NEAR, FIRST, &write("ready", "yes"), READY_WITHIN).map(|_| ())
    }

    /// What a key has, read through the first site from the far region.
    pub(super) fn value(&mut self, key: &str) -> Result<Option<Value>, String> {
        match self.done(FAR, FIRST, &read(key), READY_WITHIN)? {
            OpResult::Value(value) => Ok(value),
            other => Err(format!("a read of {key} was answered with {other:?}")),
        }
    }

    /// Fails unless a key has this value.
    pub(super) fn expect_value(&mut self, key: &str, expected: Option<&str>) -> Result<(), String> {
        let expected = expected.map(|text| Value::new(text.as_bytes()));
        let value = self.value(key)?;
        if value == expected { Ok(()) } else { Err(format!("{key} has {value:?} and should have {expected:?}")) }
    }
}

pub(super) fn read(key: &str) -> Op {
    Op::Read { key: Key::new(key) }
}

pub(super) fn write(key: &str, value: &str) -> Op {
    Op::Write { key: Key::new(key), value: Value::new(value.as_bytes()) }
}

/// `Ok` if it holds, else what was seen.
pub(super) fn expect(holds: bool, seen: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(seen()) }
}
