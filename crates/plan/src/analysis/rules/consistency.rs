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
    facts.doc.data_classes.iter().flat_map(of_class).collect()
}

fn of_class(class: &DataClass) -> Vec<Finding> {
    let name = &class.name.value;
    let modes: Vec<_> = class.mode.statements().collect();
    let levels: Vec<_> = class.consistency.iter().flat_map(|level| level.statements()).collect();
    let technologies: Vec<_> = class.technology.iter().flat_map(|technology| technology.statements()).collect();
    let mut findings = Vec::new();
    let mut tell = |message: String, one: Mark, other: Mark, mend: &str| {
        findings.push(Finding::new(RULE.code, Severity::Error, message).at(one).at(other).mend(mend));
    };
    let strict = |level: Consistency| matches!(level, Consistency::Linearizable | Consistency::Strong);
    let pair = |mode: Mode, level: fn(Consistency) -> bool| {
        let mode = modes.iter().find(|stated| *stated.0 == mode)?;
        Some((mode, levels.iter().find(|stated| level(*stated.0))?))
    };
    if let Some((mode, level)) =
        pair(Mode::Async, |level| matches!(level, Consistency::Linearizable | Consistency::Strong))
    {
        let message = format!("{name} is {} and replicated asynchronously", level.0);
        tell(
            message,
            mode.mark(mode.0),
            level.mark(level.0),
            "replicate synchronously, or promise eventual consistency",
        );
    }
    if let Some((mode, level)) = pair(Mode::Sync, |level| level == Consistency::Eventual) {
        let message = format!("{name} is replicated synchronously and yet only eventually consistent");
        tell(message, mode.mark(mode.0), level.mark(level.0), "say asynchronous, or promise strong consistency");
    }
    let with = |word: &str| technologies.iter().find(|stated| stated.0.to_lowercase().contains(word));
    if let (Some(raft), Some(mode)) = (with("raft"), modes.iter().find(|stated| *stated.0 == Mode::Async)) {
        let message =
            format!("{name} is replicated asynchronously, by Raft, which acknowledges when a majority has it");
        tell(message, mode.mark(mode.0), raft.mark(raft.0), "say `sync`: Raft's commit is synchronous to a majority");
    }
    if let (Some(crdt), Some(level)) = (with("crdt"), levels.iter().find(|stated| strict(*stated.0))) {
        let message = format!("{name} is {}, by a CRDT, which only converges", level.0);
        tell(message, crdt.mark(crdt.0), level.mark(level.0), "promise eventual consistency, or replicate it by Raft");
    }
    findings
}
