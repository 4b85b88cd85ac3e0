//! What the verdict rests on: checks of two judges, claims, faults.

use super::{Run, number};
use crate::page;
use firedrill_checks::judgement::{CheckKind, ClaimVerdict};
use maud::{Markup, html};

/// All of it.
pub(super) fn section(run: &Run<'_>) -> Markup {
    html! {
        h2 { "What the verdict rests on" }
        h3 { "Over what clients saw" }
        (checks(run, CheckKind::Client))
        h3 { "Invariants over the sites' insides" }
        (checks(run, CheckKind::Invariant))
        h3 { "What went wrong, on purpose" }
        (faults(run))
        h3 { "Claims of the plan" }
        p.small.soft { "Figures that the plan states and this scenario does not demand. They are measured, and change no verdict." }
        (claims(run))
    }
}

fn checks(run: &Run<'_>, kind: CheckKind) -> Markup {
    page::table(
        &["", "Check", "Judged", "What it found"],
        &html! {
            @for check in run.judgement.checks.iter().filter(|check| check.kind == kind) {
                tr { td { (page::badge(check.verdict)) } td { (check.name) } (number(&check.judged.to_string())) td.why { (check.why) } }
            }
        },
    )
}

fn faults(run: &Run<'_>) -> Markup {
    if run.judgement.faults.is_empty() {
        return html! { p { "Nothing: this was a run without faults." } };
    }
    page::table(
        &["", "Fault", "Kind", "Aimed at", "Scheduled", "Struck", "Mechanism"],
        &html! {
            @for fault in &run.judgement.faults {
                tr {
                    td { (page::badge(fault.verdict)) }
                    td { (fault.name) }
                    td { (fault.kind.name()) }
                    td { (fault.target) }
                    (number(&fault.scheduled.to_string()))
                    (number(&fault.struck.to_string()))
                    td { (fault.mechanism.as_deref().unwrap_or("no mechanism here")) }
                }
            }
        },
    )
}

fn claims(run: &Run<'_>) -> Markup {
    if run.judgement.claims.is_empty() {
        return html! { p { "None was measured." } };
    }
    page::table(
        &["", "Claim", "Claimed", "Measured"],
        &html! {
            @for claim in &run.judgement.claims {
                @let word = match claim.verdict { ClaimVerdict::Held => "held", ClaimVerdict::Refuted => "refuted", ClaimVerdict::Unknown => "unknown" };
                tr {
                    td { (word) }
                    td { (claim.name) }
                    (number(&format!("{:.1} {}", claim.claimed, claim.unit)))
                    (number(&claim.measured.map_or_else(|| "not known".to_owned(), |value| format!("{value:.1} {}", claim.unit))))
                }
            }
        },
    )
}
