//! Why a history has no order.

use super::imported::Order;
use super::partition::Partition;
use super::prepared::{self, Manner, Part};
use super::search::{Found, Limit};
use crate::facts::At;
use firedrill_history::import::{Function, History, Outcome, Value};

/// Why one object's operations have no order. Operations are told by their places in the history.
#[derive(Clone, Debug)]
pub struct Why {
    /// The object's key.
    pub key: Option<Value>,
    /// The operation whose return ends the shortest part of the history, from its start on, that has no order.
    pub misfit: usize,
    /// States that it met: those in which what returned before it may have left the object.
    pub met: Vec<String>,
    /// The smallest window found: operations that cannot all have happened as told, whatever became of all others; none can be
    /// taken away (unless a budget was used up, see `minimal`).
    pub window: Vec<usize>,
    /// Whether taking away was tried to the end.
    pub minimal: bool,
    /// Others that set what operations of the window saw.
    pub context: Vec<usize>,
    /// The longest orders of what returned before the misfit, each to another state.
    pub partial: Vec<Order>,
}

/// The first operation that fits nowhere, by its number in a partition that has no order.
pub(super) fn misfit(partition: &Partition<'_>, limit: Limit<'_>) -> usize {
    let prepared = &partition.prepared;
    let mut returns: Vec<(At, usize)> =
        (0..prepared.len()).filter_map(|number| prepared.span(number).returned.map(|at| (at, number))).collect();
    returns.sort_unstable();
    let has_order =
        |end: At| prepared::told(&**prepared, &Part { end: Some(end), held: None }, limit).found != Found::NoOrder;
    let first = returns.partition_point(|(at, _)| has_order(*at)).min(returns.len().saturating_sub(1));
    returns.get(first).map_or(0, |(_, number)| *number)
}

/// Explains a partition whose first operation that fits nowhere is known. An order of all but that one may cost `for_order`.
pub(super) fn explain(partition: &Partition<'_>, misfit: usize, limit: Limit<'_>, for_order: Limit<'_>) -> Why {
    let prepared = &partition.prepared;
    let end = prepared.span(misfit).returned;
    let forward = prepared.search(&Part { end, held: None }, limit, Manner::Forward);
    let mut partial: Vec<Order> = forward.partial.iter().map(|(order, _)| Order::of(partition, order)).collect();
    if partial.is_empty() {
        let all: Vec<bool> = (0..prepared.len()).map(|number| number != misfit).collect();
        let told = prepared.search(&Part { end, held: Some(&all) }, for_order, Manner::Witness);
        partial.extend((told.found == Found::Order).then(|| Order::of(partition, &told.order)));
    }
    partial.sort_by_key(|order| std::cmp::Reverse(order.steps.len()));
    let last = |order: &Order| order.steps.last().map_or_else(|| order.initial.clone(), |(_, state)| state.clone());
    let met = partial.iter().map(last).collect();
    let (held, minimal) = shrink(partition, end, misfit, limit);
    let place = |number: usize| partition.places[number];
    let numbers = || 0..prepared.len();
    let seen: Vec<u32> =
        numbers().filter(|number| held[*number]).filter_map(|number| prepared.values(number).0).collect();
    let sets_seen =
        |number: &usize| !held[*number] && prepared.values(*number).1.is_some_and(|set| seen.contains(&set));
    let by_then = |number: &usize| end.is_none_or(|end| prepared.span(*number).invoked < end);
    Why {
        key: partition.key.clone(),
        misfit: place(misfit),
        met,
        window: numbers().filter(|number| held[*number]).map(place).collect(),
        minimal,
        context: numbers().filter(sets_seen).filter(by_then).map(place).take(8).collect(),
        partial,
    }
}

