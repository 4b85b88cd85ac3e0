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
mod components;
mod cycles;
mod explain;
mod facts;
mod graph;
mod internal;
mod reads;

pub use anomaly::Anomaly;

use crate::verdict::Verdict;
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
    /// Fail with any anomaly; unknown if nothing was read.
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
    /// In a few words.
    pub why: String,
}

/// Judges a history of list-append transactions.
///
/// # Errors
/// [`Malformed`] if an element is appended to a list twice, for then nobody knows which of the two a read saw.
pub fn check(transactions: &Transactions, options: &Options) -> Result<Report, Malformed> {
    let facts = Facts::of(&transactions.all)?;
    let mut anomalies = Anomalies::default();
    internal::find(&facts, &mut anomalies);
    reads::find(&facts, &mut anomalies);
    let graph = graph::Graph::of(&facts, options.order);
    let cut_short = cycles::find(&facts, &graph, options.steps, &mut anomalies);
    let anomalies: Vec<Found> = anomalies.0.into_values().collect();
    let verdict = match (anomalies.is_empty(), facts.judged) {
        (false, _) => Verdict::Fail,
        (true, 0) => Verdict::Unknown,
        (true, _) => Verdict::Pass,
    };
    let why = match anomalies.first() {
        Some(found) => {
            let names: Vec<String> =
                anomalies.iter().map(|found| format!("{} ({})", found.anomaly, found.count)).collect();
            format!("{}; the first {}: {}", names.join(", "), found.anomaly, found.why)
        }
        None if facts.judged == 0 => "no committed transaction read anything".to_owned(),
        None => format!("{} reads of {} transactions, without an anomaly", facts.judged, facts.committed),
    };
    let dependencies = graph.dependencies();
    Ok(Report { verdict, judged: facts.judged, committed: facts.committed, dependencies, anomalies, cut_short, why })
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
