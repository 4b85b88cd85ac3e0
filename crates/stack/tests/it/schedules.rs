//! Random schedules of everything that may go wrong: safety after each input, service and agreement after healing. And what the same schedules find
//! when a hazard is on.

use crate::chaos::{self, Case, case, case_with_log};
use firedrill_model::{Hazard, HazardSet};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// So many random schedules. More with the environment variable `PROPTEST_CASES`.
fn cases(few: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// The same cases in every run.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, b"firedrill, stack, schedules, 001"))
}

#[test]
fn nothing_that_goes_wrong_breaks_safety_and_healing_restores_service() {
    let (mut done, mut committed, mut terms) = (0, 0, 0);
    let cell = std::cell::RefCell::new((&mut done, &mut committed, &mut terms));
    let judged = runner(cases(400)).run(&case(120), |case: Case| {
        let run = chaos::run(&case, HazardSet::NONE).map_err(TestCaseError::fail)?;
        let mut counts = cell.borrow_mut();
        *counts.0 += run.clients.done;
        *counts.1 += run.cluster.watch.committed();
        *counts.2 += run.cluster.watch.terms_led();
        Ok(())
    });
    judged.unwrap_or_else(|failure| panic!("{failure}"));
    println!("{done} operations done, {committed} entries committed, {terms} terms led");
    assert!(done > 2500 && committed > 3000 && terms > 700, "the schedules do something");
}

#[test]
fn nothing_that_goes_wrong_loses_an_acknowledged_record() {
    let counts = std::cell::RefCell::new([0; 5]);
    let judged = runner(cases(400)).run(&case_with_log(160), |case: Case| {
        let run = chaos::run(&case, HazardSet::NONE).map_err(TestCaseError::fail)?;
        let log = &run.appenders;
        let new = [log.appended, log.scanned, log.failovers, log.losses, log.cut];
        counts.borrow_mut().iter_mut().zip(new).for_each(|(sum, more)| *sum += more);
        Ok(())
    });
    judged.unwrap_or_else(|failure| panic!("{failure}"));
    let [appended, scanned, failovers, losses, cut] = *counts.borrow();
    println!("{appended} appended, {scanned} scanned, {failovers} failovers, {losses} losses, {cut} tails cut");
    assert!(
        appended > 1500 && scanned > 1000 && failovers > 500 && losses > 0 && cut > 0,
        "the schedules do something"
    );
}

/// After how many schedules something was wrong, and what.
fn found(hazard: Hazard, within: u32) -> Option<(u32, String)> {
    let mut runner = runner(within);
    let hazards = [hazard].into_iter().collect();
    (1..=within).find_map(|number| {
        let case = case(120).new_tree(&mut runner).ok()?.current();
        chaos::run(&case, hazards).err().map(|what| (number, what))
    })
}

#[test]
fn a_vote_before_it_is_durable_is_found() {
    let (after, what) = found(Hazard::VoteBeforeDurable, 200).expect("the hazard is found");
    println!("after {after}: {what}");
}

#[test]
fn an_acknowledgement_before_the_sync_is_found() {
    let (after, what) = found(Hazard::AckBeforeFsync, 200).expect("the hazard is found");
    println!("after {after}: {what}");
}

#[test]
fn a_reply_without_fencing_is_found() {
    let (after, what) = found(Hazard::NoFencing, 2000).expect("the hazard is found");
    println!("after {after}: {what}");
}
