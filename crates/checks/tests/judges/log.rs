//! The transaction log: RPO of its class, order and duplicates, staleness of copies; and the RPO of sessions.

use crate::build::{LONDON, NEW_YORK, Run, SINGAPORE, check, failover_run, ms, s};
use firedrill_checks::{Campaign, Judgement, ObjectiveResult, Verdict};
use firedrill_history::{Event, Purpose};
use firedrill_model::{
    ClassObjective, DataClass, Epoch, Key, NotApplied, Observation, Op, OpResult, Outcome, Position, StorageArea, Time,
    Value,
};
use std::time::Duration;

/// New York is lost at 40 s; the class has this target.
pub fn run(class: DataClass, rpo: u64) -> Run {
    let mut run = failover_run();
    let name = "data".to_owned();
    run.manifest.objectives.classes = vec![ClassObjective { class, name, rpo: Duration::from_secs(rpo) }];
    run.manifest.objectives.judge_rpo = true;
    run
}

fn log_run() -> Run {
    run(DataClass::TransactionLog, 0)
}

fn append(run: &mut Run, name: &str, from: Time, outcome: Outcome) {
    let op = Op::Append { record: Value::new(name.as_bytes()) };
    run.op(Purpose::Workload, 1, from, Some(from + Duration::from_millis(100)), op, outcome);
}

pub fn acknowledged(run: &mut Run, name: &str, from: Time, position: u64) {
    append(run, name, from, Outcome::Ok(OpResult::Appended { position: Position(position) }));
}

/// A page of the final scan.
pub fn page(run: &mut Run, after: u64, names: &[&str], end: u64) {
    let records = names.iter().map(|name| Value::new(name.as_bytes())).collect();
    let outcome = Outcome::Ok(OpResult::Records { first: Position(after + 1), records, end: Position(end) });
    run.op(Purpose::Scan, 1, s(296), Some(ms(296_100)), Op::Scan { after: Position(after) }, outcome);
}

fn rpo(judgement: &Judgement) -> &ObjectiveResult {
    judgement.objectives.iter().find(|objective| objective.name == "RPO").expect("an RPO is judged")
}

#[test]
fn nothing_lost_passes() {
    let mut run = log_run();
    acknowledged(&mut run, "a", s(20), 1);
    acknowledged(&mut run, "b", s(200), 2);
    page(&mut run, 0, &["a"], 2);
    page(&mut run, 1, &["b"], 2);
    let judgement = run.judge();
    let rpo = rpo(&judgement);
    assert_eq!((rpo.verdict, rpo.achieved, rpo.judged), (Verdict::Pass, Some(0.0), 2), "{}", rpo.why);
    assert_eq!(check(&judgement, "log-order").verdict, Verdict::Pass);
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:#?}");
}

#[test]
fn a_lost_record_is_counted_and_dated_from_the_onset_of_the_fault() {
    let mut run = log_run();
    acknowledged(&mut run, "a", s(20), 1);
    acknowledged(&mut run, "b", s(38), 2);
    page(&mut run, 0, &["a"], 1);
    let judgement = run.judge();
    let rpo = rpo(&judgement);
    assert_eq!((rpo.verdict, rpo.achieved), (Verdict::Fail, Some(1.9)), "{}", rpo.why);
    assert!(rpo.why.starts_with("1 of 2 acknowledged records are lost: b at position 2"), "{}", rpo.why);
    assert_eq!(judgement.verdict, Verdict::Fail);
}

#[test]
fn a_loss_within_the_target_passes_and_says_so() {
    let mut run = run(DataClass::TransactionLog, 5);
    acknowledged(&mut run, "a", s(20), 1);
    acknowledged(&mut run, "b", s(38), 2);
    page(&mut run, 0, &["a"], 1);
    let judgement = run.judge();
    assert_eq!((rpo(&judgement).verdict, rpo(&judgement).achieved), (Verdict::Pass, Some(1.9)));
}

#[test]
fn what_was_acknowledged_during_the_fault_and_is_lost_fails_whatever_the_target() {
    let mut run = run(DataClass::TransactionLog, 3600);
    acknowledged(&mut run, "a", s(20), 1);
    acknowledged(&mut run, "b", s(60), 2);
    page(&mut run, 0, &["a"], 1);
    let judgement = run.judge();
    assert_eq!(rpo(&judgement).verdict, Verdict::Fail);
    assert!(rpo(&judgement).why.contains("acknowledged after a fault began"), "{}", rpo(&judgement).why);
}

