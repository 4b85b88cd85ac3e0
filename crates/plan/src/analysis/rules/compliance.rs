//! FD1605: regulations ask for faster recovery than tiers give.

use super::Rule;
use crate::analysis::amount::{list, time};
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Severity};
use crate::document::compliance::Compliance;

pub(super) static RULE: Rule = Rule {
    code: "FD1605",
    title: "a regulation asks for faster recovery than a tier gives",
    about: "The plan gives a time within which what a regulation is about must be back. A tier whose RTO is longer does not give that. If the \
            regulation names its services, those count (error); if it does not, it is about everything as far as the plan says, and every \
            tier with a longer RTO is named (warning). One figure for everything, recovery time and recovery point at once, is also compared with the \
            RPOs of the data: it would allow to lose what a stricter RPO forbids (note).",
    source: "The plan's own compliance matrix; ISO 22301:2019, 8.2.2 (legal requirements set the maximum)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        facts.doc.compliance.iter().filter_map(|regulation| slower(facts, regulation)).collect();
    findings.extend(one_figure_for_two(facts));
    findings
}

fn slower(facts: &Facts<'_>, regulation: &Compliance) -> Option<Finding> {
    let asked = regulation.recovery.as_ref()?;
    let named = regulation.services.as_ref();
    let in_scope = |tier: &&crate::document::services::Tier| match named {
        None => true,
        Some(services) => services.value.iter().any(|service| {
            let service = facts.plan.services.iter().find(|known| *known.name == **service);
            service.is_some_and(|service| *service.tier == *tier.name.value)
        }),
    };
    let slow: Vec<_> = facts.doc.tiers.iter().filter(in_scope).filter(|tier| tier.rto.value > asked.value).collect();
    if slow.is_empty() {
        return None;
    }
    let severity = if named.is_some() { Severity::Error } else { Severity::Warning };
    let names: Vec<String> = slow.iter().map(|tier| tier.name.value.to_string()).collect();
    let scope = if named.is_some() { "" } else { ", and it is not said that they are out of its scope" };
    let message = format!(
        "{} asks for recovery within {}; {} may take longer{scope}",
        regulation.name.value,
        time(asked.value),
        list(&names)
    );
    let mut finding =
        Finding::new(RULE.code, severity, message).at(asked.mark(format!("within {}", time(asked.value))));
    for tier in slow {
        finding = finding
            .at(tier.rto.mark(format!("{} within {}", tier.name.value, time(tier.rto.value))))
            .sum(format!("{}: {} > {}", tier.name.value, time(tier.rto.value), time(asked.value)));
    }
    Some(finding.mend("name the `services` that it is about, or shorten the RTO").broken_by(Broken::Parameters))
}

/// Figures that, read as recovery points, are looser than those of the data.
fn one_figure_for_two(facts: &Facts<'_>) -> Option<Finding> {
    let strictest = facts.doc.data_classes.iter().min_by_key(|class| class.rpo.value)?;
    let looser: Vec<_> = facts
        .doc
        .compliance
        .iter()
        .filter_map(|regulation| Some((regulation, regulation.recovery.as_ref()?)))
        .filter(|(regulation, asked)| regulation.services.is_none() && asked.value > strictest.rpo.value)
        .collect();
    if looser.is_empty() {
        return None;
    }
    let names: Vec<String> = looser.iter().map(|(regulation, _)| regulation.name.value.to_string()).collect();
    let message = format!(
        "{} give one figure; as a recovery point it allows what {} forbids",
        list(&names),
        strictest.name.value
    );
    let mut finding = Finding::new(RULE.code, Severity::Note, message)
        .at(strictest.rpo.mark(format!("loses at most {}", time(strictest.rpo.value))));
    for (regulation, asked) in looser {
        finding = finding.at(asked.mark(format!("{}: {}", regulation.name.value, time(asked.value)))).sum(format!(
            "{}: {} > {}",
            regulation.name.value,
            time(asked.value),
            time(strictest.rpo.value)
        ));
    }
    Some(finding.mend("state recovery time and recovery point apart"))
}
