//! What the benches share: a run of one seed, as `firedrill run` makes it.
//!
//! - `benches/simulator.rs`: virtual seconds per wall second, and what a fork costs
//! - `benches/beside_etcd/`: durable writes a second beside etcd, as processes on loopback
//! - `benches/beside_porcupine/`: verdicts on public histories beside Porcupine
//!
//! To add a bench: a file in `benches/`, its `[[bench]]` in `Cargo.toml`, its line here.

use firedrill_checks::{Judgement, Options, judge};
use firedrill_drill::{Drill, Go, Schedule};
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
    let schedule = Arc::new(Schedule::draw(plan, scenario, "bench", seed, &capabilities(), HazardSet::NONE));
    let mut recorder = Recorder::new(schedule.manifest());
    let mut world = Sim::new(&schedule.setup);
    let end = firedrill_drill::run(&mut world, Drill::new(schedule), &mut recorder, &mut |_| Go::On);
    let (journal, _) = recorder.finish(Environment::default());
    (end, judge(&journal, &Options::default()))
}
