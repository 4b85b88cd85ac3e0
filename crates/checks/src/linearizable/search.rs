//! Looks for an order of one register's operations that explains what they returned.
//!
//! Just-in-time linearization (Lowe 2017, after Wing & Gong 1993): go through invocations and
//! returns in time, and put an operation in order only when it returns. A configuration is the
//! state of the register and which of the operations under way were put in order (a set of slots: a
//! slot is free again after its operation returned, so that sets stay small however long the
//! history is). Configurations that lead nowhere are remembered.
//!
//! What keeps it near-linear where written values are unique, each without losing an order that
//! exists:
//! - what sees the state and changes nothing is put in order as soon as the state is what it saw;
//! - a state that can't come back is not left while an operation that must see it is yet to be
//!   invoked, nor for another operation than the compare-and-set that must find it;
//! - a write whose value nobody sees is put in order just before another write, and an unknown one
//!   is left out (unless a compare-and-set that missed its value may need just that state).

use super::Budget;
use super::bits::Bits;
use super::problem::{NOBODY, Problem};
use super::registers::{ABSENT, Action, Register, RegisterOp};
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::BuildHasherDefault;

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// An order.
    Order,
    /// That there is none.
    NoOrder,
    /// Neither, within the budget. It got as far as the return of this operation (its place in the
    /// register).
    GaveUp { at: usize },
    /// More operations were under way at once than it can keep apart.
    TooManyAtOnce,
}

/// What a search cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) steps: u64,
}

/// Searches one register.
pub(crate) fn search(register: &Register, budget: Budget) -> (Found, Spent) {
    let problem = Problem::of(register);
    match problem.slots {
        0..=64 => Search::<1>::new(&problem, budget).run(),
        65..=256 => Search::<4>::new(&problem, budget).run(),
        257..=4096 => Search::<64>::new(&problem, budget).run(),
        _ => (Found::TooManyAtOnce, Spent::default()),
    }
}

/// The state of the register, and which operations under way were put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Configuration<const W: usize> {
    state: u32,
    /// The place in the timeline.
    place: u32,
    ordered: Bits<W>,
}

/// A place where there was something to choose.
struct Choice<const W: usize> {
    configuration: Configuration<W>,
    /// Its candidates are those from here on, up to the next choice's.
    candidates: usize,
}

struct Search<'p, const W: usize> {
    problem: &'p Problem<'p>,
    now: Configuration<W>,
    /// Operations under way.
    under_way: Bits<W>,
    /// By slot: which operation has it.
    occupant: Vec<u32>,
    choices: Vec<Choice<W>>,
    candidates: Vec<u32>,
    dead: HashSet<Configuration<W>, BuildHasherDefault<DefaultHasher>>,
    furthest: u32,
    steps: u64,
    budget: Budget,
}

