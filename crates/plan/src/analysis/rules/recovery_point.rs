//! FD1201: a loss of sites takes more data with it than a recovery point objective allows.

use super::Rule;
use crate::analysis::amount::{list, seconds, time};
use crate::analysis::bounds::{Bound, Met};
use crate::analysis::place::Said;
use crate::analysis::{Broken, Column, Facts, Finding, Loss, Severity};
use firedrill_model::SiteSet;

pub(super) static RULE: Rule = Rule {
    code: "FD1201",
    title: "a loss of sites takes more data than the RPO allows",
    about: "What a majority or a synchronous copy holds survives as long as one of them does. What is shipped or sent at intervals may be lost as \
            far as the last sending, and the way it takes. If that is more than a data class's RPO, the RPO does not hold after this loss. \
            Told for the smallest losses that do it, with a quorum left. Where the parameters keep the RPO and the lag that the plan claims \
            for the successor does not, it says so.",
    source: "NIST SP 800-34 rev. 1, §3.2 (RPO); DESIGN.md, Definitions (RPO achieved)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let model = &facts.matrix.model;
    (0..model.classes.len())
        .flat_map(|place| {
            let by_parameters = told(facts, place, Broken::Parameters);
            if by_parameters.is_some() { by_parameters } else { told(facts, place, Broken::Claims) }
        })
        .collect()
}

fn told(facts: &Facts<'_>, place: usize, broken: Broken) -> Option<Finding> {
    let (matrix, model) = (&facts.matrix, &facts.matrix.model);
    let (class, column) = (&model.classes[place], Column::Class(place));
    let breaks = |row: usize| {
        let cell = matrix.cell(row, column);
        let bounds = cell.bounds?;
        let (met, bound) = match broken {
            Broken::Parameters => (cell.by_parameters, bounds.parameters),
            Broken::Claims => (cell.with_claims, bounds.claims),
        };
        match bound {
            Bound::Within(span) if met == Met::No => Some(span.at_most),
            _ => None,
        }
    };
    let mut smallest: Vec<(usize, SiteSet)> = Vec::new();
    for (row, (loss, _)) in matrix.rows.iter().enumerate() {
        let Loss::Sites(sites) = loss else { continue };
        let larger = smallest.iter().any(|(_, small)| small.iter().all(|site| sites.contains(site)));
        if !larger && breaks(row).is_some() {
            smallest.push((row, *sites));
        }
    }
    let (row, _) = *smallest.first()?;
    let lost = breaks(row)?;
    let words: Vec<String> = smallest.iter().take(3).map(|(_, sites)| list(&model.names(*sites))).collect();
    let mut finding = Finding::new(
        RULE.code,
        Severity::Error,
        format!(
            "{} may lose {} with {} lost; its RPO is {}",
            class.name,
            time(lost),
            words.join(", or "),
            time(class.rpo)
        ),
    );
    if let Some(written) = facts.class(&class.name) {
        finding = finding.at(written.rpo.mark(format!("at most {}", time(class.rpo))));
    }
    for line in matrix.arithmetic(row, column) {
        finding = finding.sum(line);
    }
    let fix = if class.rpo.is_zero() {
        format!("replicate {} synchronously to a site that survives", class.name)
    } else {
        format!("send {} at least every {}", class.name, seconds(class.rpo))
    };
    Some(finding.mend(fix).broken_by(broken))
}
