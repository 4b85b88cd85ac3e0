//! The workload: closed-loop clients, each logically single-threaded.
//!
//! An operation is sent where DNS says. If it is refused, not applied, not known, broken or not answered in time it is sent again, under the
//! same session and number, until its deadline; so it is applied at most once. It is *ok* when done, *failed* if every attempt was certainly
//! not applied, else *unknown*. After an unknown the client opens a new session and abandons the key.

mod workload;

use crate::desk::{Actor, Wake};
use crate::keys::Taken;
use crate::resolver::Resolver;
use crate::session::Session;
use crate::shared::{Mode, Shared};
use crate::world::{Action, RequestId};
use firedrill_history::{Event, Purpose};
use firedrill_model::{
    ClientId, NotApplied, Op, OpId, OpResult, Outcome, RegionId, Request, Response, Rng, ServiceId, SiteId, Time,
};
use std::time::Duration;
use workload::Work;

/// The pause after the first attempt; it doubles with each.
const BACK_OFF: Duration = Duration::from_millis(100);
/// The longest pause between attempts.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(1);

/// One client.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    actor: Actor,
    id: ClientId,
    region: RegionId,
    work: Work,
    /// One per service.
    resolvers: Vec<Resolver>,
    session: Session,
    /// How many operations it began, of which the services are asked in turn.
    turns: u64,
    /// When its last operation was to begin.
    intended: Time,
    state: State,
    operation: Option<Operation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing more to do.
    Stopped,
    /// Begins its next operation then.
    Idle(Time),
    /// Sends again then.
    Pausing(Time),
    /// Gives up on an answer then; without a request, it has nothing more to try.
    Waiting(Option<RequestId>, Time),
}

#[derive(Clone, Debug)]
struct Operation {
    /// Given when it is invoked.
    id: Option<OpId>,
    invoked: Time,
    deadline: Time,
    purpose: Purpose,
    service: ServiceId,
    op: Op,
    /// The key's slot; a scan has none.
    taken: Option<Taken>,
    site: Option<SiteId>,
    attempts: u32,
    pause: Duration,
    /// Whether some attempt may have been applied.
    doubtful: bool,
    not_applied: NotApplied,
}

impl Client {
    /// The `number`-th client of the run. Ignores the DNS lifetime if the workload marks it so.
    pub(crate) fn new(number: u32, seed: u64, shared: &mut Shared) -> Client {
        let figures = &shared.figures;
        let mut rng = Rng::new(seed, &format!("client-{number}"));
        let lifetime = figures.dns_lifetime;
        let ignores = is_marked(number, figures.workload.ignore_dns_ttl_percent);
        let resolvers = (0..figures.services)
            .map(|service| Resolver::new(ServiceId(service), lifetime, rng.duration(Duration::ZERO, lifetime), ignores))
            .collect();
        let first = Time::ZERO + rng.duration(Duration::ZERO, figures.gap);
        shared.desk.early.push(first, Wake::Actor(number));
        let id = ClientId(number);
        Client {
            actor: number,
            id,
            region: RegionId((number % u32::from(figures.regions.max(1))) as u8),
            work: Work::new(id, rng),
            resolvers,
            session: Session::new(id),
            turns: u64::from(number),
            intended: first,
            state: State::Idle(first),
            operation: None,
        }
    }

    /// Time to begin an operation, or to send again; `at` may be a little ahead of the world's clock.
    pub(crate) fn wake_early(&mut self, at: Time, shared: &mut Shared) {
        match self.state {
            State::Idle(next) if next == at => self.begin(at, shared),
            State::Pausing(until) if until == at => self.attempt(at, shared),
            _ => {}
        }
    }

    /// An attempt, or the operation, has been waited for long enough.
    pub(crate) fn wake_sharp(&mut self, at: Time, shared: &mut Shared) {
        let State::Waiting(request, until) = self.state else {
            return;
        };
        if until != at {
            return;
        }
        match request {
            None => self.give_up(at, shared),
            Some(id) => {
                shared.desk.command(at, Action::Forget { id });
                self.doubt();
                self.pause(at, shared);
            }
        }
    }

