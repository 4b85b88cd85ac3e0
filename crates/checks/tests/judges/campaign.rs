//! Many runs: totals, distribution, what a clean campaign bounds, and anti-vacuity.

use crate::build::{LONDON, Run, failover_run, s};
use firedrill_checks::{Campaign, Judgement, Verdict};
use firedrill_history::Event;
use firedrill_model::{Fault, FaultKind};
use proptest::prelude::*;

fn passed(rto: f64) -> Judgement {
    let mut judgement = failover_run().judge();
    for objective in &mut judgement.objectives {
        objective.achieved = Some(rto);
    }
    judgement
}

fn of(judgements: &[Judgement]) -> Campaign {
    let mut campaign = Campaign::new();
    judgements.iter().for_each(|judgement| campaign.add(judgement));
    campaign
}

#[test]
fn a_clean_campaign_bounds_the_share_of_failing_seeds() {
    let judgement = passed(120.0);
    let mut campaign = Campaign::new();
    for _ in 0..1000 {
        campaign.add(&judgement);
    }
    let summary = campaign.summary();
    assert_eq!((summary.verdict, summary.counts.passed), (Verdict::Pass, 1000));
    assert_eq!(summary.failing_at_most, Some(0.003));
}

#[test]
fn the_distribution_is_by_nearest_rank() {
    let all = passed(0.0);
    let mut campaign = Campaign::new();
    for rto in (1..=200).rev() {
        let mut judgement = all.clone();
        judgement.objectives[0].achieved = Some(f64::from(rto));
        judgement.objectives[1].achieved = None;
        campaign.add(&judgement);
    }
    let spread = campaign.summary().distributions;
    let core = &spread[0];
    assert_eq!((core.name.as_str(), core.subject.as_str(), core.target), ("RTO", "core from us-east", 900.0));
    assert_eq!((core.min, core.p1, core.p50), (Some(1.0), Some(2.0), Some(100.0)));
    assert_eq!((core.p99, core.max, core.runs, core.without), (Some(198.0), Some(200.0), 200, 0));
    assert_eq!((spread[1].p50, spread[1].runs, spread[1].without), (None, 0, 200));
    assert_eq!(spread[2].name, "latency p99 from us-east");
}

#[test]
fn the_worst_verdict_counts_and_nothing_is_bounded() {
    let with = |verdict| Judgement { verdict, ..passed(1.0) };
    let (unknown, beyond, fail) = (with(Verdict::Unknown), with(Verdict::BeyondPlan), with(Verdict::Fail));
    let summary = of(&[passed(1.0), beyond.clone()]).summary();
    assert_eq!((summary.verdict, summary.failing_at_most), (Verdict::BeyondPlan, None));
    assert_eq!(of(&[passed(1.0), beyond.clone(), unknown.clone()]).summary().verdict, Verdict::Unknown);
    let summary = of(&[fail, unknown, beyond, passed(1.0)]).summary();
    assert_eq!(summary.verdict, Verdict::Fail);
    let counts = summary.counts;
    assert_eq!((counts.seeds, counts.failed, counts.unknown, counts.beyond_plan, counts.passed), (4, 1, 1, 1, 1));
}

#[test]
fn a_campaign_of_nothing_is_unknown() {
    assert_eq!(Campaign::new().summary().verdict, Verdict::Unknown);
}

/// A crash that a swarm drew and that missed.
fn missed_crash() -> Run {
    let mut run = failover_run();
    run.fault(Fault::Crash { site: LONDON, after_outputs: 0 }, s(250), None);
    run.manifest.schedule[1].fixed = false;
    for event in &mut run.events {
        if let Event::FaultBegan { t, struck, .. } = event {
            *struck = *t != s(250);
        }
    }
    run
}

#[test]
fn a_kind_of_fault_that_never_struck_makes_the_campaign_unknown() {
    let missed = missed_crash().judge();
    assert_eq!(missed.verdict, Verdict::Pass);
    let summary = of(&[missed.clone(), passed(1.0)]).summary();
    assert_eq!(summary.verdict, Verdict::Unknown);
    assert_eq!(summary.vacuous, ["crash was scheduled 1 times and never struck"]);
    let mut struck = missed.clone();
    struck.faults[1].struck = 1;
    assert_eq!(struck.faults[1].kind, FaultKind::Crash);
    assert_eq!(of(&[missed, struck]).summary().verdict, Verdict::Pass);
}

#[test]
fn a_check_that_never_judged_makes_the_campaign_unknown() {
    let mut judgement = passed(1.0);
    judgement.checks[0].judged = 0;
    let summary = of(&[judgement.clone()]).summary();
    assert_eq!(summary.verdict, Verdict::Unknown);
    assert_eq!(summary.vacuous, ["journal-complete never had anything to judge"]);
    assert_eq!(of(&[judgement, passed(1.0)]).summary().verdict, Verdict::Pass);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn how_runs_are_dealt_to_threads_changes_nothing(rtos in prop::collection::vec(0.0..900.0, 1..40), at in any::<prop::sample::Index>()) {
        let mut judgement = passed(0.0);
        let judgements: Vec<Judgement> = rtos.iter().map(|rto| {
            judgement.objectives[0].achieved = Some(*rto);
            judgement.clone()
        }).collect();
        let (first, second) = judgements.split_at(at.index(judgements.len()));
        let mut merged = of(second);
        merged.merge(of(first));
        prop_assert_eq!(merged.summary(), of(&judgements).summary());
    }
}
