//! Anomalies of transactions over several lists (Kingsbury & Alvaro, "Elle: Inferring Isolation Anomalies from Experimental
//! Observations", VLDB 2020), as Adya defines them ("Weak Consistency", 1999): what a database did to transactions that
//! append unique elements to lists and read whole lists.
//!
//! - `anomaly`: which there are, and what each means
//! - `facts`: who appended what, the order of each list's elements, who read how much of it
//! - `internal`: what a transaction saw of itself
//! - `reads`: what was read and should not have been
//! - `graph`: which transaction must precede which, and why
//! - `components`: those that must precede each other
//! - `cycles`: which anomaly such a cycle is
//! - `explain`: a cycle in words
//! - `budget`: what judging may cost
//!
//! The longest read of a list is the order of its elements; every other read must be a prefix of it. From neighbours in that
//! order follow write dependencies (ww), from what a read ends with read dependencies (wr), and from what comes next
//! anti-dependencies (rw). A committed append that nobody read stands after all that was read. A cycle is an anomaly. Asked
//! for, the order of each process and of real time are dependencies too.
//!
//! A failed transaction did not happen; one without a known outcome happened if something of it was read. The cost is linear
//! in what was read, but for telling a G-single from a G2, which stops after a bounded search.
//!
//! To add an anomaly: its variant, and where it is looked for (`internal`, `reads` or `cycles`); a history that has it in `tests/judges/elle.rs`.
//!
//! Does not check registers, predicates (so no G2 but G2-item), nor that what was committed is still there at the end: an
//! append that nobody read says nothing by itself.

mod anomaly;
mod budget;
mod components;
mod cycles;
mod explain;
mod facts;
mod graph;
mod internal;
mod reads;

pub use anomaly::Anomaly;

use crate::linearizable::{Exhausted, Stop};
use crate::verdict::Verdict;
use budget::Budget;
use facts::Facts;
use firedrill_history::import::Transactions;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which order the database must respect besides what transactions saw of each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// None: serializability.
    #[default]
    None,
    /// That of each process's own transactions: strong session serializability.
    Process,
    /// What returned before another was invoked precedes it: strict serializability.
    RealTime,
}

/// How to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Besides what transactions saw of each other.
    pub order: Order,
    /// Steps that the search for telling cycles may take, over all of them; some ten million a second.
    pub steps: u64,
}

impl Default for Options {
    /// No order besides, and 50 million steps.
    fn default() -> Options {
        Options { order: Order::None, steps: 50_000_000 }
    }
}

/// What judging may cost.
#[derive(Clone, Copy)]
pub struct Limits<'s> {
    /// Tells when there is no more time; asked every few thousand steps.
    pub stop: Option<&'s Stop<'s>>,
    /// What it may hold in memory beside the history, in bytes.
    pub memory_bytes: u64,
}

impl Limits<'_> {
    /// None.
    pub const NONE: Limits<'static> = Limits { stop: None, memory_bytes: u64::MAX };
}

/// A history that can't be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line of the transaction to blame, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub message: String,
}

/// An anomaly that a history has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Which.
    pub anomaly: Anomaly,
    /// How often; for cycles, how many groups of transactions have one.
    pub count: u64,
    /// The transactions of the first, as places in [`Transactions::all`]; those of a cycle in its order.
    pub transactions: Vec<usize>,
    /// The first, in words.
    pub why: String,
}

/// What a history of transactions comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Fail with any anomaly; unknown if nothing was read, or if a limit was reached before an anomaly was found.
    pub verdict: Verdict,
    /// So many reads were judged: those of committed transactions.
    pub judged: u64,
    /// So many transactions committed.
    pub committed: u64,
    /// Dependencies that follow from what was seen: ww, wr, rw.
    pub dependencies: [u64; 3],
    /// The anomalies, the worst first.
    pub anomalies: Vec<Found>,
    /// Whether steps ran out before every cycle was told apart. Changes no verdict: a G-single may stand as G2-item.
    pub cut_short: bool,
    /// Which limit was reached before all was judged.
    pub exhausted: Option<Exhausted>,
    /// The most that it held in memory beside the history, in bytes, as it was counted.
    pub bytes: u64,
    /// In a few words.
    pub why: String,
}

