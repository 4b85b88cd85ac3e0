//! FD1404: a data class is to carry more operations than the whole system.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1404",
    title: "a data class is to carry more than the whole system does",
    about: "A class of data is to carry so many operations a second, while the baseline with disaster recovery gives fewer requests a second for the \
            whole. Unless a request makes several operations, the first can never be asked for, or the second is the bottleneck. Say how many \
            operations a request makes, or let the two agree.",
    source: "Gregg, Systems Performance (2020), ch. 2 (throughput)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let baseline = facts.doc.baselines.iter().find(|of| of.name.value.contains("throughput"));
    let Some(baseline) = baseline.filter(|of| of.unit.value.ends_with("/s")) else { return Vec::new() };
    let kilo = if baseline.unit.value.starts_with('k') || baseline.unit.value.starts_with('K') { 1000 } else { 1 };
    let with = baseline.with_dr.value.thousandths.max(0).unsigned_abs().saturating_mul(kilo);
    let more: Vec<_> = facts
        .doc
        .data_classes
        .iter()
        .filter_map(|class| Some((class, class.throughput_per_s.as_ref()?)))
        .filter(|(_, asked)| asked.value.saturating_mul(1000) > with)
        .collect();
    let Some((_, asked)) = more.first() else { return Vec::new() };
    let names: Vec<String> = more.iter().map(|(class, _)| class.name.value.to_string()).collect();
    let message = format!(
        "{} {} to carry {} operations a second, the whole system {} {}",
        crate::analysis::amount::list(&names),
        if names.len() == 1 { "is" } else { "are" },
        asked.value,
        baseline.with_dr.value,
        baseline.unit.value
    );
    let finding = Finding::new(RULE.code, Severity::Warning, message)
        .at(baseline.with_dr.mark(format!("{} {}", baseline.with_dr.value, baseline.unit.value)));
    let finding =
        more.iter().fold(finding, |finding, (_, asked)| finding.at(asked.mark(format!("{} a second", asked.value))));
    vec![
        finding
            .sum(format!("{} > {}", asked.value, with / 1000))
            .mend("let the two agree, or say how many operations a request makes"),
    ]
}
