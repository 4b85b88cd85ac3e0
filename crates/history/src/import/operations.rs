//! Histories of single operations.

use super::value::Value;
use std::fmt;

/// A history of operations, in the order of their invocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The operations.
    pub operations: Vec<Operation>,
    /// What a nemesis did, and when.
    pub bands: Vec<Band>,
    /// The names of the clients, by [`Operation::process`].
    pub processes: Vec<Value>,
}

impl History {
    /// What it takes in memory, roughly.
    pub fn bytes(&self) -> u64 {
        let heap = |operation: &Operation| {
            let outcome = if let Outcome::Ok(value) = &operation.outcome { value.heap_bytes() } else { 0 };
            operation.input.heap_bytes() + operation.key.as_ref().map_or(0, Value::heap_bytes) + outcome
        };
        let operations = self.operations.capacity() * size_of::<Operation>();
        operations as u64 + self.operations.iter().map(heap).sum::<u64>()
    }
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Who asked: a place in [`History::processes`].
    pub process: u32,
    /// What was asked.
    pub function: Function,
    /// Which object, where the history names one.
    pub key: Option<Value>,
    /// What was handed over: the value of a write, `[expected new]` of a cas, the steps of a transaction.
    pub input: Value,
    /// What came of it.
    pub outcome: Outcome,
    /// When it was invoked: the place of the event in the history.
    pub invoked: u64,
    /// When it returned, on the same scale; `None`: it may take effect at any later time, or never.
    pub returned: Option<u64>,
    /// The line of its invocation, from 1.
    pub line: u64,
    /// The line of its completion; 0: there is none.
    pub returned_line: u64,
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It happened, and returned this. A cas returns whether it swapped.
    Ok(Value),
    /// It did not happen.
    Failed,
    /// Nobody knows.
    Unknown,
}

/// What can be asked of an object; the names are the formats'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// Returns the state.
    Read,
    /// Sets the state.
    Write,
    /// Sets the state if it is as expected.
    Cas,
    /// Appends text to the state.
    Append,
    /// Adds a number to a counter, or an element to a set.
    Add,
    /// Takes an element out of a set.
    Remove,
    /// Puts an element at the end of a queue.
    Enqueue,
    /// Takes the element at the front of a queue.
    Dequeue,
    /// Takes a mutex.
    Acquire,
    /// Gives a mutex back.
    Release,
    /// Several reads and writes at one instant.
    Transaction,
}

impl Function {
    const NAMES: [(&'static str, Function); 20] = [
        ("read", Function::Read),
        ("get", Function::Read),
        ("r", Function::Read),
        ("write", Function::Write),
        ("put", Function::Write),
        ("w", Function::Write),
        ("cas", Function::Cas),
        ("append", Function::Append),
        ("add", Function::Add),
        ("inc", Function::Add),
        ("increment", Function::Add),
        ("remove", Function::Remove),
        ("enqueue", Function::Enqueue),
        ("dequeue", Function::Dequeue),
        ("acquire", Function::Acquire),
        ("lock", Function::Acquire),
        ("release", Function::Release),
        ("unlock", Function::Release),
        ("txn", Function::Transaction),
        ("transaction", Function::Transaction),
    ];

    /// By its name in a file.
    pub fn named(name: &str) -> Option<Function> {
        Function::NAMES.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }

    /// All names, for an error.
    pub fn names() -> String {
        Function::NAMES.map(|(name, _)| name).join(", ")
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Function::NAMES.iter().find(|(_, function)| function == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// A stretch of time with a fault in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// What the nemesis said.
    pub name: String,
    /// The place of the event that began it.
    pub from: u64,
    /// That of the event that ended it; `None`: the history ended first.
    pub until: Option<u64>,
}
