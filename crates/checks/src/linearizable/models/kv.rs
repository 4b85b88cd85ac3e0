//! One key of a map of strings: get, put, append.

use super::super::model::Model;
use firedrill_history::import::{Function, Operation, Outcome, Value};
use std::sync::Arc;

/// A key that holds this at first.
pub(in super::super) struct Kv(pub(in super::super) Arc<str>);

/// What was asked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in super::super) enum Action {
    Got(Box<str>),
    Put(Box<str>),
    Append(Box<str>),
}

pub(in super::super) fn action(operation: &Operation) -> Result<Option<Action>, String> {
    let text = |value: &Value| match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Nil => Ok("".into()),
        other => Ok::<Box<str>, String>(other.to_string().into()),
    };
    match (operation.function, &operation.outcome) {
        (Function::Read, Outcome::Ok(seen)) => Ok(Some(Action::Got(text(seen)?))),
        (Function::Read, _) => Ok(None),
        (Function::Write, _) => Ok(Some(Action::Put(text(&operation.input)?))),
        (Function::Append, _) => Ok(Some(Action::Append(text(&operation.input)?))),
        (other, _) => Err(format!("a key knows get, put and append, and not {other}")),
    }
}

impl Model for Kv {
    type State = Arc<str>;
    type Action = Action;

    fn initial(&self) -> Arc<str> {
        self.0.clone()
    }

    fn step(&self, state: &Arc<str>, action: &Action) -> Option<Arc<str>> {
        match action {
            Action::Got(seen) => (**seen == **state).then(|| state.clone()),
            Action::Put(text) => Some(text.as_ref().into()),
            Action::Append(text) => Some([state, text.as_ref()].concat().into()),
        }
    }

    fn changes_nothing(&self, action: &Action) -> bool {
        matches!(action, Action::Got(_))
    }

    fn heap_bytes(&self, state: &Arc<str>) -> u64 {
        state.len() as u64 + 32
    }

    fn tell(&self, state: &Arc<str>) -> String {
        format!("{state:?}")
    }
}
