//! Jepsen's log lines: `INFO  jepsen.util - 3 TAB :invoke TAB :cas TAB [1 2]`, or with blanks instead of tabs.
//!
//! A failed cas did run and saw another value: a constraint. What is `:info` is pending for ever; a failed read that timed
//! out says nothing. Lines of other loggers are passed over.

use super::Limits;
use super::edn;
use super::error::ImportError;
use super::events::{Event, Kind, Meaning, Pairing};
use super::operations::History;
use super::source::Source;
use super::value::Value;
use std::io::BufRead;

const MARK: &str = "jepsen.util - ";

pub(super) fn read<R: BufRead>(source: &mut Source<R>, limits: Limits) -> Result<History, ImportError> {
    let mut pairing = Pairing::new(Meaning { failed_cas_missed: true, nil_read_says_nothing: false }, limits);
    let mut lines_of_history = 0_u64;
    let mut first = None;
    while let Some((number, bytes)) = source.line()? {
        let wrong = |column: usize, message: String| ImportError::at(number, column + 1, &bytes, message);
        let text =
            std::str::from_utf8(&bytes).map_err(|error| wrong(error.valid_up_to(), "this is no UTF-8".to_owned()))?;
        let Some(start) = text.find(MARK).map(|at| at + MARK.len()) else {
            first.get_or_insert_with(|| wrong(0, format!("no line of this file has `{MARK}` in it")));
            continue;
        };
        if let Some(event) = event(text, start, number, limits).map_err(|(column, message)| wrong(column, message))? {
            lines_of_history += 1;
            pairing.take(event).map_err(|message| wrong(start, message))?;
        }
    }
    match first {
        Some(error) if lines_of_history == 0 => Err(error),
        _ => Ok(pairing.finish()),
    }
}

/// The event in a line, from `start` on; `None` for what the logger said besides.
fn event(text: &str, start: usize, line: u64, limits: Limits) -> Result<Option<Event>, (usize, String)> {
    let mut at = start;
    let (_, process) = field(text, &mut at);
    let (kind_at, kind) = field(text, &mut at);
    let (function_at, function) = field(text, &mut at);
    if !kind.starts_with(':') && process.parse::<i64>().is_err() {
        return Ok(None);
    }
    if function.is_empty() {
        return Err((text.trim_end().len(), "the line ends here; it should be process, type, f, value".to_owned()));
    }
    let Some(kind) = kind.strip_prefix(':').and_then(Kind::named) else {
        return Err((kind_at, format!("the type is :invoke, :ok, :fail or :info, and not `{kind}`")));
    };
    let Some(function) = function.strip_prefix(':') else {
        return Err((function_at, format!("the operation is a keyword like :read, and not `{function}`")));
    };
    let process = match process.parse() {
        Ok(number) => Value::Int(number),
        Err(_) => Value::text(process.trim_start_matches(':')),
    };
    let nemesis = matches!(process, Value::Text(_));
    let rest = text[at..].trim();
    let value_at = text.len() - text[at..].trim_start().len();
    let value = match edn::one(if rest.is_empty() { "nil" } else { rest }, limits.form_bytes) {
        Ok(value) => value,
        // What a nemesis says is for people.
        Err(_) if nemesis => Value::text(rest),
        Err(error) => return Err((value_at + error.column - 1, error.message)),
    };
    Ok(Some(Event { process, kind, function: function.to_owned(), key: None, value, line }))
}

/// What stands next up to white space, and where; `at` is moved behind it.
fn field<'t>(text: &'t str, at: &mut usize) -> (usize, &'t str) {
    let rest = text[*at..].trim_start();
    let begin = text.len() - rest.len();
    let field = rest.split_whitespace().next().unwrap_or("");
    *at = begin + field.len();
    (begin, field)
}
