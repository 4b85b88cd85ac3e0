//! `residency`: no record of a class lies at a site where it must not be.
//!
//! A rule names the sites where records of a class may lie; everywhere else none may, not even for a moment, be it as a copy,
//! a backup or a log (the seed's compliance; for personal data Regulation (EU) 2016/679, articles 44 to 50). Nothing is proven
//! of a forbidden site that nobody looked at, so every site must have been looked at.
//!
//! No machine of the stack tells these facts yet, so the judge of a run does not list this check.
//!
//! Does not check who could read a record, nor where it passed through in transit.

use crate::judgement::CheckResult;
use crate::verdict::Verdict;
use firedrill_model::{SiteId, SiteSet, Time};
use std::collections::BTreeMap;

const NAME: &str = "residency";

/// A look at what a site keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// When.
    pub t: Time,
    /// Where.
    pub site: SiteId,
    /// What lay there: the class of each record, and its name.
    pub records: Vec<(String, String)>,
}

/// Judges looks at all of these sites by where each class may lie.
pub fn judge(allowed: &BTreeMap<String, SiteSet>, looks: &[Look], sites: SiteSet) -> CheckResult {
    let judged = looks.iter().map(|look| look.records.len() as u64).sum();
    let mut without_rule = None;
    for Look { t, site, records } in looks {
        for (class, record) in records {
            match allowed.get(class) {
                None => drop(without_rule.get_or_insert(class)),
                Some(sites) if !sites.contains(*site) => {
                    let why = format!("{record} of class {class} lay at {site} at {t}, where it must not be");
                    return CheckResult::client(NAME, Verdict::Fail, judged, why);
                }
                Some(_) => {}
            }
        }
    }
    let unknown = |why: String| CheckResult::client(NAME, Verdict::Unknown, judged, why);
    if let Some(class) = without_rule {
        return unknown(format!("nobody said where records of class {class} may lie"));
    }
    if judged == 0 {
        return unknown("no record was seen anywhere".to_owned());
    }
    if let Some(site) = sites.iter().find(|site| looks.iter().all(|look| look.site != *site)) {
        return unknown(format!("nobody looked at {site}"));
    }
    let why = format!("{judged} records, each where its class may lie");
    CheckResult::client(NAME, Verdict::Pass, judged, why)
}
