//! Latency and throughput against a run without faults: held, refuted, and too uncertain to tell.

use crate::build::{NEW_YORK, Run, s};
use firedrill_checks::ClaimVerdict::{Held, Refuted, Unknown};
use firedrill_checks::baseline::{Claims, Comparison, Samples, compare, judge};
use firedrill_history::{Phase, Purpose};
use firedrill_model::{Fault, Key, Op, OpResult, Outcome, SiteSet, Time};
use std::time::Duration;

/// A run whose workload reads every so many milliseconds, each taking so long, from 10 s to 130 s.
pub fn run(every: u64, latency: impl Fn(u64) -> u64) -> Run {
    let mut run = Run::new();
    run.phase(s(30), Phase::Hurt);
    run.phase(s(120), Phase::Heal);
    for number in 0..120_000 / every {
        let sent = Time::from_millis(10_000 + number * every);
        let op = Op::Read { key: Key::new("k") };
        let returned = sent + Duration::from_millis(latency(number));
        run.op(Purpose::Workload, 1, sent, Some(returned), op, Outcome::Ok(OpResult::Value(None)));
    }
    run.end(s(131), "complete");
    run
}

pub fn hurt(mut run: Run) -> Run {
    run.fault(Fault::SiteLoss { sites: SiteSet::only(NEW_YORK) }, s(40), None);
    run
}

pub fn against(baseline: &Run, run: &Run) -> Vec<Comparison> {
    judge(&baseline.journal(), &run.journal(), Claims::default())
}

fn verdicts(compared: &[Comparison]) -> Vec<firedrill_checks::ClaimVerdict> {
    compared.iter().map(|one| one.claim.verdict).collect()
}

#[test]
fn a_small_difference_is_within_the_claim() {
    let compared = against(&run(100, |number| 50 + number % 7), &hurt(run(110, |number| 60 + number % 7)));
    assert_eq!(verdicts(&compared), [Held, Held], "{compared:?}");
    let (low, high) = compared[0].interval.expect("an interval");
    assert!(low <= 18.9 && 18.8 <= high && low > 15.0 && high < 22.0, "{compared:?}");
    assert!(compared[0].why.contains("95 % confidence"), "{}", compared[0].why);
    assert!(
        compared[0].why.contains("all within the claimed 50 % (727 answered operations against 800)"),
        "{}",
        compared[0].why
    );
}

#[test]
fn a_great_difference_refutes_it() {
    let compared = against(&run(100, |number| 50 + number % 7), &hurt(run(200, |number| 100 + number % 7)));
    assert_eq!(verdicts(&compared), [Refuted, Refuted], "{compared:?}");
    assert_eq!(compared[1].claim.measured, Some(50.0));
}

#[test]
fn what_lies_on_both_sides_of_the_claim_is_unknown() {
    // Half of the time as fast as before, half of the time twice as slow.
    let wild = |number: u64| if (number / 50).is_multiple_of(2) { 50 + number % 5 } else { 100 + number % 5 };
    let compared = against(&run(100, |number| 50 + number % 5), &hurt(run(100, wild)));
    assert_eq!(compared[0].claim.verdict, Unknown, "{compared:?}");
    assert!(compared[0].why.contains("on both sides of the claimed 50 %"), "{}", compared[0].why);
}

#[test]
fn what_is_no_baseline_is_unknown() {
    let (calm, struck) = (run(100, |_| 50), hurt(run(100, |_| 50)));
    let why = |compared: Vec<Comparison>| {
        assert_eq!(verdicts(&compared), [Unknown, Unknown]);
        compared[0].why.clone()
    };
    assert_eq!(why(against(&struck, &struck)), "a fault struck in the baseline");
    assert_eq!(why(against(&calm, &calm)), "no fault struck in the run");
    let mut other = calm.clone();
    other.manifest.seed = 7;
    assert_eq!(why(against(&other, &struck)), "the baseline is of another seed or plan");
    let mut short = Run::new();
    short.end(s(20), "complete");
    assert_eq!(why(against(&short, &struck)), "the baseline ends before the run was hurt");
    let mut silent = Run::new();
    silent.end(s(131), "complete");
    assert_eq!(why(against(&silent, &struck)), "the baseline answered nothing");
    let few = Samples::new(Duration::from_secs(20), [(Duration::ZERO, Duration::from_millis(50))]);
    assert_eq!(why(compare(&few, &few, Claims::default(), 1)), "4 blocks of 5 s, and 10 are needed");
}

#[test]
fn the_same_journals_give_the_same_interval() {
    let (calm, struck) = (run(100, |number| 40 + number % 31), hurt(run(100, |number| 45 + number % 37)));
    assert_eq!(against(&calm, &struck), against(&calm, &struck));
}
