//! The phases of a run: warm up, hurt, heal. Each ends by a condition, held by a deadline, never by a sleep.
//!
//! The heal phase, in this order: what the scenario rolls back is undone; the service level is back; the workload stops; the level still holds; the
//! probers stop; every written key is read once; the sites agree; they report.

use crate::convergence::Convergence;
use crate::schedule::Schedule;
use firedrill_history::ScheduledFault;
use firedrill_model::{FaultId, SiteSet, Time};
use firedrill_plan::scenario::Rollbacks;
use std::time::Duration;

/// The director looks at the phase this often.
pub(crate) const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// Where the run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before the hurt phase.
    Warmup,
    /// Faults strike.
    Hurt,
    /// Heal: until the service level is back.
    Settling,
    /// Heal: until the workload's operations have returned.
    Stopping,
    /// Heal: until the level is seen to hold still, by a probe of each prober at least.
    Verifying,
    /// Heal: until no probe is under way.
    Draining,
    /// Heal: until every written key has been read. Nobody writes any more, so there is an end to it.
    Scanning,
    /// Heal: until all sites that should be up agree.
    Converging,
    /// It is over.
    Over,
}

/// What became of a fault.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FaultState {
    /// It began, by some mechanism.
    pub(crate) active: bool,
    /// The world was told to end it.
    pub(crate) end_told: bool,
    /// The world has no mechanism for it.
    pub(crate) impossible: bool,
}

/// What the director knows of the services, when it looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outlook {
    /// Every level is shown to hold.
    pub(crate) settled: bool,
    /// An outage is open.
    pub(crate) open: bool,
    /// Every service is served again, as far as a few seconds can show.
    pub(crate) serving: bool,
    /// When that prober sent its last good probe for which this is longest ago.
    pub(crate) last_success: Time,
    /// Every client has stopped.
    pub(crate) stopped: bool,
    /// No probe is under way.
    pub(crate) drained: bool,
    /// Every written key was, or is being, read.
    pub(crate) scanned: bool,
}

/// Decides when a phase is over.
#[derive(Clone, Debug)]
pub(crate) struct Director {
    pub(crate) stage: Stage,
    pub(crate) faults: Vec<FaultState>,
    pub(crate) convergence: Convergence,
    hurt_begins: Time,
    /// The hurt phase lasts at least until then.
    hurt_at_least: Time,
    /// And at most until then.
    hurt_at_most: Time,
    /// RTOs are judged, so that outages must be seen to close.
    rto_judged: bool,
    rollbacks: Rollbacks,
    convergence_deadline: Duration,
    heal_began: Time,
    heal_until: Time,
    /// Whether something that the heal phase demands was not there by its deadline.
    late: bool,
}

impl Director {
    pub(crate) fn new(schedule: &Schedule) -> Director {
        let last = schedule.last_instant();
        let longest_rto = schedule.objectives.services.iter().map(|service| service.rto).max().unwrap_or_default();
        let (hurt_at_least, hurt_at_most) = match schedule.swarm_ends() {
            Some(ends) => (ends.max(last), ends.max(last)),
            None => (last, last + longest_rto + schedule.objectives.level.sustain),
        };
        Director {
            stage: Stage::Warmup,
            faults: vec![FaultState::default(); schedule.faults.len()],
            convergence: Convergence::new(schedule.setup.plan.sites.len()),
            hurt_begins: schedule.hurt_begins(),
            hurt_at_least,
            hurt_at_most,
            rto_judged: schedule.objectives.judge_rto,
            rollbacks: schedule.scenario.rollbacks,
            convergence_deadline: schedule.objectives.convergence_deadline,
            heal_began: Time::MAX,
            heal_until: Time::MAX,
            late: false,
        }
    }

    /// The stage that follows now, if the present one is over.
    pub(crate) fn next_stage(&mut self, now: Time, outlook: Outlook) -> Option<Stage> {
        let past = now >= self.heal_until;
        match self.stage {
            Stage::Warmup => (now >= self.hurt_begins).then_some(Stage::Hurt),
            Stage::Hurt => {
                let long_enough = now >= self.hurt_at_least;
                (long_enough && (outlook.settled || now >= self.hurt_at_most)).then_some(Stage::Settling)
            }
            Stage::Settling => self.demand(self.is_served(outlook), past, Stage::Stopping),
            Stage::Stopping => outlook.stopped.then_some(Stage::Verifying),
            Stage::Verifying => {
                let seen = outlook.last_success >= self.heal_began;
                self.demand(seen && self.is_served(outlook), past, Stage::Draining)
            }
            Stage::Draining => outlook.drained.then_some(Stage::Scanning),
            Stage::Scanning if outlook.stopped => {
                self.late |= !outlook.scanned;
                Some(Stage::Converging)
            }
            Stage::Scanning | Stage::Converging | Stage::Over => None,
        }
    }

    /// Where outages are judged, the level is shown to hold; elsewhere it is enough that service is back.
    fn is_served(&self, outlook: Outlook) -> bool {
        if self.rto_judged { !outlook.open && outlook.settled } else { outlook.serving }
    }

    /// On to `next` if what is demanded is there, or, noting that it was not, if the deadline has passed.
    fn demand(&mut self, there: bool, past: bool, next: Stage) -> Option<Stage> {
        if !there && past {
            self.late = true;
        }
        (there || past).then_some(next)
    }

    /// The heal phase begins; those of the faults that are still active and are to be undone.
    pub(crate) fn heal(&mut self, now: Time) -> Vec<FaultId> {
        self.heal_began = now;
        self.heal_until = now + self.convergence_deadline;
        if self.rollbacks == Rollbacks::None {
            return Vec::new();
        }
        let mut ended = Vec::new();
        for (fault, id) in self.faults.iter_mut().zip(0..) {
            if fault.active && !fault.end_told {
                fault.end_told = true;
                ended.push(FaultId(id));
            }
        }
        ended
    }

    /// When the heal phase's demands must be met.
    pub(crate) fn heal_until(&self) -> Time {
        self.heal_until
    }

    /// What to write at the end of the journal: `None` if the sites don't agree yet and the deadline has not passed.
    pub(crate) fn conclusion(&mut self, now: Time, schedule: &[ScheduledFault]) -> Option<&'static str> {
        let agree = self.convergence.agree(self.expected_down(schedule));
        if !agree && now < self.heal_until {
            return None;
        }
        Some(if agree && !self.late { "complete" } else { "deadline" })
    }

    /// The sites that a fault which is still there keeps down.
    fn expected_down(&self, schedule: &[ScheduledFault]) -> SiteSet {
        let active = schedule.iter().zip(&self.faults).filter(|(_, state)| state.active && !state.end_told);
        active.flat_map(|(fault, _)| fault.fault.keeps_down().iter()).collect()
    }
}
