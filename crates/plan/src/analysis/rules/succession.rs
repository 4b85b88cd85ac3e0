//! FD1102: a site is to take over, and never can.

use super::Rule;
use crate::analysis::amount::{list, time};
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Model, Severity};
use firedrill_model::SiteSet;

pub(super) static RULE: Rule = Rule {
    code: "FD1102",
    title: "a site that is to take over never can",
    about: "A site takes over when all sites before it in the order of succession are lost. If then less than a majority of the votes is left, \
            it may not: nobody can tell a lost majority from a partition, and two sites would serve at once. A readiness that the plan gives \
            for such a site promises a failover that consensus forbids: an error if the \
            plan also counts it among its recovery sites, else a warning. Give the plan more voting sites, or say that this failover is by \
            hand, with what it may lose.",
    source: "Ongaro and Ousterhout (2014), §5; Gilbert and Lynch, Brewer's Conjecture (2002); DESIGN.md, Authority",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let model = &facts.matrix.model;
    let before = |place: usize| -> SiteSet { (0..place).map(Model::id).collect() };
    let votes = model.voters(model.all()).len();
    let left = |place: usize| votes - model.voters(before(place)).len();
    let able = (0..model.sites.len()).filter(|place| left(*place) >= model.majority()).count();
    let promised = facts.doc.summary.as_ref().and_then(|summary| summary.recovery_sites.as_ref());
    let promised = promised.filter(|sites| usize::try_from(sites.value).is_ok_and(|sites| sites > able));
    let mut findings = Vec::new();
    for (place, site) in model.sites.iter().enumerate().skip(1).filter(|(place, _)| left(*place) < model.majority()) {
        let Some(readiness) = site.readiness else { continue };
        let lost = list(&model.names(before(place)));
        let message = format!(
            "{} is to take over within {} when {lost} are lost, but has no quorum then",
            site.name,
            time(readiness)
        );
        let severity = if promised.is_some() { Severity::Error } else { Severity::Warning };
        let mut finding = Finding::new(RULE.code, severity, message);
        if let Some(figure) = facts.site(&site.name).and_then(|site| site.readiness.as_ref()) {
            finding = finding.at(figure.mark(format!("ready after {}", time(readiness))));
        }
        if let Some(sites) = promised {
            finding = finding
                .at(sites.mark(format!("{} recovery sites", sites.value)))
                .sum(format!("{} recovery sites are promised, {able} can ever lead", sites.value));
        }
        let (left, majority) = (left(place), model.majority());
        findings.push(
            finding
                .sum(format!("{votes} votes - {} lost = {left}; a majority of {votes} is {majority}", votes - left))
                .mend(format!(
                    "add {} voting sites, or take {} out of the succession",
                    2 * (majority - left),
                    site.name
                ))
                .broken_by(Broken::Parameters),
        );
    }
    findings
}
