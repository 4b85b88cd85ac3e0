//! Probers: one per service and region, open loop. A probe is sent at its time whatever became of the one before, its latency counts from the
//! intended send, and it is never sent again. Several are under way at once, so each goes in a session of its own, as a client of its own.

mod probe;
mod prober;

use crate::desk::{Actor, Wake};
use crate::session::Session;
use crate::shared::Shared;
use crate::world::{Action, RequestId};
use firedrill_history::{Event, Purpose};
use firedrill_model::Time;
use firedrill_model::{ClientId, NotApplied, Outcome, RegionId, Request, ServiceId, ServiceLevel};
pub(crate) use probe::News;
use probe::{Probe, ProbeSession};
use prober::Prober;
use std::time::Duration;

/// A probe without an answer for this long is unknown.
pub const DEADLINE: Duration = Duration::from_secs(1);
/// After this long without a success a prober sends once a second, until the next success.
pub const TIRED_AFTER: Duration = Duration::from_secs(15 * 60);
/// All probers and their sessions.
#[derive(Clone, Debug)]
pub(crate) struct Probers {
    probers: Vec<Prober>,
    sessions: Vec<ProbeSession>,
    /// The actor of the first session.
    first_actor: Actor,
    /// Full rate for all, until every level is shown to hold.
    alarm: bool,
    stopped: bool,
    full: Duration,
    calm: Duration,
    /// By region and site: a successful probe may take that long.
    bounds: Vec<Vec<Duration>>,
}

impl Probers {
    pub(crate) fn new(first_actor: Actor, seed: u64, level: &ServiceLevel, shared: &mut Shared) -> Probers {
        let figures = shared.figures.clone();
        let mut probers = Vec::new();
        for service in (0..figures.services).map(ServiceId) {
            for region in (0..figures.regions).map(RegionId) {
                let prober = Prober::new(service, region, seed, level, &figures);
                let number = probers.len() as u32;
                shared.desk.early.push(prober.next, Wake::Prober(number));
                probers.push(prober);
            }
        }
        Probers {
            probers,
            sessions: Vec::new(),
            first_actor,
            alarm: false,
            stopped: false,
            full: period(figures.workload.probe_rate),
            calm: period(figures.workload.probe_rate_calm),
            bounds: level.latency_bound.clone(),
        }
    }

    /// Full rate from now on, until every level is shown to hold.
    pub(crate) fn alarm(&mut self, at: Time, shared: &mut Shared) {
        self.alarm = true;
        for prober in 0..self.probers.len() {
            self.probers[prober].watch.upset(at);
            self.hurry(prober, at, shared);
        }
    }

    /// Sends no more probes.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether no probe is under way.
    pub(crate) fn are_drained(&self) -> bool {
        self.sessions.iter().all(|session| session.probe.is_none())
    }

    /// Whether every service's level is shown to hold for every region.
    pub(crate) fn are_settled(&self) -> bool {
        self.probers.iter().all(|prober| prober.watch.is_settled())
    }

    /// Whether an outage is open.
    pub(crate) fn is_any_open(&self) -> bool {
        self.probers.iter().any(|prober| prober.watch.is_open())
    }

    /// Whether every service is served for every region, as far as a few seconds can show.
    pub(crate) fn are_serving(&self) -> bool {
        self.probers.iter().all(|prober| prober.watch.is_serving())
    }

    /// When that prober sent its last good probe for which this is longest ago.
    pub(crate) fn last_success(&self) -> Time {
        self.probers.iter().map(|prober| prober.watch.last_success()).min().unwrap_or(Time::MAX)
    }

    /// Time to send the next probe of a prober; `at` may be a little ahead of the world's clock.
    pub(crate) fn wake_early(&mut self, number: u32, at: Time, shared: &mut Shared) {
        let place = number as usize;
        if self.stopped || self.probers.get(place).is_none_or(|prober| prober.next != at) {
            return;
        }
        self.send(place, at, shared);
        let period = self.period(place, at);
        let prober = &mut self.probers[place];
        prober.last = at;
        prober.next = at + period;
        shared.desk.early.push(prober.next, Wake::Prober(number));
    }

    /// A probe has been waited for long enough.
    pub(crate) fn wake_sharp(&mut self, actor: Actor, at: Time, shared: &mut Shared) {
        if !self.expects(actor, at) {
            return;
        }
        let request = self.probe(actor).and_then(|probe| probe.request);
        match request {
            None => self.finish(actor, at, Outcome::Failed(NotApplied::NoAddress), shared),
            Some((id, _)) => {
                shared.desk.command(at, Action::Forget { id });
                self.finish(actor, at, Outcome::Unknown, shared);
            }
        }
    }

    /// Whether a wake-up that is due at this instant still has something to do.
    pub(crate) fn expects(&self, actor: Actor, at: Time) -> bool {
        self.probe(actor).is_some_and(|probe| probe.until == at)
    }

    /// What became of a request, if it is still waited for.
    pub(crate) fn heard(&mut self, actor: Actor, at: Time, request: RequestId, news: News, shared: &mut Shared) {
        let waited_for = self.probe(actor).and_then(|probe| probe.request).is_some_and(|(id, _)| id == request);
        if waited_for {
            self.finish(actor, at, news.outcome(), shared);
        }
    }