/// Which operations must have happened as told so that there is no order: leaves out halves, quarters, and so on down to
/// single ones, until none can be left out (Zeller & Hildebrandt 2002, "Simplifying and isolating failure-inducing input").
/// What is left out may have happened or not, so that no history with an order becomes one without; see
/// [`Prepared::search_window`](prepared::Prepared::search_window).
fn shrink(partition: &Partition<'_>, end: Option<At>, misfit: usize, limit: Limit<'_>) -> (Vec<bool>, bool) {
    let prepared = &partition.prepared;
    let within = |number: usize| prepared.span(number).returned.is_some_and(|at| end.is_none_or(|end| at <= end));
    let mut held: Vec<bool> = (0..prepared.len()).map(within).collect();
    let mut steps = 20 * limit.budget.steps;
    let mut minimal = true;
    let mut size = held.iter().filter(|held| **held).count().div_ceil(2);
    loop {
        let mut dropped = false;
        let numbers: Vec<usize> = (0..held.len()).filter(|number| held[*number] && *number != misfit).collect();
        for chunk in numbers.chunks(size.max(1)) {
            chunk.iter().for_each(|number| held[*number] = false);
            let told = prepared.search_window(&Part { end, held: Some(&held) }, limit);
            steps = steps.saturating_sub(told.spent.steps);
            let needed = told.found != Found::NoOrder;
            minimal &= matches!(told.found, Found::Order | Found::NoOrder);
            chunk.iter().for_each(|number| held[*number] = needed);
            dropped |= !needed;
            if steps == 0 || limit.stop.is_some_and(|stop| stop()) {
                return (held, false);
            }
        }
        if size <= 1 && !dropped {
            return (held, minimal);
        }
        if size > 1 {
            size = size.div_ceil(2);
        }
    }
}

/// An operation in words: `process 3: cas [1 2] -> swapped (lines 10-14)`.
pub fn told(history: &History, place: usize) -> String {
    let operation = &history.operations[place];
    let process = history.processes.get(operation.process as usize).map_or_else(String::new, Value::to_string);
    let lines = match operation.returned_line {
        0 => format!("line {}, never returned", operation.line),
        line => format!("lines {}-{line}", operation.line),
    };
    format!("process {process}: {} ({lines})", asked_and_answered(history, place))
}

/// What was asked, and what came of it.
pub fn asked_and_answered(history: &History, place: usize) -> String {
    let operation = &history.operations[place];
    if operation.function == Function::Transaction {
        return transaction(&operation.input, &operation.outcome);
    }
    let key = operation.key.as_ref().map_or_else(String::new, |key| format!(" {key}"));
    let input = match (&operation.input, operation.function) {
        (Value::Nil, _) | (_, Function::Read) => String::new(),
        (input, _) => format!(" {input}"),
    };
    let outcome = match (&operation.outcome, operation.function) {
        (Outcome::Ok(Value::Bool(swapped)), Function::Cas) => {
            if *swapped { "swapped" } else { "did not swap" }.to_owned()
        }
        (Outcome::Ok(value), Function::Read | Function::Dequeue) => value.to_string(),
        (Outcome::Ok(_), _) => "ok".to_owned(),
        (Outcome::Failed, _) => "failed".to_owned(),
        (Outcome::Unknown, _) => "unknown".to_owned(),
    };
    format!("{}{key}{input} -> {outcome}", operation.function)
}

/// A transaction, step by step: `txn read x 1, write y 2 -> ok`. What an unknown one read is left out.
fn transaction(input: &Value, outcome: &Outcome) -> String {
    let (steps, came_of_it) = match outcome {
        Outcome::Ok(steps) => (steps, "ok"),
        Outcome::Failed => (input, "failed"),
        Outcome::Unknown => (input, "unknown"),
    };
    let word = |value: &Value| value.as_text().map_or_else(|| value.to_string(), str::to_owned);
    let step = |step: &Value| match step.as_list() {
        Some([what, register, Value::Nil]) => format!("{} {}", word(what), word(register)),
        Some([what, register, value]) => format!("{} {} {value}", word(what), word(register)),
        _ => step.to_string(),
    };
    let steps: Vec<String> = steps.as_list().unwrap_or(&[]).iter().map(step).collect();
    format!("txn {} -> {came_of_it}", steps.join(", "))
}
