//! Which transaction must precede which, and why.
//!
//! Nodes are transactions that happened; besides, a node for what stands after all that was read of a list, and for strict
//! serializability one for each return, so that the number of edges is linear in the history.

use super::Order;
use super::budget::Budget;
use super::facts::{Facts, List, NOBODY, committed};
use firedrill_history::import::{Outcome, Value};
use std::collections::BTreeMap;

/// Why one precedes the other. A bit each, so that several make a mask.
pub(super) type Kind = u8;
/// Its append stands before the other's.
pub(super) const WW: Kind = 1;
/// Its append was read by the other.
pub(super) const WR: Kind = 2;
/// It did not read the other's append.
pub(super) const RW: Kind = 4;
/// It returned before the other was invoked, or was its process's one before.
pub(super) const ORDER: Kind = 8;

/// One precedes the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) kind: Kind,
    /// The list that says so; [`NOBODY`] for an order.
    pub(super) list: u32,
}

pub(super) struct Graph {
    /// By the node that they come from.
    pub(super) edges: Vec<Edge>,
    /// By node: its first edge. One more than there are nodes.
    first: Vec<u32>,
    /// Nodes from here on are no transactions.
    pub(super) transactions: u32,
}

/// What an edge takes at most: they grow to twice their size, and are in memory twice then, and while they are sorted.
const EDGE_BYTES: u64 = 3 * size_of::<Edge>() as u64;

/// What a transaction takes at most: as a node, with its return and its instants where these count.
const TRANSACTION_BYTES: u64 = 1 + 2 * 4 + 3 * 2 * size_of::<(u64, bool, u32)>() as u64;

struct Builder<'f, 't> {
    budget: &'f Budget<'f>,
    facts: &'f Facts<'t>,
    happened: Vec<bool>,
    edges: Vec<Edge>,
    nodes: u32,
}

impl Graph {
    /// As far as the budget goes.
    pub(super) fn of(facts: &Facts<'_>, order: Order, budget: &Budget<'_>) -> Graph {
        let nodes = facts.all.len() as u32;
        if !budget.take(TRANSACTION_BYTES * u64::from(nodes)) {
            return Graph { edges: Vec::new(), first: vec![0], transactions: nodes };
        }
        let happened = facts.all.iter().map(committed).collect();
        let mut builder = Builder { budget, facts, happened, edges: Vec::new(), nodes };
        for append in &facts.appends {
            let unknown = matches!(facts.outcome(append.by), Outcome::Unknown);
            builder.happened[append.by as usize] |= unknown && append.seen;
        }
        for (number, list) in (0..).zip(&facts.lists) {
            builder.along(number, list);
            builder.past_the_end(number, list);
        }
        match order {
            Order::None => {}
            Order::Process => builder.processes(),
            Order::RealTime => builder.real_time(),
        }
        builder.finish()
    }

    pub(super) fn nodes(&self) -> usize {
        self.first.len() - 1
    }

    /// The numbers of a node's edges.
    pub(super) fn out(&self, node: u32) -> std::ops::Range<usize> {
        self.first[node as usize] as usize..self.first[node as usize + 1] as usize
    }

    /// How many edges there are of ww, wr and rw.
    pub(super) fn dependencies(&self) -> [u64; 3] {
        [WW, WR, RW].map(|kind| self.edges.iter().filter(|edge| edge.kind == kind).count() as u64)
    }
}

impl Builder<'_, '_> {
    fn edge(&mut self, from: u32, to: u32, kind: Kind, list: u32) {
        let happened = |node: u32| self.happened.get(node as usize).copied().unwrap_or(true);
        let adds = from != to && happened(from) && happened(to);
        if adds && !self.budget.is_used_up() && self.budget.take(EDGE_BYTES) {
            self.edges.push(Edge { from, to, kind, list });
        }
    }

