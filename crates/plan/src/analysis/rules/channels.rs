//! FD1906: people are told through channels that the emergency communication does not have.

use super::Rule;
use crate::analysis::amount::list;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1906",
    title: "people are told through channels that are not among those of emergencies",
    about: "The emergency communication names its channels, and tries them out. A failover, or a stakeholder, is told through another one: nobody \
            tries that out, and it may be down together with what failed.",
    source: "ISO 22301:2019, 8.4.3 (warning and communication); NIST SP 800-34 rev. 1, §4.2.2",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(emergency) = &facts.doc.communication else { return Vec::new() };
    let known = |channel: &String| emergency.channels.value.iter().any(|known| known == channel);
    let failover = std::iter::once((&facts.doc.failover.notifications, "failovers".to_owned()));
    let stakeholders = facts.doc.stakeholders.iter().map(|who| (&who.channels, who.name.value.to_string()));
    let mut findings = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    let mut marks = Vec::new();
    for (channels, who) in failover.chain(stakeholders) {
        let missing: Vec<String> = channels.value.iter().filter(|channel| !known(channel)).cloned().collect();
        if !missing.is_empty() {
            marks.push(channels.mark(format!("{who}: {}", list(&missing))));
            unknown.extend(missing);
        }
    }
    unknown.sort();
    unknown.dedup();
    if !unknown.is_empty() {
        let message = format!("{} are used, but not among the channels of emergencies", list(&unknown));
        let finding = Finding::new(RULE.code, Severity::Note, message);
        let finding = marks.into_iter().fold(finding, Finding::at);
        let known: Vec<String> = emergency.channels.value.iter().cloned().collect();
        findings.push(finding.at(emergency.channels.mark(list(&known))).mend("add them there, and try them out"));
    }
    findings
}
