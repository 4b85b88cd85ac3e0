//! The combined verdict: what makes a run pass, fail, unknown, and beyond the plan.

use crate::build::{LONDON, NEW_YORK, REPORTS, Run, check, failover_run, ms, s};
use firedrill_checks::{ClaimVerdict, Judgement, Verdict};
use firedrill_history::{Event, ScheduledFault};
use firedrill_model::{Fault, FaultId};

#[test]
fn a_whole_run_passes_every_check() {
    let judgement = failover_run().judge();
    let not_passed: Vec<_> = judgement.checks.iter().filter(|check| check.verdict != Verdict::Pass).collect();
    assert!(not_passed.is_empty(), "{not_passed:#?}");
    assert_eq!(judgement.verdict, Verdict::Pass);
    let names: Vec<&str> = judgement.checks.iter().map(|check| check.name.as_str()).collect();
    let expected = [
        "journal-complete",
        "steady-state",
        "linearizable",
        "convergence",
        "read-your-writes",
        "monotonic-reads",
        "failover",
        "applied-digests-agree",
        "one-leader-per-term",
        "one-writer-per-epoch",
    ];
    assert_eq!(names, expected);
    assert!(judgement.checks.iter().all(|check| check.judged > 0));
}

#[test]
fn a_judgement_survives_json() {
    let judgement = failover_run().judge();
    let text = serde_json::to_string(&judgement).expect("it is plain data");
    assert!(text.contains("\"verdict\":\"pass\"") && text.contains("\"kind\":\"invariant\""), "{text}");
    assert_eq!(serde_json::from_str::<Judgement>(&text).expect("it was just written"), judgement);
}

#[test]
fn a_run_that_was_cut_short_is_unknown() {
    for why in ["halted", "deadline", "no more containers"] {
        let mut run = failover_run();
        run.events.retain(|event| !matches!(event, Event::Ended { .. }));
        assert_eq!(run.judge().verdict, Verdict::Unknown, "it does not say how it ended");
        run.end(ms(301_000), why);
        let judgement = run.judge();
        assert_eq!(judgement.verdict, Verdict::Unknown);
        assert!(check(&judgement, "journal-complete").why.contains(why));
    }
}

#[test]
fn a_journal_that_no_run_has_is_unknown() {
    let mut run = failover_run();
    let again = run.events.iter().find(|event| matches!(event, Event::Returned { .. })).cloned();
    run.events.extend(again);
    assert_eq!(run.verdict_of("journal-complete"), Verdict::Unknown);
}

#[test]
fn a_fault_without_a_mechanism_makes_the_run_unknown() {
    let mut run = failover_run();
    let id = run.fault(Fault::Crash { site: LONDON, after_outputs: 0 }, s(250), None);
    let began = |event: &Event| matches!(event, Event::FaultBegan { fault, .. } if *fault == id);
    run.events.retain(|event| !began(event));
    run.manifest.schedule[1].fixed = false;
    run.fault_began(id, s(250), false, None);
    let judgement = run.judge();
    assert_eq!(judgement.verdict, Verdict::Unknown);
    assert_eq!((judgement.faults[1].struck, judgement.faults[1].mechanism.as_deref()), (0, None));
}

#[test]
fn a_fixed_fault_that_never_struck_makes_the_run_unknown_and_a_drawn_one_does_not() {
    let mut run = failover_run();
    let fault = Fault::Crash { site: NEW_YORK, after_outputs: 0 };
    let scheduled =
        ScheduledFault { id: FaultId(1), name: "crash".to_owned(), fault, begin: s(250), end: None, fixed: false };
    run.manifest.schedule.push(scheduled);
    run.fault_began(FaultId(1), s(250), false, Some("simulated"));
    let judgement = run.judge();
    assert_eq!(judgement.verdict, Verdict::Pass);
    let told = &judgement.faults[1];
    assert_eq!((told.target.as_str(), told.scheduled, told.struck), ("new-york", 1, 0));
    run.manifest.schedule[1].fixed = true;
    assert_eq!(run.judge().verdict, Verdict::Unknown);
}

#[test]
fn a_fixed_fault_that_never_began_makes_the_run_unknown() {
    let mut run = failover_run();
    run.events.retain(|event| !matches!(event, Event::FaultBegan { .. }));
    assert_eq!(run.judge().faults[0].verdict, Verdict::Unknown);
}

#[test]
fn a_claim_on_latency_is_measured_and_changes_no_verdict() {
    let mut run = failover_run();
    let claim = |run: &Run| run.judge().claims[0].clone();
    assert_eq!((claim(&run).measured, claim(&run).verdict), (Some(20.0), ClaimVerdict::Held));
    run.manifest.objectives.latency_claim = Some(std::time::Duration::from_millis(19));
    let judgement = run.judge();
    assert_eq!((judgement.claims[0].verdict, judgement.verdict), (ClaimVerdict::Refuted, Verdict::Pass));
    run.events.retain(|event| !matches!(event, Event::Returned { .. }));
    assert_eq!((claim(&run).measured, claim(&run).verdict), (None, ClaimVerdict::Unknown));
}

#[test]
fn the_same_journal_has_the_same_judgement_and_another_service_is_seen() {
    let mut run = failover_run();
    assert_eq!(run.judge(), run.judge());
    for second in 250..253 {
        run.probe(REPORTS, s(second), false);
    }
    let judgement = run.judge();
    assert!(judgement.objectives[1].why.contains("out from"), "{judgement:#?}");
    assert_ne!(judgement, failover_run().judge());
}
