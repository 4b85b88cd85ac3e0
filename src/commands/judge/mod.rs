//! `firedrill judge`: other people's histories, judged one by one, a line each.
//!
//! - `history`: a file read, in which format, and how long that took
//! - `told`: what is said of it, to people and to machines
//! - `transactions`: histories of transactions, which have anomalies instead of an order

mod history;
mod told;
mod transactions;

use crate::cli::{FormatName, JudgeArgs, ModelArg};
use crate::exit::Exit;
use firedrill_checks::Verdict;
use firedrill_checks::linearizable::imported::{self, Settings};
use firedrill_checks::linearizable::models::ModelName;
use firedrill_history::import::{Format, History, Imported, Value};
use history::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Judges every file; the worst counts.
pub fn judge(args: &JudgeArgs) -> Exit {
    let mut verdicts = Vec::new();
    let mut refused = false;
    if let (Some(folder), true) = (&args.html, args.files.len() > 1)
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        super::complain(format!("{} can't be made a folder for the pages: {error}", folder.display()));
        return Exit::Usage;
    }
    for path in &args.files {
        match one(path, args) {
            Ok(verdict) => verdicts.push(verdict),
            Err(Wrong(message)) => {
                super::complain(message);
                refused = true;
            }
        }
    }
    if refused {
        return Exit::Usage;
    }
    let worst = [Verdict::Fail, Verdict::Unknown].into_iter().find(|worst| verdicts.contains(worst));
    Exit::Done(worst.unwrap_or(Verdict::Pass))
}

/// Bad input or usage.
struct Wrong(String);

fn one(path: &Path, args: &JudgeArgs) -> Result<Verdict, Wrong> {
    let read = history::read(path, args.format.map(format), args.memory_limit)?;
    match &read.imported {
        Imported::Operations(history) => operations(path, args, &read, history),
        Imported::Transactions(history) => transactions::judge(path, args, &read, history),
    }
}

fn operations(path: &Path, args: &JudgeArgs, read: &Read, history: &History) -> Result<Verdict, Wrong> {
    let file = path.display();
    let model = match (args.model, read.format) {
        (Some(name), _) => model(name),
        (None, Format::PorcupineKv) => ModelName::Kv,
        (None, Format::Journal) => ModelName::Session,
        (None, _) => return Err(Wrong(format!("{file}: say what the operations are on, as in --model cas-register"))),
    };
    let init = args.init.as_deref().map(initial);
    let begun = Instant::now();
    let decided = OnceLock::new();
    let stop = || begun.elapsed() > args.time_limit;
    let jobs = match args.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let settings = Settings {
        memory_bytes: args.memory_limit.saturating_sub(read.bytes),
        steps: u64::MAX,
        stop: &stop,
        jobs,
        orders: args.html.is_some(),
        decided: &|| {
            decided.get_or_init(|| begun.elapsed());
        },
    };
    let report = imported::judge(history, model, init.as_ref(), &settings).map_err(|unfit| {
        let line = history.operations[unfit.operation].line;
        Wrong(history::point_at(path, line, &unfit.message))
    })?;
    let all = begun.elapsed();
    let took = decided.get().copied().unwrap_or(all);
    let explained = all.saturating_sub(took);
    let judged = told::Judged { path, model, history, report: &report, read: read.took, took, explained };
    if args.json {
        println!("{}", judged.json());
    } else {
        judged.print();
    }
    if let Some(out) = &args.html {
        write_page(&page_path(out, path, args.files.len()), &judged)?;
    }
    Ok(report.verdict)
}

fn write_page(out: &Path, judged: &told::Judged<'_>) -> Result<(), Wrong> {
    let page = firedrill_reports::timeline::page(&judged.title(), judged.history, judged.report);
    std::fs::write(out, page).map_err(|error| Wrong(format!("{} can't be written: {error}", out.display())))
}

/// Of several files, a page each in a folder.
fn page_path(out: &Path, file: &Path, files: usize) -> PathBuf {
    if files == 1 {
        return out.to_owned();
    }
    let name = file.display().to_string().replace(['/', '\\'], "_");
    out.join(format!("{name}.html"))
}

/// JSON, or else text that stands for itself.
fn initial(text: &str) -> Value {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) => Value::from_json(json),
        Err(_) if text == "nil" => Value::Nil,
        Err(_) => Value::text(text),
    }
}

fn format(name: FormatName) -> Format {
    match name {
        FormatName::JepsenLog => Format::JepsenLog,
        FormatName::KnossosEdn => Format::KnossosEdn,
        FormatName::PorcupineKv => Format::PorcupineKv,
        FormatName::ElleEdn => Format::ElleEdn,
        FormatName::Jsonl => Format::JsonLines,
        FormatName::Journal => Format::Journal,
    }
}

fn model(name: ModelArg) -> ModelName {
    match name {
        ModelArg::Register => ModelName::Register,
        ModelArg::CasRegister => ModelName::CasRegister,
        ModelArg::MultiRegister => ModelName::MultiRegister,
        ModelArg::Kv => ModelName::Kv,
        ModelArg::Mutex => ModelName::Mutex,
        ModelArg::Counter => ModelName::Counter,
        ModelArg::Set => ModelName::Set,
        ModelArg::Queue => ModelName::Queue,
        ModelArg::Session => ModelName::Session,
    }
}

/// In milliseconds, as far as that is worth telling.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