/// Judges a history of list-append transactions, within limits.
///
/// # Errors
/// [`Malformed`] if an element is appended to a list twice, for then nobody knows which of the two a read saw.
pub fn check(transactions: &Transactions, options: &Options, limits: &Limits<'_>) -> Result<Report, Malformed> {
    let budget = Budget::of(limits);
    let facts = Facts::of(&transactions.all, &budget)?;
    let mut judged = Judged { anomalies: Anomalies::default(), dependencies: [0; 3], cut_short: false };
    let how_far = judged.all(&facts, options, &budget);
    let Judged { anomalies, dependencies, cut_short } = judged;
    let anomalies: Vec<Found> = anomalies.0.into_values().collect();
    let exhausted = budget.exhausted();
    let verdict = match (anomalies.is_empty(), exhausted, facts.judged) {
        (false, ..) => Verdict::Fail,
        (true, Some(_), _) | (true, None, 0) => Verdict::Unknown,
        (true, None, _) => Verdict::Pass,
    };
    let out_of = exhausted.map(|exhausted| match exhausted {
        Exhausted::Memory => "out of memory",
        Exhausted::Time | Exhausted::Steps => "out of time",
    });
    let mut why = match anomalies.first() {
        Some(found) => {
            let names: Vec<String> =
                anomalies.iter().map(|found| format!("{} ({})", found.anomaly, found.count)).collect();
            format!("{}; the first {}: {}", names.join(", "), found.anomaly, found.why)
        }
        None if exhausted.is_some() => "no anomaly so far".to_owned(),
        None if facts.judged == 0 => "no committed transaction read anything".to_owned(),
        None => format!("{} reads of {} transactions, without an anomaly", facts.judged, facts.committed),
    };
    if let Some(out_of) = out_of {
        why = format!("{out_of}: {how_far}; {why}");
    }
    let (judged, committed, bytes) = (facts.judged, facts.committed, budget.bytes());
    Ok(Report { verdict, judged, committed, dependencies, anomalies, cut_short, exhausted, bytes, why })
}

/// What was found so far.
struct Judged {
    anomalies: Anomalies,
    dependencies: [u64; 3],
    cut_short: bool,
}

impl Judged {
    /// Step by step, each on all of what the one before made; says how far it got.
    fn all(&mut self, facts: &Facts<'_>, options: &Options, budget: &Budget<'_>) -> String {
        if budget.exhausted().is_some() {
            return format!("{} of {} transactions sorted out", facts.sorted_out, facts.all.len());
        }
        let all = format!("{} transactions sorted out", facts.all.len());
        internal::find(facts, budget, &mut self.anomalies);
        let lists = reads::find(facts, budget, &mut self.anomalies);
        if budget.exhausted().is_some() {
            return format!("{all}, the reads of {lists} of {} lists looked through", facts.lists.len());
        }
        let graph = graph::Graph::of(facts, options.order, budget);
        self.dependencies = graph.dependencies();
        let reads = format!("{all} and their reads looked through");
        if budget.exhausted().is_some() {
            return format!("{reads}, not all dependencies found");
        }
        self.cut_short = cycles::find(facts, &graph, options.steps, budget, &mut self.anomalies);
        format!("{reads}, {} dependencies not searched for cycles to the end", graph.edges.len())
    }
}

/// The first of each kind, and how many there are.
#[derive(Default)]
struct Anomalies(BTreeMap<Anomaly, Found>);

impl Anomalies {
    /// Notes one more; its evidence is only made for the first.
    fn note(&mut self, anomaly: Anomaly, evidence: impl FnOnce() -> (Vec<usize>, String)) {
        let found = self.0.entry(anomaly).or_insert_with(|| {
            let (transactions, why) = evidence();
            Found { anomaly, count: 0, transactions, why }
        });
        found.count += 1;
    }
}
