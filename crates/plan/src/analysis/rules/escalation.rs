//! FD1105: the people who recover are called when the recovery time is over.

use super::Rule;
use crate::analysis::amount::time;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1105",
    title: "people are called when the RTO is over",
    about: "A level of escalation begins at or after the strictest RTO. If the failover that should have kept the RTO fails, nobody of this level \
            can help in time; whatever they are to do (coordinate the recovery, decide) is not part of what keeps the RTO. Call them earlier, \
            or say that they deal with what the failover could not.",
    source: "NIST SP 800-61 rev. 2, §3.2.6 (escalation); NIST SP 800-34 rev. 1, §4.2",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(tier) = facts.strictest_tier() else { return Vec::new() };
    let late: Vec<_> = facts.doc.escalations.iter().filter(|level| level.after.value >= tier.rto.value).collect();
    if late.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = late.iter().map(|level| level.name.value.to_string()).collect();
    let message = format!(
        "{} begin when the RTO of {}, {}, is over",
        crate::analysis::amount::list(&names),
        tier.name.value,
        time(tier.rto.value)
    );
    let mut finding = Finding::new(RULE.code, Severity::Warning, message)
        .at(tier.rto.mark(format!("recovered within {}", time(tier.rto.value))));
    for level in late {
        finding = finding.at(level.after.mark(format!("called after {}", time(level.after.value)))).sum(format!(
            "{}: {} >= {}",
            level.name.value,
            time(level.after.value),
            time(tier.rto.value)
        ));
    }
    vec![finding.mend(format!("call them before {}", time(tier.rto.value)))]
}
