//! The configuration that sites run by: whole and fresh, torn, old, gone back, and untold.

use crate::build::{LONDON, NEW_YORK, s};
use firedrill_checks::configuration::{Held, Release, judge};
use firedrill_checks::{CheckResult, Verdict};
use firedrill_model::SiteId;
use std::time::Duration;

const RELEASES: [(u64, u64, u64); 2] = [(1, 0, 0xa), (2, 100, 0xb)];

pub fn judged(told: &[(u64, SiteId, u64, u64)]) -> CheckResult {
    let releases = RELEASES.map(|(number, second, digest)| Release { number, t: s(second), digest });
    let told = told.iter().map(|(second, site, number, digest)| Held {
        t: s(*second),
        site: *site,
        number: *number,
        digest: *digest,
    });
    judge(&releases, &told.collect::<Vec<_>>(), &[NEW_YORK, LONDON], Duration::from_secs(60), s(300))
}

pub const FRESH: [(u64, SiteId, u64, u64); 4] =
    [(1, NEW_YORK, 1, 0xa), (2, LONDON, 1, 0xa), (110, NEW_YORK, 2, 0xb), (160, LONDON, 2, 0xb)];

#[test]
fn whole_and_fresh_passes() {
    let result = judged(&FRESH);
    assert_eq!((result.verdict, result.judged), (Verdict::Pass, 4), "{}", result.why);
}

#[test]
fn torn_old_gone_back_or_never_released_fails() {
    let fails = |change: (usize, (u64, SiteId, u64, u64)), why: &str| {
        let mut told = FRESH;
        told[change.0] = change.1;
        let result = judged(&told);
        assert_eq!(result.verdict, Verdict::Fail, "{why}");
        assert!(result.why.contains(why), "{}", result.why);
    };
    fails((2, (110, NEW_YORK, 2, 0xa)), "calls it release 2, which is 000000000000000b");
    fails((3, (161, LONDON, 2, 0xb)), "61.0 s behind release 2");
    fails((2, (110, NEW_YORK, 3, 0xc)), "which was never released");
    fails((0, (1, NEW_YORK, 2, 0xb)), "before its release");
    let mut back = FRESH.to_vec();
    back.push((170, LONDON, 1, 0xa));
    assert!(judged(&back).why.contains("went back from release 2 to 1"));
    assert!(judged(&FRESH[..3]).why.contains("200.0 s behind release 2 at 300.000s"), "{}", judged(&FRESH[..3]).why);
}

#[test]
fn a_site_that_never_told_is_unknown() {
    let only_one = [FRESH[0], FRESH[2]];
    assert_eq!(judged(&only_one).verdict, Verdict::Unknown);
    assert_eq!(judged(&[]).verdict, Verdict::Unknown);
    assert_eq!(judge(&[], &[], &[], Duration::ZERO, s(1)).verdict, Verdict::Unknown);
}
