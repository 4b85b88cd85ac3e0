//! `[[accept]]`: findings that the plan knows of and lives with, each with a reason and the last day on which that holds.

use super::place::Said;
use super::{Accepted, Date, Facts, Finding, Severity};

/// Marks the findings that the plan accepts; tells of acceptances that are over, or accept nothing.
pub(crate) fn apply(facts: &Facts<'_>, today: Date, mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut more = Vec::new();
    for accept in &facts.doc.accepted {
        let (code, until) = (&accept.code, accept.until.value);
        let about = accept.about.as_ref().map_or("", |about| about.value.as_str());
        let meant = |finding: &Finding| finding.code == code.value && finding.message.contains(about);
        if !findings.iter().any(meant) {
            more.push(
                Finding::new("FD0002", Severity::Note, format!("{} is accepted, but not found", code.value))
                    .at(code.mark("accepted here"))
                    .mend("leave the acceptance out"),
            );
        } else if until < today {
            let message = format!("the acceptance of {} is over since {until}", code.value);
            more.push(
                Finding::new("FD0001", Severity::Warning, message)
                    .at(code.mark(format!("accepted because: {}", accept.reason.value)))
                    .sum(format!("until {until} < today {today}"))
                    .mend("mend the finding, or decide anew and name a later day"),
            );
        } else {
            let reason = &accept.reason.value;
            let accepted = findings.iter_mut().filter(|finding| meant(finding));
            accepted.for_each(|finding| finding.accepted = Some(Accepted { reason: reason.clone(), until }));
        }
    }
    findings.extend(more);
    findings
}