#[test]
fn without_a_whole_scan_nothing_is_known() {
    let mut run = log_run();
    acknowledged(&mut run, "a", s(20), 1);
    acknowledged(&mut run, "b", s(21), 2);
    assert_eq!(rpo(&run.judge()).verdict, Verdict::Unknown, "no scan");
    page(&mut run, 0, &["a"], 2);
    assert_eq!(rpo(&run.judge()).verdict, Verdict::Unknown, "half a scan");
    assert_eq!(run.verdict_of("log-order"), Verdict::Unknown);
}

#[test]
fn a_class_without_a_record_is_unknown() {
    assert_eq!(rpo(&log_run().judge()).verdict, Verdict::Unknown);
}

#[test]
fn an_rpo_that_is_not_judged_is_a_claim() {
    let mut run = log_run();
    run.manifest.objectives.judge_rpo = false;
    acknowledged(&mut run, "a", s(20), 1);
    page(&mut run, 0, &[], 0);
    let judgement = run.judge();
    assert!(judgement.objectives.iter().all(|objective| objective.name != "RPO"));
    assert!(judgement.claims.iter().any(|claim| claim.name == "RPO of data"));
    assert_eq!(judgement.verdict, Verdict::Pass);
}

/// A complete scan of `names`, after appends; the verdict of the order.
fn order(appends: impl FnOnce(&mut Run), names: &[&str]) -> (Verdict, String) {
    let mut run = log_run();
    appends(&mut run);
    page(&mut run, 0, names, names.len() as u64);
    let judgement = run.judge();
    let check = check(&judgement, "log-order");
    (check.verdict, check.why.clone())
}

#[test]
fn duplicates_strangers_and_records_out_of_place_fail() {
    let one = |run: &mut Run| acknowledged(run, "a", s(20), 1);
    let told = |why: &str, found: (Verdict, String)| {
        assert_eq!(found.0, Verdict::Fail, "{}", found.1);
        assert!(found.1.contains(why), "{}", found.1);
    };
    told("and again at position 2", order(one, &["a", "a"]));
    told("appended by nobody", order(one, &["a", "x"]));
    let misplaced = |run: &mut Run| {
        acknowledged(run, "a", s(20), 2);
        append(run, "b", s(21), Outcome::Unknown);
    };
    told("stands at position 1", order(misplaced, &["a", "b"]));
    let failed = |run: &mut Run| append(run, "a", s(20), Outcome::Failed(NotApplied::NoLeader));
    told("certainly not appended", order(failed, &["a"]));
    let twice = |run: &mut Run| {
        acknowledged(run, "a", s(20), 1);
        acknowledged(run, "b", s(20), 1);
    };
    told("was acknowledged for", order(twice, &["a", "b"]));
    assert_eq!(order(twice, &["a"]).0, Verdict::Pass, "what is lost stands nowhere: the RPO fails, and not the order");
    let backwards = |run: &mut Run| {
        acknowledged(run, "a", s(20), 2);
        acknowledged(run, "b", s(22), 1);
    };
    told("and got position 1", order(backwards, &["b", "a"]));
}

#[test]
fn appends_that_overlap_may_stand_either_way_and_an_unknown_one_anywhere() {
    let appends = |run: &mut Run| {
        acknowledged(run, "a", s(20), 2);
        acknowledged(run, "b", ms(20_050), 1);
        append(run, "c", s(20), Outcome::Unknown);
    };
    assert_eq!(order(appends, &["b", "a", "c"]).0, Verdict::Pass);
}

#[test]
fn a_session_whose_last_value_is_gone_is_lost() {
    let mut run = run(DataClass::Sessions, 5);
    assert_eq!(rpo(&run.judge()).verdict, Verdict::Pass);
    let write = |value: &str| Op::Write { key: Key::new("k2"), value: Value::new(value.as_bytes()) };
    run.op(Purpose::Workload, 2, s(20), Some(s(21)), write("old"), Outcome::Ok(OpResult::Written));
    run.op(Purpose::Workload, 2, s(30), Some(s(31)), write("new"), Outcome::Ok(OpResult::Written));
    let read = Op::Read { key: Key::new("k2") };
    let old = Outcome::Ok(OpResult::Value(Some(Value::new(b"old"))));
    run.op(Purpose::Scan, 2, s(295), Some(s(296)), read, old);
    let judgement = run.judge();
    assert_eq!((rpo(&judgement).verdict, rpo(&judgement).achieved), (Verdict::Fail, Some(9.0)));
}

