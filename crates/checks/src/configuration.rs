//! `configuration`: what a site runs by is one released configuration in whole, and no older than its bound.
//!
//! Atomic: all of a release or nothing of it (Gray & Reuter, "Transaction Processing", 1993), so a site's digest is that of
//! the release that it names. No older than its bound: bounded staleness in time, as for the log's copies (Terry et al. 1994);
//! a site that runs by release n at time t is behind by t minus the release of n+1. The bound is the plan's (the seed's
//! configuration sync claims less than a minute). A site never goes back to an earlier release: to undo one is to release anew.
//!
//! No machine of the stack tells these facts yet, so the judge of a run does not list this check.
//!
//! Does not check what a configuration says.

use crate::judgement::CheckResult;
use crate::verdict::Verdict;
use firedrill_model::{SiteId, Time};
use std::collections::BTreeMap;
use std::time::Duration;

const NAME: &str = "configuration";

/// A configuration was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its number; rises with each.
    pub number: u64,
    /// When.
    pub t: Time,
    /// Over all that it says.
    pub digest: u64,
}

/// A site told what it runs by, from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// When.
    pub t: Time,
    /// This site.
    pub site: SiteId,
    /// The release that it names.
    pub number: u64,
    /// Over all that it runs by.
    pub digest: u64,
}

/// Judges the sites that are to hold the configuration, up to `end`. What was told is in the order of time.
pub fn judge(releases: &[Release], told: &[Held], sites: &[SiteId], bound: Duration, end: Time) -> CheckResult {
    let released: BTreeMap<u64, &Release> = releases.iter().map(|release| (release.number, release)).collect();
    let mut judged = 0;
    let mut silent = Vec::new();
    for site in sites {
        let mut before: Option<&Held> = None;
        for held in told.iter().filter(|held| held.site == *site && held.t <= end) {
            judged += 1;
            let late = before.and_then(|before| behind(&released, before, held.t, bound));
            if let Some(wrong) = late.or_else(|| torn(&released, held)).or_else(|| gone_back(before, held)) {
                return CheckResult::client(NAME, Verdict::Fail, judged, wrong);
            }
            before = Some(held);
        }
        match before {
            None => silent.push(*site),
            Some(last) => {
                if let Some(wrong) = behind(&released, last, end, bound) {
                    return CheckResult::client(NAME, Verdict::Fail, judged, wrong);
                }
            }
        }
    }
    match silent.first() {
        _ if releases.is_empty() => CheckResult::client(NAME, Verdict::Unknown, judged, "nothing was released"),
        _ if judged == 0 => CheckResult::client(NAME, Verdict::Unknown, 0, "no site told what it runs by"),
        Some(site) => CheckResult::client(NAME, Verdict::Unknown, judged, format!("{site} never told what it runs by")),
        None => {
            let why = format!("{judged} tellings, each of one release, at most {} s behind", bound.as_secs_f64());
            CheckResult::client(NAME, Verdict::Pass, judged, why)
        }
    }
}

fn torn(released: &BTreeMap<u64, &Release>, held: &Held) -> Option<String> {
    let Held { t, site, number, digest } = held;
    match released.get(number) {
        None => Some(format!("{site} runs by release {number} at {t}, which was never released")),
        Some(release) if release.t > *t => Some(format!("{site} runs by release {number} at {t}, before its release")),
        Some(release) if release.digest != *digest => Some(format!(
            "{site} runs by {digest:016x} at {t} and calls it release {number}, which is {:016x}",
            release.digest
        )),
        Some(_) => None,
    }
}

fn gone_back(before: Option<&Held>, held: &Held) -> Option<String> {
    let before = before.filter(|before| before.number > held.number)?;
    Some(format!("{} went back from release {} to {} at {}", held.site, before.number, held.number, held.t))
}

fn behind(released: &BTreeMap<u64, &Release>, held: &Held, until: Time, bound: Duration) -> Option<String> {
    let (_, next) = released.range(held.number.checked_add(1)?..).next()?;
    let behind = until.since(next.t);
    (next.t < until && behind > bound).then(|| {
        let (behind, bound) = (behind.as_secs_f64(), bound.as_secs_f64());
        format!("{} was {behind:.1} s behind release {} at {until}, and may be {bound} s", held.site, next.number)
    })
}
