//! Invocations and completions, and which belong together.

use super::Limits;
use super::operations::{Band, Function, History, Operation, Outcome};
use super::value::Value;
use std::collections::BTreeMap;

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Kind {
    pub(super) fn named(name: &str) -> Option<Kind> {
        match name {
            "invoke" => Some(Kind::Invoke),
            "ok" => Some(Kind::Ok),
            "fail" => Some(Kind::Fail),
            "info" => Some(Kind::Info),
            _ => None,
        }
    }
}

/// One event of a file.
pub(super) struct Event {
    pub(super) process: Value,
    pub(super) kind: Kind,
    pub(super) function: String,
    pub(super) key: Option<Value>,
    pub(super) value: Value,
    pub(super) line: u64,
}

/// Where formats mean different things by the same words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    /// A failed cas ran and saw another value, rather than that it did not happen.
    pub(super) failed_cas_missed: bool,
    /// A read that returned nil says nothing, rather than that there was nothing.
    pub(super) nil_read_says_nothing: bool,
}

/// Puts completions to their invocations.
pub(super) struct Pairing {
    history: History,
    meaning: Meaning,
    limits: Limits,
    processes: BTreeMap<Value, Client>,
    nemeses: BTreeMap<(Value, String), usize>,
    events: u64,
    bytes: u64,
}

/// A client: its number, and the operation that it waits for.
struct Client {
    number: u32,
    waits: Option<usize>,
}

impl Pairing {
    pub(super) fn new(meaning: Meaning, limits: Limits) -> Pairing {
        let (processes, nemeses) = (BTreeMap::new(), BTreeMap::new());
        Pairing { history: History::default(), meaning, limits, processes, nemeses, events: 0, bytes: 0 }
    }

    /// Takes the next event; the error says what is wrong with it.
    pub(super) fn take(&mut self, event: Event) -> Result<(), String> {
        let place = self.events;
        self.events += 1;
        self.bytes += event.value.heap_bytes() + event.key.as_ref().map_or(0, Value::heap_bytes);
        if matches!(&event.process, Value::Text(name) if name.starts_with("nemesis")) {
            self.nemesis(&event, place);
        } else {
            self.operation(event, place)?;
        }
        // A vector may have room for twice what is in it.
        let kept = self.history.operations.len() + self.history.bands.len() + 2 * self.processes.len();
        if self.bytes + (kept * 2 * size_of::<Operation>()) as u64 > self.limits.memory_bytes {
            let limit = self.limits.memory_bytes;
            return Err(format!("the history up to here takes more than the memory limit of {limit} bytes"));
        }
        Ok(())
    }

    fn operation(&mut self, event: Event, place: u64) -> Result<(), String> {
        let Some(function) = Function::named(&event.function) else {
            return Err(format!("unknown operation `{}`; known are {}", event.function, Function::names()));
        };
        let Event { process, kind, key, value, line, .. } = event;
        if kind == Kind::Invoke {
            return self.invoked(process, function, key, value, (place, line));
        }
        let Some(client) = self.processes.get_mut(&process) else {
            return Err(format!("process {process} completes an operation that it did not invoke"));
        };
        let Some(number) = client.waits.take() else {
            return Err(format!("process {process} completes an operation that it did not invoke"));
        };
        let operation = &mut self.history.operations[number];
        if operation.function != function {
            let (asked, line) = (operation.function, operation.line);
            return Err(format!("process {process} completes a {function} but invoked a {asked} in line {line}"));
        }
        if kind == Kind::Info {
            return Ok(());
        }
        operation.outcome = outcome(self.meaning, kind, function, value);
        if operation.outcome != Outcome::Unknown {
            (operation.returned, operation.returned_line) = (Some(place), line);
        }
        Ok(())
    }

    fn invoked(
        &mut self,
        process: Value,
        function: Function,
        key: Option<Value>,
        input: Value,
        (invoked, line): (u64, u64),
    ) -> Result<(), String> {
        let number = self.history.operations.len();
        let next = u32::try_from(self.history.processes.len()).map_err(|_| "too many processes".to_owned())?;
        let client = self.processes.entry(process.clone()).or_insert(Client { number: next, waits: None });
        if let Some(earlier) = client.waits.replace(number) {
            let line = self.history.operations[earlier].line;
            return Err(format!("process {process} invokes again, and its operation of line {line} did not complete"));
        }
        if client.number == next {
            self.bytes += 2 * process.heap_bytes() + 64;
            self.history.processes.push(process);
        }
        let (outcome, returned, returned_line) = (Outcome::Unknown, None, 0);
        let process = client.number;
        self.history.operations.push(Operation {
            process,
            function,
            key,
            input,
            outcome,
            invoked,
            returned,
            line,
            returned_line,
        });
        Ok(())
    }

    /// A nemesis begins a fault with start (or any other word), and ends it with stop, heal, resume or recover; what follows a
    /// hyphen tells faults apart that it has at once, as in `start-partition` and `stop-partition`.
    fn nemesis(&mut self, event: &Event, place: u64) {
        let word = event.function.as_str();
        let kind = word.split_once('-').map_or("", |(_, kind)| kind);
        let fault = (event.process.clone(), kind.to_owned());
        let bands = &mut self.history.bands;
        let running = self.nemeses.get(&fault).copied();
        if ["stop", "heal", "resume", "recover"].iter().any(|end| word.starts_with(end)) {
            if let Some(band) = self.nemeses.remove(&fault) {
                bands[band].until = Some(place);
            }
            return;
        }
        match running {
            Some(band) if event.value != Value::Nil => bands[band].name = named(word, &event.value),
            Some(_) => {}
            None => {
                self.nemeses.insert(fault, bands.len());
                bands.push(Band { name: named(word, &event.value), from: place, until: None });
            }
        }
    }

    pub(super) fn finish(self) -> History {
        self.history
    }
}

/// What a band is called: no longer than fits on a page.
fn named(word: &str, value: &Value) -> String {
    let text = match value {
        Value::Nil => word.to_owned(),
        Value::Text(text) => format!("{word}: {text}"),
        value => format!("{word}: {value}"),
    };
    text.chars().take(160).collect()
}

fn outcome(meaning: Meaning, kind: Kind, function: Function, value: Value) -> Outcome {
    match (kind, function) {
        (Kind::Fail, Function::Cas) if meaning.failed_cas_missed => Outcome::Ok(Value::Bool(false)),
        (Kind::Fail, _) => Outcome::Failed,
        (_, Function::Cas) => Outcome::Ok(Value::Bool(value != Value::Bool(false))),
        (_, Function::Read) if meaning.nil_read_says_nothing && value == Value::Nil => Outcome::Unknown,
        _ => Outcome::Ok(value),
    }
}
