//! Histories of transactions over several keys, as Elle judges them (Kingsbury & Alvaro, VLDB 2020): list-append.

use super::operations::Outcome;
use super::value::Value;

/// A history of transactions, in the order of their invocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transactions {
    /// The transactions.
    pub all: Vec<Transaction>,
}

impl Transactions {
    /// What it takes in memory, roughly.
    pub fn bytes(&self) -> u64 {
        let step = |op: &MicroOp| match op {
            MicroOp::Append { key, value } => key.heap_bytes() + value.heap_bytes(),
            MicroOp::Read { key, list } => {
                let held = |list: &Vec<Value>| {
                    let values = list.capacity() * size_of::<Value>();
                    values as u64 + list.iter().map(Value::heap_bytes).sum::<u64>()
                };
                key.heap_bytes() + list.as_ref().map_or(0, held)
            }
        };
        let heap = |transaction: &Transaction| {
            let ops = transaction.ops.capacity() * size_of::<MicroOp>();
            ops as u64 + transaction.process.heap_bytes() + transaction.ops.iter().map(step).sum::<u64>()
        };
        (self.all.capacity() * size_of::<Transaction>()) as u64 + self.all.iter().map(heap).sum::<u64>()
    }
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Who asked, as the file names it.
    pub process: Value,
    /// What it did, in order: as completed where it is ok, as invoked otherwise (reads then say nothing).
    pub ops: Vec<MicroOp>,
    /// `Ok`: committed. `Failed`: aborted. `Unknown`: either.
    pub outcome: Outcome,
    /// When it was invoked: the place of the event in the file, or its `:index`.
    pub invoked: u64,
    /// When it completed, on the same scale; `None`: it never did, or nobody knows how.
    pub returned: Option<u64>,
    /// The line of its invocation, from 1.
    pub line: u64,
}

/// One step of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MicroOp {
    /// Appended `value` to the list at `key`.
    Append {
        /// The list.
        key: Value,
        /// What was appended.
        value: Value,
    },
    /// Read the list at `key`.
    Read {
        /// The list.
        key: Value,
        /// What was in it, oldest first; `None`: not known. A read of nil is the empty list.
        list: Option<Vec<Value>>,
    },
}
