//! What went wrong on purpose: each action of the schedule, and how often it really struck.
//!
//! DESIGN.md, anti-vacuity: a fault without a mechanism makes the run unknown; so does a fixed
//! fault (one that the scenario's method names) that never struck. One that a swarm drew may miss:
//! a site that is down can't crash.

use crate::facts::Facts;
use crate::judgement::FaultResult;
use crate::verdict::Verdict;
use firedrill_history::ScheduledFault;
use firedrill_model::{FaultId, FaultKind};
use std::collections::BTreeMap;

/// What happened to the faults of one action, of one kind, with one target.
#[derive(Default)]
struct Tally {
    scheduled: u64,
    struck: u64,
    fixed_missed: bool,
    without_mechanism: bool,
    mechanism: Option<String>,
}

/// One result per action, kind and target, in the order of the schedule.
pub(crate) fn judge(facts: &Facts<'_>) -> Vec<FaultResult> {
    let schedule = &facts.journal.manifest.schedule;
    let mut places: BTreeMap<(&str, FaultKind, String), usize> = BTreeMap::new();
    let mut tallies: Vec<((&str, FaultKind, String), Tally)> = Vec::new();
    let mut strikes: BTreeMap<FaultId, Vec<_>> = BTreeMap::new();
    for strike in &facts.strikes {
        strikes.entry(strike.id).or_default().push(strike);
    }
    for fault in schedule {
        let key = (fault.name.as_str(), fault.fault.kind(), facts.names.target(&fault.fault));
        let place = *places.entry(key.clone()).or_insert_with(|| {
            tallies.push((key, Tally::default()));
            tallies.len() - 1
        });
        let strikes = strikes.get(&fault.id).map_or(&[][..], Vec::as_slice);
        count(&mut tallies[place].1, fault, strikes);
    }
    tallies.into_iter().map(|((name, kind, target), tally)| result(name, kind, target, tally)).collect()
}

fn count(tally: &mut Tally, fault: &ScheduledFault, strikes: &[&crate::facts::strikes::Strike<'_>]) {
    let struck = strikes.iter().filter(|strike| strike.struck()).count();
    tally.scheduled += 1;
    tally.struck += struck as u64;
    tally.fixed_missed |= fault.fixed && struck == 0;
    tally.without_mechanism |= strikes.iter().any(|strike| strike.mechanism.is_none());
    if tally.mechanism.is_none() {
        tally.mechanism = strikes.iter().find_map(|strike| strike.mechanism).map(str::to_owned);
    }
}

fn result(name: &str, kind: FaultKind, target: String, tally: Tally) -> FaultResult {
    let doubtful = tally.without_mechanism || tally.fixed_missed;
    FaultResult {
        name: name.to_owned(),
        kind,
        target,
        scheduled: tally.scheduled,
        struck: tally.struck,
        mechanism: tally.mechanism,
        verdict: if doubtful { Verdict::Unknown } else { Verdict::Pass },
    }
}
