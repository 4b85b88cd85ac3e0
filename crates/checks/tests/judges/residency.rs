//! Where records of a class lie: where they may, where they must not, and where nobody looked.

use crate::build::{LONDON, NEW_YORK, s};
use firedrill_checks::residency::{Look, judge};
use firedrill_checks::{CheckResult, Verdict};
use firedrill_model::{SiteId, SiteSet};
use std::collections::BTreeMap;

fn look(site: SiteId, records: &[(&str, &str)]) -> Look {
    let records = records.iter().map(|(class, name)| ((*class).to_owned(), (*name).to_owned())).collect();
    Look { t: s(5), site, records }
}

fn judged(looks: &[Look]) -> CheckResult {
    let both: SiteSet = [NEW_YORK, LONDON].into_iter().collect();
    let allowed = BTreeMap::from([("personal".to_owned(), SiteSet::only(LONDON)), ("public".to_owned(), both)]);
    judge(&allowed, looks, both)
}

#[test]
fn records_where_their_class_may_lie_pass() {
    let result = judged(&[look(LONDON, &[("personal", "p1"), ("public", "q1")]), look(NEW_YORK, &[("public", "q1")])]);
    assert_eq!((result.verdict, result.judged), (Verdict::Pass, 3), "{}", result.why);
}

#[test]
fn one_record_elsewhere_fails() {
    let result = judged(&[look(LONDON, &[("personal", "p1")]), look(NEW_YORK, &[("personal", "p1")])]);
    assert_eq!(result.verdict, Verdict::Fail);
    assert!(result.why.contains("p1 of class personal lay at "), "{}", result.why);
}

#[test]
fn where_nobody_looked_is_unknown() {
    assert_eq!(judged(&[look(LONDON, &[("personal", "p1")])]).verdict, Verdict::Unknown);
    assert_eq!(judged(&[look(LONDON, &[]), look(NEW_YORK, &[])]).verdict, Verdict::Unknown);
    let unruled = judged(&[look(LONDON, &[("payments", "y1")]), look(NEW_YORK, &[])]);
    assert_eq!(unruled.verdict, Verdict::Unknown);
    assert!(unruled.why.contains("class payments"), "{}", unruled.why);
}

/// What a record of a class in New York comes to; `None`: nobody looked there.
pub fn of(class: Option<&str>) -> Verdict {
    let london = look(LONDON, &[("personal", "p1")]);
    match class {
        Some(class) => judged(&[london, look(NEW_YORK, &[(class, "r1")])]).verdict,
        None => judged(&[london]).verdict,
    }
}
