//! The suite that every world passes, in the simulator with the stack at its sites.

use firedrill_drill::conformance::{self, Verdict};
use firedrill_sim::Sim;

#[test]
fn the_simulator_keeps_what_every_world_promises() {
    let results = conformance::run(&mut |setup| Box::new(Sim::new(setup)));
    assert_eq!(results.len(), conformance::TESTS.len());
    let mut broken = Vec::new();
    for result in &results {
        match &result.verdict {
            Verdict::Kept => {}
            Verdict::Broken(seen) => broken.push(format!("{}: {}; seen: {seen}", result.name, result.promise)),
            Verdict::NotPromised(why) => {
                panic!("{} is promised by the simulator: {why}", result.name)
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
