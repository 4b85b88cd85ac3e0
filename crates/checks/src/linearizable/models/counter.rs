//! A counter: add, which returns nothing, and read.

use super::super::model::Model;
use super::integer;
use firedrill_history::import::{Function, Operation, Outcome, Value};

/// A counter that is this at first. It wraps at 64 bits.
pub(in super::super) struct Counter(pub(in super::super) i64);

/// What was asked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in super::super) enum Action {
    Saw(i64),
    Add(i64),
}

pub(in super::super) fn action(operation: &Operation) -> Result<Option<Action>, String> {
    match (operation.function, &operation.outcome) {
        (Function::Read, Outcome::Ok(seen)) => Ok(Some(Action::Saw(integer(seen)?))),
        (Function::Read, _) => Ok(None),
        (Function::Add, _) if operation.input == Value::Nil => Ok(Some(Action::Add(1))),
        (Function::Add, _) => Ok(Some(Action::Add(integer(&operation.input)?))),
        (other, _) => Err(format!("a counter knows add and read, and not {other}")),
    }
}

impl Model for Counter {
    type State = i64;
    type Action = Action;
    type Foresight = ();

    fn initial(&self) -> i64 {
        self.0
    }

    fn step(&self, state: &i64, action: &Action) -> Option<i64> {
        match action {
            Action::Saw(seen) => (seen == state).then_some(*state),
            Action::Add(number) => Some(state.wrapping_add(*number)),
        }
    }

    fn changes_nothing(&self, action: &Action) -> bool {
        matches!(action, Action::Saw(_) | Action::Add(0))
    }

    fn heap_bytes(&self, _state: &i64) -> u64 {
        0
    }

    fn tell(&self, state: &i64) -> String {
        state.to_string()
    }
}
