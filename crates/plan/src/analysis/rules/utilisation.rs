//! FD1502: after a failover the successor runs above its alerts.

use super::Rule;
use crate::analysis::amount::decimal;
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1502",
    title: "a successor that takes the whole load runs above the alert",
    about: "The primary's utilisation with disaster recovery, at 100 % capacity, becomes (100 / c) times as much on a successor with c % of the \
            capacity that takes the whole load alone. Above the threshold of the alert, a failover that works sets it off; above 100 % it \
            cannot work. Told for the first successor, and for every one above 100 %.",
    source: "Beyer et al., Site Reliability Engineering (2016), ch. 22; Gunther, Guerrilla Capacity Planning (2007)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let used = facts.doc.baselines.iter().find(|of| of.name.value.contains("cpu"));
    let alert = facts.doc.alerts.iter().find(|alert| alert.name.value.contains("cpu"));
    let (Some(used), Some(alert)) = (used, alert) else { return Vec::new() };
    let with = used.with_dr.value.thousandths.max(0).unsigned_abs();
    let mut findings = Vec::new();
    for (place, site) in facts.doc.sites.iter().enumerate().skip(1) {
        let capacity = site.capacity_percent.value;
        let witness = site.role.value == crate::document::Role::Witness;
        let Some(then) = (with * 100).checked_div(capacity).filter(|_| !witness) else { continue };
        let over = then > alert.threshold.value.thousandths.max(0).unsigned_abs();
        if !over || (place > 1 && then <= 100_000) {
            continue;
        }
        let then = decimal(u128::from(then), 1000);
        findings.push(
            Finding::new(
                RULE.code,
                Severity::Warning,
                format!(
                    "{} runs at {then} % CPU when it takes the whole load; the alert is at {} %",
                    site.name.value, alert.threshold.value
                ),
            )
            .at(site.capacity_percent.mark(format!("{capacity} % capacity")))
            .at(used.with_dr.mark(format!("{} % used at 100 % capacity", used.with_dr.value)))
            .at(alert.threshold.mark(format!("alert at {} %", alert.threshold.value)))
            .sum(format!("{} % x 100 / {capacity} = {then} % > {} %", used.with_dr.value, alert.threshold.value))
            .mend("give it more capacity, or say what is shed")
            .broken_by(Broken::Claims),
        );
    }
    findings
}
