//! FD1001: the downtime that the uptime leaves is used up by failovers that meet their RTO.

use super::Rule;
use crate::analysis::amount::{YEAR, decimal, seconds, time};
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Severity};
use std::time::Duration;

pub(super) static RULE: Rule = Rule {
    code: "FD1001",
    title: "one failover within its RTO uses up the downtime of a year",
    about: "An uptime of p leaves (1 - p) of a year (365.25 days) for all outages together. If one outage may take as long as the strictest RTO \
            and is longer than that, the plan promises an uptime that a failover which meets its objective breaks. Told with the number of \
            failovers in a year that the RTO, and the least that detection and decision take, leave room for. Shorten the RTO, or promise \
            less.",
    source: "Beyer et al., Site Reliability Engineering (2016), ch. 3 and appendix A (availability table); NIST SP 800-34 rev. 1, §3.2",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(uptime) = facts.doc.summary.as_ref().and_then(|summary| summary.uptime_percent.as_ref()) else {
        return Vec::new();
    };
    let (Some(tier), Some(allowed)) = (facts.strictest_tier(), allowed(uptime.value.thousandths)) else {
        return Vec::new();
    };
    let rto = tier.rto.value;
    if allowed >= rto {
        return Vec::new();
    }
    let least = facts.matrix.model.detection;
    let room = |outage: Duration| decimal(allowed.as_nanos() * 100 / outage.as_nanos().max(1), 100);
    let message = format!(
        "{} % uptime leave {} a year; one failover of {} that keeps its RTO may take {}",
        uptime.value,
        seconds(allowed),
        tier.name.value,
        seconds(rto)
    );
    let finding = Finding::new(RULE.code, Severity::Error, message)
        .at(uptime.mark(format!("{} % of the time", uptime.value)))
        .at(tier.rto.mark(format!("recovered within {}", time(rto))))
        .sum(format!("(100 - {}) % x {} = {}", uptime.value, seconds(YEAR), seconds(allowed)))
        .sum(format!("failovers a year at the RTO: {} / {} = {}", seconds(allowed), seconds(rto), room(rto)))
        .sum(format!(
            "at detection alone, which nothing undercuts: {} / {} = {}",
            seconds(allowed),
            seconds(least),
            room(least)
        ))
        .mend(format!(
            "lower the RTO of {} to {} for one failover a year, or promise less uptime",
            tier.name.value,
            seconds(allowed)
        ));
    vec![finding.broken_by(Broken::Parameters)]
}

/// What an uptime in thousandths of a percent leaves of a year.
pub(super) fn allowed(thousandths: i64) -> Option<Duration> {
    let down = u128::try_from(100_000_i64.checked_sub(thousandths)?).ok()?;
    let nanos = YEAR.as_nanos() * down / 100_000;
    Some(Duration::from_nanos(u64::try_from(nanos).ok()?))
}
