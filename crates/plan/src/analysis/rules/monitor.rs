//! FD1303: the consistency monitor expects what the plan does not do, or alerts all the time.

use super::Rule;
use crate::analysis::amount::{millis, time};
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::Consistency;

pub(super) static RULE: Rule = Rule {
    code: "FD1303",
    title: "the consistency monitor alerts in normal operation",
    about: "A monitor that expects linearizable copies reports every class that is only eventually consistent; one that alerts when a copy is further \
            behind than a threshold alerts all the time if the plan itself sends to a site more rarely than that. An alert that is always on \
            is switched off by those who hear it. Set the threshold for each site by its interval, and the level for each class by its own.",
    source: "Beyer et al., Site Reliability Engineering (2016), ch. 6 (alerts must be actionable)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(monitor) = &facts.doc.consistency_monitor else { return Vec::new() };
    let mut findings = Vec::new();
    let threshold = &monitor.alert_threshold;
    for site in &facts.doc.sites {
        let Some(interval) = site.sync_interval.as_ref().filter(|interval| interval.value > threshold.value) else {
            continue;
        };
        findings.push(
            Finding::new(
                RULE.code,
                Severity::Error,
                format!(
                    "the monitor alerts when a copy is {} behind; {} is sent to every {}",
                    time(threshold.value),
                    site.name.value,
                    time(interval.value)
                ),
            )
            .at(threshold.mark(format!("alert above {}", time(threshold.value))))
            .at(interval.mark(format!("every {}", time(interval.value))))
            .sum(format!("{} > {}", millis(interval.value), millis(threshold.value)))
            .mend(format!("alert for {} above {}", site.name.value, time(interval.value))),
        );
    }
    let eventual: Vec<_> = facts
        .doc
        .data_classes
        .iter()
        .filter_map(|class| Some((class, class.consistency.as_ref()?)))
        .filter(|(_, level)| level.value == Consistency::Eventual)
        .collect();
    if monitor.consistency.value == Consistency::Linearizable && !eventual.is_empty() {
        let names: Vec<String> = eventual.iter().map(|(class, _)| class.name.value.to_string()).collect();
        let message = format!(
            "the monitor expects linearizable copies, but {} only eventually agree",
            crate::analysis::amount::list(&names)
        );
        let finding =
            Finding::new(RULE.code, Severity::Warning, message).at(monitor.consistency.mark(monitor.consistency.value));
        let finding = eventual.iter().fold(finding, |finding, (_, level)| finding.at(level.mark(level.value)));
        findings.push(finding.mend("expect of each class what it promises"));
    }
    findings
}
