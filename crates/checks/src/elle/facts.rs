//! Who appended what, in which order each list's elements stand, and who read how much of it.

use super::Malformed;
use super::budget::Budget;
use firedrill_history::import::{MicroOp, Outcome, Transaction, Value};
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::BuildHasherDefault;

/// Looked up, never gone over; and the same in every process.
type Lookup<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// The number of what nobody appended.
pub(super) const NOBODY: u32 = u32::MAX;

/// An element that was appended.
pub(super) struct Append<'t> {
    pub(super) by: u32,
    pub(super) value: &'t Value,
    /// Whether it is the last that its transaction appended to this list.
    pub(super) last: bool,
    /// Its place in the order of the list; `None`: the longest read does not hold it.
    pub(super) place: Option<u32>,
    /// Whether any read holds it.
    pub(super) seen: bool,
}

/// A read of a list by a committed transaction.
pub(super) struct Read<'t> {
    pub(super) by: u32,
    pub(super) list: &'t [Value],
    /// Whether it is the transaction's first of this list, before it appended to it: what it saw of the others.
    pub(super) external: bool,
    /// Whether it is a prefix of the order.
    pub(super) fits: bool,
}

/// A list.
#[derive(Default)]
pub(super) struct List<'t> {
    pub(super) key: Option<&'t Value>,
    /// What was appended to it, as numbers of appends.
    pub(super) appends: Vec<u32>,
    pub(super) reads: Vec<Read<'t>>,
    /// The longest read; the first of several.
    pub(super) longest: Option<usize>,
    /// The elements of the longest read, as numbers of appends or [`NOBODY`].
    pub(super) order: Vec<u32>,
    /// While transactions are gone over: the last that appended to it or read it.
    touched_by: Option<u32>,
}

/// A history, sorted out.
pub(super) struct Facts<'t> {
    pub(super) all: &'t [Transaction],
    pub(super) appends: Vec<Append<'t>>,
    pub(super) lists: Vec<List<'t>>,
    numbers: Lookup<&'t Value, u32>,
    elements: Lookup<(u32, &'t Value), u32>,
    pub(super) committed: u64,
    pub(super) judged: u64,
    /// So many transactions were sorted out, within the budget.
    pub(super) sorted_out: u64,
    /// So many lists are in the budget.
    lists_counted: usize,
}

