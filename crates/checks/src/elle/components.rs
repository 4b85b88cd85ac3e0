//! Strongly connected components: nodes that all reach each other (Tarjan 1972), without recursion.

use super::budget::Budget;
use super::graph::{Graph, Kind};

/// The components of a graph by edges of some kinds.
pub(super) struct Components {
    /// By node: the number of its component.
    pub(super) of: Vec<u32>,
    /// Those of more than one node, each as one of its nodes, in the order of these.
    pub(super) cyclic: Vec<u32>,
}

const UNSEEN: u32 = u32::MAX;

struct Walk<'g> {
    budget: &'g Budget<'g>,
    graph: &'g Graph,
    mask: Kind,
    index: Vec<u32>,
    low: Vec<u32>,
    component: Vec<u32>,
    stack: Vec<u32>,
    /// The path to where the walk is: a node and its next edge.
    path: Vec<(u32, usize)>,
    next: u32,
    components: u32,
    cyclic: Vec<u32>,
}

/// What a node takes: in the tables of a walk, of what it finds, and of a search.
pub(super) const NODE_BYTES: u64 = 64;

/// As far as the budget goes: what was not reached is in no component.
pub(super) fn of(graph: &Graph, mask: Kind, budget: &Budget<'_>) -> Components {
    let nodes = graph.nodes();
    let mut walk = Walk {
        budget,
        graph,
        mask,
        index: vec![UNSEEN; nodes],
        low: vec![0; nodes],
        component: vec![UNSEEN; nodes],
        stack: Vec::new(),
        path: Vec::new(),
        next: 0,
        components: 0,
        cyclic: Vec::new(),
    };
    for node in 0..nodes as u32 {
        if walk.index[node as usize] == UNSEEN {
            walk.from(node);
        }
    }
    walk.cyclic.sort_unstable();
    Components { of: walk.component, cyclic: walk.cyclic }
}

impl Walk<'_> {
    fn from(&mut self, root: u32) {
        self.enter(root);
        while let Some((node, edge)) = self.path.last_mut() {
            if self.budget.is_used_up() {
                return;
            }
            let (node, at) = (*node, *edge);
            if at == self.graph.out(node).end {
                self.path.pop();
                self.leave(node);
                continue;
            }
            *edge += 1;
            let edge = self.graph.edges[at];
            if edge.kind & self.mask == 0 {
                continue;
            }
            if self.index[edge.to as usize] == UNSEEN {
                self.enter(edge.to);
            } else if self.component[edge.to as usize] == UNSEEN {
                self.low[node as usize] = self.low[node as usize].min(self.index[edge.to as usize]);
            }
        }
    }

    fn enter(&mut self, node: u32) {
        self.index[node as usize] = self.next;
        self.low[node as usize] = self.next;
        self.next += 1;
        self.stack.push(node);
        self.path.push((node, self.graph.out(node).start));
    }

    fn leave(&mut self, node: u32) {
        let low = self.low[node as usize];
        if let Some((parent, _)) = self.path.last() {
            let parent = *parent as usize;
            self.low[parent] = self.low[parent].min(low);
        }
        if low != self.index[node as usize] {
            return;
        }
        let (mut size, mut least) = (0, node);
        while let Some(member) = self.stack.pop() {
            self.component[member as usize] = self.components;
            size += 1;
            least = least.min(member);
            if member == node {
                break;
            }
        }
        if size > 1 {
            self.cyclic.push(least);
        }
        self.components += 1;
    }
}
