//! One key of a map of strings: get, put, append.

use super::super::model::Model;
use firedrill_history::import::{Function, Operation, Outcome, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// A key that holds this at first.
pub(in super::super) struct Kv<'h>(pub(in super::super) Cow<'h, str>);

/// What was asked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in super::super) enum Action<'h> {
    Got(Cow<'h, str>),
    Put(Cow<'h, str>),
    Append(Cow<'h, str>),
}

/// A value as text; nil is none.
pub(in super::super) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Nil => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}

pub(in super::super) fn action(operation: &Operation) -> Result<Option<Action<'_>>, String> {
    match (operation.function, &operation.outcome) {
        (Function::Read, Outcome::Ok(seen)) => Ok(Some(Action::Got(text(seen)))),
        (Function::Read, _) => Ok(None),
        (Function::Write, _) => Ok(Some(Action::Put(text(&operation.input)))),
        (Function::Append, _) => Ok(Some(Action::Append(text(&operation.input)))),
        (other, _) => Err(format!("a key knows get, put and append, and not {other}")),
    }
}

impl<'h> Model for Kv<'h> {
    type State = Arc<str>;
    type Action = Action<'h>;
    type Foresight = ();

    fn initial(&self) -> Arc<str> {
        self.0.as_ref().into()
    }

    fn step(&self, state: &Arc<str>, action: &Action<'h>) -> Option<Arc<str>> {
        match action {
            Action::Got(seen) => (**seen == **state).then(|| state.clone()),
            Action::Put(text) => Some(text.as_ref().into()),
            Action::Append(text) => Some([state, text.as_ref()].concat().into()),
        }
    }

    fn changes_nothing(&self, action: &Action<'h>) -> bool {
        matches!(action, Action::Got(_))
    }

    fn heap_bytes(&self, state: &Arc<str>) -> u64 {
        state.len() as u64 + 32
    }

    fn tell(&self, state: &Arc<str>) -> String {
        format!("{state:?}")
    }
}
