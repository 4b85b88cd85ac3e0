//! What judging may cost: time, asked for every few thousand steps, and memory, counted before it is taken.

use super::super::linearizable::{Exhausted, Stop};
use super::Limits;
use std::cell::Cell;

/// Time is asked for after so many steps.
const ASKED_EVERY: u32 = 4096;

/// What is left of the limits.
pub(super) struct Budget<'s> {
    stop: Option<&'s Stop<'s>>,
    memory_bytes: u64,
    steps: Cell<u32>,
    held: Cell<u64>,
    exhausted: Cell<Option<Exhausted>>,
}

impl<'s> Budget<'s> {
    pub(super) fn of(limits: &Limits<'s>) -> Budget<'s> {
        Budget {
            stop: limits.stop,
            memory_bytes: limits.memory_bytes,
            steps: Cell::new(0),
            held: Cell::new(0),
            exhausted: Cell::new(None),
        }
    }

    /// Counts a step. True once a limit was reached: then the work at hand is to be left as it is.
    pub(super) fn is_used_up(&self) -> bool {
        let steps = self.steps.get();
        if self.exhausted.get().is_none() && steps == 0 && self.stop.is_some_and(|stop| stop()) {
            self.exhausted.set(Some(Exhausted::Time));
        }
        self.steps.set((steps + 1) % ASKED_EVERY);
        self.exhausted.get().is_some()
    }

    /// Before so much more is held in memory. False if that would be too much.
    pub(super) fn take(&self, bytes: u64) -> bool {
        self.held.set(self.held.get().saturating_add(bytes));
        if self.held.get() > self.memory_bytes && self.exhausted.get().is_none() {
            self.exhausted.set(Some(Exhausted::Memory));
        }
        self.exhausted.get().is_none()
    }

    pub(super) fn exhausted(&self) -> Option<Exhausted> {
        self.exhausted.get()
    }

    /// The most that was to be held.
    pub(super) fn bytes(&self) -> u64 {
        self.held.get()
    }
}
