//! What disaster recovery costs while nothing goes wrong: the same workload on all sites of the plan, and on its first site alone, where
//! nothing is replicated (the seed's paragraph 11.1: "with DR" against "current").
//!
//! Clients are closed-loop, so that what is answered a second falls as latency rises; both are compared over the same stretch of both
//! runs, with the intervals of [`super`], of all clients and of those of each region.
//!
//! Does not check processors, memory or bandwidth, of which the seed makes claims too: the simulator has none of them.

use super::{Called, Claims, Comparison, Samples, compare_called, compared};
use crate::facts::Facts;
use firedrill_history::Journal;
use firedrill_model::{RegionId, Time};
use serde::Serialize;
use std::time::Duration;

const WITH_OTHER_SITES: Called =
    ["rise of the median latency with disaster recovery", "drop of the throughput with disaster recovery"];

/// What clients saw without and with the other sites.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// The region of the clients; `None`: all of them.
    pub region: Option<String>,
    /// The median latency, in ms: without, with.
    pub median_ms: [Option<f64>; 2],
    /// Operations answered a second: without, with.
    pub answered_per_s: [f64; 2],
    /// Rise of the latency, drop of the throughput.
    pub compared: Vec<Comparison>,
}

/// Compares what was invoked between `from` and `until` of both runs: of all clients first, then of those of each region.
pub fn compare(without: &Journal, with: &Journal, from: Time, until: Time, claims: Claims) -> Vec<Seen> {
    let (alone, all) = (Facts::of(without), Facts::of(with));
    let unfit = unfit(&alone, &all, until);
    let regions = &with.manifest.objectives.regions;
    let each = (0..).zip(regions).map(|(place, name)| (Some(RegionId(place)), Some(name.clone())));
    std::iter::once((None, None))
        .chain(each)
        .map(|(region, name)| {
            let counts = |of: RegionId| region.is_none_or(|region| region == of);
            let samples = [Samples::of(&alone, from, until, counts), Samples::of(&all, from, until, counts)];
            let compared = match &unfit {
                Some(why) => compared(WITH_OTHER_SITES, claims, [None, None], why),
                None => compare_called(WITH_OTHER_SITES, &samples[0], &samples[1], claims, with.manifest.seed),
            };
            seen(name, &samples, compared)
        })
        .collect()
}

fn seen(region: Option<String>, samples: &[Samples; 2], compared: Vec<Comparison>) -> Seen {
    let ms = |latency: Duration| latency.as_secs_f64() * 1000.0;
    Seen {
        region,
        median_ms: [0, 1].map(|side| samples[side].median().map(ms)),
        answered_per_s: [0, 1].map(|side| samples[side].per_second()),
        compared,
    }
}

/// Why two runs can't be compared.
fn unfit(alone: &Facts<'_>, all: &Facts<'_>, until: Time) -> Option<String> {
    let (a, b) = (&alone.journal.manifest, &all.journal.manifest);
    if a.seed != b.seed || a.scenario != b.scenario {
        return Some("the runs are of other seeds or workloads".to_owned());
    }
    if a.config.sites.len() != 1 || b.config.sites.len() < 2 {
        return Some("one run must be of one site, the other of several".to_owned());
    }
    if alone.strikes.iter().chain(&all.strikes).any(|strike| strike.struck()) {
        return Some("a fault struck".to_owned());
    }
    if alone.end < until || all.end < until {
        return Some("a run ended too early".to_owned());
    }
    None
}
