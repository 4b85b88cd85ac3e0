//! FD1905: traffic is spread in two ways.

use super::Rule;
use crate::analysis::finding::Mark;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1905",
    title: "traffic is spread in two ways",
    about: "Failover redirects by one algorithm (by weight, say), while active-active serving, or the optimisation of the network, names another (by \
            geography). After a failover clients may be sent elsewhere than before it, and capacity was reckoned for one of them only.",
    source: "RFC 1794 (DNS load balancing); DESIGN.md, Comparable by construction (clients find services through weights)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let stated = |name: &crate::document::Stated<crate::document::Name>| -> (String, Mark) {
        (name.value.to_string(), name.mark(&name.value))
    };
    let failover = facts.doc.failover.algorithm.as_ref().map(stated);
    let active = facts.doc.active_active.as_ref().map(|active| stated(&active.distribution));
    let network = facts.doc.optimizations.iter().filter_map(|of| of.load_balancing.as_ref()).map(stated);
    let mut ways: Vec<(String, Mark)> = failover.into_iter().chain(active).chain(network).collect();
    let Some((first, mark)) = (!ways.is_empty()).then(|| ways.remove(0)) else { return Vec::new() };
    // `weighted` is short for `weighted-round-robin`.
    let same = |other: &str| first.starts_with(other) || other.starts_with(&first);
    let others: Vec<(String, Mark)> = ways.into_iter().filter(|(other, _)| !same(other)).collect();
    if others.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = others.iter().map(|(name, _)| name.clone()).collect();
    let message = format!("traffic is spread by {first}, and by {}", crate::analysis::amount::list(&names));
    let finding = Finding::new(RULE.code, Severity::Warning, message).at(mark);
    let finding = others.into_iter().fold(finding, |finding, (_, mark)| finding.at(mark));
    vec![finding.mend("name one way, or say when which holds")]
}