    /// Whether a wake-up that is due at this instant still has something to do.
    pub(crate) fn expects(&self, at: Time) -> bool {
        matches!(self.state, State::Waiting(_, until) if until == at)
    }

    /// An answer to its request, if it still waits for it.
    pub(crate) fn answered(&mut self, at: Time, request: RequestId, response: Response, shared: &mut Shared) {
        if !self.waits_for(request) {
            return;
        }
        match response {
            Response::Done(result) => self.done(at, result, shared),
            Response::NotApplied(NotApplied::Invalid) => {
                self.refuse(NotApplied::Invalid);
                self.give_up(at, shared);
            }
            Response::NotApplied(why) => {
                self.refuse(why);
                self.pause(at, shared);
            }
            Response::Unknown => {
                self.doubt();
                self.pause(at, shared);
            }
        }
    }

    /// Its request was refused, so it never reached a process.
    pub(crate) fn refused(&mut self, at: Time, request: RequestId, shared: &mut Shared) {
        if self.waits_for(request) {
            self.refuse(NotApplied::Refused);
            self.pause(at, shared);
        }
    }

    /// The connection of its request broke.
    pub(crate) fn broken(&mut self, at: Time, request: RequestId, shared: &mut Shared) {
        if self.waits_for(request) {
            self.doubt();
            self.pause(at, shared);
        }
    }

    /// Does nothing more once the operation under way has returned.
    pub(crate) fn stop(&mut self) {
        if matches!(self.state, State::Idle(_)) {
            self.state = State::Stopped;
        }
    }

