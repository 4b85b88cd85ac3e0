//! FD1901: one thing is done at two frequencies.

use super::Rule;
use crate::analysis::finding::Mark;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::Cadence;

pub(super) static RULE: Rule = Rule {
    code: "FD1901",
    title: "one thing is done at two frequencies",
    about: "The test programme, the suites, the checklists, the verification of backups and the maintenance list name the same thing with different \
            frequencies. Whoever is responsible will follow the rarer one. Let all of them name one. (`failover`, `failover-test` and \
            `failover-tests` are the same thing.)",
    source: "ISO 22301:2019, 8.5 (exercise programme)",
    check,
};

struct Done {
    what: String,
    where_: &'static str,
    how_often: Cadence,
    mark: Mark,
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let all = everything(facts);
    let mut findings = Vec::new();
    for (place, first) in all.iter().enumerate() {
        if all[..place].iter().any(|before| before.what == first.what) {
            continue;
        }
        let others: Vec<&Done> = all[place + 1..]
            .iter()
            .filter(|other| other.what == first.what && other.how_often != first.how_often)
            .collect();
        if others.is_empty() {
            continue;
        }
        let apart: Vec<String> =
            others.iter().map(|other| format!("{} in {}", other.how_often, other.where_)).collect();
        let message = format!("{} is done {} in {}, {}", first.what, first.how_often, first.where_, apart.join(", "));
        let mut finding = Finding::new(RULE.code, Severity::Error, message).at(first.mark.clone());
        for done in std::iter::once(first).chain(others.iter().copied()) {
            if let Some(times) = done.how_often.times_a_year() {
                finding = finding.sum(format!("{} in {}: {times} times a year", done.how_often, done.where_));
            }
        }
        finding = others.into_iter().fold(finding, |finding, other| finding.at(other.mark.clone()));
        findings.push(finding.mend("name one frequency everywhere"));
    }
    findings
}

fn everything(facts: &Facts<'_>) -> Vec<Done> {
    let doc = facts.doc;
    let done = |name: &str, where_, frequency: &crate::document::Stated<Cadence>| Done {
        what: thing(name),
        where_,
        how_often: frequency.value,
        mark: frequency.mark(frequency.value),
    };
    let tests = doc.tests.iter().map(|of| done(&of.name.value, "the test programme", &of.frequency));
    let suites =
        doc.test_suites.iter().filter_map(|of| Some(done(&of.name.value, "a test suite", of.frequency.as_ref()?)));
    let verified = doc
        .backup_verification
        .iter()
        .filter_map(|of| Some(done("backup-verification", "the verification of backups", of.frequency.as_ref()?)));
    let lists = doc.checklists.iter().filter_map(|of| {
        let frequency = of.frequency.as_ref()?;
        let verifies = of.items.value.iter().any(|item| item.to_lowercase().contains("verify backup"));
        let name = if verifies { "backup-verification" } else { &of.name.value };
        Some(done(name, "a checklist", frequency))
    });
    let kept = doc.maintenance.iter().map(|of| done(&of.name.value, "the maintenance list", &of.frequency));
    tests.chain(suites).chain(verified).chain(lists).chain(kept).collect()
}

/// Without what is no part of the thing's name.
fn thing(name: &str) -> String {
    let known = ["-tests", "-test", "-testing"].into_iter().find_map(|ending| name.strip_suffix(ending));
    known.unwrap_or(name).to_owned()
}
