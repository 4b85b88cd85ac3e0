//! The frame of every page: one self-contained file, no outside resources, light and dark, on a phone and on paper.
//!
//! A page is [`frame`] around its own sections. Words of verdicts are never told by colour alone: see [`badge`].

use firedrill_checks::Verdict;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
/// Copies the text of the element before the button. The only script of a page; without it everything can still be read.
const SCRIPT: &str = include_str!("copy.js");

/// A whole page.
pub fn frame(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content="firedrill";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } script { (PreEscaped(SCRIPT)) } }
        }
    };
    page.into_string()
}

/// The word of a verdict, and the class of its colours.
pub fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Pass => ("pass", "pass"),
        Verdict::Fail => ("fail", "fail"),
        Verdict::Unknown => ("unknown", "unknown"),
        Verdict::BeyondPlan => ("beyond the plan", "beyond"),
    }
}

/// A verdict as a badge: a sign, the word, and a colour.
pub fn badge(of: Verdict) -> Markup {
    let (word, class) = verdict(of);
    let sign = match of {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Unknown => "?",
        Verdict::BeyondPlan => "!",
    };
    html! { span class={ "badge " (class) } { span aria-hidden="true" { (sign) " " } (word) } }
}

/// A line that a reader will want to run.
pub fn command(line: &str) -> Markup {
    html! { div.command { code { (line) } button type="button" data-copy { "copy" } } }
}

/// A table in a box that scrolls sideways where it is too wide.
pub fn table(head: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll { table { thead { tr { @for cell in head { th scope="col" { (cell) } } } } tbody { (rows) } } }
    }
}
