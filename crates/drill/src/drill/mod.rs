//! The drill: all that is outside the sites, as one sans-IO machine. It is told what happened and says what to do and until when to run.

mod phases;

use crate::clients::Client;
use crate::desk::{Actor, Wake, actor};
use crate::director::{Director, Stage};
use crate::probers::{News, Probers};
use crate::schedule::Schedule;
use crate::shared::{Mode, Shared};
use crate::world::{Action, Command, Happened, RequestId, Step, WorldEvent};
use firedrill_history::{Event, Phase};
use firedrill_model::{FaultId, Time};
use std::sync::Arc;
use std::time::Duration;

/// What is known beforehand is handed to the world up to this long before it is due, so that many a command shares a step.
const AHEAD: Duration = Duration::from_millis(100);
/// And at least this long, so that a world that needs time to act is not late.
const LEAD: Duration = Duration::from_millis(20);
/// Probers are at their full rate from this long before a fault.
const ALARM_BEFORE: Duration = Duration::from_secs(10);
/// What drives a run. Clone it to go on from here twice.
///
/// ```text
/// loop: plan() -> commands(), until()    the world steps    absorb(step)    drain() -> events
/// ```
#[derive(Clone, Debug)]
pub struct Drill {
    schedule: Arc<Schedule>,
    shared: Shared,
    clients: Vec<Client>,
    probers: Probers,
    director: Director,
    now: Time,
    /// When the sites were last asked to report, and where in the journal what they tell begins; `None`: no report is awaited.
    asked: Option<(Time, usize)>,
    /// When they are to be asked again.
    ask_at: Time,
}

impl Drill {
    /// A drill at the start of its run.
    pub fn new(schedule: Arc<Schedule>) -> Drill {
        let mut shared = Shared::new(&schedule);
        let seed = schedule.setup.seed;
        let workload = &schedule.scenario.workload;
        let count = workload.clients_per_region.saturating_mul(u32::from(shared.figures.regions));
        let clients: Vec<Client> = (0..count).map(|number| Client::new(number, seed, &mut shared)).collect();
        let probers = Probers::new(count, seed, &schedule.objectives.level, &mut shared);
        for (fault, number) in schedule.faults.iter().zip(0_u16..) {
            shared.desk.early.push(fault.begin, Wake::FaultBegins(number));
            shared.desk.sharp.push(fault.begin - ALARM_BEFORE, Wake::Alarm);
            shared.desk.sharp.push(fault.begin, Wake::Alarm);
            if let Some(end) = fault.end {
                shared.desk.early.push(end, Wake::FaultEnds(number));
                shared.desk.sharp.push(end, Wake::Alarm);
            }
        }
        shared.desk.sharp.push(schedule.hurt_begins(), Wake::Director);
        shared.desk.journal.push(Event::PhaseBegan { t: Time::ZERO, phase: Phase::Warmup });
        let director = Director::new(&schedule);
        Drill { schedule, shared, clients, probers, director, now: Time::ZERO, asked: None, ask_at: Time::ZERO }
    }

    /// The schedule that it runs.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The world's clock, as far as it was told.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Whether the run is over.
    pub fn is_over(&self) -> bool {
        self.director.stage == Stage::Over
    }

    /// Puts together what the world is to do in its next step.
    pub fn plan(&mut self) {
        while let Some((at, wake)) = self.shared.desk.early.pop_until(self.now + AHEAD) {
            match wake {
                Wake::Actor(actor) => {
                    if let Some(client) = self.clients.get_mut(actor as usize) {
                        client.wake_early(at, &mut self.shared);
                    }
                }
                Wake::Prober(number) => self.probers.wake_early(number, at, &mut self.shared),
                Wake::FaultBegins(number) => self.begin_fault(at, number),
                Wake::FaultEnds(number) => self.end_fault(at, FaultId(number)),
                Wake::Alarm | Wake::Director => {}
            }
        }
        self.flush(self.now);
    }

    /// The commands for the world's next step.
    pub fn commands(&self) -> &[Command] {
        &self.shared.desk.commands
    }

    /// The world is to step until then at the latest. After [`Drill::plan`], this is later than [`Drill::now`].
    pub fn until(&mut self) -> Time {
        while let Some((at, wake)) = self.shared.desk.sharp.peek() {
            let needless = matches!(wake, Wake::Actor(actor) if !self.expects(actor, at));
            if !needless {
                break;
            }
            self.shared.desk.sharp.pop();
        }
        let sharp = self.shared.desk.sharp.peek().map_or(Time::MAX, |(at, _)| at);
        let early = self.shared.desk.early.peek().map_or(Time::MAX, |(at, _)| at - LEAD);
        sharp.min(early)
    }

    /// Takes over what the world's step brought. The commands of the step are done with.
    pub fn absorb(&mut self, step: Step) {
        self.shared.desk.commands.clear();
        for Happened { t, event } in step.events {
            // A deadline at this very instant is after the answer.
            self.advance(t, false);
            if self.is_over() {
                return;
            }
            self.happened(t, event);
        }
        self.advance(step.now, true);
        self.conclude();
    }

