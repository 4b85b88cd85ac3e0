//! `holes-refilled`: whatever durable data a site found damaged it has again, from a healthy site, by the end.
//!
//! Alagappan et al., Protocol-Aware Recovery for Consensus-Based Storage, FAST'18: corruption is told from a torn tail, and repaired from the
//! other replicas. From what sites tell of holes. A hole of a site that is down at the end, or whose disk was lost since, is not known to be refilled:
//! unknown. A site that is up at the end with a hole that nothing refilled fails.
//!
//! Does not check that what was refilled is right (`applied-digests-agree`, `log-order` and the RPO do).

use crate::facts::Facts;
use crate::facts::holes::Hole;
use crate::judgement::CheckResult;
use crate::verdict::Verdict;
use firedrill_model::StorageArea;

pub(crate) const NAME: &str = "holes-refilled";

/// Judges every hole, if there is one.
pub(crate) fn judge(facts: &Facts<'_>) -> Option<CheckResult> {
    let (judged, open) = (facts.holes.count, &facts.holes.open);
    if judged == 0 {
        return None;
    }
    let up = |hole: &&Hole| facts.finals.get(&hole.site).is_some_and(|state| state.up);
    let told = |hole: &Hole| {
        let (site, area) = (facts.names.site(hole.site), area(hole.area));
        let Hole { from, to, found, .. } = hole;
        format!("{site} found {area} damaged from {from} to {to} at {found}, and nothing refilled it")
    };
    Some(if let Some(hole) = open.iter().find(up) {
        CheckResult::client(NAME, Verdict::Fail, judged, told(hole))
    } else if let Some(hole) = open.first() {
        let why = format!("{}; the site is down at the end", told(hole));
        CheckResult::client(NAME, Verdict::Unknown, judged, why)
    } else {
        CheckResult::client(NAME, Verdict::Pass, judged, format!("{judged} holes were refilled"))
    })
}

fn area(area: StorageArea) -> &'static str {
    match area {
        StorageArea::ReplicatedLog => "its replicated log",
        StorageArea::TransactionLog => "its transaction log",
        StorageArea::Snapshot => "its snapshot",
    }
}
