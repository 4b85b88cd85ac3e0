//! Replicas of the registry: agreed, apart, with what was removed back again, and not seen at the end.

use crate::build::{LONDON, NEW_YORK, s};
use firedrill_checks::registry_converges::{Held, Update, judge};
use firedrill_checks::{CheckResult, Verdict};
use firedrill_model::SiteId;

fn held(second: u64, site: SiteId, tags: &[u64], complete: bool) -> Held {
    Held { t: s(second), site, tags: tags.iter().copied().collect(), complete }
}

fn judged(held: &[Held]) -> CheckResult {
    let updates = [Update::Added(1), Update::Added(2), Update::Removed(vec![1]), Update::Added(3)];
    judge(&updates, held, &[NEW_YORK, LONDON])
}

#[test]
fn replicas_that_hold_what_was_added_and_not_removed_pass() {
    let looks = [
        held(1, LONDON, &[1], false),
        held(2, NEW_YORK, &[1, 2], false),
        held(9, LONDON, &[2, 3], true),
        held(9, NEW_YORK, &[2, 3], true),
    ];
    let result = judged(&looks);
    assert_eq!((result.verdict, result.judged), (Verdict::Pass, 4), "{}", result.why);
}

#[test]
fn what_comes_back_is_lost_or_is_nobodys_fails() {
    let fails = |looks: &[Held], why: &str| {
        let result = judged(looks);
        assert_eq!(result.verdict, Verdict::Fail, "{why}");
        assert!(result.why.contains(why), "{}", result.why);
    };
    let back = [held(1, LONDON, &[1, 2], false), held(2, LONDON, &[2], false), held(3, LONDON, &[1, 2], false)];
    fails(&back, "entry 1 was resurrected");
    fails(&[held(9, LONDON, &[1, 2, 3], true)], "held entry 1 at 9.000s, which was removed");
    fails(&[held(9, LONDON, &[2], true)], "did not hold entry 3");
    fails(&[held(9, LONDON, &[7], false)], "which nobody added");
}

#[test]
fn a_replica_that_was_not_seen_at_the_end_is_unknown() {
    assert_eq!(judged(&[held(9, LONDON, &[2, 3], true), held(9, NEW_YORK, &[2], false)]).verdict, Verdict::Unknown);
    assert_eq!(judge(&[], &[held(1, LONDON, &[], true)], &[LONDON]).verdict, Verdict::Unknown);
}

/// What it comes to if New York holds these, at the end or before.
pub fn of(tags: &[u64], complete: bool) -> Verdict {
    judged(&[held(9, LONDON, &[2, 3], true), held(9, NEW_YORK, tags, complete)]).verdict
}
