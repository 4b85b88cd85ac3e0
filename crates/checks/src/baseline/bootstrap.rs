//! The percentile bootstrap over blocks: what the figure would have been, had other blocks of the same kind come.

use super::Estimate;
use firedrill_model::Rng;
use std::time::Duration;

/// So many resamples; their 25th and 975th are the interval's ends.
const RESAMPLES: u64 = 1000;

type Block = Vec<Duration>;

/// How much the median rose, in percent; `None` if a side has no median.
pub(super) fn latency_rise(baseline: &[Block], run: &[Block], seed: u64) -> Option<Estimate> {
    estimate(baseline, run, seed, "baseline latency", |baseline, run| {
        Some((median(run)? / median(baseline)? - 1.0) * 100.0)
    })
}

/// How much less was answered, in percent.
pub(super) fn throughput_drop(baseline: &[Block], run: &[Block], seed: u64) -> Option<Estimate> {
    let answered = |blocks: &[&Block]| blocks.iter().map(|block| block.len()).sum::<usize>() as f64;
    estimate(baseline, run, seed, "baseline throughput", |baseline, run| {
        let before = answered(baseline);
        (before > 0.0).then(|| (1.0 - answered(run) / before) * 100.0)
    })
}

fn estimate(
    baseline: &[Block],
    run: &[Block],
    seed: u64,
    label: &str,
    figure: impl Fn(&[&Block], &[&Block]) -> Option<f64>,
) -> Option<Estimate> {
    let all = |blocks: &'_ [Block]| -> Vec<usize> { (0..blocks.len()).collect() };
    let of = |ours: &[usize], theirs: &[usize]| {
        let ours: Vec<&Block> = ours.iter().map(|block| &baseline[*block]).collect();
        let theirs: Vec<&Block> = theirs.iter().map(|block| &run[*block]).collect();
        figure(&ours, &theirs)
    };
    let measured = of(&all(baseline), &all(run))?;
    let mut rng = Rng::new(seed, label);
    let mut draw = |blocks: usize| -> Vec<usize> { (0..blocks).map(|_| rng.below(blocks as u64) as usize).collect() };
    // A resample without a figure would bias the interval: then there is none.
    let resampled: Option<Vec<f64>> = (0..RESAMPLES).map(|_| of(&draw(baseline.len()), &draw(run.len()))).collect();
    let mut resampled = resampled?;
    resampled.sort_by(f64::total_cmp);
    let rank = |per_mille: usize| resampled[(resampled.len() * per_mille).div_ceil(1000).saturating_sub(1)];
    Some(Estimate { figure: measured, low: rank(25), high: rank(975) })
}

/// By nearest rank, in seconds; `None` of nothing, or of zero.
fn median(blocks: &[&Block]) -> Option<f64> {
    let mut latencies: Vec<Duration> = blocks.iter().flat_map(|block| block.iter().copied()).collect();
    let middle = latencies.len().div_ceil(2).checked_sub(1)?;
    let median = latencies.select_nth_unstable(middle).1.as_secs_f64();
    (median > 0.0).then_some(median)
}
