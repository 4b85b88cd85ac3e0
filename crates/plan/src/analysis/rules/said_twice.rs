//! FD2001: two paragraphs say different things of one figure.

use super::Rule;
use crate::analysis::finding::Mark;
use crate::analysis::tree::{Several, Statement, several};
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD2001",
    title: "two paragraphs of the plan contradict each other",
    about: "The plan holds several statements of one figure, each with the paragraph that it is taken from, and they differ. Only one can be \
            obeyed: the one that the plan marks so. People who read the other paragraph expect something else. Error for numbers and for what \
            decides (a tier, a frequency, a mode); warning for what is described in words. Not told where another rule tells of the same \
            contradiction, and told once where several sections repeat it. Let all paragraphs say the same, or take one out.",
    source: "DESIGN.md: where the seed design contradicts itself we report that; we don't hide it",
    check,
};

/// Keys in words that decide something.
const DECIDING: [&str; 7] = ["tier", "frequency", "replication_mode", "mode", "consistency", "state", "decision"];

/// Rules that tell more exactly of contradictions that are also statements of one key.
const EXACTER: [&str; 9] = ["FD1002", "FD1003", "FD1301", "FD1302", "FD1503", "FD1802", "FD1901", "FD1902", "FD1905"];

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut groups: Vec<Vec<Several>> = Vec::new();
    for one in several(&facts.plan.text) {
        match groups.iter_mut().find(|group| said(&group[0]) == said(&one)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups.iter().filter_map(|group| contradiction(group)).collect()
}

/// Without those that a more exact rule tells of.
pub(in crate::analysis) fn without_told(findings: Vec<Finding>) -> Vec<Finding> {
    let exact: Vec<Mark> = findings
        .iter()
        .filter(|finding| EXACTER.contains(&finding.code))
        .flat_map(|finding| finding.marks.iter().cloned())
        .collect();
    let told = |finding: &Finding| {
        let hit = |mark: &Mark| exact.iter().any(|other| other.span == mark.span);
        finding.code == RULE.code && finding.marks.iter().any(hit)
    };
    findings.into_iter().filter(|finding| !told(finding)).collect()
}

/// What is said by which paragraph, in an order of its own.
fn said(several: &Several) -> Vec<(&str, &str)> {
    let mut said: Vec<(&str, &str)> =
        several.statements.iter().map(|statement| (statement.source.as_str(), statement.words.as_str())).collect();
    said.sort_unstable();
    said
}

fn contradiction(group: &[Several]) -> Option<Finding> {
    let first = group.first()?;
    let [obeyed, others @ ..] = first.statements.as_slice() else { return None };
    let apart: Vec<String> = others
        .iter()
        .filter(|other| other.words != obeyed.words)
        .map(|other| format!("{} says {}", other.source, other.words))
        .collect();
    if apart.is_empty() {
        return None;
    }
    let message = format!("{}: {} says {}, {}", first.about, obeyed.source, obeyed.words, apart.join(", "));
    let number = obeyed.words.starts_with(|character: char| character.is_ascii_digit());
    let deciding = DECIDING.contains(&first.key.as_str());
    let severity = if number || deciding { Severity::Error } else { Severity::Warning };
    let mut finding = Finding::new(RULE.code, severity, message);
    for (place, several) in group.iter().enumerate() {
        for (number, statement) in several.statements.iter().enumerate() {
            let obeyed = if number == 0 { ", which is obeyed" } else { "" };
            let again = if place > 0 { " (repeated)" } else { "" };
            finding = finding.at(mark(statement, &format!("{obeyed}{again}")));
        }
    }
    Some(finding.mend(format!("let {} say {} too, or decide for it", others[0].source, obeyed.words)))
}

fn mark(statement: &Statement, more: &str) -> Mark {
    Mark { span: statement.at.clone(), says: format!("{}: {}{more}", statement.source, statement.words) }
}
