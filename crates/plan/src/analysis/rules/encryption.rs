//! FD1703: copies that must be encrypted are not said to be.

use super::Rule;
use crate::analysis::amount::list;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::compliance::Compliance;
use crate::document::{DataName, List, Stated};

pub(super) static RULE: Rule = Rule {
    code: "FD1703",
    title: "copies that must be encrypted are not said to be",
    about: "A regulation asks for encryption of data. A backup of that data, or its replication between sites, names no encryption (error), or a \
            regulation asks for it and a link is said to be in the clear. If the regulation names no data, it is about all of it.",
    source: "45 CFR 164.312(a)(2)(iv), (e)(2)(ii) (HIPAA); PCI DSS v4.0, requirements 3 and 4; GDPR, Art. 32(1)(a)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let duties: Vec<(&Compliance, &Stated<bool>)> = facts
        .doc
        .compliance
        .iter()
        .filter_map(|regulation| Some((regulation, regulation.encryption.as_ref().filter(|duty| duty.value)?)))
        .collect();
    if duties.is_empty() {
        return Vec::new();
    }
    let bound = |data: Option<&Stated<List<DataName>>>| -> Vec<&(&Compliance, &Stated<bool>)> {
        let touches = |(regulation, _): &&(&Compliance, &Stated<bool>)| match (&regulation.data, data) {
            (Some(about), Some(data)) => about.value.iter().any(|name| data.value.iter().any(|held| held == name)),
            _ => true,
        };
        duties.iter().filter(touches).collect()
    };
    let backups = facts.doc.backups.iter().filter(|backup| backup.encryption.is_none());
    let backups =
        backups.map(|backup| (&backup.section, format!("backup {}", backup.name.value), backup.data.as_ref()));
    let copies = facts.doc.replications.iter().filter(|replication| replication.encryption.is_none());
    let copies = copies.map(|copy| (&copy.section, format!("replication {}", copy.name.value), copy.data.as_ref()));
    let bare: Vec<_> = backups.chain(copies).filter(|(_, _, data)| !bound(*data).is_empty()).collect();
    if bare.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = bare.iter().map(|(_, name, _)| name.clone()).collect();
    let mut asking: Vec<&(&Compliance, &Stated<bool>)> = bare.iter().flat_map(|(_, _, data)| bound(*data)).collect();
    asking.dedup_by_key(|(regulation, _)| &regulation.name.value);
    let who: Vec<String> = asking.iter().map(|(regulation, _)| regulation.name.value.to_string()).collect();
    let message = format!("encryption is asked for by {}; {} names none", list(&who), list(&names));
    let mut finding = Finding::new(RULE.code, Severity::Warning, message);
    for (section, _, _) in &bare {
        finding = finding.at(section.mark("no `encryption`"));
    }
    for (regulation, duty) in asking {
        finding = finding.at(duty.mark(format!("{} asks for it", regulation.name.value)));
    }
    vec![finding.mend("encrypt them, and say with what")]
}
