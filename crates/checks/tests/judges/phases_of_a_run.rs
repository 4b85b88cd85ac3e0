//! `steady-state` and `convergence`: green, red and unknown.

use crate::build::{CORE, LONDON, Run, check, failover_run, ms, s};
use firedrill_checks::Verdict;
use firedrill_history::{Event, Phase, Purpose};
use firedrill_model::{Key, Op, OpResult, Outcome, Time, Value};

/// The run with its probes taken out and others put in.
fn reprobed(to: Time, good: impl Fn(Time) -> bool) -> Run {
    let mut run = failover_run();
    let mut probes = Vec::new();
    run.events.retain(|event| match event {
        Event::Invoked { id, purpose: Purpose::Probe, .. } => {
            probes.push(*id);
            false
        }
        _ => true,
    });
    run.events.retain(|event| !matches!(event, Event::Returned { id, .. } if probes.binary_search(id).is_ok()));
    run.probes(s(5), to, good);
    run
}

fn up(sent: Time) -> bool {
    sent < s(40) || sent >= ms(161_200)
}

#[test]
fn a_service_that_was_up_before_the_fault_is_steady() {
    assert_eq!(failover_run().verdict_of("steady-state"), Verdict::Pass);
    let run = reprobed(s(300), |sent| up(sent) && sent != s(35));
    assert_eq!(run.verdict_of("steady-state"), Verdict::Pass, "one of two hundred");
}

#[test]
fn a_service_that_was_not_up_before_the_fault_makes_the_run_unknown() {
    let run = reprobed(s(300), |sent| up(sent) && sent != s(35) && sent != s(36));
    let judgement = run.judge();
    assert_eq!((check(&judgement, "steady-state").verdict, judgement.verdict), (Verdict::Unknown, Verdict::Unknown));
    assert!(check(&judgement, "steady-state").why.contains("core from us-east: 2 of"), "{judgement:#?}");
}

#[test]
fn where_no_rto_is_judged_most_probes_are_enough_for_a_steady_state() {
    let mut run = reprobed(s(300), |sent| up(sent) && sent != s(35) && sent != s(36));
    run.manifest.objectives.judge_rto = false;
    assert_eq!(run.verdict_of("steady-state"), Verdict::Pass);
    let mut run = reprobed(s(300), |sent| up(sent) && sent < s(34));
    run.manifest.objectives.judge_rto = false;
    assert_eq!(run.verdict_of("steady-state"), Verdict::Unknown);
}

#[test]
fn without_probes_before_the_fault_the_steady_state_is_unknown() {
    let mut run = Run::new();
    assert_eq!(run.verdict_of("steady-state"), Verdict::Unknown);
    run.phase(s(30), Phase::Hurt);
    run.probe(CORE, s(25), true);
    assert_eq!(run.verdict_of("steady-state"), Verdict::Unknown);
}

#[test]
fn service_that_is_not_back_by_the_deadline_fails() {
    let run = reprobed(s(400), |sent| up(sent) && !(s(229)..s(295)).contains(&sent));
    let result = run.judge();
    assert_eq!(check(&result, "convergence").verdict, Verdict::Fail);
    assert!(check(&result, "convergence").why.contains("was not back by 290.000s (and 1 more)"), "{result:#?}");
}

#[test]
fn service_that_was_not_watched_for_long_enough_is_unknown() {
    let late = |sent| up(sent) && !(s(225)..s(240)).contains(&sent);
    assert_eq!(reprobed(s(290), late).verdict_of("convergence"), Verdict::Unknown);
    assert_eq!(reprobed(s(301), late).verdict_of("convergence"), Verdict::Pass);
    assert_eq!(
        reprobed(s(230), up).verdict_of("convergence"),
        Verdict::Unknown,
        "nobody asked after the heal phase began"
    );
}

