//! FD1701: data, or its backups, are not kept as long as they must be.

use super::Rule;
use crate::analysis::amount::{list, time};
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::Stated;
use crate::document::compliance::Compliance;
use std::time::Duration;

pub(super) static RULE: Rule = Rule {
    code: "FD1701",
    title: "backups are not kept as long as they must be",
    about: "A regulation, or a data class itself, names how long records must be kept. The longest that any backup keeps the class is shorter: after \
            that nobody can prove what was in it. An audit trail that is kept that long proves only what it records. Keep an archive, or \
            narrow what the duty is about. An audit retention that is a multiple of 365 days misses the leap days of the years that it is \
            meant to be (note).",
    source: "Sarbanes-Oxley Act, §802, and 17 CFR 210.2-06 (seven years); the plan's own compliance matrix",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        facts.doc.compliance.iter().flat_map(|regulation| of_regulation(facts, regulation)).collect();
    for class in &facts.doc.data_classes {
        let asked = class.retention.as_ref();
        findings.extend(asked.and_then(|asked| shorter(facts, &class.name.value, asked, &class.name.value)));
    }
    findings.extend(leap_days(facts));
    findings
}

fn of_regulation(facts: &Facts<'_>, regulation: &Compliance) -> Vec<Finding> {
    let (Some(asked), Some(data)) = (&regulation.retention, &regulation.data) else { return Vec::new() };
    data.value.iter().filter_map(|class| shorter(facts, class, asked, &regulation.name.value)).collect()
}

fn shorter(facts: &Facts<'_>, class: &str, asked: &Stated<Duration>, who: &str) -> Option<Finding> {
    let backups = facts.backups_of(class);
    let longest = backups.iter().map(|backup| backup.retention.value).max()?;
    if longest >= asked.value {
        return None;
    }
    let message = format!(
        "{who} asks that {class} is kept {}, but no backup keeps it longer than {}",
        time(asked.value),
        time(longest)
    );
    let mut finding =
        Finding::new(RULE.code, Severity::Error, message).at(asked.mark(format!("kept {}", time(asked.value))));
    let mut sums = Vec::new();
    for backup in backups {
        finding = finding.at(backup.retention.mark(format!("{}: {}", backup.name.value, time(backup.retention.value))));
        sums.push(format!("{} {}", backup.name.value, time(backup.retention.value)));
    }
    Some(
        finding
            .sum(format!("longest of {} = {} < {}", list(&sums), time(longest), time(asked.value)))
            .mend(format!("keep an archive of {class} for {}", time(asked.value))),
    )
}

/// Seven years are 2,556 or 2,557 days.
fn leap_days(facts: &Facts<'_>) -> Option<Finding> {
    let retention = &facts.doc.audit.as_ref()?.retention;
    let days = retention.value.as_secs() / 86_400;
    let years = days / 365;
    if !days.is_multiple_of(365) || years < 4 {
        return None;
    }
    let fewest = years.saturating_sub(1) / 4;
    let message = format!("the audit trail is kept {days} days: {years} years without their leap days");
    Some(
        Finding::new(RULE.code, Severity::Note, message)
            .at(retention.mark(format!("{days} days")))
            .sum(format!(
                "{years} x 365 = {days}; {years} years have {} or more days, but around 2100",
                days + fewest.max(1)
            ))
            .mend(format!("keep it {} days", days + years.div_ceil(4))),
    )
}