    /// Whether it has stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state == State::Stopped
    }

    /// Begins to scan, after it stopped. The scan is the drill's own reading and no user's: it asks where the records say.
    pub(crate) fn scan(&mut self, at: Time, shared: &mut Shared) {
        self.resolvers.iter_mut().for_each(Resolver::honour_lifetime);
        if self.is_stopped() {
            self.begin(at, shared);
        }
    }

    /// The operation that was planned is invoked now.
    pub(crate) fn invoked(&mut self, shared: &mut Shared) {
        let Some(operation) = self.operation.as_mut().filter(|operation| operation.id.is_none()) else {
            return;
        };
        let id = shared.desk.op();
        operation.id = Some(id);
        shared.desk.journal.push(Event::Invoked {
            t: operation.invoked,
            id,
            client: self.id,
            region: self.region,
            service: operation.service,
            purpose: operation.purpose,
            op: operation.op.clone(),
        });
    }

    /// The run is cut short: what is under way is unknown.
    pub(crate) fn cut_short(&mut self, at: Time, shared: &mut Shared) {
        if self.operation.as_ref().is_some_and(|operation| operation.id.is_some()) {
            self.finish(at, Outcome::Unknown, shared);
        }
        self.operation = None;
        self.state = State::Stopped;
    }

    fn waits_for(&self, request: RequestId) -> bool {
        matches!(self.state, State::Waiting(Some(id), _) if id == request)
    }

    fn refuse(&mut self, why: NotApplied) {
        if let Some(operation) = &mut self.operation {
            operation.not_applied = why;
        }
    }

    fn doubt(&mut self) {
        if let Some(operation) = &mut self.operation {
            operation.doubtful = true;
        }
    }

    fn begin(&mut self, at: Time, shared: &mut Shared) {
        let Some((purpose, op, taken)) = self.work.choose(at, shared) else {
            self.state = State::Stopped;
            return;
        };
        let usual = at + shared.figures.workload.deadline;
        let deadline = if let Mode::Scan { until } = shared.mode { usual.max(until) } else { usual };
        let service = ServiceId((self.turns % u64::from(shared.figures.services.max(1))) as u8);
        self.turns += 1;
        self.intended = at;
        self.session.advance();
        self.operation = Some(Operation {
            id: None,
            invoked: at,
            deadline,
            purpose,
            service,
            op,
            taken,
            site: None,
            attempts: 0,
            pause: BACK_OFF,
            doubtful: false,
            not_applied: NotApplied::NoAddress,
        });
        shared.desk.plan(at, self.actor);
        self.attempt(at, shared);
    }

    fn attempt(&mut self, at: Time, shared: &mut Shared) {
        let Some(operation) = &mut self.operation else {
            return;
        };
        let resolver = self.resolvers.get_mut(operation.service.index());
        let Some(site) = resolver.and_then(|resolver| resolver.next(at, &shared.zone)) else {
            operation.not_applied = NotApplied::NoAddress;
            self.pause(at, shared);
            return;
        };
        operation.site = Some(site);
        operation.attempts += 1;
        let until = (at + shared.figures.attempt_timeout).min(operation.deadline);
        let request = Request {
            session: self.session.id(),
            seq: self.session.seq(),
            service: operation.service,
            op: operation.op.clone(),
        };
        let id = shared.desk.request(self.actor);
        shared.desk.command(at, Action::Send { id, region: self.region, site, request });
        shared.desk.sharp.push(until, Wake::Actor(self.actor));
        self.state = State::Waiting(Some(id), until);
    }

    /// Pauses before the next attempt; if none can begin before the deadline, the operation is over.
    fn pause(&mut self, at: Time, shared: &mut Shared) {
        let Some(operation) = &mut self.operation else {
            return;
        };
        let until = at + operation.pause;
        operation.pause = (operation.pause * 2).min(LONGEST_BACK_OFF);
        if until < operation.deadline {
            self.state = State::Pausing(until);
            shared.desk.early.push(until, Wake::Actor(self.actor));
        } else {
            // Not at once: `at` may be ahead of the world's clock.
            self.state = State::Waiting(None, at);
            shared.desk.sharp.push(at, Wake::Actor(self.actor));
        }
    }

    fn give_up(&mut self, at: Time, shared: &mut Shared) {
        let Some(operation) = &self.operation else {
            return;
        };
        let failed = Outcome::Failed(operation.not_applied);
        let outcome = if operation.doubtful { Outcome::Unknown } else { failed };
        self.finish(at, outcome, shared);
    }

    fn done(&mut self, at: Time, result: OpResult, shared: &mut Shared) {
        self.finish(at, Outcome::Ok(result), shared);
    }

    fn finish(&mut self, at: Time, outcome: Outcome, shared: &mut Shared) {
        self.invoked(shared);
        let Some(operation) = self.operation.take() else {
            return;
        };
        let unknown = outcome == Outcome::Unknown;
        if let Some(taken) = &operation.taken {
            shared.keys.returned(taken, unknown);
            self.work.learn(taken, &operation.op, &outcome);
        }
        if matches!(operation.op, Op::Scan { .. }) {
            shared.log_scan.returned(&outcome);
        }
        if unknown {
            self.session.renew();
        }
        if let Some(id) = operation.id {
            let (site, attempts) = (operation.site, operation.attempts);
            shared.desk.journal.push(Event::Returned { t: at, id, site, attempts, outcome });
        }
        self.rest(at, shared);
    }

    /// The next operation begins at its time, or now if that has passed; in a scan, now.
    fn rest(&mut self, at: Time, shared: &mut Shared) {
        let next = match shared.mode {
            Mode::Stop => {
                self.state = State::Stopped;
                return;
            }
            Mode::Scan { .. } => at,
            Mode::Work => (self.intended + self.work.gap(shared.figures.gap)).max(at),
        };
        self.state = State::Idle(next);
        shared.desk.early.push(next, Wake::Actor(self.actor));
    }
}

/// Whether the `number`-th client is one of the marked percent: spread evenly, rounded up.
fn is_marked(number: u32, percent: u32) -> bool {
    let marked_before = |count: u64| (count * u64::from(percent.min(100))).div_ceil(100);
    marked_before(u64::from(number) + 1) > marked_before(u64::from(number))
}
