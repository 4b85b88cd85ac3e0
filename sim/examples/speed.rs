//! How fast the simulator is: runs seeds of a scenario on one core and tells virtual seconds and events per wall second.
//!
//!     cargo run --release -p firedrill-sim --example speed -- scenarios/weekly/site-failure.toml 20

use firedrill_drill::{Drill, Go, Schedule, Sink};
use firedrill_history::Event;
use firedrill_model::{Hazard, HazardSet};
use firedrill_sim::{Sim, capabilities};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Counts, and keeps the violations.
#[derive(Default)]
struct Count {
    events: u64,
    violated: Vec<String>,
    judged: BTreeMap<String, u64>,
    ended: String,
}

impl Sink for Count {
    fn push(&mut self, event: Event) {
        self.events += 1;
        match event {
            Event::Violated { .. } => self.violated.push(format!("{event:?}")),
            Event::Judged { invariant, times, .. } => {
                self.judged.insert(invariant, times);
            }
            Event::Ended { why, .. } => self.ended = why,
            _ => {}
        }
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let path = args.next().expect("the path of a scenario");
    let seeds: u64 = args.next().and_then(|seeds| seeds.parse().ok()).unwrap_or(10);
    let hazard: Option<Hazard> = args.next().map(|hazard| hazard.parse().expect("a hazard that is built"));
    let hazards: HazardSet = hazard.into_iter().collect();
    let (plan, scenario) = firedrill_plan::load(Path::new(&path)).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let (mut virtual_seconds, mut handled, mut told) = (0.0, 0, 0);
    let begun = Instant::now();
    for seed in 0..seeds {
        let schedule = Schedule::draw(&plan, &scenario, &path, seed, &capabilities(), hazards);
        let mut world = Sim::new(&schedule.setup);
        let mut count = Count::default();
        let end = firedrill_drill::run(&mut world, Drill::new(Arc::new(schedule)), &mut count, &mut |_| Go::On);
        virtual_seconds += end.as_nanos() as f64 / 1e9;
        handled += world.events_handled();
        told += count.events;
        for violated in &count.violated {
            println!("seed {seed}: {violated}");
        }
        if seed == 0 || count.ended != "complete" {
            println!("seed {seed}: {} at {end}; judged {:?}", count.ended, count.judged);
        }
    }
    let wall = begun.elapsed().as_secs_f64();
    println!(
        "{virtual_seconds:.0} virtual seconds in {wall:.2} s: {:.0} a second; {:.0} events a virtual second, {:.2} M events a second; {told} told",
        virtual_seconds / wall,
        handled as f64 / virtual_seconds,
        handled as f64 / wall / 1e6,
    );
}
