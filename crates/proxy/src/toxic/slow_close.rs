//! Bytes pass at once, the end of the stream only after `delay`.

use super::later;
use crate::stage::{Item, Packet, Queue, Rule};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SlowClose {
    /// Milliseconds.
    delay: u64,
}

impl SlowClose {
    /// The rule for one connection.
    pub fn rule(&self) -> Box<dyn Rule> {
        Box::new(Linger { delay: Duration::from_millis(self.delay) })
    }
}

#[derive(Debug)]
struct Linger {
    delay: Duration,
}

impl Linger {
    fn due(&self, packet: &Packet) -> Option<Instant> {
        match packet.item {
            Item::Data(_) | Item::Reset => Some(packet.at),
            Item::End | Item::Close => later(packet.at, self.delay),
        }
    }
}

impl Rule for Linger {
    fn pull(&mut self, queue: &mut Queue, now: Instant) -> Option<Packet> {
        let due = self.due(queue.head()?).filter(|due| *due <= now)?;
        queue.pop().map(|packet| Packet { at: due, ..packet })
    }

    fn deadline(&self, queue: &Queue) -> Option<Instant> {
        self.due(queue.head()?)
    }
}
