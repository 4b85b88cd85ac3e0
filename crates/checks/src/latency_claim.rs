//! The plan's claim on latency, beside what was measured: the 99th percentile of the answered
//! probes of each region.
//!
//! DESIGN.md: the seed's 200 ms is a claim, reported and not judged. Latency counts from the
//! intended send; a probe without an answer has none and is not counted, so that the figure says
//! how fast answers were, and the RTO how long there were none.

use crate::facts::Facts;
use crate::judgement::{ClaimResult, ClaimVerdict};
use firedrill_history::Purpose;
use firedrill_model::{Outcome, RegionId};
use std::time::Duration;

/// One result per region, if the plan makes the claim.
pub(crate) fn judge(facts: &Facts<'_>) -> Vec<ClaimResult> {
    let Some(claimed) = facts.journal.manifest.objectives.latency_claim else {
        return Vec::new();
    };
    let mut latencies = vec![Vec::new(); facts.journal.manifest.objectives.regions.len()];
    for call in facts.calls.iter().filter(|call| call.purpose == Purpose::Probe) {
        let Some(returned) = call.returned.filter(|returned| matches!(returned.outcome, Outcome::Ok(_))) else {
            continue;
        };
        if let Some(latencies) = latencies.get_mut(call.region.index()) {
            latencies.push(returned.at.t.since(call.invoked.t));
        }
    }
    let regions = (0..=u8::MAX).map(RegionId).zip(latencies);
    regions.map(|(region, latencies)| result(facts, region, claimed, latencies)).collect()
}

fn result(facts: &Facts<'_>, region: RegionId, claimed: Duration, mut latencies: Vec<Duration>) -> ClaimResult {
    let rank = latencies.len().saturating_mul(99).div_ceil(100).saturating_sub(1);
    let measured = (!latencies.is_empty()).then(|| *latencies.select_nth_unstable(rank).1);
    ClaimResult {
        name: format!("latency p99 from {}", facts.names.region(region)),
        claimed: millis(claimed),
        measured: measured.map(millis),
        unit: "ms".to_owned(),
        verdict: match measured {
            None => ClaimVerdict::Unknown,
            Some(measured) if measured <= claimed => ClaimVerdict::Held,
            Some(_) => ClaimVerdict::Refuted,
        },
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
