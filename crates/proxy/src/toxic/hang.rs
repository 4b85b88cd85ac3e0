//! What several toxics share: nothing passes, and after a time, if there is one, the connection ends.
//!
//! What is held is delivered if the toxic goes away in time. A source that gives up meanwhile ends the connection at once, held
//! bytes and all: otherwise a prober that opens a connection a second would leave them all behind.

use super::later;
use crate::stage::{Item, Packet, Queue, Rule};
use std::time::{Duration, Instant};

/// Bytes held before the source is no longer read.
const CAPACITY: usize = 1024 * 1024;

/// Until it is removed.
pub(super) fn forever() -> Box<dyn Rule> {
    Box::new(Hang { ends: None, ending: Item::Close, outlasts_source: false })
}

/// Until it is removed or this much time has passed; then the connection is closed.
pub(super) fn then_close(now: Instant, after: Duration) -> Box<dyn Rule> {
    Box::new(Hang { ends: later(now, after), ending: Item::Close, outlasts_source: false })
}

/// Until it is removed or this much time has passed; then the connection is reset, even if its source has ended before.
pub(super) fn then_reset(now: Instant, after: Duration) -> Box<dyn Rule> {
    Box::new(Hang { ends: later(now, after), ending: Item::Reset, outlasts_source: true })
}

#[derive(Debug)]
struct Hang {
    ends: Option<Instant>,
    ending: Item,
    outlasts_source: bool,
}

impl Rule for Hang {
    fn capacity(&self) -> usize {
        CAPACITY
    }

    fn pull(&mut self, queue: &mut Queue, now: Instant) -> Option<Packet> {
        if let Some(at) = self.ends.filter(|ends| *ends <= now) {
            self.ends = None;
            return Some(Packet { at, item: self.ending.clone() });
        }
        let ended = queue.ending().filter(|_| !self.outlasts_source || self.ends.is_none())?;
        let item = if ended.item == Item::End { Item::Close } else { ended.item.clone() };
        let packet = Packet { at: ended.at, item };
        queue.clear();
        Some(packet)
    }

    fn deadline(&self, _queue: &Queue) -> Option<Instant> {
        self.ends
    }
}
