//! Operations laid out in time, each with a slot.

use crate::facts::At;

/// When an operation was invoked, and when it returned; `None`: it may take effect at any time after its invocation, or
/// never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) invoked: At,
    pub(super) returned: Option<At>,
}

/// An invocation or a return.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant {
    pub(super) op: u32,
    pub(super) returns: bool,
}

/// Invocations and returns in order.
pub(super) struct Problem {
    pub(super) timeline: Vec<Instant>,
    /// By operation: its slot.
    pub(super) slot: Vec<u32>,
    /// By operation: which had its slot before.
    pub(super) before: Vec<u32>,
    /// By operation: the place in the timeline where it returns, or [`NOBODY`].
    pub(super) returns_at: Vec<u32>,
    /// How many slots there are.
    pub(super) slots: u32,
    /// Whether an operation that returns and is not required passes, if it is not in order by then.
    pub(super) expire: bool,
    /// By operation, where they expire: whether it is required.
    pub(super) required: Vec<bool>,
}

pub(super) const NOBODY: u32 = u32::MAX;

impl Problem {
    /// Of the operations that are not left out.
    pub(super) fn of(spans: impl Iterator<Item = Span>, left_out: impl Fn(u32) -> bool) -> Problem {
        let mut instants = Vec::with_capacity(2 * spans.size_hint().0);
        let mut count = 0;
        for (number, span) in (0..).zip(spans) {
            count += 1;
            if left_out(number) {
                continue;
            }
            instants.push((span.invoked, Instant { op: number, returns: false }));
            instants.extend(span.returned.map(|at| (at, Instant { op: number, returns: true })));
        }
        instants.sort_by_key(|(at, _)| *at);
        let none = || vec![NOBODY; count];
        let timeline = instants.into_iter().map(|(_, instant)| instant).collect();
        let mut problem = Problem {
            timeline,
            slot: none(),
            before: none(),
            returns_at: none(),
            slots: 0,
            expire: false,
            required: Vec::new(),
        };
        problem.give_slots();
        problem
    }

    /// Operations that are not required happened before they returned, or not at all.
    pub(super) fn expiring(self, required: Vec<bool>) -> Problem {
        Problem { expire: true, required, ..self }
    }

    /// Whether an operation may return without having happened.
    pub(super) fn may_pass(&self, op: u32) -> bool {
        self.expire && !self.required[op as usize]
    }

    /// A slot is free again after its operation returned.
    fn give_slots(&mut self) {
        let mut free: Vec<u32> = Vec::new();
        let mut occupant: Vec<u32> = Vec::new();
        for (place, instant) in (0..).zip(&self.timeline) {
            let op = instant.op as usize;
            if instant.returns {
                self.returns_at[op] = place;
                free.push(self.slot[op]);
                continue;
            }
            let slot = free.pop().unwrap_or_else(|| {
                occupant.push(NOBODY);
                occupant.len() as u32 - 1
            });
            self.slot[op] = slot;
            self.before[op] = std::mem::replace(&mut occupant[slot as usize], instant.op);
        }
        self.slots = occupant.len() as u32;
    }

    /// What it takes in memory.
    pub(super) fn bytes(&self) -> u64 {
        (self.timeline.capacity() * size_of::<Instant>() + 3 * self.slot.capacity() * size_of::<u32>()) as u64
    }
}