#[test]
fn a_copy_that_is_behind_for_too_long_fails() {
    let mut run = log_run();
    run.manifest.objectives.log_staleness = Some(Duration::from_secs(100));
    acknowledged(&mut run, "a", s(20), 1);
    page(&mut run, 0, &["a"], 1);
    let staleness = |run: &Run, site: &str| {
        let judgement = run.judge();
        let subject = format!("transaction log at {site}");
        let found = judgement.objectives.iter().find(|objective| objective.subject == subject).cloned();
        found.unwrap_or_else(|| panic!("no staleness of {site}"))
    };
    assert_eq!(staleness(&run, "singapore").verdict, Verdict::Fail, "it never told, and 'a' is old");
    let held = Observation::LogHeld { position: Position(1), epoch: Epoch(1) };
    let mut late = run.clone();
    late.observe(s(130), SINGAPORE, held.clone());
    let late = staleness(&late, "singapore");
    assert_eq!((late.verdict, late.achieved), (Verdict::Fail, Some(109.9)));
    run.observe(s(21), SINGAPORE, held.clone());
    let soon = staleness(&run, "singapore");
    assert_eq!((soon.verdict, soon.achieved), (Verdict::Pass, Some(0.9)), "{}", soon.why);
    run.events.retain(|event| !matches!(event, Event::FinalState { site, .. } if *site == SINGAPORE));
    run.final_state(s(300), SINGAPORE, None);
    assert_eq!(staleness(&run, "singapore").verdict, Verdict::Unknown, "it is down at the end");
    let mut silent = log_run();
    silent.manifest.objectives.log_staleness = Some(Duration::from_secs(1000));
    acknowledged(&mut silent, "a", s(20), 1);
    assert_eq!(staleness(&silent, "london").verdict, Verdict::Unknown, "it never told");
}

#[test]
fn holes_are_refilled_or_the_run_fails() {
    let area = StorageArea::TransactionLog;
    let found = Observation::HoleFound { area, from: 3, to: 9 };
    let refilled = |from, to| Observation::HoleRefilled { area, from, to, source: NEW_YORK };
    let mut run = failover_run();
    run.observe(s(50), LONDON, found.clone());
    assert_eq!(run.verdict_of("holes-refilled"), Verdict::Fail);
    run.observe(s(60), LONDON, refilled(3, 5));
    assert_eq!(run.verdict_of("holes-refilled"), Verdict::Fail, "half of it");
    run.observe(s(61), SINGAPORE, refilled(6, 9));
    assert_eq!(run.verdict_of("holes-refilled"), Verdict::Fail, "another site's");
    run.observe(s(62), LONDON, refilled(6, 9));
    assert_eq!(run.verdict_of("holes-refilled"), Verdict::Pass);
    run.observe(s(30), NEW_YORK, found);
    assert_eq!(run.verdict_of("holes-refilled"), Verdict::Unknown, "New York is down at the end");
}

#[test]
fn a_campaign_distributes_what_was_lost_as_it_does_outages() {
    let mut campaign = Campaign::new();
    for acknowledged_at in [10, 20, 30] {
        let mut run = run(DataClass::TransactionLog, 3600);
        acknowledged(&mut run, "a", s(acknowledged_at), 1);
        page(&mut run, 0, &[], 0);
        campaign.add(&run.judge());
    }
    campaign.add(&log_run().judge());
    let distributions = campaign.summary().distributions;
    let of_data = distributions.iter().find(|spread| spread.name == "RPO").expect("the class is distributed");
    assert_eq!((of_data.subject.as_str(), of_data.unit.as_str(), of_data.runs, of_data.without), ("data", "s", 3, 1));
    assert_eq!((of_data.min, of_data.p50, of_data.max), (Some(9.9), Some(19.9), Some(29.9)));
}
