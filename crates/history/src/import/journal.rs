//! A journal of ours: what its clients did to sessions. The transaction log is no register and is left out.
//!
//! Instants are in the order of their times, those at the same time in that of the journal: a probe counts from when it was meant to be
//! sent. A client that does something while an operation of its is open is one more process.

use super::Limits;
use super::error::ImportError;
use super::operations::{Band, Function, History, Operation, Outcome};
use super::value::Value;
use crate::event::Event;
use crate::reader;
use firedrill_model as model;
use model::{ClientId, FaultId, Op, OpId, OpResult, Time};
use std::collections::BTreeMap;
use std::io::Read;

/// The first event's line: manifest and environment are before it.
const FIRST: usize = 3;

/// An instant, before it has its place among all others.
type At = (Time, usize);

/// An operation, before instants have their places.
struct Call<'j> {
    client: ClientId,
    op: &'j Op,
    invoked: At,
    returned: Option<(At, &'j model::Outcome)>,
}

pub(super) fn read(input: impl Read, limits: Limits) -> Result<History, ImportError> {
    let wrong = |line: u64, message: String| ImportError { line, column: 1, text: String::new(), message };
    let journal = reader::read(input, String::new())
        .map_err(|error| wrong(error.line.unwrap_or(1), error.problem.to_string()))?;
    let history = history(&journal.events).map_err(|(place, message)| wrong((place + FIRST) as u64, message))?;
    if history.bytes() > limits.memory_bytes {
        return Err(wrong(1, format!("the history takes more than the memory limit of {} bytes", limits.memory_bytes)));
    }
    Ok(history)
}

/// The error is at an event.
fn history(events: &[Event]) -> Result<History, (usize, String)> {
    let calls = calls(events)?;
    let mut instants: Vec<At> = (events.iter().enumerate()).map(|(place, event)| (event.t(), place)).collect();
    instants.sort_unstable();
    let rank = |at: At| instants.binary_search(&at).map_or(0, |rank| rank as u64);
    let mut history = History { bands: bands(events, rank), ..History::default() };
    let mut lanes = Lanes::default();
    for call in &calls {
        let (function, input) = asked(call.op);
        let (outcome, returned) = match call.returned {
            Some((at, model::Outcome::Ok(result))) => {
                let answer = answer(call.op, result).ok_or_else(|| {
                    (at.1, format!("a {function} does not answer {result:?}: this is no history of sessions"))
                })?;
                (Outcome::Ok(answer), Some(at))
            }
            Some((at, model::Outcome::Failed(_))) => (Outcome::Failed, Some(at)),
            Some((_, model::Outcome::Unknown)) | None => (Outcome::Unknown, None),
        };
        let line = |at: At| (at.1 + FIRST) as u64;
        let invoked = rank(call.invoked);
        history.operations.push(Operation {
            process: lanes.of(call.client, invoked, call.returned.map(|(at, _)| rank(at)), &mut history.processes),
            function,
            key: call.op.key().map(|key| Value::text(key.as_str())),
            input,
            outcome,
            invoked,
            returned: returned.map(rank),
            line: line(call.invoked),
            returned_line: returned.map_or(0, line),
        });
    }
    Ok(history)
}

/// What was asked of sessions, in the order of invocations.
fn calls(events: &[Event]) -> Result<Vec<Call<'_>>, (usize, String)> {
    let mut number_of: BTreeMap<OpId, usize> = BTreeMap::new();
    let mut calls: Vec<Call<'_>> = Vec::new();
    for (place, event) in events.iter().enumerate() {
        match event {
            Event::Invoked { t, id, client, op, .. } if op.key().is_some() => {
                if number_of.insert(*id, calls.len()).is_some() {
                    return Err((place, format!("{id} was invoked twice")));
                }
                calls.push(Call { client: *client, op, invoked: (*t, place), returned: None });
            }
            Event::Returned { t, id, outcome, .. } => {
                // What was asked of the transaction log returns too.
                let Some(call) = number_of.get(id).map(|number| &mut calls[*number]) else { continue };
                if call.returned.is_some() || *t < call.invoked.0 {
                    return Err((place, format!("{id} returned twice, or before it was invoked")));
                }
                call.returned = Some(((*t, place), outcome));
            }
            _ => {}
        }
    }
    calls.sort_by_key(|call| call.invoked);
    Ok(calls)
}

fn asked(op: &Op) -> (Function, Value) {
    match op {
        Op::Write { value, .. } => (Function::Write, named(Some(value))),
        Op::Cas { expected, value, .. } => {
            (Function::Cas, Value::List(vec![named(expected.as_ref()), named(Some(value))]))
        }
        Op::Read { .. } | Op::Append { .. } | Op::Scan { .. } => (Function::Read, Value::Nil),
    }
}

/// What an operation returned; `None`: that is no answer to it.
fn answer(op: &Op, result: &OpResult) -> Option<Value> {
    match (op, result) {
        (Op::Read { .. }, OpResult::Value(value)) => Some(named(value.as_ref())),
        (Op::Write { .. }, OpResult::Written) => Some(Value::Nil),
        (Op::Cas { .. }, OpResult::Cas { swapped }) => Some(Value::Bool(*swapped)),
        _ => None,
    }
}

/// Text where it is text, else its bytes.
fn named(value: Option<&model::Value>) -> Value {
    let Some(bytes) = value.map(model::Value::as_bytes) else {
        return Value::Nil;
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::text(text),
        Err(_) => Value::List(bytes.iter().map(|byte| Value::Int(i64::from(*byte))).collect()),
    }
}

fn bands(events: &[Event], rank: impl Fn(At) -> u64) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    let mut open: BTreeMap<FaultId, usize> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        match event {
            Event::FaultBegan { t, fault, .. } => {
                open.insert(*fault, bands.len());
                bands.push(Band { name: fault.to_string(), from: rank((*t, place)), until: None });
            }
            Event::FaultEnded { t, fault } => {
                if let Some(band) = open.remove(fault) {
                    bands[band].until = Some(rank((*t, place)));
                }
            }
            _ => {}
        }
    }
    bands
}

/// The processes of each client, by when they are free again; `None`: never.
#[derive(Default)]
struct Lanes(BTreeMap<ClientId, Vec<(u32, Option<u64>)>>);

impl Lanes {
    fn of(&mut self, client: ClientId, invoked: u64, returned: Option<u64>, processes: &mut Vec<Value>) -> u32 {
        let lanes = self.0.entry(client).or_default();
        if let Some((process, free)) = lanes.iter_mut().find(|(_, free)| free.is_some_and(|free| free < invoked)) {
            *free = returned;
            return *process;
        }
        let process = u32::try_from(processes.len()).unwrap_or(u32::MAX);
        let name = match lanes.len() {
            0 => Value::Int(i64::from(client.0)),
            others => Value::text(&format!("{}/{}", client.0, others + 1)),
        };
        processes.push(name);
        lanes.push((process, returned));
        process
    }
}
