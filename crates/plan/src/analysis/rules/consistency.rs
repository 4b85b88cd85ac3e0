//! FD1301: a data class cannot be as consistent as it says with how it is replicated.

use super::Rule;
use crate::analysis::finding::Mark;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::data::DataClass;
use crate::document::{Consistency, Mode};

pub(super) static RULE: Rule = Rule {
    code: "FD1301",
    title: "consistency and replication contradict each other",
    about: "Linearizable and strong mean that a read after an acknowledged write sees it, wherever it is served. That needs a copy that has the write \
            before it is acknowledged: asynchronous replication, and CRDTs, which converge after the fact, cannot give it. Raft acknowledges \
            when a majority has the entry: it is not asynchronous. Synchronous replication to all copies that is still only eventually \
            consistent acknowledges too early or promises too little. All statements of the plan on a class are compared, obeyed or not.",
    source: "Herlihy and Wing, Linearizability (1990); Gilbert and Lynch (2002); Shapiro et al., Conflict-free Replicated Data Types (2011); \
             Ongaro and Ousterhout (2014), §5.3",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    facts.doc.data_classes.iter().filter_map(of_class).collect()
}

/// All that the plan says of a class: the first clash gives the message, and what else clashes is marked too.
fn of_class(class: &DataClass) -> Option<Finding> {
    let name = &class.name.value;
    let mode = |mode: Mode| class.mode.statements().find(|stated| *stated.0 == mode);
    let level = |is: fn(Consistency) -> bool| class.consistency.as_ref()?.statements().find(|stated| is(*stated.0));
    let strict = level(|level| matches!(level, Consistency::Linearizable | Consistency::Strong));
    let eventual = level(|level| level == Consistency::Eventual);
    let technology = class.technology.as_ref();
    let with = |word: &str| technology.filter(|technology| technology.value.to_lowercase().contains(word));
    let clash = |message: String, marks: Vec<Mark>, mend: &str| {
        let finding = Finding::new(RULE.code, Severity::Error, message);
        Some(marks.into_iter().fold(finding, Finding::at).mend(mend))
    };
    let (asynchronous, synchronous) = (mode(Mode::Async), mode(Mode::Sync));
    if let (Some(raft), Some(mode)) = (with("raft"), &asynchronous) {
        let message =
            format!("{name} is replicated asynchronously, by Raft, which acknowledges when a majority has it");
        let mut marks = vec![mode.mark(mode.0), raft.mark(&raft.value)];
        marks.extend(strict.map(|level| level.mark(level.0)));
        return clash(message, marks, "say `sync`: Raft's commit is synchronous to a majority");
    }
    if let (Some(crdt), Some(level)) = (with("crdt"), &strict) {
        let message = format!("{name} is {}, by a CRDT, which only converges", level.0);
        let mut marks = vec![crdt.mark(&crdt.value), level.mark(level.0)];
        marks.extend(asynchronous.map(|mode| mode.mark(mode.0)));
        return clash(message, marks, "promise eventual consistency, or replicate it by Raft");
    }
    if let (Some(mode), Some(level)) = (&asynchronous, &strict) {
        let message = format!("{name} is {} and replicated asynchronously", level.0);
        let mend = "replicate synchronously, or promise eventual consistency";
        return clash(message, vec![mode.mark(mode.0), level.mark(level.0)], mend);
    }
    if let (Some(mode), Some(level)) = (&synchronous, &eventual) {
        let message = format!("{name} is replicated synchronously and yet only eventually consistent");
        let mend = "say asynchronous, or promise strong consistency";
        return clash(message, vec![mode.mark(mode.0), level.mark(level.0)], mend);
    }
    None
}
