//! Many seeds over threads. What comes out does not depend on how many threads there are.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

/// Runs `run` for each seed on `jobs` threads (0 counts as 1) and hands the results to `on_result`, on this thread and in the order of the seeds.
///
/// `on_result` says whether to go on. After [`ControlFlow::Break`] no seed is begun, those under way are finished and dropped, and
/// `on_result` is not called again; so it has always seen the first seeds without a gap.
///
/// # Panics
///
/// If `run` does.
pub fn campaign<T: Send>(
    seeds: Range<u64>,
    jobs: usize,
    run: impl Fn(u64) -> T + Sync,
    mut on_result: impl FnMut(u64, T) -> ControlFlow<()>,
) {
    let next = AtomicU64::new(seeds.start);
    let stop = AtomicBool::new(false);
    let (sender, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            let sender = sender.clone();
            let (next, stop, run) = (&next, &stop, &run);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || sender.send((seed, run(seed))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut wanted = seeds.start;
        for (seed, result) in &results {
            early.insert(seed, result);
            while let Some(result) = early.remove(&wanted) {
                if on_result(wanted, result).is_break() {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
                wanted += 1;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn uneven(seed: u64) -> u64 {
        // Later seeds are often done before earlier ones.
        thread::sleep(Duration::from_micros(seed * 7919 % 500));
        seed * seed
    }

    #[test]
    fn results_come_in_the_order_of_the_seeds_whatever_the_number_of_threads() {
        let mut seen = Vec::new();
        for jobs in [0, 1, 2, 7] {
            let mut got = Vec::new();
            campaign(10..60, jobs, uneven, |seed, result| {
                got.push((seed, result));
                ControlFlow::Continue(())
            });
            seen.push(got);
        }
        assert_eq!(seen[0], (10..60).map(|seed| (seed, seed * seed)).collect::<Vec<_>>());
        assert!(seen.iter().all(|got| *got == seen[0]));
    }

    #[test]
    fn a_stop_leaves_a_prefix_and_begins_few_more() {
        let begun = AtomicU64::new(0);
        let mut got = Vec::new();
        let run = |seed| {
            begun.fetch_add(1, Ordering::Relaxed);
            uneven(seed)
        };
        campaign(0..1_000_000, 4, run, |seed, _| {
            got.push(seed);
            if seed == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(got, (0..=20).collect::<Vec<_>>());
        assert!(begun.into_inner() < 10_000);
    }

    #[test]
    fn no_seeds_no_results() {
        campaign(5..5, 3, uneven, |_, _| panic!("there is nothing to run"));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_of_a_run_is_not_swallowed() {
        campaign(0..10, 2, |seed| assert_ne!(seed, 3), |_, ()| ControlFlow::Continue(()));
    }
}