/// What an append takes at most, with its place in the tables: these grow to twice their size, and are in memory twice then.
const APPEND_BYTES: u64 = 3 * (size_of::<Append<'_>>() + size_of::<((u32, &Value), u32)>() * 8 / 7 + 5) as u64;
/// What a read takes at most, and an element of it that is put in order.
const READ_BYTES: u64 = 3 * size_of::<Read<'_>>() as u64;
const ELEMENT_BYTES: u64 = size_of::<u32>() as u64;
/// What a list takes at most.
const LIST_BYTES: u64 = 3 * (size_of::<List<'_>>() + size_of::<(&Value, u32)>() * 8 / 7) as u64;

impl<'t> Facts<'t> {
    pub(super) fn of(all: &'t [Transaction], budget: &Budget<'_>) -> Result<Facts<'t>, Malformed> {
        let mut facts = Facts {
            all,
            appends: Vec::new(),
            lists: Vec::new(),
            numbers: Lookup::default(),
            elements: Lookup::default(),
            committed: 0,
            judged: 0,
            sorted_out: 0,
            lists_counted: 0,
        };
        for (by, transaction) in (0..).zip(all) {
            let appends = transaction.ops.iter().filter(|op| matches!(op, MicroOp::Append { .. })).count() as u64;
            if !facts.has_room(APPEND_BYTES * appends, budget) {
                return Ok(facts);
            }
            facts.take_appends(by, transaction)?;
        }
        for (by, transaction) in (0..).zip(all) {
            if !facts.has_room(READ_BYTES * transaction.ops.len() as u64, budget) {
                return Ok(facts);
            }
            if committed(transaction) {
                facts.committed += 1;
                facts.take_reads(by, transaction);
            }
            facts.sorted_out += 1;
        }
        for list in 0..facts.lists.len() {
            let longest = facts.lists[list].longest.map_or(0, |longest| facts.lists[list].reads[longest].list.len());
            if !facts.has_room(ELEMENT_BYTES * longest as u64, budget) {
                return Ok(facts);
            }
            facts.put_in_order(list);
        }
        Ok(facts)
    }

    /// For one step, which takes so much more memory, and for the lists that the one before added.
    fn has_room(&mut self, bytes: u64, budget: &Budget<'_>) -> bool {
        let lists = std::mem::replace(&mut self.lists_counted, self.lists.len()).abs_diff(self.lists.len()) as u64;
        !budget.is_used_up() && budget.take(bytes + LIST_BYTES * lists)
    }

    /// The number of a list.
    pub(super) fn list(&self, key: &Value) -> Option<u32> {
        self.numbers.get(key).copied()
    }

    /// The number of an append, or [`NOBODY`].
    pub(super) fn element(&self, list: u32, value: &Value) -> u32 {
        self.elements.get(&(list, value)).copied().unwrap_or(NOBODY)
    }

    /// Whose element this is, if somebody's.
    pub(super) fn writer(&self, element: u32) -> Option<u32> {
        self.appends.get(element as usize).map(|append| append.by)
    }

    /// How a list is called.
    pub(super) fn key(&self, list: u32) -> String {
        self.lists[list as usize].key.map(ToString::to_string).unwrap_or_default()
    }

    /// How a transaction is called.
    pub(super) fn name(&self, transaction: u32) -> String {
        let line = self.all[transaction as usize].line;
        if line == 0 { format!("T{transaction}") } else { format!("T{transaction} (line {line})") }
    }

    pub(super) fn outcome(&self, transaction: u32) -> &'t Outcome {
        &self.all[transaction as usize].outcome
    }

    fn number(&mut self, key: &'t Value) -> u32 {
        let next = self.lists.len() as u32;
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.lists.push(List { key: Some(key), ..List::default() });
        }
        number
    }

    fn take_appends(&mut self, by: u32, transaction: &'t Transaction) -> Result<(), Malformed> {
        for op in &transaction.ops {
            let MicroOp::Append { key, value } = op else { continue };
            let list = self.number(key);
            let number = self.appends.len() as u32;
            if let Some(other) = self.elements.insert((list, value), number) {
                let other = self.name(self.appends[other as usize].by);
                let message = format!("{value} is appended to {key} once more, after {other}; elements must be unique");
                return Err(Malformed { line: transaction.line, message });
            }
            if let Some(before) = self.lists[list as usize].appends.last() {
                let before = &mut self.appends[*before as usize];
                before.last &= before.by != by;
            }
            self.lists[list as usize].appends.push(number);
            self.appends.push(Append { by, value, last: true, place: None, seen: false });
        }
        Ok(())
    }

    fn take_reads(&mut self, by: u32, transaction: &'t Transaction) {
        for op in &transaction.ops {
            let (MicroOp::Append { key, .. } | MicroOp::Read { key, .. }) = op;
            let number = self.number(key);
            let list = &mut self.lists[number as usize];
            if let MicroOp::Read { list: Some(elements), .. } = op {
                self.judged += 1;
                let longest = list.longest.map_or(0, |longest| list.reads[longest].list.len());
                if list.longest.is_none() || elements.len() > longest {
                    list.longest = Some(list.reads.len());
                }
                let external = list.touched_by != Some(by);
                list.reads.push(Read { by, list: elements, external, fits: true });
            }
            list.touched_by = Some(by);
        }
    }

    fn put_in_order(&mut self, number: usize) {
        let Some(longest) = self.lists[number].longest else { return };
        let longest = self.lists[number].reads[longest].list;
        let mut order = Vec::with_capacity(longest.len());
        for (place, value) in (0..).zip(longest) {
            let element = self.element(number as u32, value);
            if let Some(append) = self.appends.get_mut(element as usize) {
                append.seen = true;
                append.place.get_or_insert(place);
            }
            order.push(element);
        }
        let mut strange: Vec<&'t [Value]> = Vec::new();
        for read in &mut self.lists[number].reads {
            read.fits = longest.starts_with(read.list);
            if !read.fits {
                strange.push(read.list);
            }
        }
        for value in strange.into_iter().flatten() {
            let element = self.element(number as u32, value);
            if let Some(append) = self.appends.get_mut(element as usize) {
                append.seen = true;
            }
        }
        self.lists[number].order = order;
    }
}

/// Whether it certainly happened.
pub(super) fn committed(transaction: &Transaction) -> bool {
    matches!(transaction.outcome, Outcome::Ok(_))
}
