//! Porcupine's key-value files (github.com/anishathalye/porcupine, `test_data/kv`): EDN maps, one a line, with `:key`,
//! and get, put and append of strings. An operation that never completes is pending.

use super::Limits;
use super::edn_history::pair;
use super::error::ImportError;
use super::events::{Event, Kind, Meaning};
use super::operations::{Function, History};
use super::source::Source;
use super::value::Value;
use std::io::BufRead;

pub(super) fn read<R: BufRead>(source: &mut Source<R>, limits: Limits) -> Result<History, ImportError> {
    pair(source, limits, Meaning { failed_cas_missed: false, nil_read_says_nothing: false }, check)
}

fn check(event: &Event) -> Result<(), String> {
    if event.key.is_none() {
        return Err("`:key` is missing".to_owned());
    }
    let text = matches!(event.value, Value::Text(_));
    match (Function::named(&event.function), event.kind) {
        (Some(Function::Read), Kind::Ok) | (Some(Function::Write | Function::Append), Kind::Invoke) if !text => {
            Err(format!("`:value` of a {} is a string, and not {}", event.function, event.value))
        }
        (Some(Function::Read | Function::Write | Function::Append), _) => Ok(()),
        _ => Err(format!("`:f` is :get, :put or :append, and not {}", event.function)),
    }
}
