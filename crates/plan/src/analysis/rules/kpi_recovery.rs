//! FD1004: the figures that are reported as current don't fit together.

use super::Rule;
use crate::analysis::amount::decimal;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1004",
    title: "current figures don't fit together",
    about: "The downtime of a year is at least that of one recovery, unless nothing was recovered. If the current downtime is less than the \
            current recovery time, no failover took place in that year, and the recovery time was not measured in production; or one of them \
            is wrong. Figures that are called current before the system is in operation are no measurements at all.",
    source: "ISO 22301:2019, 9.1 (monitoring, measurement, analysis)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let kpi = |word: &str| {
        let found = facts.doc.kpis.iter().find(|kpi| kpi.name.value.contains(word))?;
        let minutes = found.unit.value.trim_start().starts_with("min");
        found.current.as_ref().filter(|_| minutes)
    };
    let mut findings = Vec::new();
    if let (Some(recovery), Some(downtime)) = (kpi("recovery"), kpi("downtime"))
        && downtime.value < recovery.value
        && recovery.value.thousandths > 0
    {
        let share = u128::try_from(downtime.value.thousandths.max(0)).unwrap_or_default() * 1000;
        let share = share / u128::try_from(recovery.value.thousandths).unwrap_or(1);
        findings.push(
            Finding::new(
                RULE.code,
                Severity::Warning,
                format!(
                    "a recovery takes {} min now, but all outages of a year {} min",
                    recovery.value, downtime.value
                ),
            )
            .at(recovery.mark(format!("{} min", recovery.value)))
            .at(downtime.mark(format!("{} min a year", downtime.value)))
            .sum(format!("{} / {} = {} recoveries a year: none", downtime.value, recovery.value, decimal(share, 1000)))
            .mend("say in what the recovery time was measured"),
        );
    }
    findings.extend(before_operation(facts));
    findings
}

/// Figures of a system that the roadmap has not in operation yet.
fn before_operation(facts: &Facts<'_>) -> Option<Finding> {
    let live = |item: &String| item.to_lowercase().replace('-', " ").contains("go live");
    let open = facts.doc.phases.iter().filter_map(|phase| phase.open.as_ref());
    let open = open.into_iter().find(|open| open.value.iter().any(live))?;
    let measured: Vec<_> = facts.doc.kpis.iter().filter_map(|kpi| Some((kpi, kpi.current.as_ref()?))).collect();
    if measured.is_empty() {
        return None;
    }
    let message = format!("{} figures are called current, but going live is still to be done", measured.len());
    let mut finding = Finding::new(RULE.code, Severity::Warning, message).at(open.mark("not done"));
    for (kpi, current) in measured {
        finding = finding.at(current.mark(format!("{} now {}", kpi.name.value, current.value)));
    }
    Some(finding.mend("call them expected until they are measured"))
}
