//! FD1803: what disaster recovery costs in performance is stated wrongly, or is more than promised.

use super::Rule;
use crate::analysis::amount::decimal;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::performance::Baseline;

pub(super) static RULE: Rule = Rule {
    code: "FD1803",
    title: "impacts on performance are stated wrongly, or exceed what is promised",
    about: "The impact on a figure is (with - without) / without. If what the plan states differs by a percent or more, it is wrong (error); if by \
            less, though not rounded to the nearest, it was cut off (note). If the plan promises that all impacts stay below a figure, and one \
            does not, the promise is broken (error).",
    source: "Gregg, Systems Performance (2020), ch. 2 (percent change)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = facts.doc.baselines.iter().filter_map(stated_wrongly).collect();
    findings.extend(promised(facts));
    findings
}

/// In thousandths of a percent, cut off towards zero.
fn impact(baseline: &Baseline) -> Option<i64> {
    let (without, with) =
        (i128::from(baseline.current.value.thousandths), i128::from(baseline.with_dr.value.thousandths));
    let change = (with - without).checked_mul(100_000)?.checked_div(without)?;
    i64::try_from(change).ok()
}

fn percent(thousandths: i64) -> String {
    let sign = if thousandths < 0 { "-" } else { "+" };
    format!("{sign}{} %", decimal(u128::from(thousandths.unsigned_abs()), 1000))
}

fn stated_wrongly(baseline: &Baseline) -> Option<Finding> {
    let stated = baseline.impact_percent.as_ref()?;
    let right = impact(baseline)?;
    let off = stated.value.thousandths.abs_diff(right);
    if off <= 500 {
        return None;
    }
    let severity = if off >= 1000 { Severity::Error } else { Severity::Note };
    let (name, unit) = (&baseline.name.value, &baseline.unit.value);
    let (without, with) = (baseline.current.value, baseline.with_dr.value);
    let nearest = (right + 500 * right.signum()) / 1000;
    Some(
        Finding::new(
            RULE.code,
            severity,
            format!("the impact on {name} is {}, not {} %", percent(right), stated.value),
        )
        .at(stated.mark(format!("{} %", stated.value)))
        .at(baseline.current.mark(format!("{without} {unit}")))
        .at(baseline.with_dr.mark(format!("{with} {unit}")))
        .sum(format!("({with} - {without}) / {without} = {}", percent(right)))
        .mend(format!("write {nearest}")),
    )
}

fn promised(facts: &Facts<'_>) -> Option<Finding> {
    let promise = facts.doc.summary.as_ref()?.impact_percent.as_ref()?;
    let reached = |baseline: &&Baseline| {
        impact(baseline).is_some_and(|impact| impact.unsigned_abs() >= promise.value.thousandths.max(0).unsigned_abs())
    };
    let over: Vec<&Baseline> = facts.doc.baselines.iter().filter(reached).collect();
    if over.is_empty() {
        return None;
    }
    let names: Vec<String> = over.iter().map(|baseline| baseline.name.value.to_string()).collect();
    let message = format!(
        "impacts are promised below {} %, but {} do not stay below",
        promise.value,
        crate::analysis::amount::list(&names)
    );
    let mut finding =
        Finding::new(RULE.code, Severity::Error, message).at(promise.mark(format!("below {} %", promise.value)));
    for baseline in over {
        let (without, with) = (baseline.current.value, baseline.with_dr.value);
        let change = impact(baseline).map_or_else(String::new, percent);
        finding = finding
            .at(baseline.with_dr.mark(format!("{with} instead of {without} {}", baseline.unit.value)))
            .sum(format!(
                "{}: ({with} - {without}) / {without} = {change}, not below {} %",
                baseline.name.value, promise.value
            ));
    }
    Some(finding.mend("promise what the baselines allow"))
}
