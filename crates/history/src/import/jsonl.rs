//! JSON Lines: one object a line, `{"process": 0, "type": "invoke", "f": "cas", "key": "x", "value": [1, 2]}`.
//!
//! `type` is invoke, ok, fail (it did not happen) or info; `key` may be left out where there is one object; an ok cas has the
//! value true or false, whether it swapped. Other members are passed over.

use super::Limits;
use super::edn_history::steps_are_well_formed;
use super::error::ImportError;
use super::events::{Event, Kind, Meaning, Pairing};
use super::operations::History;
use super::source::Source;
use super::value::Value;
use serde::Deserialize;
use std::io::BufRead;

#[derive(Deserialize)]
#[serde(expecting = "an object with process, type, f and value")]
struct Line {
    process: serde_json::Value,
    r#type: String,
    f: String,
    #[serde(default)]
    key: Option<serde_json::Value>,
    #[serde(default)]
    value: serde_json::Value,
}

pub(super) fn read<R: BufRead>(source: &mut Source<R>, limits: Limits) -> Result<History, ImportError> {
    let mut pairing = Pairing::new(Meaning { failed_cas_missed: false, nil_read_says_nothing: false }, limits);
    while let Some((number, bytes)) = source.line()? {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let wrong = |column: usize, message: String| ImportError::at(number, column.max(1), &bytes, message);
        let line: Line = serde_json::from_slice(&bytes).map_err(|error| wrong(error.column(), plain(&error)))?;
        let Some(kind) = Kind::named(&line.r#type) else {
            return Err(wrong(1, format!("`type` is invoke, ok, fail or info, and not `{}`", line.r#type)));
        };
        let (process, value) = (Value::from_json(line.process), Value::from_json(line.value));
        let event = Event { process, kind, function: line.f, key: line.key.map(Value::from_json), value, line: number };
        steps_are_well_formed(&event.function, &event.value)
            .and_then(|()| pairing.take(event))
            .map_err(|message| wrong(1, message))?;
    }
    Ok(pairing.finish())
}

/// What serde says, without the line, which is always 1.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned())
}
