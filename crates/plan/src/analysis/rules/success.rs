//! FD1902: success is wanted in two different shares.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1902",
    title: "a test must always succeed, and its target is less",
    about: "A test's criterion is a share of successes that is higher than the target of the figure by which tests as a whole are judged. The target \
            is met while the criterion is not: nobody acts on the failure. Let the target be the criterion, or say which tests the target is \
            about.",
    source: "ISO 22301:2019, 9.1.1 (criteria of evaluation)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let kpi = facts.doc.kpis.iter().find(|kpi| kpi.name.value.contains("test"));
    let Some(kpi) = kpi.filter(|kpi| matches!(&*kpi.unit.value, "%" | "percent")) else { return Vec::new() };
    // Who must take part is no success of a test.
    let criteria = facts.doc.tests.iter().filter_map(|test| {
        let about = test.success.as_ref().is_none_or(|success| !success.value.to_lowercase().contains("particip"));
        Some((test, test.success_percent.as_ref().filter(|_| about)?))
    });
    criteria
        .filter(|(_, criterion)| criterion.value > kpi.target.value)
        .map(|(test, criterion)| {
            let message = format!(
                "{} tests must succeed in {} %, but the target for tests is {} %",
                test.name.value, criterion.value, kpi.target.value
            );
            Finding::new(RULE.code, Severity::Warning, message)
                .at(criterion.mark(format!("{} %", criterion.value)))
                .at(kpi.target.mark(format!("{} %", kpi.target.value)))
                .sum(format!("{} > {}", criterion.value, kpi.target.value))
                .mend("let the target be the criterion")
        })
        .collect()
}
