//! FD1402: the latency that is stated is less than the way that a write takes.

use super::Rule;
use crate::analysis::amount::{decimal, millis};
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Loss, Severity, Situation};
use firedrill_model::SiteSet;
use std::time::Duration;

pub(super) static RULE: Rule = Rule {
    code: "FD1402",
    title: "a latency is stated that no write can have",
    about: "A write is acknowledged when the quorum has it. It takes at least the primary's round trip to its quorum; a client adds its own way to the \
            primary. A baseline with disaster recovery below the first can hold for reads, or as an average with many of them, but for no \
            write. A threshold for alerts or tests below the sum for a region is broken by every write from there.",
    source: "Ongaro and Ousterhout (2014), §5.3; DESIGN.md, Outage (the bound of a region)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let whole = Situation::after(&facts.matrix.model, &Loss::Sites(SiteSet::EMPTY));
    let Some(commit) = whole.commit else { return Vec::new() };
    let mut findings = baselines(facts, commit);
    findings.extend(thresholds(facts, commit));
    findings
}

fn baselines(facts: &Facts<'_>, commit: Duration) -> Vec<Finding> {
    let latencies = facts.doc.baselines.iter().filter(|of| of.name.value.contains("latency") && of.unit.value == "ms");
    let below = latencies.filter(|of| thousandths(of.with_dr.value) < commit.as_micros());
    let one = |of: &crate::document::performance::Baseline| {
        let with = thousandths(of.with_dr.value);
        let mut finding = Finding::new(
            RULE.code,
            Severity::Warning,
            format!(
                "{} with disaster recovery is {} ms, but a write's quorum is {} away",
                of.name.value,
                of.with_dr.value,
                millis(commit)
            ),
        )
        .at(of.with_dr.mark(format!("{} ms", of.with_dr.value)));
        if let Some(link) = facts.doc.links.iter().find(|link| link.round_trip.value == commit) {
            finding = finding.at(link.round_trip.mark(millis(commit)));
        }
        finding
            .sum(format!("{} ms < {}, before any work is done", decimal(with, 1000), millis(commit)))
            .mend("say that it is the latency of reads, or of which mixture")
            .broken_by(Broken::Parameters)
    };
    below.map(one).collect()
}

/// Thousandths of milliseconds, that is microseconds.
fn thousandths(value: crate::document::Decimal) -> u128 {
    u128::try_from(value.thousandths.max(0)).unwrap_or_default()
}

fn thresholds(facts: &Facts<'_>, commit: Duration) -> Vec<Finding> {
    let alerts =
        facts.doc.alerts.iter().filter(|alert| alert.name.value.contains("latency") && alert.unit.value == "ms");
    let alerts = alerts.map(|alert| {
        let limit = Duration::from_micros(u64::try_from(thousandths(alert.threshold.value)).unwrap_or(u64::MAX));
        (alert.threshold.mark(format!("alert above {}", millis(limit))), limit, format!("alert {}", alert.name.value))
    });
    let tests = facts.doc.test_scenarios.iter().filter_map(|test| {
        let latency = test.latency.as_ref()?;
        let mark = latency.mark(format!("at most {}", millis(latency.value)));
        Some((mark, latency.value, format!("test {}", test.name.value)))
    });
    let mut findings = Vec::new();
    for (mark, limit, who) in alerts.chain(tests) {
        let trips =
            facts.plan.regions.iter().map(|region| (region, region.round_trips.first().copied().unwrap_or_default()));
        let over: Vec<_> = trips.filter(|(_, trip)| trip.saturating_add(commit) > limit).collect();
        if over.is_empty() {
            continue;
        }
        let names: Vec<String> = over.iter().map(|(region, _)| region.name.clone()).collect();
        let message = format!(
            "{who} is over its {} with every write from {}",
            millis(limit),
            crate::analysis::amount::list(&names)
        );
        let mut finding = Finding::new(RULE.code, Severity::Warning, message).at(mark);
        for (region, trip) in over {
            if let Some(written) = facts.doc.regions.iter().find(|written| *written.name.value == *region.name) {
                finding = finding.at(written.round_trips.mark(format!("{} to the primary", millis(trip))));
            }
            finding = finding.sum(format!(
                "{}: {} to the primary + {} to its quorum = {} > {}",
                region.name,
                millis(trip),
                millis(commit),
                millis(trip.saturating_add(commit)),
                millis(limit)
            ));
        }
        findings.push(finding.mend("set the limit for each region by its ways").broken_by(Broken::Parameters));
    }
    findings
}
