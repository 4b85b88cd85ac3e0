//! FD1601, FD1602, FD1603: data where it may not be, or with nowhere to go.

use super::Rule;
use crate::analysis::amount::list;
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Severity};
use crate::document::compliance::Residency;
use crate::document::data::DataClass;
use crate::document::topology::Site;
use crate::document::{List, Name, Stated};

pub(super) static REPLICAS: Rule = Rule {
    code: "FD1601",
    title: "replicas lie where the data may not be processed",
    about: "A residency rule names the areas where a kind of data may be processed. A data class that contains this kind is replicated to a site in \
            another area: a replica answers reads and takes over, which is processing. Partition the class by area and keep each part on sites of \
            its areas, or widen the rule.",
    source: "GDPR, chapter V (transfers to third countries) and Art. 4(2) (processing includes storage); the plan's own residency rules",
    check: replicas,
};

pub(super) static NOWHERE: Rule = Rule {
    code: "FD1602",
    title: "data has no site to fail over to",
    about: "A residency rule allows too few sites: when the one that may process this data is lost, or if there is none, no other may take over, \
            whatever the RTO. Add a second site in an allowed area, or allow another area.",
    source: "NIST SP 800-34 rev. 1, §3.4.3; the plan's own residency rules",
    check: nowhere,
};

pub(super) static BACKUPS: Rule = Rule {
    code: "FD1603",
    title: "backups, or hired capacity, lie where the data may not be",
    about: "A residency rule names the areas where backups of a kind of data may lie, and where it may be processed. A backup of a class that \
            contains it lies elsewhere, or capacity would be hired elsewhere (error); or the plan does not say in which areas a backup lies, \
            so that nobody can tell (note).",
    source: "GDPR, chapter V; the plan's own residency rules",
    check: backups,
};

fn allows(areas: &List<Name>, area: &str) -> bool {
    areas.iter().any(|allowed| **allowed == *area || &**allowed == "any")
}

/// The classes that contain what a rule is about, and the sites that keep them.
fn classes<'p>(facts: &Facts<'p>, rule: &Residency) -> Vec<&'p DataClass> {
    let contains = |class: &&DataClass| {
        let kinds = class.contains.as_ref();
        kinds.is_some_and(|kinds| kinds.value.iter().any(|kind| rule.data.value.iter().any(|data| data == kind)))
    };
    facts.doc.data_classes.iter().filter(contains).collect()
}

fn subject(rule: &Residency) -> String {
    let kinds: Vec<String> = rule.data.value.iter().map(ToString::to_string).collect();
    format!("{} of {}", list(&kinds), rule.area.value)
}