    /// The events of the run so far that were not drained before, in the order in which they happened. While a report is awaited that may have to be
    /// asked for again, later ones are held back.
    pub fn drain(&mut self) -> impl Iterator<Item = Event> + '_ {
        let limit = match self.asked {
            Some((_, from)) => from,
            None => self.shared.desk.journal.len(),
        };
        if let Some((_, from)) = &mut self.asked {
            *from = 0;
        }
        self.shared.desk.journal.drain(..limit)
    }

    /// Cuts the run short: what is under way is unknown.
    pub fn cut_short(&mut self, why: &str) {
        if self.is_over() {
            return;
        }
        let now = self.now;
        self.flush(now);
        self.shared.mode = Mode::Stop;
        self.clients.iter_mut().for_each(|client| client.cut_short(now, &mut self.shared));
        self.probers.cut_short(now, &mut self.shared);
        self.end(now, why);
    }

    fn begin_fault(&mut self, at: Time, number: u16) {
        let Some(scheduled) = self.schedule.faults.get(usize::from(number)) else {
            return;
        };
        let (id, fault) = (FaultId(number), scheduled.fault.clone());
        if let Some(state) = self.director.faults.get_mut(id.index()) {
            state.active = true;
        }
        self.shared.desk.command(at, Action::Begin { id, fault });
    }

    fn end_fault(&mut self, at: Time, id: FaultId) {
        let Some(state) = self.director.faults.get_mut(id.index()) else {
            return;
        };
        if !state.end_told && !state.impossible {
            state.end_told = true;
            self.shared.desk.command(at, Action::End { id });
        }
    }

    fn expects(&self, actor: Actor, at: Time) -> bool {
        match self.clients.get(actor as usize) {
            Some(client) => client.expects(at),
            None => self.probers.expects(actor, at),
        }
    }

    /// Lets the time pass: does what is due before `to`, or at it where `inclusive`.
    fn advance(&mut self, to: Time, inclusive: bool) {
        let limit = if inclusive { to } else { to - Duration::from_nanos(1) };
        while let Some((at, wake)) = self.shared.desk.sharp.pop_until(limit) {
            // What is due before the world's clock was not done in time by a world that stepped too far; it is done now.
            self.flush(at);
            self.wake_sharp(at, wake);
            if self.is_over() {
                return;
            }
        }
        self.now = self.now.max(to);
        self.flush(to);
    }

    fn wake_sharp(&mut self, at: Time, wake: Wake) {
        match wake {
            Wake::Actor(actor) => match self.clients.get_mut(actor as usize) {
                Some(client) => client.wake_sharp(at, &mut self.shared),
                None => self.probers.wake_sharp(actor, at, &mut self.shared),
            },
            Wake::Alarm => self.probers.alarm(at, &mut self.shared),
            Wake::Director => self.direct(at),
            Wake::FaultBegins(_) | Wake::FaultEnds(_) | Wake::Prober(_) => {}
        }
    }

    /// Journals the invocations that were planned up to an instant.
    fn flush(&mut self, until: Time) {
        while let Some(actor) = self.shared.desk.next_planned(until) {
            match self.clients.get_mut(actor as usize) {
                Some(client) => client.invoked(&mut self.shared),
                None => self.probers.invoked(actor, &mut self.shared),
            }
        }
    }

    fn happened(&mut self, t: Time, event: WorldEvent) {
        match event {
            WorldEvent::Answered { id, response } => self.heard(t, id, News::Answered(response)),
            WorldEvent::Refused { id } => self.heard(t, id, News::Refused),
            WorldEvent::Broken { id } => self.heard(t, id, News::Broken),
            WorldEvent::FaultBegan { id, struck, mechanism } => self.fault_began(t, id, struck, mechanism),
            WorldEvent::FaultEnded { id } => self.journal(Event::FaultEnded { t, fault: id }),
            WorldEvent::Observed { site, site_t, observation } => {
                self.shared.zone.told(&observation);
                self.journal(Event::Observed { t, site, site_t, observation });
            }
            WorldEvent::Violated { invariant, site, detail } => {
                self.journal(Event::Violated { t, invariant: invariant.to_owned(), site, detail });
            }
            WorldEvent::Judged { invariant, times } => {
                self.journal(Event::Judged { t, invariant: invariant.to_owned(), times });
            }
            WorldEvent::FinalState { site, up, applied, digest, log_digest } => {
                self.director.convergence.told(site, up, applied, [digest, log_digest]);
                self.journal(Event::FinalState { t, site, up, applied, digest, log_digest });
            }
            WorldEvent::Failed { error } => self.cut_short(&error),
        }
    }

    fn journal(&mut self, event: Event) {
        self.shared.desk.journal.push(event);
    }

    fn heard(&mut self, t: Time, id: RequestId, news: News) {
        let actor = actor(id);
        let Some(client) = self.clients.get_mut(actor as usize) else {
            self.probers.heard(actor, t, id, news, &mut self.shared);
            return;
        };
        match news {
            News::Answered(response) => client.answered(t, id, response, &mut self.shared),
            News::Refused => client.refused(t, id, &mut self.shared),
            News::Broken => client.broken(t, id, &mut self.shared),
        }
    }

    fn fault_began(&mut self, t: Time, id: FaultId, struck: bool, mechanism: Option<String>) {
        let scheduled = self.schedule.faults.get(id.index()).map_or(t, |fault| fault.begin);
        if let Some(state) = self.director.faults.get_mut(id.index())
            && mechanism.is_none()
        {
            state.impossible = true;
            state.active = false;
        }
        self.journal(Event::FaultBegan { t, fault: id, struck, mechanism, late: t.since(scheduled) });
    }
}
