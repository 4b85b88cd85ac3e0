//! FD2001: two paragraphs say different things of one figure.

use super::Rule;
use crate::analysis::tree::{Section, Statement};
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD2001",
    title: "two paragraphs of the plan contradict each other",
    about: "The plan holds several statements of one figure, each with the paragraph that it is taken from, and they differ. Only one can be \
            obeyed: the one that the plan marks so. People who read the other paragraph expect something else. Let all paragraphs say the \
            same, or take one out.",
    source: "DESIGN.md: where the plan contradicts itself we report that; we don't hide it",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (title, section) in facts.sections() {
        for key in section.keys() {
            findings.extend(contradiction(facts, &title, &section, key));
        }
    }
    findings
}

fn contradiction(facts: &Facts<'_>, title: &str, section: &Section<'_>, key: &str) -> Option<Finding> {
    let statements = section.statements(key);
    let [obeyed, others @ ..] = statements.as_slice() else { return None };
    let words = |statement: &Statement<'_>| {
        let text = facts.plan.text.get(statement.value.span()).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let first = words(obeyed);
    let others: Vec<&Statement<'_>> = others.iter().filter(|other| words(other) != first).collect();
    if others.is_empty() {
        return None;
    }
    let apart: Vec<String> = others.iter().map(|other| format!("{} says {}", other.source, words(other))).collect();
    let about = format!("{title} {}", subject(section));
    let message = format!("{} `{key}`: {} says {first}, {}", about.trim(), obeyed.source, apart.join(", "));
    let mut finding = Finding::new(RULE.code, Severity::Error, message)
        .at(&obeyed.value.span(), format!("{}: {first}, which is obeyed", obeyed.source));
    for other in others {
        finding = finding.at(&other.value.span(), format!("{}: {}", other.source, words(other)));
    }
    Some(finding.mend(format!("let {} say {first} everywhere, or decide for the other", about.trim())))
}

/// Which one of its kind a section is.
fn subject(section: &Section<'_>) -> String {
    if !section.name().is_empty() {
        return section.name().to_owned();
    }
    section.texts("between").map(|between| between.value.join(", ")).unwrap_or_default()
}
