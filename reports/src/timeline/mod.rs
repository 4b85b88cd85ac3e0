//! A judged history as an interactive page: one file that needs nothing from elsewhere.
//!
//! - `page.html`: the frame; `page.css`: its looks; `page.js`: draws the part in view, so that ten thousand operations cost no more
//!   than a hundred
//! - `words`: what the page says in words, which is there without scripts too
//!
//! One lane a client, faults as bands behind, the operation that fits nowhere and the window in red; the marks that are
//! joined are the order found, and hovering shows the state before and after. Time is the order of events in the history.

mod words;

use firedrill_checks::linearizable::imported::{Order, Report};
use firedrill_checks::linearizable::why::asked_and_answered;
use firedrill_history::import::{History, Operation, Outcome, Value};
use serde_json::{Value as Json, json};

/// The page. The title is text, not HTML.
pub fn page(title: &str, history: &History, report: &Report) -> String {
    let data = data(history, report).to_string();
    // In a script of JSON only this could end it.
    let data = data.replace('<', "\\u003c");
    let parts = [
        ("{{title}}", words::escaped(title)),
        ("{{verdict}}", report.verdict.to_string()),
        ("{{summary}}", words::summary(history, report)),
        ("{{why}}", words::why(history, report)),
        ("{{css}}", include_str!("page.css").to_owned()),
        ("{{js}}", include_str!("page.js").to_owned()),
        ("{{data}}", data),
    ];
    filled(include_str!("page.html"), &parts)
}

/// Puts parts in their places; what is put in is not looked at again.
fn filled(frame: &str, parts: &[(&str, String)]) -> String {
    let mut page = String::new();
    let mut rest = frame;
    while let Some(at) = rest.find("{{") {
        page.push_str(&rest[..at]);
        rest = &rest[at..];
        match parts.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, part)) => {
                page.push_str(part);
                rest = &rest[name.len()..];
            }
            None => {
                page.push_str("{{");
                rest = &rest[2..];
            }
        }
    }
    page + rest
}

/// What the script draws. Operations are arrays: lane, from, until (-1: never), text, outcome, line.
fn data(history: &History, report: &Report) -> Json {
    let last = |operation: &Operation| operation.returned.unwrap_or(0).max(operation.invoked);
    let end = history.operations.iter().map(last).max().unwrap_or(0) + 1;
    // Clients by their names, and not by who came first.
    let mut clients: Vec<(&Value, usize)> = history.processes.iter().zip(0..).collect();
    clients.sort();
    let mut lane_of = vec![0; clients.len()];
    clients.iter().enumerate().for_each(|(lane, (_, process))| lane_of[*process] = lane);
    let operation = |(place, operation): (usize, &Operation)| {
        let outcome = match operation.outcome {
            Outcome::Ok(_) => 0,
            Outcome::Failed => 1,
            Outcome::Unknown => 2,
        };
        let until = operation.returned.map_or(-1, |at| i64::try_from(at).unwrap_or(i64::MAX));
        let text = clipped(&asked_and_answered(history, place), 160);
        let lane = lane_of.get(operation.process as usize).copied().unwrap_or(0);
        json!([lane, operation.invoked, until, text, outcome, operation.line])
    };
    let orders = report.why.as_ref().map_or(&report.orders, |why| &why.partial);
    json!({
        "lanes": clients.iter().map(|(client, _)| client.to_string()).collect::<Vec<_>>(),
        "ops": history.operations.iter().enumerate().map(operation).collect::<Vec<_>>(),
        "bands": history.bands.iter().map(|band| json!([band.name, band.from, band.until])).collect::<Vec<_>>(),
        "orders": orders.iter().map(order).collect::<Vec<_>>(),
        // Orders of one object exclude each other; those of several objects hold together.
        "together": report.why.is_none(),
        "misfit": report.why.as_ref().map(|why| why.misfit),
        "window": report.why.as_ref().map(|why| &why.window),
        "context": report.why.as_ref().map(|why| &why.context),
        "met": report.why.iter().flat_map(|why| &why.met).map(|held| state(held)).collect::<Vec<_>>(),
        "end": end,
    })
}

fn order(order: &Order) -> Json {
    let step = |(place, held): &(usize, String)| json!([place, state(held)]);
    json!({ "initial": state(&order.initial), "steps": order.steps.iter().map(step).collect::<Vec<_>>() })
}

/// What an object held, so short that it can be shown.
fn state(held: &str) -> String {
    clipped(held, 200)
}

fn clipped(text: &str, length: usize) -> String {
    let mut clipped: String = text.chars().take(length).collect();
    if clipped.len() < text.len() {
        clipped.push('…');
    }
    clipped
}
