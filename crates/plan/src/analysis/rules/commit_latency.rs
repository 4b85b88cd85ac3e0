//! FD1401: the quorum's links are slower than the latency that is claimed.

use super::Rule;
use crate::analysis::amount::{list, millis, time};
use crate::analysis::model::{Class, Copies};
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Loss, Severity, Situation};
use crate::document::Stated;
use firedrill_model::SiteSet;
use std::time::Duration;

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
    let committed = claims(facts).into_iter().filter_map(|(claim, who)| slower(facts, claim, &who));
    let model = &facts.matrix.model;
    let shipped = model.classes.iter().filter(|class| matches!(class.copies, Copies::Synchronous { .. }));
    committed.chain(shipped.filter_map(|class| too_far(facts, class))).collect()
}

/// Copies of a class that lie farther from the primary than a write over sites may take.
fn too_far(facts: &Facts<'_>, class: &Class) -> Option<Finding> {
    let (model, written) = (&facts.matrix.model, facts.class(&class.name)?);
    let claim = written.latency_remote.as_ref()?;
    let keepers = facts.keepers(written);
    let far: Vec<usize> = (1..model.sites.len())
        .filter(|place| model.round_trips[0][*place] > claim.value)
        .filter(|place| keepers.iter().any(|site| *site.name.value == *model.sites[*place].name))
        .collect();
    let names: Vec<String> = far.iter().map(|place| model.sites[*place].name.clone()).collect();
    far.first()?;
    let message = format!(
        "the latency of {} over sites, claimed to be at most {}, cannot hold to {}",
        class.name,
        time(claim.value),
        list(&names)
    );
    let mut finding =
        Finding::new(RULE.code, Severity::Warning, message).at(claim.mark(format!("at most {}", time(claim.value))));
    for place in far {
        let trip = model.round_trips[0][place];
        let ends = |name: &str| name == model.sites[0].name || name == model.sites[place].name;
        let link = facts.doc.links.iter().find(|link| {
            let between = &link.between.value;
            ends(&between.a) && ends(&between.b)
        });
        if let Some(link) = link {
            finding = finding.at(link.round_trip.mark(format!("a round trip takes {}", time(trip))));
        }
        let to = &model.sites[place].name;
        finding = finding.sum(format!(
            "{} to {to} and back: {} > {}",
            model.sites[0].name,
            millis(trip),
            millis(claim.value)
        ));
    }
    Some(finding.mend("say for which sites it holds").broken_by(Broken::Parameters))
}

/// Latencies that the plan claims for what a majority commits, and of what.
fn claims<'p>(facts: &Facts<'p>) -> Vec<(&'p Stated<Duration>, String)> {
    let any = facts.doc.claims.as_ref().and_then(|claims| claims.latency.as_ref());
    let any = any.map(|claim| (claim, "the latency of any operation".to_owned()));
    let of_class = |class: &Class| {
        let written = facts.class(&class.name)?;
        Some((written.latency_remote.as_ref()?, format!("the latency of {} over sites", class.name)))
    };
    let classes = facts.matrix.model.classes.iter().filter(|class| class.copies == Copies::Majority);
    any.into_iter().chain(classes.filter_map(of_class)).collect()
}

fn slower(facts: &Facts<'_>, claim: &Stated<Duration>, who: &str) -> Option<Finding> {
    let (matrix, model) = (&facts.matrix, &facts.matrix.model);
    let one = |loss: &Loss| matches!(loss, Loss::Sites(sites) if sites.len() == 1);
    let whole = Situation::after(model, &Loss::Sites(SiteSet::EMPTY));
    let always = whole.commit.filter(|commit| *commit > claim.value);
    let mut lines: Vec<String> = always
        .iter()
        .map(|commit| {
            format!("nothing lost: the primary's quorum is {} away > {}", millis(*commit), millis(claim.value))
        })
        .collect();
    lines.extend(matrix.rows.iter().filter(|(loss, _)| one(loss)).filter_map(|(loss, after)| {
        let commit = after.commit.filter(|commit| *commit > claim.value)?;
        let leader = after.leader.map_or("", |leader| model.sites[leader].name.as_str());
        let (commit, claimed) = (millis(commit), millis(claim.value));
        Some(format!("{}: {leader} leads, its quorum is {commit} away > {claimed}", loss.words(model)))
    }));
    if lines.is_empty() {
        return None;
    }
    let (severity, when) =
        if always.is_some() { (Severity::Error, "at all") } else { (Severity::Warning, "after a loss") };
    let message =
        format!("{who}, claimed to be at most {}, cannot hold {when}: commits take longer", time(claim.value));
    let mut finding =
        Finding::new(RULE.code, severity, message).at(claim.mark(format!("at most {}", time(claim.value))));
    for link in facts.doc.links.iter().filter(|link| link.round_trip.value > claim.value) {
        let trip = &link.round_trip;
        finding = finding.at(trip.mark(format!("a round trip takes {}", time(trip.value))));
    }
    finding = lines.into_iter().fold(finding, Finding::sum);
    Some(
        finding
            .mend("say after which losses the latency holds, or move the sites nearer")
            .broken_by(Broken::Parameters),
    )
}
