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
            for such a site promises a failover that consensus forbids. Give the plan more voting sites, or say that this failover is by \
            hand, with what it may lose.",
    source: "Ongaro and Ousterhout (2014), §5; Gilbert and Lynch, Brewer's Conjecture (2002); DESIGN.md, Authority",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let model = &facts.matrix.model;
    let mut findings = Vec::new();
    for (place, site) in model.sites.iter().enumerate().skip(1) {
        let Some(readiness) = site.readiness else { continue };
        let before: SiteSet = (0..place).map(Model::id).collect();
        let left = model.voters(model.all()).len() - model.voters(before).len();
        if left >= model.majority() {
            continue;
        }
        let lost = list(&model.names(before));
        let mut finding = Finding::new(
            RULE.code,
            Severity::Error,
            format!(
                "{} is to take over within {} when {lost} are lost, but has no quorum then",
                site.name,
                time(readiness)
            ),
        );
        if let Some(figure) = facts.site(&site.name).and_then(|site| site.readiness.as_ref()) {
            finding = finding.at(figure.mark(format!("ready after {}", time(readiness))));
        }
        let votes = model.voters(model.all()).len();
        findings.push(
            finding
                .sum(format!(
                    "{votes} votes - {} lost = {left}; a majority of {votes} is {}",
                    votes - left,
                    model.majority()
                ))
                .mend(format!(
                    "add {} voting sites, or take {} out of the succession",
                    2 * (model.majority() - left),
                    site.name
                ))
                .broken_by(Broken::Parameters),
        );
    }
    findings
}
