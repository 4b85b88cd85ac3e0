//! FD1107: a service recovers before something that it needs.

use super::Rule;
use crate::analysis::amount::time;
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1107",
    title: "a service's RTO is shorter than that of what it needs",
    about: "A service is not back before all that it needs is. If a dependency's recovery time is as long as the service's RTO or longer, its loss \
            alone breaks that RTO. Dependencies of a service are those that it names, those of the business functions that it does, and \
            those that every failover needs.",
    source: "NIST SP 800-34 rev. 1, §3.2.2 (resource requirements); ISO 22301:2019, 8.2.2 (dependencies)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let model = &facts.matrix.model;
    let mut findings = Vec::new();
    for (dependency, written) in model.dependencies.iter().zip(&facts.doc.dependencies) {
        let Some(rto) = &written.rto else { continue };
        for service in
            dependency.needed_by.iter().map(|place| &model.services[*place]).filter(|service| rto.value >= service.rto)
        {
            let mut finding = Finding::new(
                RULE.code,
                Severity::Error,
                format!("{} needs {}, which may be away for {}", service.name, dependency.name, time(rto.value)),
            )
            .at(rto.mark(format!("back within {}", time(rto.value))));
            if let Some(tier) = facts.tier(&service.tier) {
                finding = finding.at(tier.rto.mark(format!("{} within {}", tier.name.value, time(tier.rto.value))));
            }
            findings.push(
                finding
                    .sum(format!("{} >= {}", time(rto.value), time(service.rto)))
                    .mend(format!("replace {} in less than {}", dependency.name, time(service.rto)))
                    .broken_by(Broken::Claims),
            );
        }
    }
    findings
}
