//! A set: add and remove, which return nothing, and read of the whole.

use super::super::model::Model;
use super::register::Numbers;
use firedrill_history::import::{Function, Operation, Outcome, Value};
use std::sync::Arc;

/// A set of numbered elements, by their names.
pub(in super::super) struct Set {
    pub(in super::super) initial: Arc<[u32]>,
    pub(in super::super) names: Vec<Value>,
}

/// What was asked; what was seen is in order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in super::super) enum Action {
    Saw(Box<[u32]>),
    Add(u32),
    Remove(u32),
}

/// Elements in order, each once.
pub(in super::super) fn elements(value: &Value, numbers: &mut Numbers) -> Result<Vec<u32>, String> {
    let list = match value {
        Value::Nil => &[],
        Value::List(list) => list.as_slice(),
        other => return Err(format!("a set is a list of its elements, and {other} is none")),
    };
    let mut found: Vec<u32> = list.iter().map(|element| numbers.of(element)).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

pub(in super::super) fn action(operation: &Operation, numbers: &mut Numbers) -> Result<Option<Action>, String> {
    match (operation.function, &operation.outcome) {
        (Function::Read, Outcome::Ok(seen)) => Ok(Some(Action::Saw(elements(seen, numbers)?.into()))),
        (Function::Read, _) => Ok(None),
        (Function::Add, _) => Ok(Some(Action::Add(numbers.of(&operation.input)))),
        (Function::Remove, _) => Ok(Some(Action::Remove(numbers.of(&operation.input)))),
        (other, _) => Err(format!("a set knows add, remove and read, and not {other}")),
    }
}

impl Model for Set {
    type State = Arc<[u32]>;
    type Action = Action;
    type Foresight = ();

    fn initial(&self) -> Arc<[u32]> {
        self.initial.clone()
    }

    fn step(&self, state: &Arc<[u32]>, action: &Action) -> Option<Arc<[u32]>> {
        match action {
            Action::Saw(seen) => (**seen == **state).then(|| state.clone()),
            Action::Add(element) => match state.binary_search(element) {
                Ok(_) => Some(state.clone()),
                Err(place) => Some([&state[..place], &[*element], &state[place..]].concat().into()),
            },
            Action::Remove(element) => match state.binary_search(element) {
                Ok(place) => Some([&state[..place], &state[place + 1..]].concat().into()),
                Err(_) => Some(state.clone()),
            },
        }
    }

    fn changes_nothing(&self, action: &Action) -> bool {
        matches!(action, Action::Saw(_))
    }

    fn heap_bytes(&self, state: &Arc<[u32]>) -> u64 {
        4 * state.len() as u64 + 32
    }

    fn tell(&self, state: &Arc<[u32]>) -> String {
        // By value, as a read shows them, and not by who was met first.
        let mut elements: Vec<&Value> = state.iter().map(|element| &self.names[*element as usize]).collect();
        elements.sort();
        let names: Vec<String> = elements.into_iter().map(Value::to_string).collect();
        format!("#{{{}}}", names.join(" "))
    }
}
