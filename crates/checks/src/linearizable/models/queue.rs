//! A queue, first in first out: enqueue, which returns nothing, and dequeue, which returns the front, or nil of an empty one.

use super::super::model::Model;
use super::register::Numbers;
use firedrill_history::import::{Function, Operation, Outcome, Value};
use std::sync::Arc;

/// A queue of numbered elements, by their names.
pub(in super::super) struct Queue {
    pub(in super::super) initial: Arc<[u32]>,
    pub(in super::super) names: Vec<Value>,
}

/// What was asked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in super::super) enum Action {
    Enqueue(u32),
    /// Took this.
    Dequeue(u32),
    /// Found nothing.
    Empty,
    /// Took the front, if there was one.
    Lost,
}

/// Elements as they stand.
pub(in super::super) fn elements(value: &Value, numbers: &mut Numbers) -> Result<Vec<u32>, String> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(list) => Ok(list.iter().map(|element| numbers.of(element)).collect()),
        other => Err(format!("a queue is a list of its elements, and {other} is none")),
    }
}

pub(in super::super) fn action(operation: &Operation, numbers: &mut Numbers) -> Result<Option<Action>, String> {
    match (operation.function, &operation.outcome) {
        (Function::Enqueue, _) => Ok(Some(Action::Enqueue(numbers.of(&operation.input)))),
        (Function::Dequeue, Outcome::Ok(Value::Nil)) => Ok(Some(Action::Empty)),
        (Function::Dequeue, Outcome::Ok(taken)) => Ok(Some(Action::Dequeue(numbers.of(taken)))),
        (Function::Dequeue, _) => Ok(Some(Action::Lost)),
        (other, _) => Err(format!("a queue knows enqueue and dequeue, and not {other}")),
    }
}

impl Model for Queue {
    type State = Arc<[u32]>;
    type Action = Action;

    fn initial(&self) -> Arc<[u32]> {
        self.initial.clone()
    }

    fn step(&self, state: &Arc<[u32]>, action: &Action) -> Option<Arc<[u32]>> {
        match action {
            Action::Enqueue(element) => Some([state, &[*element][..]].concat().into()),
            Action::Dequeue(taken) => (state.first() == Some(taken)).then(|| state[1..].into()),
            Action::Empty => state.is_empty().then(|| state.clone()),
            Action::Lost => Some(state.get(1..).unwrap_or(&[]).into()),
        }
    }

    fn changes_nothing(&self, action: &Action) -> bool {
        matches!(action, Action::Empty)
    }

    fn heap_bytes(&self, state: &Arc<[u32]>) -> u64 {
        4 * state.len() as u64 + 32
    }

    fn tell(&self, state: &Arc<[u32]>) -> String {
        let names: Vec<String> = state.iter().map(|element| self.names[*element as usize].to_string()).collect();
        format!("[{}]", names.join(" "))
    }
}
