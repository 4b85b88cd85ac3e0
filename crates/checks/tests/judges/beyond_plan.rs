//! Beyond the plan: what was destroyed explains some of what went wrong, and nothing else.

use crate::build::{LONDON, NEW_YORK, Run, SINGAPORE, check, failover_run, ms, s};
use firedrill_checks::Verdict;
use firedrill_history::{Event, Phase, Purpose};
use firedrill_model::{
    Fault, FaultId, FileClass, Key, LogIndex, Observation, Op, OpResult, Outcome, Role, SiteId, SiteSet, StorageArea,
    Term,
};

/// A run in which service ends at 40 s and never returns.
fn without_service() -> Run {
    let mut run = Run::new();
    run.phase(s(30), Phase::Hurt);
    run.observe(s(1), NEW_YORK, Observation::RoleChanged { role: Role::Leader, term: Term(1) });
    for site in [NEW_YORK, LONDON] {
        run.observe(s(35), site, Observation::AppliedDigest { index: LogIndex(64), digest: 3 });
    }
    run.phase(s(230), Phase::Heal);
    run.probes(s(5), s(300), |sent| sent < s(40));
    for (site, state) in [(NEW_YORK, Some((64, 3))), (LONDON, Some((64, 3))), (SINGAPORE, Some((90, 7)))] {
        run.final_state(s(300), site, state);
    }
    run.end(ms(301_000), "deadline");
    run
}

/// New York and London are lost for good, so that one site of three is left.
fn two_sites_lost() -> Run {
    let mut run = without_service();
    run.fault(Fault::SiteLoss { sites: SiteSet::only(NEW_YORK) }, s(40), None);
    run.fault(Fault::SiteLoss { sites: SiteSet::only(LONDON) }, s(100), None);
    run
}

fn wrong_answer(run: &mut Run) {
    let seen = Outcome::Ok(OpResult::Value(Some(firedrill_model::Value::new(b"never written"))));
    run.op(Purpose::Workload, 1, s(20), Some(s(21)), Op::Read { key: Key::new("k") }, seen);
}

fn why(run: &Run) -> Option<String> {
    run.judge().beyond_plan.map(|destruction| destruction.why)
}

#[test]
fn more_destroyed_than_leaves_a_quorum_is_beyond_the_plan() {
    let judgement = two_sites_lost().judge();
    assert_eq!(judgement.verdict, Verdict::BeyondPlan, "{judgement:#?}");
    assert_eq!(check(&judgement, "convergence").verdict, Verdict::Fail);
    let destruction = judgement.beyond_plan.expect("two sites of three are gone");
    let told = "new-york was lost for good at 40.000s, london was lost for good at 100.000s: 1 of 3 sites is whole, and 2 are needed";
    assert_eq!((destruction.since_s, destruction.why.as_str()), (100.0, told));
}

#[test]
fn what_comes_back_was_not_destroyed() {
    let mut run = two_sites_lost();
    run.events.push(Event::FaultEnded { t: s(230), fault: FaultId(1) });
    assert_eq!((run.judge().verdict, why(&run)), (Verdict::Fail, None));
}

#[test]
fn destruction_explains_no_wrong_answer() {
    let mut run = two_sites_lost();
    wrong_answer(&mut run);
    assert_eq!(run.judge().verdict, Verdict::Fail);
}

#[test]
fn destruction_does_not_explain_a_target_that_was_missed_before() {
    let mut run = two_sites_lost();
    for service in &mut run.manifest.objectives.services {
        service.rto = std::time::Duration::from_secs(50);
    }
    assert_eq!(run.judge().verdict, Verdict::Fail);
}

#[test]
fn a_disk_that_was_lost_is_gone_although_its_site_comes_back() {
    let mut run = without_service();
    run.fault(Fault::DiskLoss { site: NEW_YORK }, s(40), Some(s(60)));
    assert_eq!(run.judge().verdict, Verdict::Fail, "two of three are whole");
    run.fault(Fault::DiskLoss { site: LONDON }, s(80), Some(s(90)));
    assert_eq!(run.judge().verdict, Verdict::BeyondPlan, "{:#?}", run.judge());
}

