//! FD1203: nobody says how long a restore takes.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1203",
    title: "how long a restore takes is not said",
    about: "When data is corrupt on all replicas, recovery is a restore from a backup, and its time decides about the RTO. For these backups the \
            plan gives none, so no bound can be given: the RTO after corruption is not known to hold. Measure a restore, and write it down \
            (`restore_s`).",
    source: "NIST SP 800-34 rev. 1, §3.4.2; NIST SP 800-184, §2",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let unstated: Vec<_> = facts.doc.backups.iter().filter(|backup| backup.restore.is_none()).collect();
    let Some(first) = unstated.first() else { return Vec::new() };
    let message = match unstated.len() {
        1 => format!("how long a restore of {} takes is not said", first.name.value),
        count => format!("how long a restore takes is not said for {count} of {} backups", facts.doc.backups.len()),
    };
    let mut finding = Finding::new(RULE.code, Severity::Note, message);
    for backup in unstated {
        finding = finding.at(backup.section.mark(format!("{}: no `restore_s`", backup.name.value)));
    }
    vec![finding.mend("measure a restore, and give `restore_s`")]
}
