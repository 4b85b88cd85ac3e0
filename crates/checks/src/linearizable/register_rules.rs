//! A register as the search sees it, and what keeps the search near-linear where written values are unique.

use super::object::{Object, Stand};
use super::problem::{Problem, Span};
use super::registers::{ABSENT, Action, Register, RegisterOp};

/// A register, with what is known beforehand of each value.
pub(super) struct RegisterObject<'r> {
    ops: &'r [RegisterOp],
    /// By value: how many operations set it, or may.
    writers: Vec<u32>,
    /// By value: the last invocation, as a place in the timeline, of an operation that must see it.
    last_seen: Vec<u32>,
    /// By value: whether an operation sees it, or may.
    seen: Vec<bool>,
    /// Whether a compare-and-set missed its value.
    misses: bool,
    /// Whether it looks ahead: what returns later decides what is tried now.
    ahead: bool,
}

impl<'r> RegisterObject<'r> {
    /// With the operations laid out in time; without those that change nothing for anybody.
    ///
    /// Without looking `ahead` a search that finds no order has gone exactly as far as an order of a part exists.
    pub(super) fn of(register: &'r Register, ahead: bool) -> (RegisterObject<'r>, Problem) {
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
        let mut object = RegisterObject { ops, writers, last_seen: vec![0; values], seen, misses, ahead };
        let spans = ops.iter().map(|op| Span { invoked: op.invoked, returned: op.returned });
        let left_out = |op: u32| {
            let op = &ops[op as usize];
            op.returned.is_none() && !object.misses && object.unseen(op.action)
        };
        let problem = Problem::of(spans, left_out);
        for (place, instant) in (0..).zip(&problem.timeline) {
            let op = &ops[instant.op as usize];
            let must_see = match op.action {
                Action::Read(value) if op.returned.is_some() => Some(value),
                Action::Cas(expected, _) if op.returned.is_some() => Some(expected),
                _ => None,
            };
            if let (Some(value), false) = (must_see, instant.returns) {
                object.last_seen[value as usize] = place;
            }
        }
        (object, problem)
    }

    fn op(&self, number: u32) -> &'r RegisterOp {
        &self.ops[number as usize]
    }

    /// Whether it sets a value that nobody sees.
    fn unseen(&self, action: Action) -> bool {
        match action {
            Action::Write(value) | Action::Cas(_, value) => !self.seen[value as usize],
            Action::Read(_) | Action::Missed(_) => false,
        }
    }

    /// Whether a state, once left, can't come back.
    fn comes_once(&self, state: u32) -> bool {
        self.ahead && self.writers[state as usize] <= u32::from(state != ABSENT)
    }

    /// Whether a write of it can go just before another write.
    fn harmless(&self, action: Action) -> bool {
        self.ahead && matches!(action, Action::Write(_)) && !self.misses && self.unseen(action)
    }
}

impl Object for RegisterObject<'_> {
    fn sees(&mut self, op: u32, state: u32) -> bool {
        match self.op(op).action {
            Action::Read(value) => value == state,
            Action::Missed(expected) => expected != state,
            Action::Write(_) | Action::Cas(..) => false,
        }
    }

    fn apply(&mut self, op: u32, state: u32) -> Option<u32> {
        match self.op(op).action {
            Action::Write(value) => Some(value),
            Action::Cas(expected, value) => (expected == state).then_some(value),
            Action::Read(value) => (value == state).then_some(state),
            Action::Missed(expected) => (expected != state).then_some(state),
        }
    }

    fn candidates(&mut self, stand: &Stand<'_>, found: &mut Vec<u32>) {
        let Stand { op, state, waiting, problem, .. } = *stand;
        let once = self.comes_once(state);
        if once && self.last_seen[state as usize] > stand.place {
            return;
        }
        let target = self.op(op).action;
        let wanted = match target {
            Action::Read(value) => Some(value),
            Action::Cas(expected, _) if expected != state => Some(expected),
            _ => None,
        };
        let sets_wanted = |other: u32| wanted.is_some() && result(self.op(other).action) == wanted;
        if wanted.is_some() && !waiting.iter().any(|other| sets_wanted(*other)) {
            return;
        }
        let must_find = |other: &&u32| {
            let other = self.op(**other);
            other.returned.is_some() && matches!(other.action, Action::Cas(expected, _) if expected == state)
        };
        let forced = if once { waiting.iter().find(must_find).copied() } else { None };
        // What may never take effect need not when it would change nothing.
        let changes = |other: u32, value: u32| value != state || self.op(other).returned.is_some();
        let enabled = |other: u32| match self.op(other).action {
            Action::Write(value) => other == op || (changes(other, value) && !self.harmless(self.op(other).action)),
            Action::Cas(expected, value) => expected == state && changes(other, value),
            Action::Read(_) | Action::Missed(_) => false,
        };
        let from = found.len();
        for other in waiting.iter().copied() {
            if forced.is_none_or(|forced| forced == other) && enabled(other) {
                keep_earliest(found, from, other, |one, two| self.op(one).action == self.op(two).action, problem);
            }
        }
        found[from..].sort_by_key(|other| {
            let promising = if *other == op { 2 } else { u8::from(sets_wanted(*other)) };
            (promising, std::cmp::Reverse(problem.returns_at[*other as usize]))
        });
    }

    fn rides_along(&self, chosen: u32, other: u32) -> bool {
        // One that may never take effect was left out of the problem.
        matches!(self.op(chosen).action, Action::Write(_)) && self.harmless(self.op(other).action)
    }
}

/// Of operations that do the same, the one that returns first goes first; of those that never return, the one invoked
/// first: they can change places in any order.
pub(super) fn keep_earliest(
    found: &mut Vec<u32>,
    from: usize,
    other: u32,
    same: impl Fn(u32, u32) -> bool,
    problem: &Problem,
) {
    let urgent = |op: u32| (problem.returns_at[op as usize], op);
    match found[from..].iter_mut().find(|one| same(**one, other)) {
        Some(one) => *one = if urgent(other) < urgent(*one) { other } else { *one },
        None => found.push(other),
    }
}

/// The state that it leaves, if it changes it.
fn result(action: Action) -> Option<u32> {
    match action {
        Action::Write(value) | Action::Cas(_, value) => Some(value),
        Action::Read(_) | Action::Missed(_) => None,
    }
}