    /// The probe that was planned is invoked now.
    pub(crate) fn invoked(&mut self, actor: Actor, shared: &mut Shared) {
        let Some(session) = self.sessions.get_mut((actor - self.first_actor) as usize) else {
            return;
        };
        let Some(probe) = session.probe.as_mut().filter(|probe| probe.id.is_none()) else {
            return;
        };
        let Some(prober) = self.probers.get(session.prober as usize) else {
            return;
        };
        let id = shared.desk.op();
        probe.id = Some(id);
        shared.desk.journal.push(Event::Invoked {
            t: probe.sent,
            id,
            client: session.client,
            region: prober.region,
            service: prober.service,
            purpose: Purpose::Probe,
            op: probe.op.clone(),
        });
    }

    /// The run is cut short: what is under way is unknown.
    pub(crate) fn cut_short(&mut self, at: Time, shared: &mut Shared) {
        self.stop();
        for actor in (self.first_actor..).take(self.sessions.len()) {
            let invoked = self.probe(actor).is_some_and(|probe| probe.id.is_some());
            if invoked {
                self.finish(actor, at, Outcome::Unknown, shared);
            } else if let Some(session) = self.sessions.get_mut((actor - self.first_actor) as usize) {
                session.probe = None;
            }
        }
    }

    fn probe(&self, actor: Actor) -> Option<&Probe> {
        self.sessions.get((actor - self.first_actor) as usize)?.probe.as_ref()
    }

    /// From one probe to the next.
    fn period(&self, place: usize, at: Time) -> Duration {
        let watch = &self.probers[place].watch;
        if !self.alarm && watch.is_settled() {
            self.calm
        } else if at.since(watch.last_success()) >= TIRED_AFTER {
            self.full.max(Duration::from_secs(1))
        } else {
            self.full
        }
    }

    /// Sends the next probe earlier, if the rate rose.
    fn hurry(&mut self, place: usize, at: Time, shared: &mut Shared) {
        let soonest = (self.probers[place].last + self.period(place, at)).max(at);
        let prober = &mut self.probers[place];
        if soonest < prober.next && !self.stopped {
            prober.next = soonest;
            shared.desk.early.push(soonest, Wake::Prober(place as u32));
        }
    }

    fn send(&mut self, place: usize, at: Time, shared: &mut Shared) {
        let index = self.free_session(place);
        let actor = self.first_actor + index;
        let prober = &mut self.probers[place];
        let session = &mut self.sessions[index as usize];
        let op = prober.compose(shared);
        let site = prober.resolver.next(at, &shared.zone);
        session.session.advance();
        let request = site.map(|site| {
            let id = shared.desk.request(actor);
            let (service, region) = (prober.service, prober.region);
            let request =
                Request { session: session.session.id(), seq: session.session.seq(), service, op: op.clone() };
            shared.desk.command(at, Action::Send { id, region, site, request });
            (id, site)
        });
        let until = if request.is_some() { at + DEADLINE } else { at };
        let (number, generation) = (prober.count, prober.generation);
        session.probe = Some(Probe { id: None, number, generation, sent: at, until, op, request });
        prober.count += 1;
        prober.untold.push_back((at, None));
        shared.desk.plan(at, actor);
        shared.desk.sharp.push(until, Wake::Actor(actor));
    }

    /// A session of this prober with nothing under way; a new one if there is none.
    fn free_session(&mut self, place: usize) -> u32 {
        if let Some(index) = self.probers[place].free.pop_front() {
            return index;
        }
        let index = self.sessions.len() as u32;
        let client = ClientId(self.first_actor + index);
        self.sessions.push(ProbeSession { client, prober: place as u32, session: Session::new(client), probe: None });
        index
    }

    fn finish(&mut self, actor: Actor, at: Time, outcome: Outcome, shared: &mut Shared) {
        self.invoked(actor, shared);
        let index = actor - self.first_actor;
        let Some(session) = self.sessions.get_mut(index as usize) else {
            return;
        };
        let Some(probe) = session.probe.take() else {
            return;
        };
        let place = session.prober as usize;
        let unknown = outcome == Outcome::Unknown;
        if unknown {
            session.session.renew();
        }
        let site = probe.request.map(|(_, site)| site);
        let prober = &mut self.probers[place];
        prober.free.push_back(index);
        if unknown && !probe.op.is_read() && probe.generation == prober.generation {
            prober.rotate();
        }
        let bound = site.and_then(|site| self.bounds.get(prober.region.index())?.get(site.index()));
        let good = matches!(outcome, Outcome::Ok(_)) && bound.is_some_and(|bound| at.since(probe.sent) <= *bound);
        if let Some(id) = probe.id {
            let attempts = u32::from(site.is_some());
            shared.desk.journal.push(Event::Returned { t: at, id, site, attempts, outcome });
        }
        prober.tell(probe.number, good);
        if self.alarm && self.are_settled() {
            self.alarm = false;
        }
        self.hurry(place, at, shared);
    }
}

/// From one probe to the next at this rate; a rate of 0 is one in a million seconds.
fn period(rate: u32) -> Duration {
    if rate == 0 { Duration::from_secs(1_000_000) } else { Duration::from_secs(1) / rate }
}
