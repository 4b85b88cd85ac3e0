//! FD1501: what is left cannot carry the load.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Broken, Column, Facts, Finding, Loss, Severity, Survives};

pub(super) static RULE: Rule = Rule {
    code: "FD1501",
    title: "after a loss the capacity that is left is less than the load",
    about: "The capacity of the sites that serve after a loss, in percent of the primary's, must reach the load (100 % if the plan names none). Sites count that are ready \
            within the shortest RTO; bursting into a cloud counts as the plan claims it. Error if even the claims don't suffice, warning if \
            only the claims do, or only sites that are not ready in time. Told for losses of one site, which a plan must carry; degrading \
            (what is shed, in which order) should be written down for the rest.",
    source: "NIST SP 800-34 rev. 1, §3.4.3 (alternate sites); Beyer et al., Site Reliability Engineering, ch. 22 (cascading failures)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let (matrix, model) = (&facts.matrix, &facts.matrix.model);
    let mut findings = Vec::new();
    for (row, (loss, after)) in matrix.rows.iter().enumerate() {
        let Loss::Sites(sites) = loss else { continue };
        let capacity = matrix.capacity(row);
        let lacks = capacity.ready < capacity.load && after.leader.is_some();
        if sites.len() != 1 || !lacks {
            continue;
        }
        let cell = matrix.cell(row, Column::Capacity);
        let enough = cell.survives == Survives::Yes || capacity.with_burst >= capacity.degraded;
        let severity = if enough { Severity::Warning } else { Severity::Error };
        let broken = if capacity.parameters < capacity.load { Broken::Parameters } else { Broken::Claims };
        let mut finding = Finding::new(
            RULE.code,
            severity,
            format!(
                "with {} the sites that are ready in time carry {} % of the load",
                loss.words(model),
                capacity.ready
            ),
        );
        for name in model.names(after.serving) {
            if let Some(site) = facts.site(&name) {
                finding = finding.at(site.capacity_percent.mark(format!("{} %", site.capacity_percent.value)));
            }
        }
        for line in matrix.arithmetic(row, Column::Capacity) {
            finding = finding.sum(line);
        }
        let short = capacity.load - capacity.ready;
        findings.push(
            finding
                .mend(format!("add {short} % of the load to what is ready, or say what is shed first"))
                .broken_by(broken),
        );
    }
    findings
}
