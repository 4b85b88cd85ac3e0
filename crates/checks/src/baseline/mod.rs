//! What faults cost: latency and throughput of a run against the same run without faults.
//!
//! The seed's performance baseline (paragraph 11.1) claims at most 50 % more latency and at most 20 % less throughput. Compared are the
//! medians of the answered workload operations' latencies, and how many were answered per second, from the first fault to
//! healing and over the same stretch of the baseline.
//!
//! A difference without its uncertainty proves nothing, so each comes with a 95 % confidence interval: a percentile bootstrap
//! (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993) over blocks of 5 s (Carlstein 1986), since operations that
//! are near in time resemble each other. A claim is held if the whole interval is within it, refuted if the whole interval is
//! past it, and unknown otherwise. The resampling is seeded with the run's seed: the same two journals give the same interval.
//!
//! - `bootstrap`: the interval
//! - [`recovery_cost`]: the same comparison, of a plan with and without its other sites
//!
//! Does not check outages (`recovery_time` does): an operation without an answer has no latency, and counts as not served.

mod bootstrap;
pub mod recovery_cost;

use crate::facts::Facts;
use crate::judgement::{ClaimResult, ClaimVerdict};
use firedrill_history::{Journal, Purpose};
use firedrill_model::{Outcome, RegionId, Time};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Operations that begin within one block are resampled together.
pub const BLOCK: Duration = Duration::from_secs(5);

/// Fewer blocks say nothing of how blocks differ.
const LEAST_BLOCKS: usize = 10;

/// What may be lost to faults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claims {
    /// So much more latency, in percent of the baseline's median.
    pub latency_percent: f64,
    /// So much less throughput, in percent of the baseline's.
    pub throughput_percent: f64,
}

impl Default for Claims {
    /// The seed's: 50 % more latency, 20 % less throughput.
    fn default() -> Claims {
        Claims { latency_percent: 50.0, throughput_percent: 20.0 }
    }
}

/// The latencies of answered operations, by the block in which they were invoked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Samples {
    blocks: Vec<Vec<Duration>>,
}

impl Samples {
    /// Of operations that were invoked after these times since the begin of a stretch of this length, and took so long. What
    /// is past the last whole block is left out.
    pub fn new(stretch: Duration, answered: impl IntoIterator<Item = (Duration, Duration)>) -> Samples {
        let whole = usize::try_from(stretch.as_nanos() / BLOCK.as_nanos()).unwrap_or(usize::MAX);
        // A stretch that no run has must not ask for memory that no machine has.
        let mut blocks = vec![Vec::new(); whole.min(1 << 20)];
        for (invoked, latency) in answered {
            let block = usize::try_from(invoked.as_nanos() / BLOCK.as_nanos()).ok();
            if let Some(block) = block.and_then(|block| blocks.get_mut(block)) {
                block.push(latency);
            }
        }
        Samples { blocks }
    }

    /// The median latency.
    pub fn median(&self) -> Option<Duration> {
        let mut latencies: Vec<Duration> = self.blocks.iter().flatten().copied().collect();
        let middle = latencies.len().div_ceil(2).checked_sub(1)?;
        Some(*latencies.select_nth_unstable(middle).1)
    }

    /// How many operations were answered a second.
    pub fn per_second(&self) -> f64 {
        let seconds = self.blocks.len() as f64 * BLOCK.as_secs_f64();
        if seconds > 0.0 { self.answered() as f64 / seconds } else { 0.0 }
    }

    /// How many operations were answered.
    pub fn answered(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }

    /// Of the operations of these regions' clients that were invoked in this stretch.
    fn of(facts: &Facts<'_>, from: Time, until: Time, counts: impl Fn(RegionId) -> bool) -> Samples {
        let answered = facts.calls.iter().filter_map(|call| {
            let returned = call.returned.filter(|returned| matches!(returned.outcome, Outcome::Ok(_)))?;
            let within = call.purpose == Purpose::Workload && (from..until).contains(&call.invoked.t);
            (within && counts(call.region)).then(|| (call.invoked.t.since(from), returned.at.t.since(call.invoked.t)))
        });
        Samples::new(until.since(from), answered)
    }
}

