//! FD1302: conflicts are resolved in two ways, or where there are none.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::Consistency;
use crate::document::data::{Conflict, DataClass};

pub(super) static RULE: Rule = Rule {
    code: "FD1302",
    title: "conflicts are resolved in two ways, or where there can be none",
    about: "What merges two versions is stated where the data is replicated, and again where conflicts are listed: if the two differ, copies that do \
            one and copies that do the other never agree (error). For data that is linearizable, or in Raft's log, there are no two versions: \
            a strategy for them is never used, or the data is not what it is said to be (warning).",
    source: "Shapiro et al. (2011); Kleppmann, Designing Data-Intensive Applications (2017), ch. 5 and 9; aphyr, The trouble with timestamps (2013)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for conflict in &facts.doc.conflicts {
        let Some(data) = &conflict.data else { continue };
        findings.extend(merged_otherwise(facts, conflict, &data.value));
        if let Some(class) = facts.class(&data.value) {
            findings.extend(no_two_versions(conflict, class));
        }
    }
    findings
}

fn merged_otherwise(facts: &Facts<'_>, conflict: &Conflict, data: &str) -> Vec<Finding> {
    let covers = |list: &crate::document::Stated<crate::document::List<crate::document::DataName>>| {
        list.value.iter().any(|name| **name == *data)
    };
    let of_data = facts.doc.replications.iter().filter(|replication| replication.data.as_ref().is_some_and(covers));
    let other = of_data.filter_map(|replication| replication.merge.as_ref()).filter(|merge| {
        let (merge, strategy) = (words(&merge.value), words(&conflict.strategy.value));
        !merge.iter().all(|word| strategy.contains(word))
    });
    let one = |merge: &crate::document::Stated<String>| {
        Finding::new(
            RULE.code,
            Severity::Error,
            format!("versions of {data} are merged by {}, and resolved by {}", merge.value, conflict.strategy.value),
        )
        .at(merge.mark(&merge.value))
        .at(conflict.strategy.mark(&conflict.strategy.value))
        .mend("choose one of them for all copies")
    };
    other.map(one).collect()
}

/// The words of a phrase, whatever joins them.
fn words(phrase: &str) -> Vec<String> {
    let split = phrase.split(|character: char| !character.is_alphanumeric());
    split.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn no_two_versions(conflict: &Conflict, class: &DataClass) -> Option<Finding> {
    let raft = class.technology.as_ref().filter(|technology| technology.value.to_lowercase().contains("raft"));
    let level = class.consistency.as_ref().filter(|level| level.value == Consistency::Linearizable);
    let mark = match (raft, level) {
        (Some(raft), _) => raft.mark(&raft.value),
        (None, Some(level)) => level.mark(level.value),
        (None, None) => return None,
    };
    let message = format!("{} has a strategy for conflicts, but one order of writes for all copies", class.name.value);
    Some(
        Finding::new(RULE.code, Severity::Warning, message)
            .at(conflict.strategy.mark(&conflict.strategy.value))
            .at(mark)
            .mend("leave the strategy out, or say when two versions can arise"),
    )
}
