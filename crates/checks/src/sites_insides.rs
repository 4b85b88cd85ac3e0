//! The invariants that the world itself judged, one result for each that it names.
//!
//! A simulator sees disks and messages that no observation tells of; it reports what it found as
//! [`Event::Violated`], and how often it looked as [`Event::Judged`]. An invariant that it never
//! had occasion to look at is unknown; one that it does not have is not listed. Where a check of
//! ours over the observations has the same name, the two are one result: failed if either failed,
//! and unknown only if neither had anything to judge.
//!
//! One exception: fencing epochs are raised by failovers, and a run in which none was expected and
//! none took place has no occasion for `one-writer-per-epoch`, which is then not listed, just as
//! `failover` is not.

use crate::facts::Facts;
use crate::judgement::CheckResult;
use crate::one_writer_per_epoch;
use crate::verdict::Verdict;
use firedrill_history::Event;
use std::collections::BTreeMap;

/// What the world said about an invariant.
#[derive(Default)]
struct Told {
    times: u64,
    wrong: Option<String>,
    violations: u64,
}

/// Joins what the world judged to the results of our own invariants, in order of their names.
pub(crate) fn judge(facts: &Facts<'_>, ours: impl IntoIterator<Item = CheckResult>) -> Vec<CheckResult> {
    let mut results: BTreeMap<String, CheckResult> =
        ours.into_iter().map(|result| (result.name.clone(), result)).collect();
    for (name, told) in told(facts) {
        let verdict = match (&told.wrong, told.times) {
            (Some(_), _) => Verdict::Fail,
            (None, 0) => Verdict::Unknown,
            (None, _) => Verdict::Pass,
        };
        let why = match told.wrong {
            Some(wrong) if told.violations == 1 => wrong,
            Some(wrong) => format!("{wrong} (and {} more)", told.violations - 1),
            None if told.times == 0 => "the world never had anything to judge".to_owned(),
            None => format!("the world judged it {} times", told.times),
        };
        match results.get_mut(name) {
            None => {
                results.insert(name.to_owned(), CheckResult::invariant(name, verdict, told.times, why));
            }
            Some(ours) => join(ours, verdict, told.times, why),
        }
    }
    if !expects_epochs(facts) {
        results.retain(|name, result| name != one_writer_per_epoch::NAME || result.judged > 0);
    }
    results.into_values().collect()
}

/// Whether a fencing epoch should have been raised, or was.
fn expects_epochs(facts: &Facts<'_>) -> bool {
    facts.journal.manifest.objectives.failovers_expected > 0
        || facts.failovers.iter().any(|failover| failover.isolated.is_some())
}

fn join(ours: &mut CheckResult, verdict: Verdict, times: u64, why: String) {
    ours.judged = ours.judged.saturating_add(times);
    let told_more = verdict == Verdict::Fail && ours.verdict != Verdict::Fail
        || verdict == Verdict::Pass && ours.verdict == Verdict::Unknown;
    if told_more {
        (ours.verdict, ours.why) = (verdict, why);
    }
}

fn told<'j>(facts: &Facts<'j>) -> BTreeMap<&'j str, Told> {
    let mut all: BTreeMap<&str, Told> = BTreeMap::new();
    for event in &facts.journal.events {
        match event {
            Event::Judged { invariant, times, .. } => {
                let told = all.entry(invariant).or_default();
                told.times = told.times.saturating_add(*times);
            }
            Event::Violated { t, invariant, site, detail } => {
                let told = all.entry(invariant).or_default();
                told.violations += 1;
                let place = site.map_or_else(String::new, |site| format!(" at {}", facts.names.site(site)));
                told.wrong.get_or_insert_with(|| format!("{t}{place}: {detail}"));
            }
            _ => {}
        }
    }
    for told in all.values_mut().filter(|told| told.wrong.is_some()) {
        told.times = told.times.max(told.violations);
    }
    all
}

/// The result of an invariant over observations.
pub(crate) fn result(name: &str, judged: u64, wrong: Option<String>, right: impl FnOnce() -> String) -> CheckResult {
    match wrong {
        Some(wrong) => CheckResult::invariant(name, Verdict::Fail, judged, wrong),
        None if judged == 0 => CheckResult::invariant(name, Verdict::Unknown, 0, "no site told of anything to judge"),
        None => CheckResult::invariant(name, Verdict::Pass, judged, right()),
    }
}
