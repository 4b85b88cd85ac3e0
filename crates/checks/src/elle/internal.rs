//! What a transaction saw of itself: a read ends with what it appended before, and holds what its last read held.

use super::budget::Budget;
use super::facts::{Facts, committed};
use super::{Anomalies, Anomaly};
use firedrill_history::import::{MicroOp, Transaction, Value};

/// What a transaction must see of a list.
#[derive(Default)]
struct Seen<'t> {
    /// The transaction that this is about, and one more.
    of: usize,
    /// Its last read.
    read: Option<&'t [Value]>,
    /// What it appended since.
    own: Vec<&'t Value>,
}

/// What is seen of a list takes so much, with a few elements of its own.
const SEEN_BYTES: u64 = 2 * size_of::<Seen<'_>>() as u64;

/// As far as the budget goes.
pub(super) fn find(facts: &Facts<'_>, budget: &Budget<'_>, anomalies: &mut Anomalies) {
    if !budget.take(SEEN_BYTES * facts.lists.len() as u64) {
        return;
    }
    let mut seen: Vec<Seen<'_>> = facts.lists.iter().map(|_| Seen::default()).collect();
    for (number, transaction) in facts.all.iter().enumerate().filter(|(_, transaction)| committed(transaction)) {
        if budget.is_used_up() {
            return;
        }
        one(facts, number, transaction, &mut seen, anomalies);
    }
}

fn one<'t>(
    facts: &Facts<'t>,
    number: usize,
    transaction: &'t Transaction,
    seen: &mut [Seen<'t>],
    anomalies: &mut Anomalies,
) {
    for op in &transaction.ops {
        let (MicroOp::Append { key, .. } | MicroOp::Read { key, .. }) = op;
        let Some(list) = facts.list(key) else { continue };
        let seen = &mut seen[list as usize];
        if seen.of != number + 1 {
            seen.of = number + 1;
            seen.read = None;
            seen.own.clear();
        }
        match op {
            MicroOp::Append { value, .. } => seen.own.push(value),
            MicroOp::Read { list: None, .. } => {}
            MicroOp::Read { list: Some(elements), .. } => {
                if !seen.agrees(elements) {
                    anomalies.note(Anomaly::Internal, || {
                        let name = facts.name(number as u32);
                        let why = format!("{name} read {key} as {}, against {}", shown(elements), seen.expected());
                        (vec![number], why)
                    });
                }
                seen.read = Some(elements);
                seen.own.clear();
            }
        }
    }
}

impl Seen<'_> {
    fn agrees(&self, elements: &[Value]) -> bool {
        let Some(others) = elements.len().checked_sub(self.own.len()) else { return false };
        let (before, own) = elements.split_at(others);
        own.iter().zip(&self.own).all(|(seen, own)| seen == *own) && self.read.is_none_or(|read| read == before)
    }

    fn expected(&self) -> String {
        let own: Vec<String> = self.own.iter().map(ToString::to_string).collect();
        match (self.read, own.is_empty()) {
            (None, _) => format!("its own appends [{}] at the end", own.join(" ")),
            (Some(read), true) => format!("its own read of {} just before", shown(read)),
            (Some(read), false) => format!("its own read of {} and appends of [{}]", shown(read), own.join(" ")),
        }
    }
}

/// A list, or its end if it is long.
pub(super) fn shown(list: &[Value]) -> String {
    const LAST: usize = 8;
    let last = &list[list.len().saturating_sub(LAST)..];
    let text: Vec<String> = last.iter().map(ToString::to_string).collect();
    let more = if list.len() > LAST { format!("... {} before ... ", list.len() - LAST) } else { String::new() };
    format!("[{more}{}]", text.join(" "))
}
