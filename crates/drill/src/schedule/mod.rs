//! A scenario made concrete: what one seed drew from its ranges, its choices and its swarm.
//!
//! - `method`: the fixed steps, each from a stream of its own
//! - `swarm`: faults drawn at random, each kind from a stream of its own
//! - `stack`: the stack's defences and batch sizes, and the physics, each from a stream of its own
//!
//! To add a kind of fault: its draw in `method::fault` and in `swarm::fault`.

mod method;
mod stack;
mod swarm;

use crate::world::{Capabilities, Setup};
use firedrill_history::{Manifest, ScheduledFault, manifest::FORMAT};
use firedrill_model::{FaultId, HazardSet, Objectives, Time};
use firedrill_plan::{Plan, Scenario};

/// What is run, journalled, replayed and shrunk.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// What the world is made from.
    pub setup: Setup,
    /// The faults, in the order in which they begin; a fault's id is its place.
    pub faults: Vec<ScheduledFault>,
    /// What the draw left out: names of kinds of faults ([`firedrill_model::FaultKind::name`]) and of defences (`pre-vote`, `check-quorum`).
    pub left_out: Vec<String>,
    /// What the run must prove.
    pub objectives: Objectives,
    /// The scenario that it was drawn from.
    pub scenario: Scenario,
    /// The file that the scenario was read from, as it was named on the command line.
    pub scenario_path: String,
    /// The world that it was drawn for.
    pub world: &'static str,
}

impl Schedule {
    /// What `seed` draws from a scenario for a world of these capabilities. The same arguments give the same schedule. A fixed step whose kind the world
    /// can't do stays in, and the world answers that it has no mechanism for it.
    pub fn draw(
        plan: &Plan,
        scenario: &Scenario,
        scenario_path: &str,
        seed: u64,
        capabilities: &Capabilities,
        hazards: HazardSet,
    ) -> Schedule {
        let mut left_out = Vec::new();
        let fixed = method::draw(scenario, seed);
        let drawn = match &scenario.swarm {
            None => Vec::new(),
            Some(swarm) => swarm::draw(plan, scenario, swarm, seed, capabilities, &mut left_out),
        };
        let mut config = plan.stack_config();
        stack::draw_defences(&scenario.defences, seed, &mut config, &mut left_out);
        config.hazards = hazards;
        let physics = stack::draw_physics(&scenario.physics, seed);
        Schedule {
            setup: Setup { plan: plan.clone(), config, seed, physics },
            faults: in_order(swarm::merge(fixed, drawn)),
            left_out,
            objectives: plan.objectives(scenario),
            scenario: scenario.clone(),
            scenario_path: scenario_path.to_owned(),
            world: capabilities.world,
        }
    }

    /// What the journal of the run says before its first event.
    pub fn manifest(&self) -> Manifest {
        Manifest {
            format: FORMAT,
            title: self.scenario.title.clone(),
            scenario_path: self.scenario_path.clone(),
            scenario: self.scenario.text.clone(),
            plan: self.setup.plan.text.clone(),
            seed: self.setup.seed,
            world: self.world.to_owned(),
            hazards: self.setup.config.hazards,
            time_scale: self.setup.plan.time_scale,
            config: self.setup.config.clone(),
            schedule: self.faults.clone(),
            left_out: self.left_out.clone(),
            objectives: self.objectives.clone(),
        }
    }

    /// When the hurt phase begins: after the warm-up.
    pub fn hurt_begins(&self) -> Time {
        Time::ZERO + self.scenario.warmup
    }

    /// When the swarm ends; `None` if there is none.
    pub fn swarm_ends(&self) -> Option<Time> {
        self.scenario.swarm.as_ref().map(|swarm| self.hurt_begins() + swarm.lasts)
    }

    /// The last instant at which a fault begins or ends by itself; the begin of the hurt phase if there is no fault.
    pub fn last_instant(&self) -> Time {
        let instants = self.faults.iter().map(|fault| fault.end.unwrap_or(fault.begin));
        instants.max().unwrap_or(Time::ZERO).max(self.hurt_begins())
    }
}

/// In the order in which they begin, each named by its place. There are no names for more than 65,535.
fn in_order(mut faults: Vec<ScheduledFault>) -> Vec<ScheduledFault> {
    faults.sort_by_key(|fault| fault.begin);
    faults.truncate(usize::from(u16::MAX));
    for (fault, id) in faults.iter_mut().zip(0..) {
        fault.id = FaultId(id);
    }
    faults
}
