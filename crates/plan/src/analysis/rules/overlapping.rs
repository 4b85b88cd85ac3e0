//! FD1903: a test that lasts as long as the time to the next one.

use super::Rule;
use crate::analysis::amount::{YEAR, time};
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1903",
    title: "a test lasts until the next one begins",
    about: "A suite runs at a frequency, and for a time that is as long as the interval or longer: something is always being broken on purpose, and no \
            hour is left in which an incident is surely one. Shorten the suite, or run it more rarely.",
    source: "Rosenthal and Jones, Chaos Engineering (2020), ch. 3 (bounded experiments)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for suite in &facts.doc.test_suites {
        let name = &*suite.name.value;
        let stem = name.split('-').next().unwrap_or(name);
        let programme = facts.doc.tests.iter().find(|test| test.name.value.split('-').next() == Some(stem));
        let frequency = suite.frequency.as_ref().or(programme.map(|test| &test.frequency));
        let (Some(frequency), Some(duration)) = (frequency, &suite.duration) else { continue };
        let Some(times) = frequency.value.times_a_year() else { continue };
        let interval =
            std::time::Duration::from_secs(YEAR.as_secs() / 86_400 * 86_400 / u64::from(times) / 3600 * 3600);
        if duration.value < interval {
            continue;
        }
        findings.push(
            Finding::new(
                RULE.code,
                Severity::Note,
                format!("{name} tests run {}, for {}: without a pause", frequency.value, time(duration.value)),
            )
            .at(duration.mark(time(duration.value)))
            .at(frequency.mark(frequency.value))
            .sum(format!("{} >= {}", time(duration.value), time(interval)))
            .mend("shorten them, or run them more rarely"),
        );
    }
    findings
}
