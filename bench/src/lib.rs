//! What the benches share: a run of one seed, as `firedrill run` makes it.
//!
//! - `benches/simulator.rs`: virtual seconds per wall second, and what a fork costs
//! - `benches/hosts.rs`: the same scenario and seed in the simulator and on the hosts, as ratios
//! - `benches/beside_etcd/`: durable writes a second beside etcd, as processes on loopback
//! - `benches/beside_porcupine/`: verdicts on public histories beside Porcupine
//!
//! To add a bench: a file in `benches/`, its `[[bench]]` in `Cargo.toml`, its line here.

use firedrill_checks::{Judgement, Options, judge};
use firedrill_drill::world::Setup;
use firedrill_drill::{Capabilities, Drill, Go, Schedule, World};
use firedrill_history::{Environment, Recorder};
use firedrill_model::{HazardSet, Time};
use firedrill_plan::{Plan, Scenario};
use firedrill_sim::{Sim, capabilities};
use std::path::Path;
use std::sync::Arc;

/// A shipped scenario with its plan.
///
/// # Panics
/// If it can't be read: the benches have nothing to do then.
pub fn shipped(name: &str) -> (Plan, Scenario) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name);
    firedrill_plan::load(&path).unwrap_or_else(|wrong| panic!("{}", wrong.render(false)))
}

/// Runs one seed in the simulator, journal, digest and judgement included; says where the world's clock stood at the end.
pub fn run(plan: &Plan, scenario: &Scenario, seed: u64) -> (Time, Judgement) {
    let (end, _, judgement) = run_in(plan, scenario, seed, &capabilities(), |setup| Box::new(Sim::new(setup)));
    (end, judgement)
}

/// The same in a world that `make` makes; says besides how many events were journalled.
pub fn run_in(
    plan: &Plan,
    scenario: &Scenario,
    seed: u64,
    capabilities: &Capabilities,
    make: impl FnOnce(&Setup) -> Box<dyn World>,
) -> (Time, usize, Judgement) {
    let schedule = Arc::new(Schedule::draw(plan, scenario, "bench", seed, capabilities, HazardSet::NONE));
    let mut recorder = Recorder::new(schedule.manifest());
    let mut world = make(&schedule.setup);
    let end = firedrill_drill::run(&mut *world, Drill::new(schedule), &mut recorder, &mut |_| Go::On);
    let (journal, _) = recorder.finish(Environment::default());
    (end, journal.events.len(), judge(&journal, &Options::default()))
}