impl<'p, const W: usize> Search<'p, W> {
    fn new(problem: &'p Problem<'p>, budget: Budget) -> Search<'p, W> {
        Search {
            problem,
            now: Configuration { state: ABSENT, place: 0, ordered: Bits::EMPTY },
            under_way: Bits::EMPTY,
            occupant: vec![NOBODY; problem.slots as usize],
            choices: Vec::new(),
            candidates: Vec::new(),
            dead: HashSet::default(),
            furthest: 0,
            steps: 0,
            budget,
        }
    }

    fn run(mut self) -> (Found, Spent) {
        let found = loop {
            self.steps += 1;
            let Some(instant) = self.problem.timeline.get(self.now.place as usize).copied() else {
                break Found::Order;
            };
            if self.over_budget() {
                let furthest = self.problem.timeline[self.furthest as usize].op;
                break Found::GaveUp { at: furthest as usize };
            }
            let went_on = if instant.returns { self.returns(instant.op) } else { self.invoked(instant.op) };
            if !went_on && !self.go_back() {
                break Found::NoOrder;
            }
        };
        (found, Spent { steps: self.steps })
    }

    fn over_budget(&self) -> bool {
        // A hash set holds up to twice what is in it, and a byte for each place.
        let memory = self.dead.len() as u64 * 2 * (size_of::<Configuration<W>>() as u64 + 1);
        self.steps > self.budget.steps || memory > self.budget.memory_bytes
    }

    fn op(&self, number: u32) -> &'p RegisterOp {
        &self.problem.ops[number as usize]
    }

    fn invoked(&mut self, op: u32) -> bool {
        let slot = self.problem.slot[op as usize];
        self.occupant[slot as usize] = op;
        self.under_way.put(slot);
        if sees(self.op(op).action, self.now.state) {
            self.now.ordered.put(slot);
        }
        self.now.place += 1;
        true
    }

    /// An operation returns, so it must be in order by now. False if it can't be.
    fn returns(&mut self, op: u32) -> bool {
        let slot = self.problem.slot[op as usize];
        if self.now.ordered.has(slot) {
            self.under_way.take(slot);
            self.now.ordered.take(slot);
            self.now.place += 1;
            return true;
        }
        self.furthest = self.furthest.max(self.now.place);
        if self.dead.contains(&self.now) {
            return false;
        }
        let candidates = self.candidates.len();
        self.choices.push(Choice { configuration: self.now, candidates });
        self.find_candidates(op);
        self.choose()
    }

    /// What could be put in order next so that, sooner or later, `op` can be; the most promising
    /// last.
    fn find_candidates(&mut self, op: u32) {
        let state = self.now.state;
        let once = self.problem.comes_once(state);
        if once && self.problem.last_seen[state as usize] > self.now.place {
            return;
        }
        let waiting = || self.under_way.without(self.now.ordered).map(|slot| self.occupant[slot as usize]);
        let must_find = |other: &u32| {
            let other = self.op(*other);
            other.returned.is_some() && matches!(other.action, Action::Cas(expected, _) if expected == state)
        };
        let wanted = match self.op(op).action {
            Action::Read(value) => Some(value),
            Action::Cas(expected, _) if expected != state => Some(expected),
            _ => None,
        };
        let sets_wanted = |other: &u32| wanted.is_some() && result(self.op(*other).action) == wanted;
        if wanted.is_some() && !waiting().any(|other| sets_wanted(&other)) {
            return;
        }
        let forced = if once { waiting().find(must_find) } else { None };
        let enabled = |other: &u32| match self.op(*other).action {
            Action::Write(_) => *other == op || self.problem.misses || !self.problem.unseen(self.op(*other).action),
            Action::Cas(expected, _) => expected == state,
            Action::Read(_) | Action::Missed(_) => false,
        };
        let mut found: Vec<u32> = waiting().filter(enabled).collect();
        if let Some(forced) = forced {
            found.retain(|other| *other == forced);
        }
        found.sort_by_key(|other| {
            let promising = if *other == op { 2 } else { u8::from(sets_wanted(other)) };
            (promising, std::cmp::Reverse(self.op(*other).returned.map_or((1, None), |at| (0, Some(at)))))
        });
        self.candidates.extend(found);
    }

    /// Takes the next candidate of the last choice. False if there is none.
    fn choose(&mut self) -> bool {
        let Some(choice) = self.choices.last() else {
            return false;
        };
        if self.candidates.len() <= choice.candidates {
            return false;
        }
        let Some(op) = self.candidates.pop() else {
            return false;
        };
        let action = self.op(op).action;
        let waiting = self.under_way.without(self.now.ordered);
        if matches!(action, Action::Write(_)) && !self.problem.misses {
            for slot in waiting {
                // One that may never take effect was left out of the problem.
                let action = self.op(self.occupant[slot as usize]).action;
                if matches!(action, Action::Write(_)) && self.problem.unseen(action) {
                    self.now.ordered.put(slot);
                }
            }
        }
        self.now.ordered.put(self.problem.slot[op as usize]);
        self.now.state = result(action).unwrap_or(self.now.state);
        for slot in self.under_way.without(self.now.ordered) {
            if sees(self.op(self.occupant[slot as usize]).action, self.now.state) {
                self.now.ordered.put(slot);
            }
        }
        true
    }

    /// Goes back to the last choice that has a candidate left, and takes it. False if there is
    /// none.
    fn go_back(&mut self) -> bool {
        while let Some(choice) = self.choices.last() {
            let configuration = choice.configuration;
            self.rewind(configuration.place);
            self.now = configuration;
            if self.choose() {
                return true;
            }
            self.dead.insert(configuration);
            self.choices.pop();
        }
        false
    }

    /// Undoes invocations and returns, back to a place in the timeline.
    fn rewind(&mut self, place: u32) {
        for instant in self.problem.timeline[place as usize..self.now.place as usize].iter().rev() {
            self.steps += 1;
            let slot = self.problem.slot[instant.op as usize];
            if instant.returns {
                self.under_way.put(slot);
            } else {
                self.under_way.take(slot);
                self.occupant[slot as usize] = self.problem.before[instant.op as usize];
            }
        }
    }
}

/// Whether an operation that changes nothing returned what it would in this state.
fn sees(action: Action, state: u32) -> bool {
    match action {
        Action::Read(value) => value == state,
        Action::Missed(expected) => expected != state,
        Action::Write(_) | Action::Cas(..) => false,
    }
}

/// The state that it leaves, if it changes it.
fn result(action: Action) -> Option<u32> {
    match action {
        Action::Write(value) | Action::Cas(_, value) => Some(value),
        Action::Read(_) | Action::Missed(_) => None,
    }
}
