//! FD1904: what is recovered first has the longer recovery time.

use super::Rule;
use crate::analysis::amount::time;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::services::Function;

pub(super) static RULE: Rule = Rule {
    code: "FD1904",
    title: "priorities and recovery times are in opposite order",
    about: "Of two business functions, the one with the higher priority belongs to a tier with a longer RTO than the other's. Whoever recovers by \
            priority keeps the longer RTO and may miss the shorter one. Order priorities as RTOs are.",
    source: "NIST SP 800-34 rev. 1, §3.2.3 (recovery priorities follow from the RTO)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let functions = &facts.doc.functions;
    let mut findings = Vec::new();
    for first in functions {
        for second in functions.iter().filter(|second| first.priority.value < second.priority.value) {
            findings.extend(inverted(facts, first, second));
        }
    }
    findings
}

fn inverted(facts: &Facts<'_>, first: &Function, second: &Function) -> Option<Finding> {
    let tier = |of: &Function| facts.tier(&of.tier.as_ref()?.value);
    let (slow, quick) = (tier(first)?, tier(second)?);
    if slow.rto.value <= quick.rto.value {
        return None;
    }
    let message = format!(
        "{} is {} with {} to recover, {} is {} with {}",
        first.name.value,
        first.priority.value,
        time(slow.rto.value),
        second.name.value,
        second.priority.value,
        time(quick.rto.value)
    );
    Some(
        Finding::new(RULE.code, Severity::Error, message)
            .at(first.priority.mark(format!("{} is {}", first.name.value, first.priority.value)))
            .at(second.priority.mark(format!("{} is {}", second.name.value, second.priority.value)))
            .at(slow.rto.mark(format!("{} within {}", slow.name.value, time(slow.rto.value))))
            .at(quick.rto.mark(format!("{} within {}", quick.name.value, time(quick.rto.value))))
            .sum(format!(
                "{} before {}, but {} > {}",
                first.priority.value,
                second.priority.value,
                time(slow.rto.value),
                time(quick.rto.value)
            ))
            .mend(format!("give {} at least {}'s priority", second.name.value, first.name.value)),
    )
}
