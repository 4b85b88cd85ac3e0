//! The connection is closed after exactly `bytes` bytes, counted from when the toxic takes effect on it.

use crate::stage::{Item, Packet, Queue, Rule};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// The attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitData {
    /// Bytes; with 0 the first byte that would pass closes the connection.
    bytes: u64,
}

impl LimitData {
    /// The rule for one connection.
    pub fn rule(&self) -> Box<dyn Rule> {
        Box::new(Limit { bytes: self.bytes, closed: false })
    }
}

#[derive(Debug)]
struct Limit {
    bytes: u64,
    closed: bool,
}

impl Rule for Limit {
    fn pull(&mut self, queue: &mut Queue, now: Instant) -> Option<Packet> {
        let left = self.bytes.saturating_sub(queue.passed());
        if left > 0 {
            return queue.cut(usize::try_from(left).unwrap_or(usize::MAX));
        }
        if self.closed || (queue.passed() == 0 && queue.bytes() == 0) {
            return queue.pop();
        }
        self.closed = true;
        queue.clear();
        Some(Packet { at: now, item: Item::Close })
    }

    fn deadline(&self, _queue: &Queue) -> Option<Instant> {
        None
    }
}