#[test]
fn service_that_was_back_before_the_heal_phase_and_stayed_is_back() {
    assert_eq!(reprobed(s(280), up).verdict_of("convergence"), Verdict::Pass);
    let again = |sent| up(sent) && !(s(270)..s(271)).contains(&sent);
    assert_eq!(reprobed(s(280), again).verdict_of("convergence"), Verdict::Unknown);
}

#[test]
fn where_no_rto_is_judged_the_level_need_only_be_possible() {
    let late = |sent| up(sent) && !(s(225)..s(240)).contains(&sent);
    let mut run = reprobed(s(290), late);
    run.manifest.objectives.judge_rto = false;
    assert_eq!(run.verdict_of("convergence"), Verdict::Pass);
    let mut run = reprobed(s(300), |sent| up(sent) && sent < s(230));
    run.manifest.objectives.judge_rto = false;
    assert_eq!(run.verdict_of("convergence"), Verdict::Fail);
}

#[test]
fn without_a_heal_phase_nothing_was_demanded() {
    let mut run = failover_run();
    run.events.retain(|event| !matches!(event, Event::PhaseBegan { phase: Phase::Heal, .. }));
    assert_eq!(run.verdict_of("convergence"), Verdict::Unknown);
}

/// The run with another last word of London.
fn with_london(state: Option<(u64, u64)>) -> Run {
    let mut run = failover_run();
    run.events.retain(|event| !matches!(event, Event::FinalState { site: LONDON, .. }));
    run.final_state(s(300), LONDON, state);
    run
}

#[test]
fn sites_that_do_not_agree_at_the_end_fail() {
    assert_eq!(with_london(Some((90, 8))).verdict_of("convergence"), Verdict::Fail);
    assert_eq!(with_london(Some((89, 7))).verdict_of("convergence"), Verdict::Fail);
    assert_eq!(with_london(None).verdict_of("convergence"), Verdict::Fail, "one of three is no quorum");
}

#[test]
fn a_transaction_log_that_ends_otherwise_at_one_site_fails() {
    let mut run = failover_run();
    run.events.retain(|event| !matches!(event, Event::FinalState { site: LONDON, .. }));
    run.final_state_with_log(s(300), LONDON, Some((90, 7)), 5);
    assert_eq!(run.verdict_of("convergence"), Verdict::Fail);
}

#[test]
fn sites_that_say_nothing_at_the_end_are_unknown() {
    let mut run = failover_run();
    run.events.retain(|event| !matches!(event, Event::FinalState { .. }));
    assert_eq!(run.verdict_of("convergence"), Verdict::Unknown);
}

#[test]
fn what_was_written_and_not_scanned_is_unknown() {
    let mut run = failover_run();
    run.events.retain(|event| !matches!(event, Event::Invoked { purpose: Purpose::Scan, .. }));
    let judgement = run.judge();
    assert_eq!(check(&judgement, "convergence").verdict, Verdict::Unknown);
    assert!(check(&judgement, "convergence").why.contains("session k1"), "{judgement:#?}");
}

#[test]
fn a_swap_that_missed_and_a_write_that_is_unknown_need_no_scan() {
    let mut run = failover_run();
    let (key, value) = (Key::new("k2"), Value::new(b"v"));
    let swap = Op::Cas { key: key.clone(), expected: Some(value.clone()), value: value.clone() };
    let missed = Outcome::Ok(OpResult::Cas { swapped: false });
    run.op(Purpose::Workload, 1, s(20), Some(s(21)), swap.clone(), missed);
    let write = Op::Write { key, value };
    run.op(Purpose::Workload, 2, s(22), Some(s(23)), write, Outcome::Unknown);
    assert_eq!(run.verdict_of("convergence"), Verdict::Pass);
    run.op(Purpose::Workload, 1, s(24), Some(s(25)), swap, Outcome::Ok(OpResult::Cas { swapped: true }));
    assert_eq!(run.verdict_of("convergence"), Verdict::Unknown);
}
