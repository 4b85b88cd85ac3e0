//! Objects by their rules alone, and what makes the search fast over any of them: states and actions are numbered as they are met, and
//! each step is made once.

use super::memory::Mixer;
use super::object::{Object, Stand};
use super::problem::Span;
use super::register_rules::keep_earliest;
use hashbrown::HashTable;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash};

/// An operation of a search.
#[derive(Clone, Copy)]
pub(super) struct Asked<'m, A> {
    pub(super) action: &'m A,
    pub(super) span: Span,
    /// Whether it must have happened as told; another may have happened or not.
    pub(super) required: bool,
}

/// An object's rules.
pub(super) trait Model {
    /// What it holds.
    type State: Clone + Eq + Hash;
    /// What was asked, and what it returned where that is known.
    type Action: Clone + Eq + Hash;
    /// What all operations of a search together say beforehand; `()` if that is nothing.
    type Foresight: Default;

    /// What it holds at first.
    fn initial(&self) -> Self::State;

    /// What it holds after; `None` if it would not have returned that.
    fn step(&self, state: &Self::State, action: &Self::Action) -> Option<Self::State>;

    /// Looks at all operations of a search.
    fn foresee(&self, operations: &[Asked<'_, Self::Action>]) -> Self::Foresight {
        let _ = operations;
        Self::Foresight::default()
    }

    /// A step as in [`Model::step`]; `None` also if by what is foreseen the required operations could not all follow it.
    fn step_ahead(
        &self,
        foresight: &Self::Foresight,
        state: &Self::State,
        action: &Self::Action,
    ) -> Option<Self::State> {
        let _ = foresight;
        self.step(state, action)
    }

    /// Whether the required operations have an order, asked in fewer words: by operation, what is left of it (`None`: nothing). Must
    /// leave every order possible that was; may let operations that are not required see what they like.
    fn narrowed(&self, operations: &[Asked<'_, Self::Action>]) -> Option<Vec<Option<Self::Action>>> {
        let _ = operations;
        None
    }

    /// Whether it leaves every state as it is.
    fn changes_nothing(&self, action: &Self::Action) -> bool;

    /// What a state takes in memory beside itself.
    fn heap_bytes(&self, state: &Self::State) -> u64;

    /// In words.
    fn tell(&self, state: &Self::State) -> String;
}

type Hashing = BuildHasherDefault<Mixer>;

/// The step can't be made.
const IMPOSSIBLE: u32 = u32::MAX;

/// A model whose states and actions are numbered.
pub(super) struct Numbered<'m, M: Model> {
    model: &'m M,
    actions: Vec<&'m M::Action>,
    /// By operation: its action.
    action: Vec<u32>,
    /// By action.
    pure: Vec<bool>,
    /// By operation.
    required: Vec<bool>,
    foresight: Option<M::Foresight>,
    states: Vec<M::State>,
    numbers: HashTable<u32>,
    steps: HashMap<(u32, u32), u32, Hashing>,
    heap_bytes: u64,
}

impl<'m, M: Model> Numbered<'m, M> {
    /// The state at first is 0. Without looking `ahead` a search that finds no order has gone exactly as far as an order of a
    /// part exists.
    pub(super) fn of(model: &'m M, operations: &[Asked<'m, M::Action>], ahead: bool) -> Numbered<'m, M> {
        let count = operations.len();
        let mut known: HashMap<&M::Action, u32, Hashing> = HashMap::with_capacity_and_hasher(count, Hashing::default());
        let mut actions = Vec::with_capacity(count);
        let number = |asked: &Asked<'m, M::Action>| {
            *known.entry(asked.action).or_insert_with(|| {
                actions.push(asked.action);
                actions.len() as u32 - 1
            })
        };
        let action = operations.iter().map(number).collect();
        let pure = actions.iter().map(|action| model.changes_nothing(action)).collect();
        let required = operations.iter().map(|asked| asked.required).collect();
        let foresight = ahead.then(|| model.foresee(operations));
        // An easy history needs no more, so that nothing grows.
        let (states, numbers) = (Vec::with_capacity(count + 1), HashTable::with_capacity(count + 1));
        let steps = HashMap::with_capacity_and_hasher(2 * count, Hashing::default());
        let mut numbered =
            Numbered { model, actions, action, pure, required, foresight, states, numbers, steps, heap_bytes: 0 };
        numbered.number(model.initial());
        numbered
    }

    fn number(&mut self, state: M::State) -> u32 {
        let hashing = Hashing::default();
        let hash = hashing.hash_one(&state);
        if let Some(number) = self.numbers.find(hash, |number| self.states[*number as usize] == state) {
            return *number;
        }
        let number = self.states.len() as u32;
        self.heap_bytes += self.model.heap_bytes(&state);
        self.states.push(state);
        let states = &self.states;
        self.numbers.insert_unique(hash, number, |number| hashing.hash_one(&states[*number as usize]));
        number
    }

    fn step(&mut self, op: u32, state: u32) -> u32 {
        let action = self.action[op as usize];
        if let Some(next) = self.steps.get(&(state, action)) {
            return *next;
        }
        let (from, asked) = (&self.states[state as usize], self.actions[action as usize]);
        let next = match &self.foresight {
            Some(foresight) => self.model.step_ahead(foresight, from, asked),
            None => self.model.step(from, asked),
        };
        let next = next.map_or(IMPOSSIBLE, |next| self.number(next));
        self.steps.insert((state, action), next);
        next
    }

    fn pure(&self, op: u32) -> bool {
        self.pure[self.action[op as usize] as usize]
    }
}

