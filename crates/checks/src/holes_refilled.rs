//! `holes-refilled`: whatever durable data a site found damaged it has again, from a healthy site, by the end.
//!
//! Alagappan et al., Protocol-Aware Recovery for Consensus-Based Storage, FAST'18: corruption is told from a torn tail, and repaired from the
//! other replicas. From what sites tell of holes. A hole of a site that is down at the end, or whose disk was lost since, is not known to be refilled:
//! unknown. A site that is up at the end with a hole that nothing refilled fails.
//!
//! Does not check that what was refilled is right (`applied-digests-agree`, `log-order` and the RPO do).

use crate::facts::Facts;
use crate::judgement::CheckResult;
use crate::verdict::Verdict;
use firedrill_history::Event;
use firedrill_model::{Observation, SiteId, StorageArea, Time};

pub(crate) const NAME: &str = "holes-refilled";

/// A hole that is still open.
struct Hole {
    t: Time,
    site: SiteId,
    area: StorageArea,
    from: u64,
    to: u64,
}

/// Judges every hole, if there is one.
pub(crate) fn judge(facts: &Facts<'_>) -> Option<CheckResult> {
    let mut open: Vec<Hole> = Vec::new();
    let mut judged = 0;
    for event in &facts.journal.events {
        let Event::Observed { t, site, observation, .. } = event else {
            continue;
        };
        match observation {
            Observation::HoleFound { area, from, to } => {
                judged += 1;
                // A restarted site finds the same hole again.
                refill(&mut open, *site, *area, *from, *to);
                open.push(Hole { t: *t, site: *site, area: *area, from: *from, to: *to });
            }
            Observation::HoleRefilled { area, from, to, .. } => refill(&mut open, *site, *area, *from, *to),
            _ => {}
        }
    }
    if judged == 0 {
        return None;
    }
    let up = |hole: &&Hole| facts.finals.get(&hole.site).is_some_and(|state| state.up);
    let told = |hole: &Hole| {
        let (site, area) = (facts.names.site(hole.site), area(hole.area));
        format!("{site} found {area} damaged from {} to {} at {}, and nothing refilled it", hole.from, hole.to, hole.t)
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

/// Takes what was refilled out of the holes of a site.
fn refill(open: &mut Vec<Hole>, site: SiteId, area: StorageArea, from: u64, to: u64) {
    let mut left = Vec::new();
    for hole in open.drain(..) {
        if hole.site != site || hole.area != area || to < hole.from || from > hole.to {
            left.push(hole);
            continue;
        }
        if hole.from < from {
            left.push(Hole { to: from - 1, ..hole });
        }
        if hole.to > to {
            left.push(Hole { from: to + 1, ..hole });
        }
    }
    *open = left;
}

fn area(area: StorageArea) -> &'static str {
    match area {
        StorageArea::ReplicatedLog => "its replicated log",
        StorageArea::TransactionLog => "its transaction log",
        StorageArea::Snapshot => "its snapshot",
    }
}
