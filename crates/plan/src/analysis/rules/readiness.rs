//! FD1103: a site is not ready within the recovery time objective of what it takes over.

use super::Rule;
use crate::analysis::amount::{seconds, time};
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1103",
    title: "a site's readiness is longer than an RTO allows",
    about: "A site that takes over serves after the failure was detected, a failover decided, and the site got ready. If detection and readiness \
            together are longer than a tier's RTO, that tier's services miss it whenever this site takes over. The readiness is the plan's \
            claim: a run does not wait for it, and cannot refute the finding. Keep the site warmer, or grant the tier a longer RTO.",
    source: "NIST SP 800-34 rev. 1, §3.2 (RTO), appendix B; DESIGN.md, Definitions",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let model = &facts.matrix.model;
    let mut findings = Vec::new();
    for site in model.sites.iter().skip(1) {
        let Some(readiness) = site.readiness else { continue };
        let takes = model.detection.saturating_add(readiness);
        for tier in facts.doc.tiers.iter().filter(|tier| takes > tier.rto.value) {
            let rto = &tier.rto;
            let mut finding = Finding::new(
                RULE.code,
                Severity::Error,
                format!("{} cannot take over {} within its RTO of {}", site.name, tier.name.value, time(rto.value)),
            );
            if let Some(figure) = facts.site(&site.name).and_then(|site| site.readiness.as_ref()) {
                finding = finding.at(figure.mark(format!("ready after {}", time(readiness))));
            }
            let least = rto.value.saturating_sub(model.detection);
            findings.push(
                finding
                    .at(rto.mark(format!("{} within {}", tier.name.value, time(rto.value))))
                    .sum(format!(
                        "detection {} + readiness {} = {} > {}",
                        seconds(model.detection),
                        seconds(readiness),
                        seconds(takes),
                        seconds(rto.value)
                    ))
                    .mend(format!(
                        "make {} ready within {}, or the RTO at least {}",
                        site.name,
                        time(least),
                        time(takes)
                    ))
                    .broken_by(Broken::Claims),
            );
        }
    }
    findings
}