impl<M: Model> Object for Numbered<'_, M> {
    fn sees(&mut self, op: u32, state: u32) -> bool {
        self.pure(op) && self.step(op, state) != IMPOSSIBLE
    }

    fn apply(&mut self, op: u32, state: u32) -> Option<u32> {
        let next = self.step(op, state);
        (next != IMPOSSIBLE).then_some(next)
    }

    fn candidates(&mut self, stand: &Stand<'_>, found: &mut Vec<u32>) {
        let from = found.len();
        for other in stand.waiting.iter().copied() {
            if self.pure(other) {
                continue;
            }
            let next = self.step(other, stand.state);
            // What may never take effect need not when it would change nothing.
            let idle = next == stand.state && !self.required[other as usize];
            if next != IMPOSSIBLE && !idle {
                // One that must happen does not make way for one that need not.
                let kind = |op: u32| (self.action[op as usize], self.required[op as usize]);
                let same = |one: u32, two: u32| {
                    if stand.problem.expire { kind(one) == kind(two) } else { kind(one).0 == kind(two).0 }
                };
                keep_earliest(found, from, other, same, stand.problem);
            }
        }
        found[from..]
            .sort_by_key(|other| (*other == stand.op, std::cmp::Reverse(stand.problem.returns_at[*other as usize])));
    }

    fn bytes(&self) -> u64 {
        let states = growing(self.states.len(), self.states.capacity(), size_of::<M::State>());
        // A hash map's entry takes a byte more, and an eighth of its places stay empty.
        let steps = growing(self.steps.len(), self.steps.capacity(), (size_of::<((u32, u32), u32)>() + 1) * 8 / 7 + 1);
        let numbers = growing(self.numbers.len(), self.numbers.capacity(), (size_of::<u32>() + 1) * 8 / 7 + 1);
        self.heap_bytes + (states + steps + numbers) as u64
    }
}

/// More entries than the search adds before it looks at what they take: one for each operation under way.
const SOON: usize = 5000;

/// What a table takes, with what it takes while it grows if it soon will: it is in memory twice then, once in twice the size.
fn growing(len: usize, capacity: usize, entry: usize) -> usize {
    let times = if len + SOON >= capacity { 3 } else { 1 };
    times * capacity * entry
}
