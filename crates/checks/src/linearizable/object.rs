//! What the search asks of the object that the operations are on. States and operations are small numbers.

use super::problem::Problem;

/// Where the search stands, when an operation returns that is not in order yet.
pub(super) struct Stand<'s> {
    /// The operation that returns.
    pub(super) op: u32,
    pub(super) state: u32,
    /// The place in the timeline.
    pub(super) place: u32,
    /// Operations under way that are not in order, that one included.
    pub(super) waiting: &'s [u32],
    pub(super) problem: &'s Problem,
}

/// An object.
pub(super) trait Object {
    /// Whether an operation that never changes the state returned what it would in this one.
    fn sees(&mut self, op: u32, state: u32) -> bool;

    /// The state that an operation leaves; `None` if it would not have returned what it did.
    fn apply(&mut self, op: u32, state: u32) -> Option<u32>;

    /// Adds what could be put in order next so that, sooner or later, the operation that returns can be; the most
    /// promising last. Must not leave out what any order needs.
    fn candidates(&mut self, stand: &Stand<'_>, found: &mut Vec<u32>);

    /// Whether `other` may be put in order just before `chosen` whatever the state.
    fn rides_along(&self, chosen: u32, other: u32) -> bool {
        let _ = (chosen, other);
        false
    }

    /// What its states take in memory.
    fn bytes(&self) -> u64 {
        0
    }
}
