//! FD1103: a site is not ready within the recovery time objective of what it takes over.

use super::Rule;
use crate::analysis::amount::{seconds, time};
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
        let late = |rto: std::time::Duration| takes > rto;
        let tiers = facts.root.each("tier");
        let broken =
            tiers.iter().filter_map(|tier| Some((tier, tier.time("rto_s")?))).filter(|(_, rto)| late(rto.value));
        for (tier, rto) in broken {
            let mut finding = Finding::new(
                RULE.code,
                Severity::Error,
                format!("{} cannot take over {} within its RTO of {}", site.name, tier.name(), time(rto.value)),
            );
            let section = facts.root.named("site", &site.name);
            if let Some(figure) = section.and_then(|section| section.time("readiness_s")) {
                finding = finding.at(&figure.at, figure.says(format!("ready after {}", time(readiness))));
            }
            let least = rto.value.saturating_sub(model.detection);
            findings.push(
                finding
                    .at(&rto.at, rto.says(format!("{} within {}", tier.name(), time(rto.value))))
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
