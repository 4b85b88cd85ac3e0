//! FD1403: a site's connection is narrower than the traffic that it would have to carry.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1403",
    title: "a site's connection is narrower than the load",
    about: "The network traffic with disaster recovery is stated for the whole production load. A site whose connection is narrower cannot carry the \
            whole when it serves alone; the sums also tell whether it carries the part that its capacity allows. Give it a wider connection, \
            or say which part of the load it takes.",
    source: "NIST SP 800-34 rev. 1, §3.4.3 (alternate sites: telecommunications)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let traffic = facts.doc.baselines.iter().find(|of| of.name.value.contains("bandwidth"));
    let Some((traffic, mbps)) =
        traffic.and_then(|of| Some((of, in_kbps(of.with_dr.value.thousandths, &of.unit.value)?)))
    else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for site in &facts.doc.sites {
        let Some(width) = site.bandwidth_mbps.as_ref().filter(|width| width.value.saturating_mul(1000) < mbps) else {
            continue;
        };
        let part = mbps.saturating_mul(site.capacity_percent.value) / 100;
        let fits = if part <= width.value.saturating_mul(1000) { "fits" } else { "does not fit either" };
        let severity = if part <= width.value.saturating_mul(1000) { Severity::Warning } else { Severity::Error };
        findings.push(
            Finding::new(
                RULE.code,
                severity,
                format!(
                    "{} has {} Mbit/s; the load takes {} {}",
                    site.name.value, width.value, traffic.with_dr.value, traffic.unit.value
                ),
            )
            .at(width.mark(format!("{} Mbit/s", width.value)))
            .at(traffic.with_dr.mark(format!("{} {}", traffic.with_dr.value, traffic.unit.value)))
            .sum(format!("{} Mbit/s > {} Mbit/s", mbps / 1000, width.value))
            .sum(format!("at its capacity of {} %: {} Mbit/s, which {fits}", site.capacity_percent.value, part / 1000))
            .mend(format!(
                "give {} at least {} Mbit/s, or say that it never serves more than its part",
                site.name.value,
                mbps / 1000
            ))
            .broken_by(Broken::Parameters),
        );
    }
    findings
}

/// In kilobits a second, from thousandths of a unit.
fn in_kbps(thousandths: i64, unit: &str) -> Option<u64> {
    let number = u64::try_from(thousandths).ok()?;
    match unit.to_lowercase().as_str() {
        "gbps" | "gbit/s" => number.checked_mul(1000),
        "mbps" | "mbit/s" => Some(number),
        _ => None,
    }
}
