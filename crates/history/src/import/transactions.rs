//! Histories of transactions over several keys, as Elle judges them (Kingsbury & Alvaro, VLDB 2020): list-append.

use super::operations::Outcome;
use super::value::Value;

/// A history of transactions, in the order of their invocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transactions {
    /// The transactions.
    pub all: Vec<Transaction>,
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
