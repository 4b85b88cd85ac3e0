//! EDN histories: maps with `:process`, `:type`, `:f`, `:value`, as Knossos and Elle read them
//! (github.com/jepsen-io/knossos, github.com/jepsen-io/elle).
//!
//! In both `:fail` means that an operation did not happen. Knossos lets a read of nil return with any state.

use super::Limits;
use super::edn::Forms;
use super::error::ImportError;
use super::events::{Event, Kind, Meaning, Pairing};
use super::operations::{Function, History, Operation, Outcome};
use super::source::Source;
use super::transactions::{MicroOp, Transaction, Transactions};
use super::value::Value;
use std::io::BufRead;

/// What Knossos reads.
pub(super) fn operations<R: BufRead>(source: &mut Source<R>, limits: Limits) -> Result<History, ImportError> {
    let meaning = Meaning { failed_cas_missed: false, nil_read_says_nothing: true };
    pair(source, limits, meaning, |event| steps_are_well_formed(&event.function, &event.value))
}

/// What Elle reads.
pub(super) fn transactions<R: BufRead>(source: &mut Source<R>, limits: Limits) -> Result<Transactions, ImportError> {
    let meaning = Meaning { failed_cas_missed: false, nil_read_says_nothing: false };
    // Each is kept a second time as it is taken apart.
    let limits = Limits { memory_bytes: limits.memory_bytes / 2, ..limits };
    let check = |event: &Event| micro_ops(&event.value, event.kind == Kind::Ok).map(|_| ());
    let history = pair(source, limits, meaning, check)?;
    let History { operations, processes, .. } = history;
    let all = operations.into_iter().map(|operation| transaction(operation, &processes));
    Ok(Transactions { all: all.collect() })
}

/// Reads events and puts completions to invocations.
pub(super) fn pair<R: BufRead>(
    source: &mut Source<R>,
    limits: Limits,
    meaning: Meaning,
    check: impl Fn(&Event) -> Result<(), String>,
) -> Result<History, ImportError> {
    let mut forms = Forms::new(source);
    let mut pairing = Pairing::new(meaning, limits);
    while let Some((line, form)) = forms.next()? {
        let taken = event(form, line).and_then(|event| {
            let client = !event.process.as_text().is_some_and(|name| name.starts_with("nemesis"));
            if client {
                check(&event)?;
            }
            pairing.take(event)
        });
        taken.map_err(|message| forms.error(message))?;
    }
    Ok(pairing.finish())
}

fn event(form: Value, line: u64) -> Result<Event, String> {
    let Value::Map(entries) = form else {
        return Err(format!("an operation is a map, like {{:process 0, :type :invoke, :f :read}}; this is {form}"));
    };
    let (mut process, mut kind, mut function, mut key, mut value) = (None, None, None, None, Value::Nil);
    for (name, held) in entries {
        match name.as_text() {
            Some("process") => process = Some(held),
            Some("type") => kind = Some(held),
            Some("f") => function = Some(held),
            Some("key") => key = Some(held),
            Some("value") => value = held,
            _ => {}
        }
    }
    let process = process.ok_or("`:process` is missing")?;
    let kind = kind.ok_or("`:type` is missing")?;
    let kind = kind
        .as_text()
        .and_then(Kind::named)
        .ok_or_else(|| format!("`:type` is :invoke, :ok, :fail or :info, and not {kind}"))?;
    let function = match function {
        Some(Value::Text(name)) => name.into_string(),
        Some(other) => return Err(format!("`:f` is a keyword, and not {other}")),
        // Elle's histories may leave it out: all are transactions.
        None if matches!(value, Value::List(_)) => "txn".to_owned(),
        None => return Err("`:f` is missing".to_owned()),
    };
    Ok(Event { process, kind, function, key, value, line })
}

fn transaction(operation: Operation, processes: &[Value]) -> Transaction {
    let Operation { process, input, outcome, invoked, returned, line, .. } = operation;
    let process = processes[process as usize].clone();
    let (value, outcome) = match outcome {
        Outcome::Ok(value) => (value, Outcome::Ok(Value::Nil)),
        other => (input, other),
    };
    // Both were checked as they were read.
    let ops = micro_ops(&value, matches!(outcome, Outcome::Ok(_))).unwrap_or_default();
    Transaction { process, ops, outcome, invoked, returned, line }
}

/// `[[:append k v] [:r k [v ...]]]`
fn micro_ops(value: &Value, read: bool) -> Result<Vec<MicroOp>, String> {
    let Some(list) = value.as_list() else {
        return Err(format!("a transaction is a vector like [[:append 1 2] [:r 1 nil]], and not {value}"));
    };
    list.iter().map(|step| micro_op(step, read)).collect()
}

fn micro_op(step: &Value, read: bool) -> Result<MicroOp, String> {
    let Some([Value::Text(name), key, value]) = step.as_list() else {
        return Err(format!("a step is [:append key value] or [:r key list], and not {step}"));
    };
    let key = key.clone();
    match (name.as_ref(), value) {
        ("append", _) => Ok(MicroOp::Append { key, value: value.clone() }),
        ("r" | "read", _) if !read => Ok(MicroOp::Read { key, list: None }),
        ("r" | "read", Value::Nil) => Ok(MicroOp::Read { key, list: Some(Vec::new()) }),
        ("r" | "read", Value::List(list)) => Ok(MicroOp::Read { key, list: Some(list.clone()) }),
        ("r" | "read", other) => Err(format!("a list was read, and {other} is none")),
        (other, _) => Err(format!("a step is an append or r; `{other}` is neither")),
    }
}

/// Several reads and writes at one instant, `[[:read x 1] [:write y 2]]`: whether they are written as they should.
pub(super) fn steps_are_well_formed(function: &str, value: &Value) -> Result<(), String> {
    if Function::named(function) != Some(Function::Transaction) {
        return Ok(());
    }
    let well = |step: &Value| matches!(step.as_list(), Some([Value::Text(_), _, _]));
    match value.as_list() {
        Some(steps) if steps.iter().all(well) => Ok(()),
        _ => Err(format!("a transaction is a vector like [[:read :x nil] [:write :y 2]], and not {value}")),
    }
}