/// A figure against the baseline's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The claim, and what became of it; in percent of the baseline's figure.
    pub claim: ClaimResult,
    /// The 95 % confidence interval of what was measured.
    pub interval: Option<(f64, f64)>,
    /// In words.
    pub why: String,
}

/// Compares a run with one of the same seed and scenario in which nothing struck.
pub fn judge(baseline: &Journal, run: &Journal, claims: Claims) -> Vec<Comparison> {
    let (calm, struck) = (Facts::of(baseline), Facts::of(run));
    let nothing = |why: &str| compared(UNDER_FAULTS, claims, [None, None], why);
    if baseline.manifest.seed != run.manifest.seed || baseline.manifest.plan != run.manifest.plan {
        return nothing("the baseline is of another seed or plan");
    }
    if calm.strikes.iter().any(|strike| strike.struck()) {
        return nothing("a fault struck in the baseline");
    }
    let began = struck.strikes.iter().filter(|strike| strike.struck()).map(|strike| strike.began);
    let Some(from) = began.min() else {
        return nothing("no fault struck in the run");
    };
    let until = struck.heal.unwrap_or(struck.end).min(calm.end);
    if until <= from {
        return nothing("the baseline ends before the run was hurt");
    }
    let of = |facts| Samples::of(facts, from, until, |_| true);
    compare(&of(&calm), &of(&struck), claims, run.manifest.seed)
}

/// Compares two sets of samples of stretches of equal length: latency, then throughput.
pub fn compare(baseline: &Samples, run: &Samples, claims: Claims, seed: u64) -> Vec<Comparison> {
    compare_called(UNDER_FAULTS, baseline, run, claims, seed)
}

/// What the comparisons are called: latency, throughput.
type Called = [&'static str; 2];

const UNDER_FAULTS: Called = ["rise of the median latency under faults", "drop of the throughput under faults"];

fn compare_called(called: Called, baseline: &Samples, run: &Samples, claims: Claims, seed: u64) -> Vec<Comparison> {
    let blocks = baseline.blocks.len().min(run.blocks.len());
    if blocks < LEAST_BLOCKS {
        let why = format!("{blocks} blocks of {} s, and {LEAST_BLOCKS} are needed", BLOCK.as_secs());
        return compared(called, claims, [None, None], &why);
    }
    if baseline.answered() == 0 {
        return compared(called, claims, [None, None], "the baseline answered nothing");
    }
    let throughput = bootstrap::throughput_drop(&baseline.blocks[..blocks], &run.blocks[..blocks], seed);
    let latency = bootstrap::latency_rise(&baseline.blocks[..blocks], &run.blocks[..blocks], seed);
    let what = format!("{} answered operations against {}", run.answered(), baseline.answered());
    compared(called, claims, [latency, throughput], &what)
}

/// A figure, and its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Estimate {
    figure: f64,
    low: f64,
    high: f64,
}

fn compared(
    called: Called,
    claims: Claims,
    [latency, throughput]: [Option<Estimate>; 2],
    what: &str,
) -> Vec<Comparison> {
    vec![
        comparison(called[0], claims.latency_percent, latency, what),
        comparison(called[1], claims.throughput_percent, throughput, what),
    ]
}

fn comparison(name: &str, claimed: f64, estimate: Option<Estimate>, what: &str) -> Comparison {
    let verdict = match estimate {
        Some(estimate) if estimate.high <= claimed => ClaimVerdict::Held,
        Some(estimate) if estimate.low > claimed => ClaimVerdict::Refuted,
        _ => ClaimVerdict::Unknown,
    };
    let why = match (estimate, verdict) {
        (None, _) => what.to_owned(),
        (Some(Estimate { figure, low, high }), verdict) => {
            let against = match verdict {
                ClaimVerdict::Held => "all within",
                ClaimVerdict::Refuted => "all past",
                ClaimVerdict::Unknown => "on both sides of",
            };
            format!(
                "{figure:.1} %, 95 % confidence {low:.1} to {high:.1} %, {against} the claimed {claimed} % ({what})"
            )
        }
    };
    let measured = estimate.map(|estimate| estimate.figure);
    let claim = ClaimResult { name: name.to_owned(), claimed, measured, unit: "%".to_owned(), verdict };
    Comparison { claim, interval: estimate.map(|estimate| (estimate.low, estimate.high)), why }
}
