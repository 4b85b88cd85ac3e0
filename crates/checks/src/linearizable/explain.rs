//! Why a session has no order: the first operation that fits nowhere, with its neighbours.
//!
//! That is the operation whose return ends the shortest part of the history, from the start on,
//! that has no order; it is found by bisection, since a part of a history that has an order has one
//! too.

use super::Budget;
use super::registers::{Action, Register, RegisterOp};
use super::search::{Found, search};
use crate::facts::{At, Facts};
use firedrill_model::Op;

/// How many neighbours are shown at most.
const NEIGHBOURS: usize = 5;

/// The first operation of a register without an order that fits nowhere.
pub(crate) fn wrong(facts: &Facts<'_>, register: &Register, budget: Budget) -> String {
    let op = first_misfit(register, budget);
    let key = facts.calls[op.call].op.key().map_or("", |key| key.as_str());
    let mut text = format!("session {key}: {} fits nowhere", told(facts, op));
    if let Some(seen) = seen(op) {
        let sets =
            |other: &&RegisterOp| matches!(other.action, Action::Write(value) | Action::Cas(_, value) if value == seen);
        if seen != super::registers::ABSENT && !register.ops.iter().any(|other| sets(&other)) {
            text.push_str("; nobody wrote what it saw");
        }
    }
    let neighbours = neighbours(register, op);
    let neighbours: Vec<String> = neighbours.into_iter().map(|neighbour| told(facts, neighbour)).collect();
    if !neighbours.is_empty() {
        text.push_str("; beside it: ");
        text.push_str(&neighbours.join("; "));
    }
    text
}

/// How far a search got that was given up.
pub(crate) fn given_up(facts: &Facts<'_>, register: &Register, found: Found) -> Option<String> {
    let key = facts.calls[register.first].op.key().map_or("", |key| key.as_str());
    match found {
        Found::Order | Found::NoOrder => None,
        Found::GaveUp { at, .. } => Some(format!(
            "session {key} ({} operations) up to {}; raise the budget of the search",
            register.ops.len(),
            told(facts, &register.ops[at])
        )),
        Found::TooManyAtOnce => Some(format!("session {key} has more than 4,096 operations under way at once")),
    }
}

/// Needs a register without an order, and so one with an operation that returned.
fn first_misfit(register: &Register, budget: Budget) -> &RegisterOp {
    let mut returns: Vec<(At, &RegisterOp)> =
        register.ops.iter().filter_map(|op| op.returned.map(|at| (at, op))).collect();
    returns.sort_by_key(|(at, _)| *at);
    let ends_order = |end: &(At, &RegisterOp)| search(&until(register, end.0), budget).0 != Found::NoOrder;
    let first = returns.partition_point(ends_order).min(returns.len().saturating_sub(1));
    returns.get(first).map_or(&register.ops[0], |(_, op)| op)
}

/// The history up to an instant: what had not returned by then may have taken effect, or will, or
/// never.
fn until(register: &Register, end: At) -> Register {
    let by_then = |op: &RegisterOp| {
        let returned = op.returned.filter(|at| *at <= end);
        let says_nothing = returned.is_none() && matches!(op.action, Action::Read(_) | Action::Missed(_));
        (op.invoked <= end && !says_nothing).then_some(RegisterOp { returned, ..*op })
    };
    Register { ops: register.ops.iter().filter_map(by_then).collect(), ..*register }
}

/// The value that it must have seen.
fn seen(op: &RegisterOp) -> Option<u32> {
    match op.action {
        Action::Read(value) | Action::Cas(value, _) => Some(value),
        Action::Write(_) | Action::Missed(_) => None,
    }
}

/// What set the value that it saw, what saw or set a value last before it, and what set one beside
/// it; in order of invocation.
fn neighbours<'r>(register: &'r Register, op: &RegisterOp) -> Vec<&'r RegisterOp> {
    let others = || register.ops.iter().filter(|other| other.call != op.call);
    let sets = |other: &&RegisterOp| matches!(other.action, Action::Write(_) | Action::Cas(..));
    let sets_seen = |other: &&RegisterOp| match other.action {
        Action::Write(value) | Action::Cas(_, value) => seen(op) == Some(value),
        Action::Read(_) | Action::Missed(_) => false,
    };
    let before = || others().filter(|other| other.returned.is_some_and(|at| at < op.invoked));
    let beside = others().filter(|other| {
        op.returned.is_none_or(|at| other.invoked < at) && other.returned.is_none_or(|at| at > op.invoked)
    });
    let mut chosen: Vec<&RegisterOp> = others().filter(sets_seen).take(1).collect();
    chosen.extend(before().filter(sets).max_by_key(|other| other.returned));
    chosen.extend(before().max_by_key(|other| other.returned));
    chosen.extend(beside.filter(sets));
    let mut shown: Vec<&RegisterOp> = Vec::new();
    for other in chosen {
        if shown.len() < NEIGHBOURS && !shown.iter().any(|earlier| earlier.call == other.call) {
            shown.push(other);
        }
    }
    shown.sort_by_key(|other| other.invoked);
    shown
}

/// An operation in words: what it was, who asked, when, where, and what came of it.
fn told(facts: &Facts<'_>, op: &RegisterOp) -> String {
    let call = &facts.calls[op.call];
    let what = match call.op {
        Op::Read { .. } => "read".to_owned(),
        Op::Write { value, .. } => format!("write {value:?}"),
        Op::Cas { expected, value, .. } => {
            let expected = expected.as_ref().map_or_else(|| "nothing".to_owned(), |expected| format!("{expected:?}"));
            format!("cas {expected} -> {value:?}")
        }
        Op::Append { .. } | Op::Scan { .. } => "an operation on the log".to_owned(),
    };
    let outcome = match call.outcome() {
        firedrill_model::Outcome::Ok(firedrill_model::OpResult::Value(None)) => "saw nothing".to_owned(),
        firedrill_model::Outcome::Ok(firedrill_model::OpResult::Value(Some(value))) => {
            format!("saw {value:?}")
        }
        firedrill_model::Outcome::Ok(firedrill_model::OpResult::Written) => "ok".to_owned(),
        firedrill_model::Outcome::Ok(firedrill_model::OpResult::Cas { swapped }) => {
            if *swapped { "swapped" } else { "did not swap" }.to_owned()
        }
        firedrill_model::Outcome::Ok(other) => format!("{other:?}"),
        firedrill_model::Outcome::Failed(_) => "failed".to_owned(),
        firedrill_model::Outcome::Unknown => "unknown".to_owned(),
    };
    let until = call.returned.map_or_else(|| "...".to_owned(), |returned| returned.at.t.to_string());
    let site = call.returned.and_then(|returned| returned.site);
    let site = site.map_or_else(String::new, |site| format!(" at {}", facts.names.site(site)));
    format!("{} by {} ({what}: {outcome}, {}-{until}{site})", call.id, call.client, call.invoked.t)
}
