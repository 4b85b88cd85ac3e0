//! FD1802: the return is reckoned on less than what is spent.

use super::Rule;
use super::sums::roi_percent;
use crate::analysis::amount::money;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1802",
    title: "the return is reckoned on less than what is spent",
    about: "The return on investment counts investments whose sum is less than the plan's yearly costs, even after all savings. The return of the whole \
            is smaller. Told also where one thing has two costs: in the list of costs and in that of investments.",
    source: "Phillips (2003), ch. 1: fully loaded costs",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    base(facts).into_iter().chain(two_costs(facts)).collect()
}

fn base(facts: &Facts<'_>) -> Option<Finding> {
    let (costs, investments) = (facts.doc.cost_total.as_ref()?, facts.doc.investment_total.as_ref()?);
    let savings = costs.savings_usd.as_ref().map_or(0, |savings| savings.value);
    let net = costs.annual_usd.value.checked_sub(savings)?;
    if investments.annual_usd.value >= net {
        return None;
    }
    let dollars = |usd: u64| money(usd.saturating_mul(100));
    let benefit = investments.benefit_usd.value;
    let message = format!(
        "the return counts {} a year, but the plan costs {} a year, or {} after all savings",
        dollars(investments.annual_usd.value),
        dollars(costs.annual_usd.value),
        dollars(net)
    );
    let mut finding = Finding::new(RULE.code, Severity::Warning, message)
        .at(investments.annual_usd.mark(format!("{} invested", dollars(investments.annual_usd.value))))
        .at(costs.annual_usd.mark(format!("{} spent", dollars(costs.annual_usd.value))));
    for (spent, what) in [(costs.annual_usd.value, "all costs"), (net, "costs after savings")] {
        if let Some(roi) = roi_percent(spent, benefit) {
            let (gained, spent) = (dollars(benefit), dollars(spent));
            finding = finding.sum(format!("on {what}: ({gained} - {spent}) / {spent} = {roi} %"));
        }
    }
    Some(finding.mend("reckon the return on all costs, or say what the difference is for"))
}

/// An investment named `comprehensive-testing` and a cost named `testing` are the same thing.
fn two_costs(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for investment in &facts.doc.investments {
        let name = &*investment.name.value;
        let same = |cost: &&crate::document::costs::Cost| {
            let cost = &*cost.name.value;
            name == cost || name.strip_suffix(cost).is_some_and(|rest| rest.ends_with('-'))
        };
        let other = facts.doc.costs.iter().find(same).map(|cost| &cost.annual_usd);
        let Some(other) = other.filter(|other| other.value != investment.annual_usd.value) else { continue };
        let dollars = |usd: u64| money(usd.saturating_mul(100));
        let (one, two) = (dollars(investment.annual_usd.value), dollars(other.value));
        findings.push(
            Finding::new(RULE.code, Severity::Warning, format!("{name} costs {one} a year, and {two} a year"))
                .at(investment.annual_usd.mark(&one))
                .at(other.mark(&two))
                .sum(format!("{one} is not {two}"))
                .mend("let the two agree, or say what the difference is for"),
        );
    }
    findings
}
