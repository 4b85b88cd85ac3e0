//! Which anomaly a cycle is.
//!
//! Looked for from the strongest claim to the weakest: among write dependencies (G0), with read dependencies (G1c), with
//! anti-dependencies (G-single, else G2-item); then the same with the order that was asked for, if there was none without. Each
//! strongly connected component counts once, by the least anomaly that was found in it, and the first shows a short cycle.
//! Every component with more than one node has a cycle, so the verdict needs no search; only to tell a G-single from a
//! G2-item needs one for each anti-dependency, which is bounded.

use super::budget::Budget;
use super::components::{self, Components, NODE_BYTES};
use super::explain;
use super::facts::Facts;
use super::graph::{Graph, Kind, ORDER, RW, WR, WW};
use super::{Anomalies, Anomaly};
use std::collections::VecDeque;

/// How many cycles of a component are compared for the shortest.
const COMPARED: usize = 16;

/// Whether steps ran out. Past the budget it ends with what was found for certain.
pub(super) fn find(
    facts: &Facts<'_>,
    graph: &Graph,
    steps: u64,
    budget: &Budget<'_>,
    anomalies: &mut Anomalies,
) -> bool {
    if !budget.take(NODE_BYTES * graph.nodes() as u64) {
        return false;
    }
    let mut search = Search::new(facts, graph, steps, budget);
    if search.all(0, [Anomaly::G0, Anomaly::G1c, Anomaly::GSingle, Anomaly::G2Item], anomalies) {
        let named = [Anomaly::G0Order, Anomaly::G1cOrder, Anomaly::GSingleOrder, Anomaly::G2ItemOrder];
        search.all(ORDER, named, anomalies);
    }
    search.cut_short
}

struct Search<'g, 't> {
    facts: &'g Facts<'t>,
    graph: &'g Graph,
    budget: &'g Budget<'g>,
    steps: u64,
    cut_short: bool,
    /// By node: the search that reached it last, how far it was, by which edge.
    reached: Vec<(u32, u32, u32)>,
    /// By node: the search that is done with it.
    done: Vec<u32>,
    number: u32,
}

impl<'g, 't> Search<'g, 't> {
    fn new(facts: &'g Facts<'t>, graph: &'g Graph, steps: u64, budget: &'g Budget<'g>) -> Search<'g, 't> {
        let nodes = graph.nodes();
        let reached = vec![(0, 0, 0); nodes];
        Search { facts, graph, budget, steps, cut_short: false, reached, done: vec![0; nodes], number: 0 }
    }

    /// Looks for cycles with edges of `order` too, under these names for G0, G1c, G-single and G2-item. Whether there is none.
    fn all(&mut self, order: Kind, [g0, g1c, single, item]: [Anomaly; 4], anomalies: &mut Anomalies) -> bool {
        let widest = components::of(self.graph, WW | WR | RW | order, self.budget);
        if widest.cyclic.is_empty() || self.budget.exhausted().is_some() {
            return true;
        }
        for (mask, kind, anomaly) in [(WW | order, WW, g0), (WW | WR | order, WR, g1c)] {
            let found = components::of(self.graph, mask, self.budget);
            if self.budget.exhausted().is_some() {
                return false;
            }
            for (_, edges) in self.groups(&found, kind) {
                anomalies.note(anomaly, || self.told(&found, mask, &edges));
            }
        }
        for (_, edges) in self.groups(&widest, RW) {
            let anti = self.single(&widest, WW | WR | order, &edges);
            if self.budget.exhausted().is_some() {
                return false;
            }
            let (anomaly, mask, edges) = match anti {
                Some(edge) => (single, WW | WR | order, vec![edge]),
                None => (item, WW | WR | RW | order, edges),
            };
            anomalies.note(anomaly, || self.told(&widest, mask, &edges));
        }
        false
    }

    /// The edges of a kind inside each component that has some, in the order of the component's first node.
    fn groups(&self, found: &Components, kind: Kind) -> Vec<(u32, Vec<u32>)> {
        if found.cyclic.is_empty() {
            return Vec::new();
        }
        let inside = |(number, edge): (u32, &super::graph::Edge)| {
            let component = found.of[edge.from as usize];
            (edge.kind == kind && component == found.of[edge.to as usize]).then_some((component, number))
        };
        let mut inside: Vec<(u32, u32)> = (0..).zip(&self.graph.edges).filter_map(inside).collect();
        inside.sort_unstable();
        let groups = inside.chunk_by(|(one, _), (other, _)| one == other);
        let mut groups: Vec<(u32, Vec<u32>)> = groups
            .map(|group| (self.graph.edges[group[0].1 as usize].from, group.iter().map(|(_, edge)| *edge).collect()))
            .collect();
        groups.sort_unstable_by_key(|(first, _)| *first);
        groups
    }

    /// An anti-dependency that other dependencies lead back from, if one is found within the steps.
    fn single(&mut self, found: &Components, mask: Kind, anti: &[u32]) -> Option<u32> {
        for number in anti {
            if self.steps == 0 || self.budget.exhausted().is_some() {
                self.cut_short = true;
                return None;
            }
            let edge = self.graph.edges[*number as usize];
            if self.path(found, mask, edge.to, edge.from).is_some() {
                return Some(*number);
            }
        }
        None
    }

    /// The shortest of a few cycles through these edges, and what it means.
    fn told(&mut self, found: &Components, mask: Kind, edges: &[u32]) -> (Vec<usize>, String) {
        let mut shortest: Option<Vec<u32>> = None;
        for number in edges.iter().take(COMPARED) {
            let edge = self.graph.edges[*number as usize];
            if let Some(mut path) = self.path(found, mask, edge.to, edge.from)
                && shortest.as_ref().is_none_or(|shortest| path.len() + 1 < shortest.len())
            {
                path.insert(0, *number);
                shortest = Some(path);
            }
        }
        explain::cycle(self.facts, self.graph, &shortest.unwrap_or_default())
    }

    /// A shortest path inside a component, as edges; nodes that are no transactions count nothing.
    fn path(&mut self, found: &Components, mask: Kind, from: u32, to: u32) -> Option<Vec<u32>> {
        self.number += 1;
        let component = found.of[from as usize];
        self.reached[from as usize] = (self.number, 0, 0);
        let mut queue = VecDeque::from([from]);
        while let Some(node) = queue.pop_front() {
            if node == to {
                return Some(self.way_back(from, to));
            }
            if self.budget.is_used_up() {
                return None;
            }
            if self.done[node as usize] == self.number {
                continue;
            }
            self.done[node as usize] = self.number;
            let step = u32::from(node < self.graph.transactions);
            let far = self.reached[node as usize].1 + step;
            for number in self.graph.out(node) {
                self.steps = self.steps.saturating_sub(1);
                let edge = self.graph.edges[number];
                let (search, before, _) = self.reached[edge.to as usize];
                let inside = edge.kind & mask != 0 && found.of[edge.to as usize] == component;
                if !inside || (search == self.number && before <= far) {
                    continue;
                }
                self.reached[edge.to as usize] = (self.number, far, number as u32);
                if step == 0 { queue.push_front(edge.to) } else { queue.push_back(edge.to) }
            }
        }
        None
    }

    fn way_back(&self, from: u32, to: u32) -> Vec<u32> {
        let mut path = Vec::new();
        let mut node = to;
        while node != from {
            let number = self.reached[node as usize].2;
            path.push(number);
            node = self.graph.edges[number as usize].from;
        }
        path.reverse();
        path
    }
}
