//! FD1101: one site's loss leaves no quorum.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Loss, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1101",
    title: "the loss of one site leaves no quorum",
    about: "A decision exists when a majority of the voting sites committed it, or not at all. If one site's loss leaves less than a majority, \
            nobody may take over and no service recovers until that site is back, whatever the RTO says. Two voting sites survive no loss; \
            three survive one. Add a voting site (a small witness is enough).",
    source: "Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm (2014), §5; DESIGN.md, Authority",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let model = &facts.matrix.model;
    let lost: Vec<&Loss> = facts
        .matrix
        .rows
        .iter()
        .filter(|(loss, after)| matches!(loss, Loss::Sites(sites) if sites.len() == 1) && after.leader.is_none())
        .map(|(loss, _)| loss)
        .collect();
    let Some(first) = lost.first() else { return Vec::new() };
    let votes = model.voters(model.all()).len();
    let words: Vec<String> = lost.iter().map(|loss| loss.words(model)).collect();
    let mut finding = Finding::new(
        RULE.code,
        Severity::Error,
        format!("with {} no quorum is left, and no service recovers", words.join(", or ")),
    )
    .sum(format!("{votes} votes, a majority is {votes} / 2 + 1 = {}, left are {}", model.majority(), votes - 1))
    .mend("add a voting site: three survive the loss of any one")
    .broken_by(Broken::Parameters);
    if let Loss::Sites(sites) = first {
        for name in model.names(*sites) {
            if let Some(site) = facts.site(&name) {
                finding = finding.at(site.section.mark("lost"));
            }
        }
    }
    vec![finding]
}
