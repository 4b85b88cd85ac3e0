//! `convergence`: once faults are healed, service and agreement are back by the deadline.
//!
//! DESIGN.md, "two phases": heal a quorum, then demand service, convergence and a durability scan
//! by a deadline. Judged are: every service from every region has the service level from a probe on
//! that was answered within `convergence_deadline` of the heal phase's begin, or had it before and
//! kept it (where no RTO is judged, the drill does not wait for the full window, and it is enough
//! that the level could hold from there); a quorum of sites is up at the end, and all that are up
//! have applied up to the same entry, have the same digest and the same transaction log; every key
//! that the workload was told to have written was read once more in the final scan.
//!
//! Does not check what the scan's reads returned (`linearizable` does).

use crate::facts::Facts;
use crate::judgement::CheckResult;
use crate::level::{AllSeries, Series};
use crate::verdict::Verdict;
use firedrill_history::Purpose;
use firedrill_model::{Key, OpResult, Outcome, Time};
use std::collections::BTreeSet;

pub(crate) const NAME: &str = "convergence";

/// Judges service, sites and scan.
pub(crate) fn judge(facts: &Facts<'_>, all: &AllSeries) -> CheckResult {
    let Some(heal) = facts.heal else {
        return CheckResult::client(NAME, Verdict::Unknown, 0, "no heal phase began, so nothing was demanded");
    };
    let deadline = heal + facts.journal.manifest.objectives.convergence_deadline;
    let mut found = service(facts, all, deadline, heal);
    found.extend(sites(facts));
    found.extend(scan(facts));
    let verdict = Verdict::worst(found.iter().map(|(verdict, _)| *verdict));
    let judged = all.len() as u64 + facts.finals.len() as u64;
    let count = found.iter().filter(|(of, _)| *of == verdict).count();
    match found.into_iter().find(|(of, _)| *of == verdict && verdict != Verdict::Pass) {
        None => {
            CheckResult::client(NAME, verdict, judged, format!("service and agreement after {heal}, by {deadline}"))
        }
        Some((_, why)) if count == 1 => CheckResult::client(NAME, verdict, judged, why),
        Some((_, why)) => CheckResult::client(NAME, verdict, judged, format!("{why} (and {} more)", count - 1)),
    }
}

/// Whether each service is back for each region.
fn service(facts: &Facts<'_>, all: &AllSeries, deadline: Time, heal: Time) -> Vec<(Verdict, String)> {
    let judge = |(service, region), series: &Series| {
        let pair = facts.names.pair(service, region);
        let first = series.probes.partition_point(|probe| probe.sent < heal);
        let in_time = |probe: &usize| series.probes[*probe].returned <= deadline;
        let could_be_up = series.could_be_up_from(first).is_some_and(|up| in_time(&up));
        // A window that began before the heal phase and reaches into it shows as much as one that began in it.
        let still_up = could_be_up && first < series.probes.len() && series.covered(first);
        if still_up || series.up_from(first).is_some_and(|up| in_time(&up)) {
            None
        } else if could_be_up {
            if !facts.journal.manifest.objectives.judge_rto {
                return None;
            }
            Some((Verdict::Unknown, format!("{pair}: the run ended before the service level had held for long enough")))
        } else if first == series.probes.len() {
            Some((Verdict::Unknown, format!("{pair}: no probe after {heal}")))
        } else {
            Some((Verdict::Fail, format!("{pair}: the service level was not back by {deadline}")))
        }
    };
    all.iter().filter_map(|(pair, series)| judge(*pair, series)).collect()
}

/// Whether the sites agree.
fn sites(facts: &Facts<'_>) -> Option<(Verdict, String)> {
    if facts.finals.is_empty() {
        return Some((Verdict::Unknown, "no site reported its state at the end".to_owned()));
    }
    let up: Vec<_> = facts.finals.iter().filter(|(_, state)| state.up).collect();
    if up.len() < facts.quorum() {
        let why = format!("only {} of {} sites are up at the end, which is no quorum", up.len(), facts.sites());
        return Some((Verdict::Fail, why));
    }
    let (first, state) = up[0];
    let other = up.iter().find(|(_, other)| (other.applied, other.digest) != (state.applied, state.digest));
    let another_log = up.iter().find(|(_, other)| other.log_digest != state.log_digest).map(|(site, _)| {
        let (first, site) = (facts.names.site(*first), facts.names.site(**site));
        (Verdict::Fail, format!("the transaction logs of {first} and {site} end otherwise"))
    });
    let differs = other.map(|(site, other)| {
        let (first, site) = (facts.names.site(*first), facts.names.site(**site));
        let why = format!(
            "{first} applied up to {} with digest {:016x}, {site} up to {} with {:016x}",
            state.applied, state.digest, other.applied, other.digest
        );
        (Verdict::Fail, why)
    });
    differs.or(another_log)
}

/// Whether all that was written was read once more.
fn scan(facts: &Facts<'_>) -> Option<(Verdict, String)> {
    let mut written: BTreeSet<&Key> = BTreeSet::new();
    let mut scanned: BTreeSet<&Key> = BTreeSet::new();
    for call in &facts.calls {
        // A compare-and-set that did not swap wrote nothing.
        match (call.purpose, call.outcome()) {
            (Purpose::Workload, Outcome::Ok(OpResult::Written | OpResult::Cas { swapped: true })) => {
                call.op.key().is_some_and(|key| written.insert(key))
            }
            (Purpose::Scan, Outcome::Ok(_)) => call.op.key().is_some_and(|key| scanned.insert(key)),
            _ => false,
        };
    }
    let mut missing = written.difference(&scanned);
    let first = missing.next()?;
    let more = missing.count();
    let why = format!("the final scan did not read session {} once more, though it was written", first.as_str());
    Some((Verdict::Unknown, if more == 0 { why } else { format!("{why} (and {more} more)") }))
}
