//! Everything arrives later by `latency`, give or take `jitter`, and never overtakes. Delays, but does not slow down: as much as
//! [`CAPACITY`] may be under way.

use super::{later, unit};
use crate::stage::{Packet, Queue, Rule};
use firedrill_model::Rng;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Bytes under way in one direction of one connection: 640 ms at 100 MB/s.
const CAPACITY: usize = 64 * 1024 * 1024;

/// The attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Latency {
    /// Milliseconds.
    latency: u64,
    /// Milliseconds by which each piece is late or early, evenly distributed.
    jitter: u64,
}

impl Latency {
    /// The rule for one connection.
    pub fn rule(&self, rng: Rng) -> Box<dyn Rule> {
        Box::new(Delay { latency: self.clone(), rng, drawn: None })
    }
}

#[derive(Debug)]
struct Delay {
    latency: Latency,
    rng: Rng,
    /// The delay of the head, once it has been looked at.
    drawn: Option<Duration>,
}

impl Delay {
    fn draw(&mut self) -> Duration {
        let base = Duration::from_millis(self.latency.latency);
        if self.latency.jitter == 0 {
            return base;
        }
        let jitter = Duration::from_millis(self.latency.jitter);
        let early_by = jitter.mul_f64(2.0 * unit(&mut self.rng));
        base.saturating_add(jitter).saturating_sub(early_by)
    }
}

impl Rule for Delay {
    fn capacity(&self) -> usize {
        CAPACITY
    }

    fn pull(&mut self, queue: &mut Queue, now: Instant) -> Option<Packet> {
        let head = queue.head()?;
        let delay = self.drawn.unwrap_or_else(|| self.draw());
        self.drawn = Some(delay);
        let due = later(head.at, delay).filter(|due| *due <= now)?;
        self.drawn = None;
        queue.pop().map(|packet| Packet { at: due, ..packet })
    }

    fn deadline(&self, queue: &Queue) -> Option<Instant> {
        later(queue.head()?.at, self.drawn?)
    }
}
