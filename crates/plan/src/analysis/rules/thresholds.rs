//! FD1503: one resource has two thresholds for its alert.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1503",
    title: "an alert has two thresholds",
    about: "A resource's optimisation names a threshold above which somebody is told, and the list of alerts another one for the same resource. Those \
            who are called don't know which was crossed. Keep one.",
    source: "Beyer et al., Site Reliability Engineering (2016), ch. 6",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (of, first) in facts.doc.optimizations.iter().filter_map(|of| Some((of, of.alert_percent.as_ref()?))) {
        let resource = &*of.name.value;
        let same = |alert: &&crate::document::performance::Alert| {
            let name = &*alert.name.value;
            name == resource || name.strip_prefix(resource).is_some_and(|rest| rest.starts_with('-'))
        };
        let percent = |unit: &str| matches!(unit, "%" | "percent" | "percentage");
        let others = facts.doc.alerts.iter().filter(same).filter(|alert| percent(&alert.unit.value));
        for alert in others.filter(|alert| alert.threshold.value != first.value) {
            findings.push(
                Finding::new(
                    RULE.code,
                    Severity::Error,
                    format!("{resource} alerts at {} %, and at {} %", first.value, alert.threshold.value),
                )
                .at(first.mark(format!("{} %", first.value)))
                .at(alert.threshold.mark(format!("{} %", alert.threshold.value)))
                .sum(format!("{} is not {}", first.value, alert.threshold.value))
                .mend("keep one of them"),
            );
        }
    }
    findings
}
