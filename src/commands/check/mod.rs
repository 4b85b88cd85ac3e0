//! `firedrill check`: plan and scenario files, read and found good or bad; and plans refuted by their own figures.
//!
//! - [`told`]: findings in the format that was asked for
//! - [`picture`]: what the HTML page shows of a plan

mod picture;
mod told;

use crate::cli::{CheckArgs, CheckFormat};
use crate::exit::Exit;
use firedrill_checks::Verdict;
use firedrill_plan::Checked;
use firedrill_plan::analysis::{Analysis, Date};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use told::Told;

/// Reads every file and tells all that is wrong with each.
pub fn check(args: &CheckArgs) -> Exit {
    let format = if args.json { CheckFormat::Json } else { args.format };
    let Some(today) = args.today.or_else(system_date) else {
        super::complain("the system's clock names no day: give one with --today");
        return Exit::Usage;
    };
    let mut told = Told::new(format);
    let (mut refused, mut refuted) = (false, false);
    let mut drawn = Vec::new();
    for path in &args.files {
        match firedrill_plan::check_file(path) {
            Ok(checked) => {
                told.summary(path, &checked.summary());
                if let Checked::Plan(plan) = &checked {
                    let analysis = Analysis::of(plan, today);
                    refuted |= analysis.refutes();
                    told.findings(path, &plan.text, &analysis);
                    if args.html.is_some() {
                        drawn.push(picture::of(path, plan, &analysis));
                    }
                }
            }
            Err(diagnostics) => {
                refused = true;
                told.diagnostics(&diagnostics);
            }
        }
    }
    told.end();
    if let Some(html) = &args.html
        && let Err(exit) = draw(html, &drawn)
    {
        return exit;
    }
    match (refused, refuted) {
        (true, _) => Exit::Usage,
        (false, true) => Exit::Done(Verdict::Fail),
        (false, false) => Exit::OK,
    }
}

/// What day it is, in UTC.
fn system_date() -> Option<Date> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Date::from_unix_seconds(since.as_secs())
}

fn draw(html: &Path, drawn: &[firedrill_reports::map::Picture]) -> Result<(), Exit> {
    let [picture] = drawn else {
        super::complain(format!("--html draws one plan that reads well; here are {}", drawn.len()));
        return Err(Exit::Usage);
    };
    std::fs::write(html, firedrill_reports::map::html(picture)).map_err(|error| {
        super::complain(format!("{}: {error}", html.display()));
        Exit::Usage
    })
}
