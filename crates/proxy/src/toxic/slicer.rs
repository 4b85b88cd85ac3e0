//! Bytes arrive in small pieces with a pause between them, for whoever believes that one write is one read.

use super::later;
use crate::stage::{Item, Packet, Queue, Rule};
use firedrill_model::Rng;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Slicer {
    /// Bytes of a piece, at least 1.
    average_size: u64,
    /// Bytes by which a piece is larger or smaller, evenly distributed; less than the average.
    size_variation: u64,
    /// Microseconds between two pieces.
    delay: u64,
}

impl Slicer {
    /// Whether the attributes fit together; the error says what to change.
    pub fn check(&self) -> Result<(), String> {
        if self.average_size == 0 {
            return Err("average_size must be at least 1 byte".into());
        }
        if self.size_variation >= self.average_size {
            return Err("size_variation must be less than average_size".into());
        }
        Ok(())
    }

    /// The rule for one connection.
    pub fn rule(&self, rng: Rng) -> Box<dyn Rule> {
        Box::new(Slices { slicer: self.clone(), rng, not_before: None })
    }
}

#[derive(Debug)]
struct Slices {
    slicer: Slicer,
    rng: Rng,
    /// When the pause after the last piece is over.
    not_before: Option<Instant>,
}

impl Slices {
    fn draw(&mut self) -> usize {
        let Slicer { average_size, size_variation, .. } = self.slicer;
        let size = self.rng.between(average_size - size_variation, average_size.saturating_add(size_variation));
        usize::try_from(size).unwrap_or(usize::MAX)
    }
}

impl Rule for Slices {
    fn pull(&mut self, queue: &mut Queue, now: Instant) -> Option<Packet> {
        let head = queue.head()?;
        if matches!(head.item, Item::Data(_)) {
            if self.not_before.is_some_and(|time| now < time) {
                return None;
            }
            self.not_before = later(now, Duration::from_micros(self.slicer.delay));
        }
        let size = self.draw();
        queue.cut(size).map(|packet| Packet { at: now, ..packet })
    }

    fn deadline(&self, queue: &Queue) -> Option<Instant> {
        queue.head().and(self.not_before)
    }
}
