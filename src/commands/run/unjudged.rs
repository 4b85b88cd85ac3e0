//! One seed of which only the journal is wanted.

use crate::cli::CostWorld;
use crate::exit::Exit;
use firedrill_drill::{Drill, Go, Schedule, run as drive};
use firedrill_history::{Environment, Journal, Recorder};
use firedrill_model::HazardSet;
use firedrill_plan::{Plan, Scenario};
use firedrill_sim::Sim;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs it in that world, all defences on; complains if it can't be done.
pub fn journal_of(
    world: CostWorld,
    plan: &Plan,
    scenario: &Scenario,
    seed: u64,
    halted: &Arc<AtomicBool>,
) -> Result<Journal, Exit> {
    match world {
        CostWorld::Sim => {
            let capabilities = firedrill_sim::capabilities();
            simulated(Schedule::draw(plan, scenario, "", seed, &capabilities, HazardSet::NONE), halted)
        }
        #[cfg(feature = "live")]
        CostWorld::Live => {
            let capabilities = firedrill_live::capabilities();
            super::live::journal_of(Schedule::draw(plan, scenario, "", seed, &capabilities, HazardSet::NONE), halted)
        }
        #[cfg(not(feature = "live"))]
        CostWorld::Live => Err(crate::commands::without_live()),
    }
}

fn simulated(schedule: Schedule, halted: &AtomicBool) -> Result<Journal, Exit> {
    let mut recorder = Recorder::new(schedule.manifest());
    let mut world = Sim::new(&schedule.setup);
    let mut control = |_| if halted.load(Ordering::Relaxed) { Go::Halt } else { Go::On };
    drive(&mut world, Drill::new(Arc::new(schedule)), &mut recorder, &mut control);
    if halted.load(Ordering::Relaxed) {
        return Err(Exit::Halted);
    }
    Ok(recorder.finish(Environment { version: env!("CARGO_PKG_VERSION").to_owned(), ..Environment::default() }).0)
}
