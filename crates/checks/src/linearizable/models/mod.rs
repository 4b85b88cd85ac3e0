//! The objects that imported histories may be of, and their words.
//!
//! Registers (register, cas-register, session, mutex, and key-value without append) are judged by `register_rules`, which
//! knows more about them; each other object is a [`Model`](super::model::Model) with a file here.
//!
//! To add one: a variant of [`ModelName`], its file with the rules and a function from an imported operation to an action, its line
//! in `partition`, and its histories in `tests/judges/models.rs`.

pub(super) mod counter;
pub(super) mod generic_register;
pub(super) mod kv;
pub(super) mod multi_register;
pub(super) mod queue;
pub(super) mod register;
pub(super) mod set;

use firedrill_history::import::Value;

/// What the operations of a history are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelName {
    /// Read and write; nil at first.
    Register,
    /// Read, write and compare-and-set; nil at first.
    CasRegister,
    /// Transactions of reads and writes over several registers, each nil at first.
    MultiRegister,
    /// A map: get, put and append of strings; "" at first.
    Kv,
    /// Acquire and release; free at first.
    Mutex,
    /// Add and read; 0 at first.
    Counter,
    /// Add, remove and read; empty at first.
    Set,
    /// Enqueue and dequeue, first in first out; empty at first.
    Queue,
    /// Our sessions: cas-registers, apart by key, absent at first.
    Session,
}

impl ModelName {
    /// What one object is called in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            ModelName::Register | ModelName::CasRegister => "register",
            ModelName::MultiRegister => "map of registers",
            ModelName::Kv => "text",
            ModelName::Mutex => "mutex",
            ModelName::Counter => "counter",
            ModelName::Set => "set",
            ModelName::Queue => "queue",
            ModelName::Session => "session",
        }
    }
}

/// A history that does not fit the model: which operation, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Its place in the history.
    pub operation: usize,
    /// What is wrong.
    pub message: String,
}

/// A number that was handed over or returned.
pub(super) fn integer(value: &Value) -> Result<i64, String> {
    match value {
        Value::Int(number) => Ok(*number),
        other => Err(format!("a counter holds integers, and {other} is none")),
    }
}
