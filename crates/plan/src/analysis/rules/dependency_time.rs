//! FD1106: a dependency is to be replaced before its loss is noticed.

use super::Rule;
use crate::analysis::amount::{seconds, time};
use crate::analysis::facts::names;
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1106",
    title: "a dependency is to be replaced before its loss can be noticed",
    about: "A dependency's recovery time begins when it fails. The plan's failure detection takes a first failed check and its retries; if that is \
            as long as the dependency's RTO or longer, nothing is left for replacing it. Error for what the plan's own failover looks after; \
            warning for the others, which may be watched by something that the plan does not describe.",
    source: "NIST SP 800-34 rev. 1, §3.2.1 (outage impacts and estimated downtime); DESIGN.md, Detection",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let detection = facts.matrix.model.detection;
    let mut findings = Vec::new();
    for dependency in &facts.doc.dependencies {
        let Some(rto) = dependency.rto.as_ref().filter(|rto| rto.value <= detection) else { continue };
        let ours = names(facts.doc.failover.needs.as_ref(), &dependency.name.value);
        let severity = if ours { Severity::Error } else { Severity::Warning };
        let timeout = &facts.doc.detection.timeout;
        let checks = facts.plan.detection.retries.saturating_add(1);
        findings.push(
            Finding::new(
                RULE.code,
                severity,
                format!(
                    "{} is to be replaced within {}, but noticing that it is lost takes {}",
                    dependency.name.value,
                    time(rto.value),
                    time(detection)
                ),
            )
            .at(rto.mark(format!("back within {}", time(rto.value))))
            .at(timeout.mark(format!("{} for each check", time(timeout.value))))
            .sum(format!(
                "detection {checks} x {} = {} >= {}",
                seconds(timeout.value),
                seconds(detection),
                seconds(rto.value)
            ))
            .mend(format!(
                "watch {} with checks that take less than {} together",
                dependency.name.value,
                time(rto.value)
            ))
            .broken_by(Broken::Parameters),
        );
    }
    findings
}
