//! The run's time: the machine's monotonic clock, which containers of one kernel share, since the run's start.

use firedrill_model::Time;
use rustix::time::{ClockId, clock_gettime};

/// CLOCK_MONOTONIC since the run's start.
#[derive(Clone, Copy, Debug)]
pub struct RunClock {
    /// The run's start, in nanoseconds of CLOCK_MONOTONIC.
    pub start_ns: u64,
}

impl RunClock {
    /// A run that starts now.
    pub fn starting_now() -> RunClock {
        RunClock { start_ns: monotonic_ns() }
    }

    /// Now. Zero before the start.
    pub fn now(self) -> Time {
        self.at(monotonic_ns())
    }

    /// The run's time at an instant of the monotonic clock, in nanoseconds. Zero before the start.
    pub fn at(self, monotonic_ns: u64) -> Time {
        Time::from_nanos(monotonic_ns.saturating_sub(self.start_ns))
    }

    /// Ends at `due`, or at once if that is past.
    pub async fn sleep_until(self, due: Time) {
        let wait = due.since(self.now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

/// CLOCK_MONOTONIC now, in nanoseconds.
pub fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let (secs, nanos) = (u64::try_from(now.tv_sec).unwrap_or(0), u64::try_from(now.tv_nsec).unwrap_or(0));
    secs.saturating_mul(1_000_000_000).saturating_add(nanos)
}
