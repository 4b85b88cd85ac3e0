//! The service level over probes: from which probe on does it hold?
//!
//! DESIGN.md: from the first operation after which, for `sustain` (60 s) and at least `probes`
//! (1,000) probes, at least `success_per_mille` (99.9 %) succeed within the region's bound, the
//! service counts as up. The window of a probe is the shortest stretch from it on that is both that
//! long and that many. Near-linear: prefix sums, and two pointers over the probes in the order of
//! their intended send.
//!
//! Latency counts from the intended send. A probe that had no answer when the journal ended, and
//! was sent in its last second (a probe's deadline), says nothing and is left out; any other
//! without an answer did not succeed.

use crate::facts::Facts;
use firedrill_history::Purpose;
use firedrill_model::{Outcome, RegionId, ServiceId, ServiceLevel, Time};
use std::collections::BTreeMap;
use std::time::Duration;

/// A probe's deadline.
const DEADLINE: Duration = Duration::from_secs(1);

/// A probe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    /// Its intended send.
    pub(crate) sent: Time,
    /// Its answer, or its deadline.
    pub(crate) returned: Time,
    /// Whether it was answered within the bound.
    pub(crate) good: bool,
}

/// Whether the level holds from a probe on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// It does.
    Holds,
    /// It does not.
    Violated,
    /// The journal ends too early to tell.
    Open,
}

/// The probes of a service from a region, in the order of their intended sends.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) probes: Vec<Probe>,
    /// How many of the first so many probes were not good.
    misses: Vec<u32>,
    /// By probe: the end of its window (exclusive), for those whose window the journal has in full.
    ends: Vec<usize>,
    least: usize,
    allowed_per_mille: u64,
}

/// All series of a run, by service and region: one for each that the objectives name, probed or
/// not.
pub(crate) type AllSeries = BTreeMap<(ServiceId, RegionId), Series>;

/// Sorts the probes of a run.
pub(crate) fn series(facts: &Facts<'_>) -> AllSeries {
    let objectives = &facts.journal.manifest.objectives;
    let regions = || (0..objectives.regions.len()).filter_map(|region| u8::try_from(region).ok()).map(RegionId);
    let mut probes: BTreeMap<(ServiceId, RegionId), Vec<Probe>> = BTreeMap::new();
    for service in &objectives.services {
        probes.extend(regions().map(|region| ((service.service, region), Vec::new())));
    }
    for call in facts.calls.iter().filter(|call| call.purpose == Purpose::Probe) {
        let Some(probes) = probes.get_mut(&(call.service, call.region)) else {
            continue;
        };
        let sent = call.invoked.t;
        match call.returned {
            Some(returned) => {
                let bounds = objectives.level.latency_bound.get(call.region.index());
                let bound = returned.site.and_then(|site| bounds.and_then(|bounds| bounds.get(site.index())));
                let in_time = bound.is_some_and(|bound| returned.at.t.since(sent) <= *bound);
                let good = in_time && matches!(returned.outcome, Outcome::Ok(_));
                probes.push(Probe { sent, returned: returned.at.t, good });
            }
            None if facts.end.since(sent) < DEADLINE => {}
            None => probes.push(Probe { sent, returned: sent + DEADLINE, good: false }),
        }
    }
    probes.into_iter().map(|(pair, probes)| (pair, Series::new(probes, &objectives.level))).collect()
}

impl Series {
    /// Of these probes, in any order.
    pub(crate) fn new(mut probes: Vec<Probe>, level: &ServiceLevel) -> Series {
        // Stable, so that probes of one instant stay in the order of the journal.
        probes.sort_by_key(|probe| probe.sent);
        let mut misses = Vec::with_capacity(probes.len() + 1);
        misses.push(0);
        for probe in &probes {
            misses.push(misses.last().copied().unwrap_or(0) + u32::from(!probe.good));
        }
        let last = probes.iter().map(|probe| probe.returned).max().unwrap_or(Time::ZERO);
        let least = usize::try_from(level.probes).unwrap_or(usize::MAX).max(1);
        let mut ends = Vec::new();
        let mut long_enough = 0;
        for (first, probe) in probes.iter().enumerate() {
            let until = probe.sent + level.sustain;
            while long_enough < probes.len() && probes[long_enough].sent < until {
                long_enough += 1;
            }
            let end = first.saturating_add(least).max(long_enough);
            if end > probes.len() || last < until {
                break;
            }
            ends.push(end);
        }
        let allowed_per_mille = 1000_u64.saturating_sub(u64::from(level.success_per_mille));
        Series { probes, misses, ends, least, allowed_per_mille }
    }

    /// How many probes were not good, from `from` until before `to`.
    pub(crate) fn misses(&self, from: usize, to: usize) -> u64 {
        u64::from(self.misses[to] - self.misses[from])
    }

    /// Whether so many misses among so many probes are within the level.
    pub(crate) fn allows(&self, misses: u64, among: usize) -> bool {
        misses * 1000 <= self.allowed_per_mille * among as u64
    }

    /// Whether the level holds from this probe on.
    pub(crate) fn level_from(&self, first: usize) -> Level {
        if let Some(end) = self.ends.get(first).copied() {
            return if self.allows(self.misses(first, end), end - first) { Level::Holds } else { Level::Violated };
        }
        // The rest of the window could be without a miss at best.
        let seen = self.probes.len() - first;
        let best = self.allows(self.misses(first, self.probes.len()), seen.max(self.least));
        if best { Level::Open } else { Level::Violated }
    }

    /// Whether a full window has this probe in it, and the level holds over it.
    pub(crate) fn covered(&self, probe: usize) -> bool {
        let Some(last) = self.ends.len().checked_sub(1) else {
            return false;
        };
        let start = last.min(probe);
        probe < self.ends[start] && self.level_from(start) == Level::Holds
    }

    /// The first good probe at or after `from` from which the level holds.
    pub(crate) fn up_from(&self, from: usize) -> Option<usize> {
        (from..self.ends.len()).find(|probe| self.probes[*probe].good && self.level_from(*probe) == Level::Holds)
    }

    /// The first good probe at or after `from` from which the level could hold, had the journal
    /// gone on.
    pub(crate) fn could_be_up_from(&self, from: usize) -> Option<usize> {
        let could = |probe: &usize| self.probes[*probe].good && self.level_from(*probe) != Level::Violated;
        (from..self.probes.len()).find(could)
    }
}
