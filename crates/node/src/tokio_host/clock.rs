//! The machine's monotonic clock, which containers of one kernel share.

use crate::host::Clock;
use firedrill_model::Time;
use rustix::time::{ClockId, clock_gettime};
use std::future::Future;

/// CLOCK_MONOTONIC minus the run's start.
#[derive(Clone, Copy, Debug)]
pub struct MonotonicClock {
    /// The run's start, in nanoseconds of CLOCK_MONOTONIC.
    pub run_start_ns: u64,
}

/// CLOCK_MONOTONIC now, in nanoseconds.
pub fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let (secs, nanos) = (u64::try_from(now.tv_sec).unwrap_or(0), u64::try_from(now.tv_nsec).unwrap_or(0));
    secs.saturating_mul(1_000_000_000).saturating_add(nanos)
}

impl Clock for MonotonicClock {
    fn now(&self) -> Time {
        Time::from_nanos(monotonic_ns().saturating_sub(self.run_start_ns))
    }

    fn sleep_until(&self, at: Time) -> impl Future<Output = ()> + Send {
        let wait = at.since(self.now());
        async move {
            // Tokio caps what it can't represent, so that `Time::MAX` is just very long.
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
    }
}
