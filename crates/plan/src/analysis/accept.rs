//! `[[accept]]`: findings that the plan knows of and lives with, each with a reason and the last day on which that holds.

use super::tree::Section;
use super::{Accepted, Date, Facts, Finding, Severity};

/// Marks the findings that the plan accepts; tells of acceptances that are over, or accept nothing.
pub(crate) fn apply(facts: &Facts<'_>, today: Date, mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut more = Vec::new();
    for accept in facts.root.each("accept") {
        let (Some(code), Some((reason, until))) = (accept.text("code"), terms(&accept)) else {
            continue;
        };
        let about = accept.text("about").map_or("", |about| about.value);
        let meant = |finding: &Finding| finding.code == code.value && finding.message.contains(about);
        let count = findings.iter().filter(|finding| meant(finding)).count();
        if count == 0 {
            more.push(
                Finding::new("FD0002", Severity::Note, format!("{} is accepted, but not found", code.value))
                    .at(&code.at, "accepted here")
                    .mend("leave the acceptance out"),
            );
        } else if until < today {
            more.push(
                Finding::new(
                    "FD0001",
                    Severity::Warning,
                    format!("the acceptance of {} is over since {until}", code.value),
                )
                .at(&code.at, format!("accepted because: {reason}"))
                .sum(format!("until {until} < today {today}"))
                .mend("mend the finding, or decide anew and name a later day"),
            );
        } else {
            findings
                .iter_mut()
                .filter(|finding| meant(finding))
                .for_each(|finding| finding.accepted = Some(Accepted { reason: reason.to_owned(), until }));
        }
    }
    findings.extend(more);
    findings
}

fn terms<'t>(accept: &Section<'t>) -> Option<(&'t str, Date)> {
    let until = accept.date("until")?.value;
    Some((accept.text("reason")?.value, until))
}
