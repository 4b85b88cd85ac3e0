//! The conformance suite is kept by a world that keeps its promises, and each broken promise fails the test of that promise and no other.

mod fake;

use fake::Fake;
use firedrill_drill::conformance::{self, ConformanceResult, TESTS, Verdict};
use firedrill_drill::world::Setup;
use firedrill_model::FaultKind;

fn broken(results: &[ConformanceResult]) -> Vec<&'static str> {
    let broken = results.iter().filter(|result| matches!(result.verdict, Verdict::Broken(_)));
    broken.map(|result| result.name).collect()
}

#[test]
fn a_world_that_keeps_its_promises_passes() {
    for result in conformance::run(&mut |setup: &Setup| Box::new(Fake::new(setup))) {
        assert_eq!(result.verdict, Verdict::Kept, "{}: {}", result.name, result.promise);
    }
}

#[test]
fn each_broken_promise_fails_its_test_and_no_other() {
    for test in TESTS {
        let results = conformance::run(&mut |setup| Box::new(Fake::breaking(setup, Some(test.name))));
        assert_eq!(broken(&results), [test.name], "{:#?}", results);
    }
}

#[test]
fn what_a_world_can_not_do_is_not_asked_of_it() {
    let can = [FaultKind::Crash, FaultKind::SiteLoss];
    let results = conformance::run(&mut |setup| Box::new(Fake::limited(setup, &can)));
    assert_eq!(broken(&results), Vec::<&str>::new());
    let not_promised = |result: &&ConformanceResult| matches!(result.verdict, Verdict::NotPromised(_));
    let asked: Vec<_> = results.iter().filter(|result| !not_promised(result)).map(|result| result.name).collect();
    let expected = [
        "answered-once",
        "forgotten",
        "latency",
        "site-loss",
        "crash",
        "restart",
        "clock",
        "order",
        "faults-told",
        "report",
    ];
    assert_eq!(asked, expected);
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = TESTS.iter().map(|test| test.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TESTS.len());
}
