//! FD1002: sites that are all active, and sites that stand by.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::Standby;

pub(super) static RULE: Rule = Rule {
    code: "FD1002",
    title: "an active-active plan has standby sites",
    about: "Active-active means that every site serves clients all the time. The plan says that of all sites, or of a tier's load, while a site \
            is given as a standby, which serves nobody until it takes over. What holds decides how much capacity idles, whether a failover is \
            needed at all, and whether writes can conflict.",
    source: "ISO 22301:2019, 8.3 (strategies); Google Cloud, Disaster recovery planning guide (patterns: cold, warm, hot)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let standby: Vec<_> = facts
        .doc
        .sites
        .iter()
        .filter_map(|site| Some((site, site.state.as_ref().filter(|state| state.value != Standby::Active)?)))
        .collect();
    if standby.is_empty() {
        return Vec::new();
    }
    let active = |word: &str| word.contains("active-active") || word.contains("active_active");
    let summary = facts.doc.summary.as_ref();
    let deployment = summary.and_then(|summary| summary.deployment.as_ref()).filter(|word| active(&word.value));
    let tiers =
        facts.doc.tiers.iter().filter_map(|tier| tier.load_balancing.as_ref()).filter(|word| active(&word.value));
    let sites = summary.and_then(|summary| summary.recovery_sites.as_ref());
    let mut marks: Vec<_> = deployment.map(|word| word.mark(word.value.to_string())).into_iter().collect();
    marks.extend(tiers.map(|word| word.mark(&word.value)));
    if marks.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> =
        standby.iter().map(|(site, state)| format!("{} is {}", site.name.value, state.value)).collect();
    let message = format!("the plan is active-active, but {}", names.join(", "));
    let mut finding = Finding::new(RULE.code, Severity::Error, message);
    finding = marks.into_iter().fold(finding, Finding::at);
    finding = standby.iter().fold(finding, |finding, (_, state)| finding.at(state.mark(state.value)));
    let active_sites = facts.doc.sites.len() - standby.len();
    let promised = sites.map_or(facts.doc.sites.len() as u64, |sites| sites.value);
    vec![
        finding
            .sum(format!("{promised} active sites promised, {active_sites} of {} is", facts.doc.sites.len()))
            .mend("call it active-standby, or let every site serve"),
    ]
}
