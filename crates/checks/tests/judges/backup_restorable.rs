//! Backups: restored with their sentinel, not restorable, overdue, and never tried.

use crate::build::s;
use firedrill_checks::backup_restorable::{Backup, Restore, Restored, judge};
use firedrill_checks::{CheckResult, Verdict};
use std::time::Duration;

fn backup(id: &str, second: u64) -> Backup {
    Backup { id: id.to_owned(), t: s(second), sentinel: format!("sentinel-{id}"), digest: second }
}

fn restored(id: &str, outcome: Restored) -> Restore {
    Restore { backup: id.to_owned(), t: s(250), outcome }
}

fn judged(restores: &[Restore]) -> CheckResult {
    judge(&[backup("a", 90), backup("b", 200)], restores, Duration::from_secs(120), s(0), s(300))
}

const WHOLE: Restored = Restored::Copy { sentinel: true, digest: 200 };

#[test]
fn the_last_one_restored_with_its_sentinel_passes() {
    let result = judged(&[restored("b", WHOLE)]);
    assert_eq!((result.verdict, result.judged), (Verdict::Pass, 1), "{}", result.why);
}

#[test]
fn one_that_can_not_be_restored_whole_fails() {
    let fails = |outcome: Restored, why: &str| {
        let result = judged(&[restored("b", WHOLE), restored("b", outcome)]);
        assert_eq!(result.verdict, Verdict::Fail, "{why}");
        assert!(result.why.contains(why), "{}", result.why);
    };
    fails(Restored::Failed("the key is lost".to_owned()), "the key is lost");
    fails(Restored::Copy { sentinel: false, digest: 200 }, "without its sentinel sentinel-b");
    fails(Restored::Copy { sentinel: true, digest: 201 }, "restored as 00000000000000c9");
}

#[test]
fn an_overdue_one_fails() {
    let late = judge(&[backup("a", 90)], &[restored("a", WHOLE)], Duration::from_secs(120), s(0), s(300));
    assert_eq!(late.verdict, Verdict::Fail);
    assert!(late.why.contains("no backup was taken for 210 s from 90.000s on"), "{}", late.why);
}

#[test]
fn what_nobody_tried_to_restore_is_unknown() {
    assert_eq!(judged(&[]).verdict, Verdict::Unknown);
    let only_the_first = restored("a", Restored::Copy { sentinel: true, digest: 90 });
    assert_eq!(judged(&[only_the_first]).verdict, Verdict::Unknown);
    assert_eq!(judged(&[restored("b", Restored::Unknown)]).verdict, Verdict::Unknown);
    assert_eq!(judged(&[restored("z", WHOLE)]).verdict, Verdict::Unknown);
    assert_eq!(judge(&[], &[], Duration::from_secs(120), s(0), s(100)).verdict, Verdict::Unknown);
}

/// What a restore comes to that brings the sentinel back or not; `None`: nobody tried.
pub fn of(sentinel: Option<bool>) -> Verdict {
    let restores = sentinel.map(|sentinel| restored("b", Restored::Copy { sentinel, digest: 200 }));
    judged(&restores.into_iter().collect::<Vec<_>>()).verdict
}
