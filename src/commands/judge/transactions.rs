//! Histories of transactions over several lists: which anomalies they have, and which isolation levels that rules out.

use super::history::{self, Read};
use super::{Wrong, milliseconds, told};
use crate::cli::{JudgeArgs, OrderArg};
use firedrill_checks::Verdict;
use firedrill_checks::elle::{self, Limits, Options, Order, Report};
use firedrill_history::import::Transactions;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::{Duration, Instant};

pub(super) fn judge(path: &Path, args: &JudgeArgs, read: &Read, history: &Transactions) -> Result<Verdict, Wrong> {
    let file = path.display();
    let unfit = [("--model", args.model.is_some()), ("--init", args.init.is_some()), ("--html", args.html.is_some())];
    if let Some((option, _)) = unfit.iter().find(|(_, given)| *given) {
        return Err(Wrong(format!("{file} is a history of transactions on lists, for which there is no {option}")));
    }
    let begun = Instant::now();
    let order = match args.order {
        OrderArg::None => Order::None,
        OrderArg::Process => Order::Process,
        OrderArg::RealTime => Order::RealTime,
    };
    let options = Options { order, ..Options::default() };
    let stop = || begun.elapsed() > args.time_limit;
    let limits = Limits { stop: Some(&stop), memory_bytes: args.memory_limit.saturating_sub(read.bytes) };
    let report = elle::check(history, &options, &limits)
        .map_err(|malformed| Wrong(history::point_at(path, malformed.line, &malformed.message)))?;
    let took = begun.elapsed();
    if args.json {
        println!("{}", for_machines(path, history, &report, order, read.took, took));
    } else {
        print(path, history, &report, order, took);
    }
    Ok(report.verdict)
}

/// What a history without an anomaly has.
fn level(order: Order) -> &'static str {
    match order {
        Order::None => "serializable",
        Order::Process => "strong session serializable",
        Order::RealTime => "strict serializable",
    }
}

fn print(path: &Path, history: &Transactions, report: &Report, order: Order, took: Duration) {
    let (colour, said) = match report.verdict {
        Verdict::Pass => ("32", level(order).to_owned()),
        Verdict::Fail => {
            let names = report.anomalies.iter().map(|found| format!("{} ({})", found.anomaly, found.count));
            ("31", format!("not {}: {}", level(order), names.collect::<Vec<_>>().join(", ")))
        }
        _ => ("33", report.why.clone()),
    };
    let (verdict, file) = (report.verdict, path.display());
    let (count, reads, ms) = (history.all.len(), report.judged, milliseconds(took));
    println!("\x1b[1;{colour}m{verdict}\x1b[0m {file}: {said}; {count} transactions, {reads} reads, {ms} ms");
    for found in &report.anomalies {
        println!("  \x1b[1m{}\x1b[0m: {}", found.anomaly, found.why);
        println!("      ruled out by {}", found.anomaly.ruled_out_by());
    }
    if let (Verdict::Fail, Some(_)) = (report.verdict, report.exhausted) {
        println!("  a limit was reached (--time-limit, --memory-limit), and there may be other anomalies");
    }
    if report.cut_short {
        println!("  the search ended before every cycle was told apart: a G-single may stand as a G2-item");
    }
}

fn for_machines(
    path: &Path,
    history: &Transactions,
    report: &Report,
    order: Order,
    read: Duration,
    took: Duration,
) -> Json {
    let lines = |places: &[usize]| places.iter().map(|place| history.all[*place].line).collect::<Vec<_>>();
    let anomalies = report.anomalies.iter().map(|found| {
        json!({
            "name": found.anomaly.name(),
            "count": found.count,
            "lines": lines(&found.transactions),
            "why": found.why,
            "ruled_out_by": found.anomaly.ruled_out_by(),
        })
    });
    json!({
        "file": path,
        "verdict": report.verdict.to_string(),
        "model": "list-append",
        "level": level(order),
        "transactions": history.all.len(),
        "committed": report.committed,
        "reads": report.judged,
        "dependencies": { "ww": report.dependencies[0], "wr": report.dependencies[1], "rw": report.dependencies[2] },
        "read_ms": milliseconds(read),
        "judged_ms": milliseconds(took),
        "anomalies": anomalies.collect::<Vec<_>>(),
        "cut_short": report.cut_short,
        "exhausted": report.exhausted.map(told::limit),
        "memory_bytes_max": report.bytes,
        "why": report.why,
    })
}
