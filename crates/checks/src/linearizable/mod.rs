//! `linearizable`: every session is a register that reads, writes and compare-and-sets change one
//! at a time, each at an instant between its invocation and its return (Herlihy & Wing 1990).
//!
//! The engine, for our journals and for imported histories:
//! - `problem`: one object's operations laid out in time
//! - `search`: looks for an order that explains them (Wing & Gong 1993; Lowe 2017, "Testing for linearizability")
//! - `object`: what the search asks of an object; `register_rules`: a register; `model`: any other, by its rules
//! - `zones`: registers whose values are distinct, without a search (Gibbons & Korach 1997)
//! - `chains`: keys with append whose texts can be told apart, without a search either
//! - `bits`, `memory`: sets of operations under way, and of what leads nowhere, with counted bytes
//!
//! Our journals:
//! - `registers`: a journal's operations, apart by session, values as small numbers
//! - `explain`: the first operation that fits nowhere, with its neighbours
//!
//! Imported histories:
//! - [`imported`]: judges one, within budgets, on several threads
//! - [`models`]: what its operations may be on
//! - `partition`, `prepared`: the history, apart by key and ready to be searched
//! - [`why`]: the window, the operation that fits nowhere, the states that it met, the longest orders
//!
//! A failed operation did not happen. An unknown read says nothing. An unknown write or
//! compare-and-set may take effect at any time after its invocation, or never. Sessions are absent
//! at first. Values may be written more than once, but the search is fast for values that are
//! unique.
//!
//! Does not check operations over several sessions, nor that unknown operations were unknown for a
//! good reason, nor how long anything took.

pub(crate) mod bits;
mod chains;
pub(crate) mod explain;
pub mod imported;
mod memory;
mod model;
pub mod models;
mod object;
mod partition;
mod prepared;
mod problem;
mod register_rules;
pub(crate) mod registers;
pub(crate) mod search;
pub mod why;
mod zones;

use crate::facts::Facts;
use crate::judgement::CheckResult;
use crate::verdict::Verdict;
use registers::{Register, Registers};
use search::{Found, Spent};

pub use search::{Exhausted, Stop};

const NAME: &str = "linearizable";

/// How much a search may cost. A run whose values are unique costs a few steps per operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Steps of the search, over all sessions; some ten million a second.
    pub steps: u64,
    /// Memory for configurations that were found to lead nowhere, in bytes.
    pub memory_bytes: u64,
}

impl Default for Budget {
    /// 20 million steps and 256 MiB: some seconds at worst.
    fn default() -> Budget {
        Budget { steps: 20_000_000, memory_bytes: 256 << 20 }
    }
}

impl Budget {
    /// What a session may cost before it is put off until all others were searched.
    fn first_try(self, register: &Register) -> Budget {
        let steps = 10_000 + 32 * register.ops.len() as u64;
        Budget { steps: steps.min(self.steps), memory_bytes: self.memory_bytes }
    }

    /// What is left.
    fn less(self, spent: Spent) -> Budget {
        Budget { steps: self.steps.saturating_sub(spent.steps), memory_bytes: self.memory_bytes }
    }
}

/// Judges every session.
pub(crate) fn judge(facts: &Facts<'_>, budget: Budget) -> CheckResult {
    let registers = Registers::of(facts);
    let mut budget = budget;
    let mut unsearched: Vec<(&Register, Found)> = Vec::new();
    let mut wrong: Vec<&Register> = Vec::new();
    let mut try_one = |register: &'_ Register, limit: fn(Budget, &Register) -> Budget| {
        let (found, spent) = search::search(register, limit(budget, register));
        budget = budget.less(spent);
        found
    };
    for register in &registers.all {
        match try_one(register, Budget::first_try) {
            Found::Order => {}
            Found::NoOrder => wrong.push(register),
            found => unsearched.push((register, found)),
        }
    }
    for (register, found) in &mut unsearched {
        *found = try_one(register, |budget, _| budget);
    }
    wrong.extend(unsearched.iter().filter(|(_, found)| *found == Found::NoOrder).map(|(register, _)| register));
    let given_up = unsearched.iter().filter_map(|(register, found)| explain::given_up(facts, register, *found));
    result(facts, &registers, &wrong, given_up.collect(), budget)
}

fn result(
    facts: &Facts<'_>,
    registers: &Registers,
    wrong: &[&Register],
    given_up: Vec<String>,
    budget: Budget,
) -> CheckResult {
    let judged = registers.answered;
    let mut texts = registers.absurd.clone();
    // The first in the order of the journal explains best; the others are counted.
    let first = wrong.iter().min_by_key(|register| register.first);
    texts.extend(first.map(|register| explain::wrong(facts, register, budget)));
    let count = wrong.len() + registers.absurd.len();
    if let Some(text) = texts.first() {
        let more = if count > 1 { format!(" ({count} sessions in all)") } else { String::new() };
        return CheckResult::client(NAME, Verdict::Fail, judged, format!("{text}{more}"));
    }
    if let Some(text) = given_up.first() {
        let why = format!("{} of {} sessions not searched to the end: {text}", given_up.len(), registers.all.len());
        return CheckResult::client(NAME, Verdict::Unknown, judged, why);
    }
    if judged == 0 {
        return CheckResult::client(NAME, Verdict::Unknown, 0, "no operation was answered");
    }
    let why = format!("{judged} answered operations on {} sessions have an order", registers.all.len());
    CheckResult::client(NAME, Verdict::Pass, judged, why)
}
