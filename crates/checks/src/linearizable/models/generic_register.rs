//! A register by its rules alone, for windows: there only a few operations must have happened, and what they don't look at is one value.

use super::super::model::{Asked, Model};
use super::super::registers::{ABSENT, Action};

/// A register of numbered values.
pub(in super::super) struct GenericRegister;

/// Stands for every value that no required operation looks at.
const OTHER: u32 = u32::MAX;

impl Model for GenericRegister {
    type State = u32;
    type Action = Action;
    type Foresight = ();

    fn initial(&self) -> u32 {
        ABSENT
    }

    fn step(&self, state: &u32, action: &Action) -> Option<u32> {
        match *action {
            Action::Write(value) => Some(value),
            Action::Cas(expected, value) => (expected == *state).then_some(value),
            Action::Read(value) => (value == *state).then_some(*state),
            Action::Missed(expected) => (expected != *state).then_some(*state),
        }
    }

    /// Absence keeps its name, since it is there at first.
    fn narrowed(&self, operations: &[Asked<'_, Action>]) -> Option<Vec<Option<Action>>> {
        let looked_at = |asked: &Asked<'_, Action>| match *asked.action {
            Action::Read(value) | Action::Cas(value, _) | Action::Missed(value) => asked.required.then_some(value),
            Action::Write(_) => None,
        };
        let mut kept: Vec<u32> = operations.iter().filter_map(looked_at).chain([ABSENT]).collect();
        kept.sort_unstable();
        let named = |value: u32| if kept.binary_search(&value).is_ok() { value } else { OTHER };
        let narrow = |asked: &Asked<'_, Action>| {
            Some(match *asked.action {
                Action::Write(value) => Action::Write(named(value)),
                Action::Cas(expected, value) => Action::Cas(named(expected), named(value)),
                Action::Read(value) => Action::Read(named(value)),
                Action::Missed(expected) => Action::Missed(named(expected)),
            })
        };
        Some(operations.iter().map(narrow).collect())
    }

    fn changes_nothing(&self, action: &Action) -> bool {
        matches!(action, Action::Read(_) | Action::Missed(_))
    }

    fn heap_bytes(&self, _: &u32) -> u64 {
        0
    }

    fn tell(&self, state: &u32) -> String {
        state.to_string()
    }
}