/// Disks that lie from 40 s to 60 s, and a loss of power at each of them.
fn liars(files: FileClass, sites: &[SiteId], power: u64) -> Run {
    let mut run = without_service();
    for site in sites {
        run.fault(Fault::LyingFsync { site: *site, files }, s(40), Some(s(60)));
        run.fault(Fault::PowerLoss { sites: SiteSet::only(*site) }, s(power), Some(s(power + 1)));
    }
    wrong_answer(&mut run);
    run
}

#[test]
fn disks_that_lied_at_a_majority_explain_wrong_answers() {
    let both = [NEW_YORK, LONDON];
    assert_eq!(liars(FileClass::Any, &both, 50).judge().verdict, Verdict::BeyondPlan);
    assert_eq!(liars(FileClass::Log, &both, 50).judge().verdict, Verdict::BeyondPlan);
    assert_eq!(liars(FileClass::Any, &[LONDON], 50).judge().verdict, Verdict::Fail, "one of three");
    assert_eq!(liars(FileClass::Any, &both, 70).judge().verdict, Verdict::Fail, "nothing was in their caches");
    assert_eq!(liars(FileClass::Wal, &both, 50).judge().verdict, Verdict::Fail, "sessions are in another log");
}

/// Rot in a site's replicated log, which it finds later.
fn rots(run: &mut Run, site: SiteId, files: FileClass, at: u64, found: u64) {
    run.fault(Fault::BitRot { site, files, bits: 3 }, s(at), None);
    let area = if files == FileClass::Wal { StorageArea::TransactionLog } else { StorageArea::ReplicatedLog };
    run.observe(s(found), site, Observation::HoleFound { area, from: 3, to: 9 });
}

#[test]
fn rot_at_a_majority_before_anyone_could_mend_it_is_beyond_the_plan() {
    let mut run = without_service();
    rots(&mut run, NEW_YORK, FileClass::Log, 40, 60);
    assert_eq!(run.judge().verdict, Verdict::Fail, "two of three are whole");
    rots(&mut run, LONDON, FileClass::Log, 50, 70);
    let judgement = run.judge();
    assert_eq!(judgement.verdict, Verdict::BeyondPlan, "{judgement:#?}");
    assert_eq!(check(&judgement, "holes-refilled").verdict, Verdict::Fail);
    wrong_answer(&mut run);
    assert_eq!(run.judge().verdict, Verdict::Fail, "checksums tell what rotted");
}

#[test]
fn damage_that_a_whole_quorum_did_not_mend_is_no_excuse_for_the_next() {
    let mut run = without_service();
    rots(&mut run, NEW_YORK, FileClass::Log, 40, 60);
    rots(&mut run, LONDON, FileClass::Log, 61, 70);
    assert_eq!((run.judge().verdict, why(&run)), (Verdict::Fail, None));
}

#[test]
fn what_was_mended_is_whole_again_and_found_twice_it_is_damaged_once() {
    let mut run = without_service();
    rots(&mut run, NEW_YORK, FileClass::Log, 40, 60);
    let again = Observation::HoleFound { area: StorageArea::ReplicatedLog, from: 3, to: 9 };
    run.observe(s(90), NEW_YORK, again);
    rots(&mut run, LONDON, FileClass::Log, 70, 80);
    assert_eq!(why(&run), None, "New York had known for ten seconds");
    let area = StorageArea::ReplicatedLog;
    rots(&mut run, SINGAPORE, FileClass::Log, 75, 85);
    assert!(why(&run).is_some(), "London and Singapore at once");
    run.observe(s(100), SINGAPORE, Observation::HoleRefilled { area, from: 3, to: 9, source: LONDON });
    assert_eq!(why(&run), None);
}

#[test]
fn the_two_logs_rot_apart() {
    let mut run = without_service();
    rots(&mut run, NEW_YORK, FileClass::Log, 40, 60);
    rots(&mut run, LONDON, FileClass::Wal, 41, 60);
    assert_eq!(why(&run), None, "each log has two whole copies");
    rots(&mut run, SINGAPORE, FileClass::Wal, 42, 60);
    assert!(why(&run).is_some_and(|why| why.contains("transaction log")), "{:?}", why(&run));
}

#[test]
fn a_run_that_passes_is_not_beyond_the_plan_for_what_was_destroyed_in_it() {
    let mut run = failover_run();
    run.fault(Fault::DiskLoss { site: LONDON }, s(298), Some(s(299)));
    let judgement = run.judge();
    assert!(judgement.beyond_plan.is_some());
    assert_eq!(judgement.verdict, Verdict::Pass);
}
