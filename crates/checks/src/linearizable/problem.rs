//! A register's operations, prepared for the search: laid out in time, each with a slot, and what
//! is known beforehand of each value.

use super::registers::{ABSENT, Action, Register, RegisterOp};

/// An invocation or a return.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant {
    pub(super) op: u32,
    pub(super) returns: bool,
}

/// A register, prepared.
pub(super) struct Problem<'r> {
    pub(super) ops: &'r [RegisterOp],
    pub(super) timeline: Vec<Instant>,
    /// By operation: its slot.
    pub(super) slot: Vec<u32>,
    /// By operation: which had its slot before.
    pub(super) before: Vec<u32>,
    /// How many slots there are.
    pub(super) slots: u32,
    /// By value: how many operations set it, or may.
    pub(super) writers: Vec<u32>,
    /// By value: the last invocation, as a place in the timeline, of an operation that must see it.
    pub(super) last_seen: Vec<u32>,
    /// By value: whether an operation sees it, or may.
    pub(super) seen: Vec<bool>,
    /// Whether a compare-and-set missed its value.
    pub(super) misses: bool,
}

pub(super) const NOBODY: u32 = u32::MAX;

impl<'r> Problem<'r> {
    pub(super) fn of(register: &'r Register) -> Problem<'r> {
        let ops = register.ops.as_slice();
        let values = register.values as usize + 1;
        let (mut writers, mut seen) = (vec![0_u32; values], vec![false; values]);
        let mut misses = false;
        for op in ops {
            match op.action {
                Action::Read(value) => seen[value as usize] = true,
                Action::Write(value) => writers[value as usize] += 1,
                Action::Cas(expected, value) => {
                    seen[expected as usize] = true;
                    writers[value as usize] += 1;
                }
                Action::Missed(_) => misses = true,
            }
        }
        let none = || vec![NOBODY; ops.len()];
        let mut problem = Problem {
            ops,
            timeline: Vec::new(),
            slot: none(),
            before: none(),
            slots: 0,
            writers,
            last_seen: vec![0; values],
            seen,
            misses,
        };
        problem.lay_out();
        problem
    }

    /// Lays operations out in time, and gives each a slot.
    fn lay_out(&mut self) {
        let mut instants = Vec::with_capacity(2 * self.ops.len());
        for (number, op) in (0..).zip(self.ops) {
            if op.returned.is_none() && !self.misses && self.unseen(op.action) {
                continue;
            }
            instants.push((op.invoked, Instant { op: number, returns: false }));
            instants.extend(op.returned.map(|at| (at, Instant { op: number, returns: true })));
        }
        instants.sort_by_key(|(at, _)| *at);
        self.timeline = instants.into_iter().map(|(_, instant)| instant).collect();
        let mut free: Vec<u32> = Vec::new();
        let mut occupant: Vec<u32> = Vec::new();
        for (place, instant) in (0..).zip(&self.timeline) {
            let op = instant.op as usize;
            if instant.returns {
                free.push(self.slot[op]);
                continue;
            }
            let slot = free.pop().unwrap_or_else(|| {
                occupant.push(NOBODY);
                occupant.len() as u32 - 1
            });
            self.slot[op] = slot;
            self.before[op] = std::mem::replace(&mut occupant[slot as usize], instant.op);
            let must_see = match self.ops[op].action {
                Action::Read(value) => Some(value),
                Action::Cas(expected, _) if self.ops[op].returned.is_some() => Some(expected),
                _ => None,
            };
            if let Some(value) = must_see {
                self.last_seen[value as usize] = place;
            }
        }
        self.slots = occupant.len() as u32;
    }

    /// Whether it sets a value that nobody sees.
    pub(super) fn unseen(&self, action: Action) -> bool {
        match action {
            Action::Write(value) | Action::Cas(_, value) => !self.seen[value as usize],
            Action::Read(_) | Action::Missed(_) => false,
        }
    }

    /// Whether a state, once left, can't come back.
    pub(super) fn comes_once(&self, state: u32) -> bool {
        self.writers[state as usize] <= u32::from(state != ABSENT)
    }
}
