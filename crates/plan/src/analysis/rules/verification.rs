//! FD1704: backups are verified that are not made.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::BackupKind;
use crate::document::data::Backup;

pub(super) static RULE: Rule = Rule {
    code: "FD1704",
    title: "full backups are verified of what is only backed up in part",
    about: "The verification restores full backups of components that the matrix backs up incrementally only. Either there are full backups that the \
            matrix does not tell of, or what is verified is not what a restore would use: an incremental backup needs its chain. Verify what is \
            made, chain and all.",
    source: "NIST SP 800-34 rev. 1, §3.4.2; GitLab's incident report of 2017-01-31",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(verification) = &facts.doc.backup_verification else { return Vec::new() };
    let Some(kind) = verification.kind.as_ref().filter(|kind| kind.value == BackupKind::Full) else {
        return Vec::new();
    };
    let partly = verification.components.value.iter().filter_map(|component| {
        let backups = of(facts, component);
        let never_full = backups.iter().all(|backup| backup.kind.value != BackupKind::Full);
        Some((component, *backups.first().filter(|_| never_full)?))
    });
    let partly: Vec<_> = partly.collect();
    if partly.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = partly.iter().map(|(component, _)| component.to_string()).collect();
    let message = format!("full backups of {} are verified, but none is made", crate::analysis::amount::list(&names));
    let finding = Finding::new(RULE.code, Severity::Warning, message).at(kind.mark("full backups are verified"));
    let finding = partly.iter().fold(finding, |finding, (_, backup)| {
        finding.at(backup.kind.mark(format!("{}: {}", backup.name.value, backup.kind.value)))
    });
    vec![finding.mend("verify the incremental backups with their chain, or make full ones")]
}

/// The backups of a component, by the data that they hold or by their name.
fn of<'p>(facts: &Facts<'p>, component: &str) -> Vec<&'p Backup> {
    let is = |backup: &&Backup| {
        let held = backup.data.as_ref().is_some_and(|data| data.value.iter().any(|name| same(name, component)));
        held || same(&backup.name.value, component)
    };
    facts.doc.backups.iter().filter(is).collect()
}

/// `sessions` and `session-state` are the same to people: the first word, without its plural.
fn same(one: &str, other: &str) -> bool {
    let stem = |name: &str| {
        let first = name.split('-').next().unwrap_or_default();
        first.strip_suffix('s').unwrap_or(first).to_owned()
    };
    stem(one) == stem(other)
}
