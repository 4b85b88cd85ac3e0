//! What was demanded beside what was achieved, an outage's time split into its phases, and what was lost.

use super::{Run, number, seconds};
use crate::page;
use firedrill_checks::Verdict;
use firedrill_checks::judgement::{ObjectiveResult, PhaseResult};
use firedrill_history::Event;
use firedrill_model::Observation;
use maud::{Markup, html};

const PHASES: [&str; 6] = ["detect", "decide", "isolate", "promote", "redirect", "verify"];

/// The table of objectives, and the losses.
pub(super) fn section(run: &Run<'_>) -> Markup {
    let objectives = &run.judgement.objectives;
    html! {
        h2 { "Objectives against achieved" }
        @if objectives.is_empty() {
            p { "This scenario judges no recovery time and no recovery point; what was measured is among the claims." }
        } @else {
            (page::table(&["", "Objective", "Of", "Target", "Achieved", "Where the time went", "Judged by", "In words"], &html! {
                @for of in objectives { (row(of)) }
            }))
            @if objectives.iter().any(|of| !of.phases.is_empty()) { (legend()) }
        }
        (losses(run))
    }
}

fn row(of: &ObjectiveResult) -> Markup {
    let unit = |value: f64| if of.unit == "s" { seconds(value) } else { format!("{value:.1} {}", of.unit) };
    html! {
        tr {
            td { (page::badge(of.verdict)) }
            td { (of.name) }
            td { (of.subject) }
            (number(&unit(of.target)))
            (number(&of.achieved.map_or_else(|| "not known".to_owned(), unit)))
            td { (phases(&of.phases)) }
            (number(&of.judged.to_string()))
            td.why { (of.why) }
        }
    }
}

/// A bar split as the time was.
fn phases(phases: &[PhaseResult]) -> Markup {
    let total: f64 = phases.iter().filter_map(|phase| phase.seconds).sum();
    let told: Vec<String> = phases
        .iter()
        .map(|phase| format!("{} {}", phase.phase, phase.seconds.map_or_else(|| "n/a".to_owned(), seconds)))
        .collect();
    html! {
        @if total > 0.0 {
            div.phasebar role="img" aria-label=(told.join(", ")) title=(told.join(", ")) {
                @for (place, phase) in phases.iter().enumerate() {
                    @let share = phase.seconds.unwrap_or(0.0) / total * 100.0;
                    span class={ "p" (place.min(PHASES.len() - 1)) } style={ "width:" (format!("{share:.2}")) "%" } {}
                }
            }
            span.small.soft { (told.join(" · ")) }
        }
    }
}

fn legend() -> Markup {
    html! { ul.legend { @for (place, phase) in PHASES.iter().enumerate() { li { i class={ "p" (place) } {} (phase) } } } }
}

/// What sites said they lost or cut.
fn losses(run: &Run<'_>) -> Markup {
    let told: Vec<String> = run.journal.events.iter().filter_map(|event| loss(run, event)).collect();
    html! {
        h3 { "What was lost" }
        @let lost = run.judgement.objectives.iter().filter(|of| of.name == "RPO" && (of.verdict == Verdict::Fail || of.achieved.is_some_and(|age| age > 0.0)));
        @let lost: Vec<_> = lost.collect();
        @if lost.is_empty() && told.is_empty() {
            p { "Nothing that a client had been told was saved is known to be lost." }
        }
        @for of in lost { p { (page::badge(of.verdict)) " " strong { (of.subject) } ": " (of.why) } }
        @if !told.is_empty() { ul { @for line in &told { li { (line) } } } }
    }
}

fn loss(run: &Run<'_>, event: &Event) -> Option<String> {
    let Event::Observed { t, site, observation, .. } = event else {
        return None;
    };
    let site = run.site(*site);
    match observation {
        Observation::TailCut { epoch, after, records } if *records > 0 => Some(format!(
            "{t}: {site} cut {records} records of {epoch} after {after}, which another epoch had gone past, and keeps them aside"
        )),
        Observation::LossDeclared { writer, epoch, after } => Some(format!(
            "{t}: {site} says that {} writes the log in {epoch} from {after} on; what stood behind may be lost",
            run.site(*writer)
        )),
        _ => None,
    }
}
