//! FD1401: the quorum's links are slower than the latency that is claimed.

use super::Rule;
use crate::analysis::amount::{millis, time};
use crate::analysis::{Broken, Facts, Finding, Loss, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1401",
    title: "a commit takes longer than the latency that is claimed",
    about: "A leader acknowledges when a majority holds the entry: that takes at least its round trip to the farthest of the nearest others that \
            make a majority, computation and disks apart. If that is more than a latency that the plan claims for the class, the claim does not \
            hold after the losses that are named, or never (error if it already does not with nothing lost). Light in fibre goes 200 km in a \
            millisecond: only nearer sites mend this.",
    source: "Ongaro and Ousterhout (2014), §5.3; DESIGN.md, Latency of a link",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let (matrix, model) = (&facts.matrix, &facts.matrix.model);
    let mut findings = Vec::new();
    for (claim, who) in facts.latency_claims() {
        let slow = |loss: &Loss| matches!(loss, Loss::Sites(sites) if sites.len() == 1);
        let whole = crate::analysis::Situation::after(model, &Loss::Sites(firedrill_model::SiteSet::EMPTY));
        let always = whole.commit.filter(|commit| *commit > claim.value);
        let one = matrix.rows.iter().filter(|(loss, _)| slow(loss)).filter_map(|(loss, after)| {
            let commit = after.commit.filter(|commit| *commit > claim.value)?;
            Some(format!(
                "{}: {} leads, its quorum is {} away > {}",
                loss.words(model),
                after.leader.map_or("", |leader| model.sites[leader].name.as_str()),
                millis(commit),
                millis(claim.value)
            ))
        });
        let mut lines: Vec<String> = always
            .iter()
            .map(|commit| {
                format!("nothing lost: the primary's quorum is {} away > {}", millis(*commit), millis(claim.value))
            })
            .collect();
        lines.extend(one);
        if lines.is_empty() {
            continue;
        }
        let (severity, when) =
            if always.is_some() { (Severity::Error, "ever") } else { (Severity::Warning, "after a loss") };
        let mut finding = Finding::new(
            RULE.code,
            severity,
            format!("{who} of less than {} cannot hold {when}: commits take longer", time(claim.value)),
        )
        .at(&claim.at, claim.says(format!("less than {}", time(claim.value))));
        for link in facts.root.each("link") {
            if let Some(trip) = link.time("round_trip_ms").filter(|trip| trip.value > claim.value) {
                finding = finding.at(&trip.at, trip.says(format!("a round trip takes {}", time(trip.value))));
            }
        }
        finding = lines.into_iter().fold(finding, Finding::sum);
        findings.push(
            finding
                .mend("say for which losses the latency holds, or move the sites nearer")
                .broken_by(Broken::Parameters),
        );
    }
    findings
}
