//! Transactions for tests: out of EDN, put together, and tried in every order.

use firedrill_history::import::{self, Format, Imported, Limits, MicroOp, Outcome, Transaction, Transactions, Value};

/// All under way at once, each by a process of its own.
pub fn overlapping(transactions: &[&str]) -> Transactions {
    let lines = |kind: &str| {
        let lines = transactions.iter().enumerate().map(|(process, ops)| line(process, kind, ops));
        lines.collect::<String>()
    };
    parsed(&format!("{}{}", lines("invoke"), lines("ok")))
}

/// Each invoked after the one before returned.
pub fn one_after_another(transactions: &[&str]) -> Transactions {
    let both = |(process, ops): (usize, &&str)| line(process, "invoke", ops) + &line(process, "ok", ops);
    parsed(&transactions.iter().enumerate().map(both).collect::<String>())
}

fn line(process: usize, kind: &str, ops: &str) -> String {
    format!("{{:process {process}, :type :{kind}, :f :txn, :value {ops}}}\n")
}

fn parsed(text: &str) -> Transactions {
    match import::read(text.as_bytes(), Format::ElleEdn, Limits::default()) {
        Ok(Imported::Transactions(transactions)) => transactions,
        other => panic!("{other:?}"),
    }
}

pub fn committed(number: u64, ops: Vec<MicroOp>) -> Transaction {
    let process = Value::Int(number as i64);
    Transaction { process, ops, outcome: Outcome::Ok(Value::Nil), invoked: number, returned: None, line: number + 1 }
}

pub fn appended(list: u8, value: i64) -> MicroOp {
    MicroOp::Append { key: Value::Int(list.into()), value: Value::Int(value) }
}

pub fn read(list: u8, elements: Option<&[i64]>) -> MicroOp {
    let list_of = |elements: &[i64]| elements.iter().copied().map(Value::Int).collect();
    MicroOp::Read { key: Value::Int(list.into()), list: elements.map(list_of) }
}

/// What tests do to a step.
pub trait Step {
    /// Makes a read say nothing.
    fn forget(&mut self);
    /// What a read saw.
    fn list(&mut self) -> Option<&mut Vec<Value>>;
}

impl Step for MicroOp {
    fn forget(&mut self) {
        if let MicroOp::Read { list, .. } = self {
            *list = None;
        }
    }

    fn list(&mut self) -> Option<&mut Vec<Value>> {
        if let MicroOp::Read { list, .. } = self { list.as_mut() } else { None }
    }
}

/// Whether, run one after the other in some order, transactions over the lists 0 and 1 see what they saw.
pub fn some_order_explains(all: &[Transaction]) -> bool {
    explains(&mut vec![false; all.len()], all, &Default::default())
}

fn explains(done: &mut Vec<bool>, all: &[Transaction], lists: &[Vec<Value>; 2]) -> bool {
    if done.iter().all(|done| *done) {
        return true;
    }
    for next in 0..all.len() {
        let mut lists = lists.clone();
        if !done[next] && runs(&all[next], &mut lists) {
            done[next] = true;
            let explained = explains(done, all, &lists);
            done[next] = false;
            if explained {
                return true;
            }
        }
    }
    false
}

fn runs(transaction: &Transaction, lists: &mut [Vec<Value>; 2]) -> bool {
    let place = |key: &Value| usize::from(*key == Value::Int(1));
    transaction.ops.iter().all(|op| match op {
        MicroOp::Append { key, value } => {
            lists[place(key)].push(value.clone());
            true
        }
        MicroOp::Read { key, list } => list.as_ref().is_none_or(|list| *list == lists[place(key)]),
    })
}
