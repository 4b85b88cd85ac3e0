//! FD1104: the parameters of detection, decision and DNS exceed a recovery time objective.

use super::Rule;
use crate::analysis::amount::{list, seconds, time};
use crate::analysis::bounds::{Bound, Met};
use crate::analysis::place::Said;
use crate::analysis::{Broken, Column, Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1104",
    title: "a service cannot recover within its RTO",
    about: "A failover takes at least detection (the first failed check and its retries) and, where a person must decide, the approval; at most \
            also the interval to the first check, the commits of decision, epoch and promotions, and the lifetime of the DNS answers that \
            clients hold. If the least is over the RTO, no failover meets it (error); if only the most is, it depends on the moment \
            (warning). A run can confirm or refute this. Losses that leave no quorum are FD1101 and FD1102.",
    source: "NIST SP 800-34 rev. 1, §3.2; RFC 1034, §3.6 (TTL); DESIGN.md, Detection",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let (matrix, model) = (&facts.matrix, &facts.matrix.model);
    let mut findings = Vec::new();
    for (place, service) in model.services.iter().enumerate() {
        let column = Column::Service(place);
        let mut worst = None;
        for (row, _) in matrix.rows.iter().enumerate().filter(|(_, (_, after))| after.failover()) {
            let cell = matrix.cell(row, column);
            let Some(Bound::Within(span)) = cell.bounds.map(|bounds| bounds.parameters) else { continue };
            if matches!(cell.by_parameters, Met::No | Met::Depends) && worst.is_none_or(|(_, most)| span.at_most > most)
            {
                worst = Some((row, span.at_most));
            }
        }
        let Some((row, _)) = worst else { continue };
        let cell = matrix.cell(row, column);
        let severity = if cell.by_parameters == Met::No { Severity::Error } else { Severity::Warning };
        let loss = matrix.rows[row].0.words(model);
        let mut finding = Finding::new(
            RULE.code,
            severity,
            format!("{} may miss its RTO of {} with {loss}", service.name, time(service.rto)),
        );
        if let Some(tier) = facts.tier(&service.tier) {
            finding = finding.at(tier.rto.mark(format!("within {}", time(tier.rto.value))));
        }
        let timeout = &facts.doc.detection.timeout;
        finding = finding.at(timeout.mark(format!("{} for each check", time(timeout.value))));
        for line in matrix.arithmetic(row, column) {
            finding = finding.sum(line);
        }
        let fix = format!(
            "detect within {}, or raise the RTO",
            seconds(service.rto.saturating_sub(model.check_interval).saturating_sub(model.dns))
        );
        findings.push(finding.mend(fix).broken_by(Broken::Parameters));
    }
    join(findings)
}

/// Services that miss the same RTO in the same way are told of once.
fn join(findings: Vec<Finding>) -> Vec<Finding> {
    let mut joined: Vec<(Finding, Vec<String>)> = Vec::new();
    for finding in findings {
        let name = finding.message.split(' ').next().unwrap_or_default().to_owned();
        match joined.iter_mut().find(|(first, _)| first.marks == finding.marks && first.severity == finding.severity) {
            Some((_, names)) => names.push(name),
            None => joined.push((finding, vec![name])),
        }
    }
    let one = |(mut finding, names): (Finding, Vec<String>)| {
        let rest = finding.message.split_once(' ').map_or("", |(_, rest)| rest).to_owned();
        finding.message = format!("{} {rest}", list(&names));
        finding
    };
    joined.into_iter().map(one).collect()
}