    /// What follows from the order of what was read.
    fn along(&mut self, number: u32, list: &List<'_>) {
        let facts = self.facts;
        let writer = |place: usize| list.order.get(place).and_then(|element| facts.writer(*element));
        for place in 1..list.order.len() {
            if let (Some(before), Some(after)) = (writer(place - 1), writer(place)) {
                self.edge(before, after, WW, number);
            }
        }
        for read in list.reads.iter().filter(|read| read.external && read.fits) {
            let last = read.list.len().checked_sub(1).and_then(writer);
            if let Some(last) = last {
                self.edge(last, read.by, WR, number);
            }
            // What the same transaction appended next makes this an intermediate read, and no anti-dependency.
            if let Some(next) = writer(read.list.len()).filter(|next| Some(*next) != last) {
                self.edge(read.by, next, RW, number);
            }
        }
    }

    /// Committed appends that no read holds stand after the longest read, in an order that nobody knows. Who read to its end
    /// precedes them all, by way of a node between; but for those that appended there themselves. Of these at most one can be
    /// right, so two are enough to show it.
    fn past_the_end(&mut self, number: u32, list: &List<'_>) {
        let facts = self.facts;
        let unseen = list.appends.iter().map(|append| &facts.appends[*append as usize]);
        let unseen = unseen.filter(|append| !append.seen && committed(&facts.all[append.by as usize]));
        let mut beyond: Vec<u32> = unseen.map(|append| append.by).collect();
        beyond.dedup();
        if beyond.is_empty() || list.longest.is_none() {
            return;
        }
        if let Some(last) = list.order.last().and_then(|element| facts.writer(*element)) {
            for writer in &beyond {
                self.edge(last, *writer, WW, number);
            }
        }
        let to_the_end =
            |read: &&super::facts::Read<'_>| read.external && read.fits && read.list.len() == list.order.len();
        let (mut both, mut between) = (0, None);
        for read in list.reads.iter().filter(to_the_end) {
            // Appends are in the order of transactions.
            if beyond.binary_search(&read.by).is_ok() {
                both += 1;
                if both <= 2 {
                    for writer in &beyond {
                        self.edge(read.by, *writer, RW, number);
                    }
                }
                continue;
            }
            let between = *between.get_or_insert_with(|| {
                self.nodes += 1;
                self.nodes - 1
            });
            self.edge(read.by, between, RW, number);
        }
        if let Some(between) = between {
            for writer in &beyond {
                self.edge(between, *writer, WW, number);
            }
        }
    }

    /// Each process's transactions, one after the other.
    fn processes(&mut self) {
        let mut last: BTreeMap<&Value, u32> = BTreeMap::new();
        for (number, transaction) in (0..).zip(self.facts.all) {
            if !self.happened[number as usize] {
                continue;
            }
            if let Some(before) = last.insert(&transaction.process, number) {
                self.edge(before, number, ORDER, NOBODY);
            }
        }
    }

    /// A node for each return, each before the next; what was invoked after it comes after it.
    fn real_time(&mut self) {
        let mut instants: Vec<(u64, bool, u32)> = Vec::new();
        for (number, transaction) in (0..).zip(self.facts.all) {
            if !self.happened[number as usize] {
                continue;
            }
            instants.push((transaction.invoked, false, number));
            // What returned before it was invoked, no importer makes; it would precede itself.
            let returned = transaction.returned.filter(|at| committed(transaction) && *at > transaction.invoked);
            instants.extend(returned.map(|returned| (returned, true, number)));
        }
        instants.sort_unstable();
        let mut last = None;
        for (_, returns, number) in instants {
            if !returns {
                if let Some(last) = last {
                    self.edge(last, number, ORDER, NOBODY);
                }
                continue;
            }
            let node = self.nodes;
            self.nodes += 1;
            if let Some(last) = last {
                self.edge(last, node, ORDER, NOBODY);
            }
            self.edge(number, node, ORDER, NOBODY);
            last = Some(node);
        }
    }

    /// Sorts edges by where they come from.
    fn finish(self) -> Graph {
        let mut first = vec![0_u32; self.nodes as usize + 1];
        for edge in &self.edges {
            first[edge.from as usize + 1] += 1;
        }
        for node in 1..first.len() {
            first[node] += first[node - 1];
        }
        let mut edges = self.edges;
        edges.sort_by_key(|edge| edge.from);
        Graph { edges, first, transactions: self.facts.all.len() as u32 }
    }
}
