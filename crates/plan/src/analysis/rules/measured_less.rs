//! FD1003: a test is passed with less availability than the plan promises.

use super::Rule;
use super::uptime_budget::allowed;
use crate::analysis::amount::seconds;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1003",
    title: "a test, or an investment, asks for less availability than the plan promises",
    about: "A test whose threshold is below the promise passes while the promise is broken: its pass proves nothing about it. The same holds for \
            an investment that is to guarantee an uptime below the promised one. Judge by the promise, or name the shorter period for which \
            the threshold stands.",
    source: "Beyer et al., Site Reliability Engineering (2016), ch. 4 (objectives and what is measured)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(uptime) = facts.doc.summary.as_ref().and_then(|summary| summary.uptime_percent.as_ref()) else {
        return Vec::new();
    };
    let tests = facts.doc.test_scenarios.iter().filter_map(|test| {
        let asked = test.availability_percent.as_ref()?;
        Some((asked, format!("test {} passes", test.name.value)))
    });
    let investments = facts.doc.investments.iter().filter_map(|investment| {
        let asked = investment.effect_percent.as_ref()?;
        let about = investment.effect.as_ref().is_some_and(|effect| effect.value.to_lowercase().contains("uptime"));
        about.then(|| (asked, format!("{} guarantees no more", investment.name.value)))
    });
    let less = tests.chain(investments).filter(|(asked, _)| asked.value < uptime.value);
    let one = |(asked, who): (&crate::document::Stated<crate::document::Decimal>, String)| {
        let year = |percent: crate::document::Decimal| {
            allowed(percent.thousandths)
                .map_or_else(String::new, |down| format!("{percent} % leave {} a year", seconds(down)))
        };
        Finding::new(
            RULE.code,
            Severity::Warning,
            format!("with {} % availability {who}, but {} % are promised", asked.value, uptime.value),
        )
        .at(asked.mark(format!("{} %", asked.value)))
        .at(uptime.mark(format!("{} %", uptime.value)))
        .sum(year(asked.value))
        .sum(year(uptime.value))
        .mend(format!("ask for {} %", uptime.value))
    };
    less.map(one).collect()
}
