//! `steady-state`: before the first fault, the service level held.
//!
//! DESIGN.md and the Chaos Toolkit's steady state hypothesis: a drill that begins with a service
//! that is down tests nothing, so anything but a pass is unknown. Judged are the probes of the last
//! 10 s before the first fault that had their answer before it; probers run at full rate then.
//! Where there are at least 100 but fewer than 1,000, one miss is allowed: 99.9 % can't be told
//! apart from it. Where the scenario judges no RTO, the level is not demanded (links may be lossy
//! all along), and it is enough that most probes succeeded.
//!
//! Does not check the start of the stack, nor anything after the first fault.

use crate::facts::Facts;
use crate::judgement::CheckResult;
use crate::level::{AllSeries, Series};
use crate::verdict::Verdict;
use firedrill_model::Time;
use std::time::Duration;

const NAME: &str = "steady-state";
/// DESIGN.md: probers run at full rate from 10 s before the first fault.
const STRETCH: Duration = Duration::from_secs(10);
/// So many probes are needed at least: those of the stretch at the calm rate, or nearly.
const LEAST: usize = 5;

/// Judges every service and region.
pub(crate) fn judge(facts: &Facts<'_>, all: &AllSeries) -> CheckResult {
    let Some(hurt) = facts.hurt_from() else {
        return CheckResult::client(NAME, Verdict::Unknown, 0, "no fault struck, and no hurt phase began");
    };
    let mut judged = 0;
    let mut doubts = Vec::new();
    for ((service, region), series) in all {
        let (misses, probes) = before(series, hurt);
        judged += probes as u64;
        let pair = || facts.names.pair(*service, *region);
        if probes < LEAST {
            doubts.push(format!("{}: only {probes} probes in the {} s before {hurt}", pair(), STRETCH.as_secs()));
        } else if !is_steady(facts, series, misses, probes) {
            doubts.push(format!(
                "{}: {misses} of {probes} probes failed in the {} s before {hurt}",
                pair(),
                STRETCH.as_secs()
            ));
        }
    }
    if all.is_empty() {
        return CheckResult::client(NAME, Verdict::Unknown, 0, "the objectives name no service or no region");
    }
    match doubts.first() {
        None => CheckResult::client(NAME, Verdict::Pass, judged, format!("{judged} probes before {hurt}")),
        Some(first) => {
            let why = format!(
                "the drill tested nothing, for the service was not up: {first} ({} of {} in doubt)",
                doubts.len(),
                all.len()
            );
            CheckResult::client(NAME, Verdict::Unknown, judged, why)
        }
    }
}

fn is_steady(facts: &Facts<'_>, series: &Series, misses: u64, probes: usize) -> bool {
    if facts.journal.manifest.objectives.judge_rto {
        series.allows(misses, probes) || (misses == 1 && probes >= 100)
    } else {
        2 * misses < probes as u64
    }
}

/// Misses and probes of the stretch before `hurt`.
fn before(series: &Series, hurt: Time) -> (u64, usize) {
    let within = series.probes.iter().filter(|probe| probe.sent >= hurt - STRETCH && probe.returned < hurt);
    within.fold((0, 0), |(misses, probes), probe| (misses + u64::from(!probe.good), probes + 1))
}
