//! Looks for an order of the operations on one object that explains what they returned.
//!
//! Just-in-time linearization (Lowe 2017, "Testing for linearizability", after Wing & Gong 1993): go through invocations
//! and returns in time, and put an operation in order only when one returns. A configuration is the state of the object
//! and which of the operations under way were put in order (a set of slots: a slot is free again after its operation
//! returned, so that sets stay small however long the history is). Configurations that lead nowhere are remembered.
//!
//! What keeps it small for any object, without losing an order that exists: what sees the state and changes nothing is put in
//! order as soon as the state is what it saw. What an object adds to that is in its `candidates`.

use super::Budget;
use super::bits::Bits;
use super::memory::Memory;
use super::object::{Object, Stand};
use super::problem::{NOBODY, Problem};
use super::register_rules::RegisterObject;
use super::registers::{ABSENT, Register};
use serde::{Deserialize, Serialize};

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// An order.
    Order,
    /// That there is none.
    NoOrder,
    /// Neither, within the budget. It got as far as the return of this operation.
    GaveUp { at: usize, why: Exhausted },
    /// More operations were under way at once than it can keep apart.
    TooManyAtOnce,
}

/// Which budget was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exhausted {
    /// Steps.
    Steps,
    /// Memory.
    Memory,
    /// Time.
    Time,
}

/// What a search cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) steps: u64,
    pub(crate) bytes: u64,
}

/// Tells when there is no more time; asked every few thousand steps.
pub type Stop<'s> = dyn Fn() -> bool + Sync + 's;

/// What a search may cost.
#[derive(Clone, Copy)]
pub(crate) struct Limit<'s> {
    pub(crate) budget: Budget,
    pub(crate) stop: Option<&'s Stop<'s>>,
}

/// The search of one object, told in full.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) found: Found,
    pub(crate) spent: Spent,
    /// The order that was found.
    pub(crate) order: Vec<u32>,
    /// How far it got: a place in the timeline, and the operation that returns there.
    pub(crate) furthest: (u32, u32),
    /// Orders of what returned before the place that was to be watched, each with the state that it ends in.
    pub(crate) partial: Vec<(Vec<u32>, u32)>,
}

impl Told {
    /// What is known without a search.
    pub(super) fn without_search(linearizable: bool, operations: usize) -> Told {
        let found = if linearizable { Found::Order } else { Found::NoOrder };
        let spent = Spent { steps: operations as u64, bytes: 0 };
        Told { found, spent, order: Vec::new(), furthest: (0, 0), partial: Vec::new() }
    }
}

/// The candidate by which an operation that returns did not happen.
const NOTHING: u32 = u32::MAX;

/// How many partial orders are kept.
const PARTIAL: usize = 3;

/// Searches one register.
pub(crate) fn search(register: &Register, budget: Budget) -> (Found, Spent) {
    let (mut object, problem) = RegisterObject::of(register, true);
    let told = tell(&mut object, &problem, ABSENT, Limit { budget, stop: None }, None);
    (told.found, told.spent)
}

/// Searches any object from a state on; keeps partial orders up to the place to be watched.
pub(super) fn tell(
    object: &mut impl Object,
    problem: &Problem,
    state: u32,
    limit: Limit<'_>,
    watched: Option<u32>,
) -> Told {
    match problem.slots {
        0..=64 => Search::<_, 1>::new(object, problem, state, limit, watched).run(),
        65..=256 => Search::<_, 4>::new(object, problem, state, limit, watched).run(),
        257..=1024 => Search::<_, 16>::new(object, problem, state, limit, watched).run(),
        1025..=4096 => Search::<_, 64>::new(object, problem, state, limit, watched).run(),
        _ => Told { found: Found::TooManyAtOnce, ..Told::without_search(false, 0) },
    }
}

/// The state of the object, and which operations under way were put in order.
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
    /// How much was in order.
    order: usize,
}

struct Search<'p, O, const W: usize> {
    object: &'p mut O,
    problem: &'p Problem,
    now: Configuration<W>,
    /// Operations under way.
    under_way: Bits<W>,
    /// By slot: which operation has it.
    occupant: Vec<u32>,
    choices: Vec<Choice<W>>,
    candidates: Vec<u32>,
    order: Vec<u32>,
    dead: Memory<Configuration<W>>,
    waiting: Vec<u32>,
    furthest: u32,
    steps: u64,
    asked: u64,
    limit: Limit<'p>,
    exhausted: Option<Exhausted>,
    watched: Option<u32>,
    partial: Vec<(Vec<u32>, u32)>,
}

