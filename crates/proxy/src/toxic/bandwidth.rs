//! A thin line: bytes leave at `rate` and no faster, and the sender feels it, for little may wait in front of it.

use super::hang;
use super::later;
use crate::stage::{Item, Packet, Queue, Rule};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// How much time's worth of bytes leaves at once.
const QUANTUM_MS: u64 = 10;

/// The attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Bandwidth {
    /// Thousands of bytes a second; 0 lets nothing pass until it is changed or removed.
    rate: u64,
}

impl Bandwidth {
    /// The rule for one connection.
    pub fn rule(&self, now: Instant) -> Box<dyn Rule> {
        if self.rate == 0 { hang::forever() } else { Box::new(Line { rate: self.rate, free: now }) }
    }
}

#[derive(Debug)]
struct Line {
    /// Bytes per millisecond, at least 1.
    rate: u64,
    /// When the line has finished what it has sent.
    free: Instant,
}

impl Line {
    fn quantum(&self) -> usize {
        usize::try_from(self.rate.saturating_mul(QUANTUM_MS)).unwrap_or(usize::MAX)
    }

    /// When the next piece of the head has left the line.
    fn due(&self, head: &Packet) -> Option<Instant> {
        let Item::Data(bytes) = &head.item else {
            return Some(self.free);
        };
        let piece = bytes.len().min(self.quantum()) as u128;
        let nanos = piece * 1_000_000 / u128::from(self.rate);
        later(self.free.max(head.at), Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }
}

impl Rule for Line {
    fn capacity(&self) -> usize {
        self.quantum().clamp(64 * 1024, 8 * 1024 * 1024)
    }

    fn pull(&mut self, queue: &mut Queue, now: Instant) -> Option<Packet> {
        let due = self.due(queue.head()?).filter(|due| *due <= now)?;
        self.free = due;
        queue.cut(self.quantum()).map(|packet| Packet { at: packet.at.max(due), ..packet })
    }

    fn deadline(&self, queue: &Queue) -> Option<Instant> {
        self.due(queue.head()?)
    }
}
