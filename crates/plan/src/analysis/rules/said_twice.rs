//! FD2001: two paragraphs say different things of one figure.

use super::Rule;
use crate::analysis::finding::Mark;
use crate::analysis::tree::{Several, several};
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD2001",
    title: "two paragraphs of the plan contradict each other",
    about: "The plan holds several statements of one figure, each with the paragraph that it is taken from, and they differ. Only one can be \
            obeyed: the one that the plan marks so. People who read the other paragraph expect something else. Let all paragraphs say the \
            same, or take one out.",
    source: "DESIGN.md: where the seed design contradicts itself we report that; we don't hide it",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    several(&facts.plan.text).into_iter().filter_map(contradiction).collect()
}

fn contradiction(several: Several) -> Option<Finding> {
    let [obeyed, others @ ..] = several.statements.as_slice() else { return None };
    let apart: Vec<String> = others
        .iter()
        .filter(|other| other.words != obeyed.words)
        .map(|other| format!("{} says {}", other.source, other.words))
        .collect();
    if apart.is_empty() {
        return None;
    }
    let message = format!("{}: {} says {}, {}", several.about, obeyed.source, obeyed.words, apart.join(", "));
    let mark = |says: String, at: &std::ops::Range<usize>| Mark { span: at.clone(), says };
    let mut finding = Finding::new(RULE.code, Severity::Error, message)
        .at(mark(format!("{}: {}, which is obeyed", obeyed.source, obeyed.words), &obeyed.at));
    for other in others {
        finding = finding.at(mark(format!("{}: {}", other.source, other.words), &other.at));
    }
    Some(finding.mend(format!("let {} say {} too, or decide for it", others[0].source, obeyed.words)))
}
