//! The suite that every world passes, on turmoil.

use firedrill_drill::conformance::{self, Verdict};
use firedrill_drill::remote::wire::Begin;
use firedrill_turmoil::{TICK, world};

#[test]
fn turmoil_keeps_what_every_world_promises() {
    let only = std::env::var("ONLY").ok();
    let mut broken = Vec::new();
    for test in conformance::TESTS.iter().filter(|test| only.as_ref().is_none_or(|only| only == test.name)) {
        let result = test.run(&mut |setup| Box::new(world(&Begin::of(setup), TICK)));
        match &result.verdict {
            Verdict::Kept => {}
            Verdict::Broken(seen) => broken.push(format!("{}: {}; seen: {seen}", result.name, result.promise)),
            Verdict::NotPromised(why) => panic!("{} is promised: {why}", result.name),
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
