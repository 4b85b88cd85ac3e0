//! What the page says in words.

use firedrill_checks::Verdict;
use firedrill_checks::linearizable::imported::Report;
use firedrill_checks::linearizable::why::{Why, told};
use firedrill_history::import::{History, Value};
use std::fmt::Write;

/// How many operations of a list are shown.
const SHOWN: usize = 30;

/// Text in HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// How much was judged.
pub(super) fn summary(history: &History, report: &Report) -> String {
    let processes = history.processes.len();
    let Report { operations, objects, model, .. } = report;
    let on = match *objects {
        1 => format!("a {}", model.noun()),
        objects => format!("{objects} keys, each a {}", model.noun()),
    };
    format!("{operations} operations of {processes} processes on {on}")
}

/// Why it has no order, or that it has one, or how far the search got.
pub(super) fn why(history: &History, report: &Report) -> String {
    if let Some(why) = &report.why {
        return refuted(history, report, why);
    }
    let first = report.undecided.first();
    match (report.verdict, first) {
        (Verdict::Pass, _) if report.orders.is_empty() => {
            "<h2>Linearizable</h2><p>An order exists; one to be shown was not found within a few steps.</p>".to_owned()
        }
        (Verdict::Pass, _) => "<h2>Linearizable</h2><p>The joined marks are an order that explains every answer; \
             hovering over an operation shows the state before and after it.</p>"
            .to_owned(),
        (_, Some(first)) => {
            let reached = first.reached.map_or_else(String::new, |place| told(history, place));
            format!(
                "<h2>Not searched to the end</h2><p>{} of {} operations explained, up to</p><p class=op>{}</p>",
                first.explained,
                first.operations,
                escaped(&reached)
            )
        }
        _ => "<h2>Nothing to judge</h2><p>No operation was answered.</p>".to_owned(),
    }
}

fn refuted(history: &History, report: &Report, why: &Why) -> String {
    let mut text = String::from("<h2>The first operation that fits nowhere</h2>");
    let of = why.key.as_ref().map_or_else(String::new, |key: &Value| format!(" at key {}", escaped(&key.to_string())));
    let _ = write!(text, "{}", link(history, why.misfit, "misfit"));
    if !why.met.is_empty() {
        let met: Vec<String> =
            why.met.iter().map(|state| format!("<code>{}</code>", escaped(&super::state(state)))).collect();
        let (noun, met) = (report.model.noun(), met.join(" or "));
        let _ = write!(text, "<p>When it had to take effect, the {noun}{of} was {met}.</p>");
    }
    if report.refuted.len() > 1 {
        let _ = write!(text, "<p>{} objects have no order; this is the first.</p>", report.refuted.len());
    }
    let how = if why.minimal { "The smallest window" } else { "A window (the budget ended before the smallest)" };
    let _ = write!(text, "<h2>{how}</h2><p>Impossible together, whatever became of all other operations.</p>");
    text.push_str(&list(history, &why.window, why.misfit));
    if !why.context.is_empty() {
        text.push_str("<h2>What set the values seen</h2>");
        text.push_str(&list(history, &why.context, why.misfit));
    }
    text
}

fn list(history: &History, places: &[usize], misfit: usize) -> String {
    let skipped = places.len().saturating_sub(SHOWN);
    let mut text = String::new();
    if skipped > 0 {
        let _ = write!(text, "<p>… {skipped} before</p>");
    }
    for place in &places[skipped..] {
        text.push_str(&link(history, *place, if *place == misfit { "misfit" } else { "" }));
    }
    text
}

fn link(history: &History, place: usize, class: &str) -> String {
    format!(
        "<p class=\"op {class}\" data-op={place} tabindex=0>{}</p>",
        escaped(&super::clipped(&told(history, place), 240))
    )
}
