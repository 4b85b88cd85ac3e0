//! FD1801: sums of costs, savings and returns that don't add up.

use super::Rule;
use crate::analysis::amount::{decimal, money};
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::{Decimal, Stated};

pub(super) static RULE: Rule = Rule {
    code: "FD1801",
    title: "costs, savings or returns don't add up",
    about: "A total must be the sum of its parts, and a return on investment (benefit - cost) / cost, rounded to whole percents. What is compared is \
            what the plan lists.",
    source: "Phillips, Return on Investment in Training and Performance Improvement Programs (2003), ch. 1 (definition of ROI)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let doc = facts.doc;
    let mut findings = Vec::new();
    if let Some(total) = &doc.cost_total {
        let costs: Vec<u64> = doc.costs.iter().map(|cost| cost.annual_usd.value).collect();
        findings.extend(total_of("costs", &total.annual_usd, &costs));
        let savings: Vec<u64> =
            doc.costs.iter().filter_map(|cost| cost.savings_usd.as_ref()).map(|usd| usd.value).collect();
        findings.extend(total.savings_usd.as_ref().and_then(|total| total_of("savings", total, &savings)));
    }
    if let Some(total) = &doc.investment_total {
        let costs: Vec<u64> = doc.investments.iter().map(|investment| investment.annual_usd.value).collect();
        findings.extend(total_of("investments", &total.annual_usd, &costs));
        let benefits: Vec<u64> = doc.investments.iter().map(|investment| investment.benefit_usd.value).collect();
        findings.extend(total_of("benefits", &total.benefit_usd, &benefits));
        findings.extend(returned("all investments", &total.annual_usd, &total.benefit_usd, total.roi_percent.as_ref()));
    }
    let each = doc.investments.iter();
    findings.extend(
        each.filter_map(|of| returned(&of.name.value, &of.annual_usd, &of.benefit_usd, of.roi_percent.as_ref())),
    );
    findings
}

fn total_of(what: &str, total: &Stated<u64>, parts: &[u64]) -> Option<Finding> {
    let sum = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(*part));
    if parts.is_empty() || sum == total.value {
        return None;
    }
    let dollars = |usd: u64| money(usd.saturating_mul(100));
    let terms: Vec<String> = parts.iter().map(|part| dollars(*part)).collect();
    Some(
        Finding::new(
            RULE.code,
            Severity::Error,
            format!("the {what} add up to {}, not {}", dollars(sum), dollars(total.value)),
        )
        .at(total.mark(dollars(total.value)))
        .sum(format!("{} = {}", terms.join(" + "), dollars(sum)))
        .mend(format!("write {sum}")),
    )
}

/// (benefit - cost) / cost in percent, rounded to the nearest whole one.
pub(super) fn roi_percent(cost: u64, benefit: u64) -> Option<i64> {
    let gain = (i128::from(benefit) - i128::from(cost)).checked_mul(200)?.checked_add(i128::from(cost))?;
    i64::try_from(gain.checked_div_euclid(i128::from(cost).checked_mul(2)?)?).ok()
}

fn returned(who: &str, cost: &Stated<u64>, benefit: &Stated<u64>, stated: Option<&Stated<Decimal>>) -> Option<Finding> {
    let stated = stated?;
    let right = roi_percent(cost.value, benefit.value)?;
    let off = stated.value.thousandths.checked_sub(right.checked_mul(1000)?)?;
    // Half a percent either way is rounding.
    if off.abs() <= 500 {
        return None;
    }
    let dollars = |usd: u64| money(usd.saturating_mul(100));
    let (spent, gained) = (dollars(cost.value), dollars(benefit.value));
    Some(
        Finding::new(RULE.code, Severity::Error, format!("{who} return {right} %, not {} %", stated.value))
            .at(stated.mark(format!("{} %", stated.value)))
            .at(cost.mark(&spent))
            .at(benefit.mark(&gained))
            .sum(format!(
                "({gained} - {spent}) / {spent} = {} = {right} %",
                decimal(u128::from(benefit.value.abs_diff(cost.value)) * 1000 / u128::from(cost.value.max(1)), 1000)
            ))
            .mend(format!("write {right}")),
    )
}
