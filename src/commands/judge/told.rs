//! What is said of a history that was judged.

use super::milliseconds;
use firedrill_checks::Verdict;
use firedrill_checks::linearizable::Exhausted;
use firedrill_checks::linearizable::imported::{Order, Report, Undecided};
use firedrill_checks::linearizable::models::ModelName;
use firedrill_checks::linearizable::why::{Why, asked_and_answered, told};
use firedrill_history::import::{History, Value};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::Duration;

/// A judged history.
pub(super) struct Judged<'j> {
    pub(super) path: &'j Path,
    pub(super) model: ModelName,
    pub(super) history: &'j History,
    pub(super) report: &'j Report,
    pub(super) read: Duration,
    /// What the verdict took, and what explaining it took.
    pub(super) took: Duration,
    pub(super) explained: Duration,
}

/// How many operations of a list are shown on a terminal.
const SHOWN: usize = 12;

impl Judged<'_> {
    /// What the page is called.
    pub(super) fn title(&self) -> String {
        self.path.display().to_string()
    }

    /// One line, and why not, if not.
    pub(super) fn print(&self) {
        let Report { verdict, .. } = self.report;
        let colour = match verdict {
            Verdict::Pass => "32",
            Verdict::Fail => "31",
            _ => "33",
        };
        println!("\x1b[1;{colour}m{verdict}\x1b[0m {}: {}", self.path.display(), self.summary());
        if let Some(why) = &self.report.why {
            self.print_why(why);
        }
    }

    fn summary(&self) -> String {
        let Report { operations, objects, refuted, undecided, .. } = self.report;
        let judged = match self.report.verdict {
            Verdict::Fail => {
                let others =
                    if refuted.len() > 1 { format!(" ({} objects in all)", refuted.len()) } else { String::new() };
                let misfit = self.report.why.as_ref().map(|why| told(self.history, why.misfit));
                format!("not linearizable: {} fits nowhere{others}", misfit.unwrap_or_default())
            }
            Verdict::Pass => "linearizable".to_owned(),
            _ => match undecided.first() {
                Some(first) => self.undecided(first),
                None => "no operation was answered".to_owned(),
            },
        };
        let ms = milliseconds(self.took);
        format!("{judged}; {operations} operations, {objects} objects, {ms} ms")
    }

    fn undecided(&self, first: &Undecided) -> String {
        let exhausted = match first.exhausted {
            Some(Exhausted::Time) => "out of time (--time-limit)",
            Some(Exhausted::Memory) => "out of memory (--memory-limit)",
            Some(Exhausted::Steps) => "out of steps",
            None => "more than 4,096 operations are under way at once",
        };
        let reached = first.reached.map_or_else(String::new, |place| {
            let (explained, all) = (first.explained, first.operations);
            format!(", {explained} of {all} operations explained, up to {}", told(self.history, place))
        });
        let count = self.report.undecided.len();
        format!("{exhausted}: {}{reached}; {count} objects undecided", named(first.key.as_ref()))
    }

    fn print_why(&self, why: &Why) {
        let many = self.report.objects > 1;
        let on = if many { format!(" on {}", named(why.key.as_ref())) } else { String::new() };
        println!("  \x1b[1mfits nowhere{on}\x1b[0m: {}", told(self.history, why.misfit));
        if !why.met.is_empty() {
            println!("  it met: {}", why.met.join(", or "));
        }
        let minimal =
            if why.minimal { "smallest window" } else { "window (not made as small as can be: out of budget)" };
        println!("  \x1b[1m{minimal}\x1b[0m, impossible whatever became of all other operations:");
        self.print_operations(&why.window, why.misfit);
        if !why.context.is_empty() {
            println!("  what they saw was set by:");
            self.print_operations(&why.context, why.misfit);
        }
        for (number, order) in (1..).zip(&why.partial) {
            let steps = order.steps.len();
            let (shown, last) = (steps.min(5), steps.saturating_sub(5));
            println!("  longest order {number}: {steps} operations, the last {shown} of them:");
            for (place, state) in &order.steps[last..] {
                println!("      {} => {state}", told(self.history, *place));
            }
        }
    }

    fn print_operations(&self, places: &[usize], misfit: usize) {
        let skipped = places.len().saturating_sub(SHOWN);
        if skipped > 0 {
            println!("      ... {skipped} before");
        }
        for place in &places[skipped..] {
            let mark = if *place == misfit { ">" } else { " " };
            println!("    {mark} {}", told(self.history, *place));
        }
    }

    /// For machines.
    pub(super) fn json(&self) -> Json {
        let Report { verdict, operations, objects, steps, bytes, refuted, why, undecided, .. } = self.report;
        json!({
            "file": self.path,
            "verdict": verdict.to_string(),
            "model": model_name(self.model),
            "operations": operations,
            "objects": objects,
            "read_ms": milliseconds(self.read),
            "judged_ms": milliseconds(self.took),
            "explained_ms": milliseconds(self.explained),
            "steps": steps,
            "memory_bytes_max": bytes,
            "refuted": refuted.iter().map(|key| key.as_ref().map(Value::to_string)).collect::<Vec<_>>(),
            "why": why.as_ref().map(|why| self.why(why)),
            "undecided": undecided.iter().map(|one| json!({
                "key": one.key.as_ref().map(Value::to_string),
                "operations": one.operations,
                "explained": one.explained,
                "reached": one.reached.map(|place| self.operation(place)),
                "exhausted": one.exhausted.map_or("concurrency", limit),
            })).collect::<Vec<_>>(),
        })
    }

    fn why(&self, why: &Why) -> Json {
        let operations = |places: &[usize]| places.iter().map(|place| self.operation(*place)).collect::<Vec<_>>();
        let order = |order: &Order| json!({ "operations": order.steps.len(), "ends_in": order.steps.last().map(|(_, state)| state) });
        json!({
            "key": why.key.as_ref().map(Value::to_string),
            "fits_nowhere": self.operation(why.misfit),
            "met": why.met,
            "window": operations(&why.window),
            "window_is_minimal": why.minimal,
            "set_by": operations(&why.context),
            "longest_orders": why.partial.iter().map(order).collect::<Vec<_>>(),
        })
    }

    fn operation(&self, place: usize) -> Json {
        let operation = &self.history.operations[place];
        let process = self.history.processes.get(operation.process as usize).map(Value::to_string);
        let returned = (operation.returned_line != 0).then_some(operation.returned_line);
        json!({
            "process": process,
            "operation": asked_and_answered(self.history, place),
            "invoked_line": operation.line,
            "returned_line": returned,
        })
    }
}

/// What was used up.
pub(super) fn limit(exhausted: Exhausted) -> &'static str {
    match exhausted {
        Exhausted::Time => "time",
        Exhausted::Memory => "memory",
        Exhausted::Steps => "steps",
    }
}

fn named(key: Option<&Value>) -> String {
    key.map_or_else(|| "the object".to_owned(), |key| format!("key {key}"))
}

fn model_name(model: ModelName) -> &'static str {
    match model {
        ModelName::Register => "register",
        ModelName::CasRegister => "cas-register",
        ModelName::MultiRegister => "multi-register",
        ModelName::Kv => "kv",
        ModelName::Mutex => "mutex",
        ModelName::Counter => "counter",
        ModelName::Set => "set",
        ModelName::Queue => "queue",
        ModelName::Session => "session",
    }
}