fn areas(areas: &Stated<List<Name>>) -> String {
    list(&areas.value.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn replicas(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in &facts.doc.residency {
        let outside =
            |site: &&Site| site.area.as_ref().is_some_and(|area| !allows(&rule.processing.value, &area.value));
        let mut kept: Vec<(&DataClass, Vec<&Site>)> = Vec::new();
        for class in classes(facts, rule) {
            let sites: Vec<&Site> = facts.keepers(class).into_iter().filter(outside).collect();
            if !sites.is_empty() {
                kept.push((class, sites));
            }
        }
        let Some((_, sites)) = kept.first() else { continue };
        let names: Vec<String> = kept.iter().map(|(class, _)| class.name.value.to_string()).collect();
        let places: Vec<String> = sites.iter().map(|site| site.name.value.to_string()).collect();
        let mut finding = Finding::new(
            REPLICAS.code,
            Severity::Error,
            format!(
                "{} may be processed in {} only, but {} is replicated to {}",
                subject(rule),
                areas(&rule.processing),
                list(&names),
                list(&places)
            ),
        )
        .at(rule.processing.mark(areas(&rule.processing)));
        for (class, _) in &kept {
            let kinds = class.contains.as_ref();
            finding = kinds.iter().fold(finding, |finding, kinds| finding.at(kinds.mark("in this class")));
        }
        for site in sites {
            if let Some(area) = &site.area {
                finding = finding.at(area.mark(format!("{} is in {}", site.name.value, area.value))).sum(format!(
                    "{}: {} is not one of {}",
                    site.name.value,
                    area.value,
                    areas(&rule.processing)
                ));
            }
        }
        findings.push(
            finding.mend("keep the part of each area on sites of its areas (`sites`)").broken_by(Broken::Parameters),
        );
    }
    findings
}

fn nowhere(facts: &Facts<'_>) -> Vec<Finding> {
    let stated = facts.doc.sites.iter().all(|site| site.area.is_some());
    let mut findings = Vec::new();
    for rule in facts.doc.residency.iter().filter(|_| stated) {
        let may = |site: &&Site| site.area.as_ref().is_some_and(|area| allows(&rule.processing.value, &area.value));
        let sites: Vec<&Site> = facts.doc.sites.iter().filter(may).collect();
        if sites.len() >= 2 {
            continue;
        }
        let message = match sites.first() {
            Some(only) => format!(
                "{} may be processed at {} only: when it is lost, nobody may take over",
                subject(rule),
                only.name.value
            ),
            None => format!("{} may be processed at no site of the plan", subject(rule)),
        };
        let mut finding =
            Finding::new(NOWHERE.code, Severity::Error, message).at(rule.processing.mark(areas(&rule.processing)));
        for site in &facts.doc.sites {
            if let Some(area) = &site.area {
                finding = finding.at(area.mark(format!("{} is in {}", site.name.value, area.value)));
            }
        }
        let all = facts.doc.sites.len();
        findings.push(
            finding
                .sum(format!(
                    "{} of {all} sites lie in {}; 2 are needed for one to be lost",
                    sites.len(),
                    areas(&rule.processing)
                ))
                .mend(format!("add a second site in {}", areas(&rule.processing)))
                .broken_by(Broken::Parameters),
        );
    }
    findings
}

fn backups(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in &facts.doc.residency {
        let mut unsaid = Vec::new();
        for class in classes(facts, rule) {
            for backup in facts.backups_of(&class.name.value) {
                let Some(stated) = &backup.areas else {
                    unsaid.push(backup);
                    continue;
                };
                let outside = stated.value.iter().filter(|area| !allows(&rule.backup.value, area));
                let outside: Vec<String> = outside.map(ToString::to_string).collect();
                if !outside.is_empty() {
                    findings.push(
                        Finding::new(
                            BACKUPS.code,
                            Severity::Error,
                            format!(
                                "backups of {} may lie in {} only, but {} lies in {}",
                                subject(rule),
                                areas(&rule.backup),
                                backup.name.value,
                                list(&outside)
                            ),
                        )
                        .at(rule.backup.mark(areas(&rule.backup)))
                        .at(stated.mark(areas(stated)))
                        .mend("keep a backup for each area, in its areas"),
                    );
                }
            }
        }
        if !unsaid.is_empty() && !allows(&rule.backup.value, "any") {
            let message = format!(
                "backups of {} may lie in {} only; where they lie is not said",
                subject(rule),
                areas(&rule.backup)
            );
            let finding = Finding::new(BACKUPS.code, Severity::Note, message).at(rule.backup.mark(areas(&rule.backup)));
            let finding =
                unsaid.iter().fold(finding, |finding, backup| finding.at(backup.locations.mark("in which area?")));
            findings.push(finding.mend("give the `areas` of each backup"));
        }
        findings.extend(hired(facts, rule));
    }
    findings
}

/// Capacity that would be hired outside all areas where the data may be processed.
fn hired(facts: &Facts<'_>, rule: &Residency) -> Option<Finding> {
    let stated = facts.doc.bursting.as_ref()?.areas.as_ref()?;
    if stated.value.iter().any(|area| allows(&rule.processing.value, area)) {
        return None;
    }
    let message = format!(
        "{} may be processed in {} only, but capacity is hired in {}",
        subject(rule),
        areas(&rule.processing),
        areas(stated)
    );
    Some(
        Finding::new(BACKUPS.code, Severity::Warning, message)
            .at(rule.processing.mark(areas(&rule.processing)))
            .at(stated.mark(areas(stated)))
            .mend(format!("hire in {} too, or say that this load is shed", areas(&rule.processing)))
            .broken_by(Broken::Claims),
    )
}
