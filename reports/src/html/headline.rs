//! What a board reads: did the plan hold, by how much, and who says so.

use super::{Run, seconds};
use crate::page;
use firedrill_checks::Verdict;
use maud::{Markup, html};

/// The verdict in plain words, and the figures that carry it.
pub(super) fn section(run: &Run<'_>) -> Markup {
    let (_, class) = page::verdict(run.judgement.verdict);
    let manifest = run.manifest();
    html! {
        header {
            p.soft.small { "Firedrill report · " (manifest.scenario_path) " · seed " (manifest.seed) " · " (world(run)) }
            h1 { (manifest.title) }
        }
        section class={ "hero " (class) } aria-label="Verdict" {
            (page::badge(run.judgement.verdict))
            p.say { (say(run.judgement.verdict)) }
            @if let (Verdict::BeyondPlan, Some(destruction)) = (run.judgement.verdict, &run.judgement.beyond_plan) {
                p { strong { (destruction.why) "." } }
            }
            @let reasons = reasons(run);
            @if !reasons.is_empty() { ul { @for reason in &reasons { li { (reason) } } } }
            @if !manifest.hazards.is_empty() {
                p { strong { "Hazards were switched on: " }
                    @for (place, hazard) in manifest.hazards.iter().enumerate() { @if place > 0 { ", " } (hazard.name()) }
                    ". This run measures the harness: it is expected to find them." }
            }
        }
        dl.facts { @for (name, value) in facts(run) { div { dt { (name) } dd { (value) } } } }
    }
}

pub(super) fn world(run: &Run<'_>) -> String {
    let scale = run.manifest().time_scale;
    let scale = if scale == 1 { String::new() } else { format!(", time scale 1:{scale}") };
    match run.manifest().world.as_str() {
        "sim" => format!("simulated{scale}"),
        "live" => format!("live, in containers{scale}"),
        other => format!("{other}{scale}"),
    }
}

fn say(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "The plan held: every objective was met, and every check was proven over what happened.",
        Verdict::Fail => "The plan did not hold: what is listed here was refuted.",
        Verdict::Unknown => "Not proven: what is listed here could not be judged, and so counts as no pass.",
        Verdict::BeyondPlan => "More was destroyed than the plan claims to survive. What was lost is below.",
    }
}

/// What is no pass, worst first, in a line each.
fn reasons(run: &Run<'_>) -> Vec<String> {
    let judgement = run.judgement;
    let objectives =
        judgement.objectives.iter().map(|of| (of.verdict, format!("{} of {}: {}", of.name, of.subject, of.why)));
    let checks = judgement.checks.iter().map(|of| (of.verdict, format!("{}: {}", of.name, of.why)));
    let faults = judgement
        .faults
        .iter()
        .map(|of| (of.verdict, format!("fault {}: it never struck, or has no mechanism here", of.name)));
    let mut found: Vec<(Verdict, String)> =
        objectives.chain(checks).chain(faults).filter(|(verdict, _)| *verdict != Verdict::Pass).collect();
    found.sort_by_key(|(verdict, _)| match verdict {
        Verdict::Fail => 0,
        Verdict::Unknown => 1,
        _ => 2,
    });
    let more = found.len().saturating_sub(6);
    let mut reasons: Vec<String> = found.into_iter().take(6).map(|(_, why)| short(&why)).collect();
    if more > 0 {
        reasons.push(format!("and {more} more, below"));
    }
    reasons
}

/// No more than a few lines.
fn short(text: &str) -> String {
    const MOST: usize = 320;
    match text.char_indices().nth(MOST) {
        Some((place, _)) => format!("{}…", &text[..place]),
        None => text.to_owned(),
    }
}

fn facts(run: &Run<'_>) -> Vec<(String, String)> {
    let judgement = run.judgement;
    let mut facts = Vec::new();
    let worst = |name: &str| {
        let of = judgement.objectives.iter().filter(|of| of.name == name);
        let slowest = of.filter_map(|of| of.achieved.map(|achieved| (achieved, of.target)));
        slowest.max_by(|a, b| a.0.total_cmp(&b.0))
    };
    if let Some((achieved, target)) = worst("RTO") {
        facts.push((
            "Longest outage (RTO achieved)".to_owned(),
            format!("{} of {}", seconds(achieved), seconds(target)),
        ));
    }
    let points = judgement.objectives.iter().filter(|of| of.name == "RPO");
    for of in points {
        let achieved = of.achieved.map_or_else(|| "not known".to_owned(), seconds);
        // Loss that no recovery point is counted from shows in the verdict alone.
        let missed = if of.verdict == Verdict::Fail { ", not met" } else { "" };
        facts.push((format!("RPO of {}", of.subject), format!("{achieved} of {}{missed}", seconds(of.target))));
    }
    let passed = judgement.checks.iter().filter(|of| of.verdict == Verdict::Pass).count();
    facts.push(("Checks proven".to_owned(), format!("{passed} of {}", judgement.checks.len())));
    let struck: u64 = judgement.faults.iter().map(|of| of.struck).sum();
    facts.push(("Faults that struck".to_owned(), struck.to_string()));
    facts.push(("Length of the run".to_owned(), seconds(run.end.as_nanos() as f64 / 1e9)));
    facts
}
