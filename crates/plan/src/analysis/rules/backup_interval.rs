//! FD1202: backups are rarer than a recovery point objective allows, where only a backup helps.

use super::Rule;
use crate::analysis::amount::{seconds, time};
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1202",
    title: "backups are rarer than the RPO allows",
    about: "A mistake or an attack that replicas copy faithfully is undone from a backup only, and what was written since the last one is lost: \
            up to the interval between two. If that is longer than a data class's RPO, the RPO holds for lost sites only, and the plan should \
            say so. Back up as often as the RPO asks, keep a stream that can be restored to any moment, or grant corruption an RPO of its own.",
    source: "NIST SP 800-34 rev. 1, §3.4.2 (backup methods and RPO); GitLab's incident report of 2017-01-31",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for class in &facts.matrix.model.classes {
        let Some(interval) = class.backup.filter(|interval| *interval > class.rpo) else { continue };
        let mut finding = Finding::new(
            RULE.code,
            Severity::Error,
            format!("corrupt {} lose up to {}; their RPO is {}", class.name, time(interval), time(class.rpo)),
        );
        if let Some(written) = facts.class(&class.name) {
            finding = finding.at(written.rpo.mark(format!("at most {}", time(class.rpo))));
        }
        if let Some(backup) = facts.backups_of(&class.name).iter().min_by_key(|backup| backup.interval.value) {
            finding = finding.at(backup.interval.mark(format!("every {}", time(backup.interval.value))));
        }
        findings.push(
            finding
                .sum(format!("interval {} > RPO {}", seconds(interval), seconds(class.rpo)))
                .mend(format!(
                    "back up at least every {}, or grant corruption an RPO of {}",
                    time(class.rpo),
                    time(interval)
                ))
                .broken_by(Broken::Parameters),
        );
    }
    findings
}
