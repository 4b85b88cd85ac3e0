//! A cycle in words: the transactions, and for each pair what says that one precedes the other.

use super::facts::{Facts, NOBODY};
use super::graph::{Edge, Graph, ORDER, RW, WR, WW};

/// The transactions of a cycle in its order, and what it says.
pub(super) fn cycle(facts: &Facts<'_>, graph: &Graph, edges: &[u32]) -> (Vec<usize>, String) {
    let mut steps: Vec<Edge> = Vec::new();
    let mut edges: Vec<Edge> = edges.iter().map(|number| graph.edges[*number as usize]).collect();
    // Begin at a transaction.
    let begin = edges.iter().position(|edge| edge.from < graph.transactions).unwrap_or(0);
    edges.rotate_left(begin);
    for edge in edges {
        match steps.last_mut() {
            // What leads through a node between is one step, of the first's kind.
            Some(last) if last.to >= graph.transactions => last.to = edge.to,
            _ => steps.push(edge),
        }
    }
    let transactions: Vec<usize> = steps.iter().map(|step| step.from as usize).collect();
    let mut circle: Vec<String> =
        steps.iter().map(|step| format!("{} -{}->", facts.name(step.from), kind(step))).collect();
    circle.extend(steps.first().map(|first| facts.name(first.from)));
    let because: Vec<String> = steps.iter().map(|step| reason(facts, step)).collect();
    (transactions, format!("{}, for {}", circle.join(" "), because.join("; ")))
}

fn kind(step: &Edge) -> &'static str {
    match step.kind {
        WW => "ww",
        WR => "wr",
        RW => "rw",
        _ => "order",
    }
}

fn reason(facts: &Facts<'_>, step: &Edge) -> String {
    let (from, to) = (format!("T{}", step.from), format!("T{}", step.to));
    if step.kind == ORDER || step.list == NOBODY {
        return format!("{from} came before {to}");
    }
    let key = facts.key(step.list);
    let list = &facts.lists[step.list as usize];
    let read = |by: u32| list.reads.iter().find(|read| read.by == by && read.external);
    let of = |by: u32| {
        let appended = list.appends.iter().map(|append| &facts.appends[*append as usize]);
        appended.filter(|append| append.by == by).map(|append| append.value.to_string()).collect::<Vec<_>>().join(", ")
    };
    match step.kind {
        WW => format!("{from} appended {} to {key} before {to} appended {}", of(step.from), of(step.to)),
        WR => {
            let seen = read(step.to).and_then(|read| read.list.last()).map(ToString::to_string);
            format!("{from} appended {} to {key}, which {to} read", seen.unwrap_or_default())
        }
        _ => {
            let seen = read(step.from).map(|read| super::internal::shown(read.list)).unwrap_or_default();
            format!("{from} read {key} as {seen}, without the {} of {to}", of(step.to))
        }
    }
}