impl<'p, O: Object, const W: usize> Search<'p, O, W> {
    fn new(
        object: &'p mut O,
        problem: &'p Problem,
        state: u32,
        limit: Limit<'p>,
        watched: Option<u32>,
    ) -> Search<'p, O, W> {
        Search {
            object,
            problem,
            now: Configuration { state, place: 0, ordered: Bits::EMPTY },
            under_way: Bits::EMPTY,
            occupant: vec![NOBODY; problem.slots as usize],
            choices: Vec::with_capacity(problem.slot.len()),
            candidates: Vec::with_capacity(problem.slot.len()),
            order: Vec::with_capacity(problem.slot.len()),
            dead: Memory::new(),
            waiting: Vec::new(),
            furthest: 0,
            steps: 0,
            asked: 0,
            limit,
            exhausted: None,
            watched,
            partial: Vec::new(),
        }
    }

    fn run(mut self) -> Told {
        let found = loop {
            self.steps += 1;
            let Some(instant) = self.problem.timeline.get(self.now.place as usize).copied() else {
                break Found::Order;
            };
            self.look_at_budget();
            if let Some(why) = self.exhausted {
                let furthest = self.problem.timeline[self.furthest as usize].op;
                break Found::GaveUp { at: furthest as usize, why };
            }
            let went_on = if instant.returns { self.returns(instant.op) } else { self.invoked(instant.op) };
            if !went_on && !self.go_back() {
                break Found::NoOrder;
            }
        };
        let op = self.problem.timeline.get(self.furthest as usize).map_or(0, |instant| instant.op);
        let spent = Spent { steps: self.steps, bytes: self.bytes() };
        Told { found, spent, order: self.order, furthest: (self.furthest, op), partial: self.partial }
    }

    fn look_at_budget(&mut self) {
        if self.steps > self.limit.budget.steps {
            self.exhausted = Some(Exhausted::Steps);
        } else if self.object.bytes() > self.limit.budget.memory_bytes {
            self.exhausted = Some(Exhausted::Memory);
        } else if self.steps >= self.asked {
            self.asked = self.steps + 4096;
            if self.limit.stop.is_some_and(|stop| stop()) {
                self.exhausted = Some(Exhausted::Time);
            } else if self.bytes() > self.limit.budget.memory_bytes {
                self.exhausted = Some(Exhausted::Memory);
            }
        }
    }

    /// Without the table of dead configurations. A vector that grows is in memory twice, once in twice the size.
    fn beside_the_table(&self) -> u64 {
        let choices = self.choices.capacity() * size_of::<Choice<W>>();
        let numbers = self.candidates.capacity() + self.order.capacity() + self.occupant.capacity();
        (2 * choices + 2 * numbers * size_of::<u32>()) as u64 + self.problem.bytes() + self.object.bytes()
    }

    fn bytes(&self) -> u64 {
        self.dead.bytes() + self.beside_the_table()
    }

    fn invoked(&mut self, op: u32) -> bool {
        let slot = self.problem.slot[op as usize];
        self.occupant[slot as usize] = op;
        self.under_way.put(slot);
        if self.object.sees(op, self.now.state) {
            self.now.ordered.put(slot);
            self.order.push(op);
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
        if self.watched == Some(self.now.place) {
            self.keep_partial();
        }
        if self.dead.contains(&self.now) {
            return false;
        }
        let (candidates, order) = (self.candidates.len(), self.order.len());
        self.choices.push(Choice { configuration: self.now, candidates, order });
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.clear();
        waiting.extend(self.under_way.without(self.now.ordered).map(|slot| self.occupant[slot as usize]));
        let Configuration { state, place, .. } = self.now;
        let stand = Stand { op, state, place, waiting: &waiting, problem: self.problem };
        self.object.candidates(&stand, &mut self.candidates);
        self.steps += waiting.len() as u64 / 8;
        self.waiting = waiting;
        if self.problem.may_pass(op) {
            self.candidates.push(NOTHING);
        }
        self.choose()
    }

    /// The operation that returns did not happen.
    fn pass(&mut self) {
        let instant = self.problem.timeline[self.now.place as usize];
        self.under_way.take(self.problem.slot[instant.op as usize]);
        self.now.place += 1;
    }

    fn keep_partial(&mut self) {
        let new = !self.partial.iter().any(|(_, state)| *state == self.now.state);
        if new && self.partial.len() < PARTIAL {
            self.partial.push((self.order.clone(), self.now.state));
        }
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
        if op == NOTHING {
            self.pass();
            return true;
        }
        for slot in self.under_way.without(self.now.ordered) {
            let other = self.occupant[slot as usize];
            if other != op && self.object.rides_along(op, other) {
                self.now.ordered.put(slot);
                self.order.push(other);
            }
        }
        self.now.ordered.put(self.problem.slot[op as usize]);
        self.order.push(op);
        self.now.state = self.object.apply(op, self.now.state).unwrap_or(self.now.state);
        for slot in self.under_way.without(self.now.ordered) {
            let other = self.occupant[slot as usize];
            if self.object.sees(other, self.now.state) {
                self.now.ordered.put(slot);
                self.order.push(other);
            }
        }
        true
    }

    /// Goes back to the last choice that has a candidate left, and takes it. False if there is none, or no memory for what
    /// leads nowhere.
    fn go_back(&mut self) -> bool {
        while let Some(choice) = self.choices.last() {
            let configuration = choice.configuration;
            self.order.truncate(choice.order);
            self.rewind(configuration.place);
            self.now = configuration;
            if self.choose() {
                return true;
            }
            let limit = self.limit.budget.memory_bytes.saturating_sub(self.beside_the_table());
            if !self.dead.insert(configuration, limit) {
                // The loop sees it before anything else.
                self.exhausted = Some(Exhausted::Memory);
                return true;
            }
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
