//! Other people's histories, read into one shape; what each format means by its words is settled here.
//!
//! - [`read`]: any format; [`guess`]: which format a file is in
//! - `operations`: single operations on an object ([`History`]); [`transactions`]: multi-key transactions
//! - `value`: what operations take and return
//! - `events`: invocations and completions as the formats have them, and who completes what
//! - `jepsen_log`, `edn_history` (Knossos and Elle), `porcupine_kv`, `jsonl`, `journal` (ours): one format a file
//! - `edn`, `source`: forms and lines out of a stream, with bounds
//! - `error`: what was wrong, with line and caret
//!
//! Files are streamed. What is kept is counted against [`Limits::memory_bytes`], and a line or form is at most
//! [`Limits::form_bytes`] long, so that no file takes more memory than it may.
//!
//! To add a format: a variant of [`Format`], a file with a function from a [`source::Source`] to events, its line in
//! [`read`], and its samples in `tests/import.rs`.

mod edn;
mod edn_history;
mod error;
mod events;
mod jepsen_log;
mod journal;
mod jsonl;
mod operations;
mod porcupine_kv;
mod source;
pub mod transactions;
mod value;

pub use error::ImportError;
pub use operations::{Band, Function, History, Operation, Outcome};
pub use transactions::{MicroOp, Transaction, Transactions};
pub use value::Value;

use std::io::BufRead;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Jepsen's log lines: `INFO  jepsen.util - 3  :invoke  :cas  [1 2]`. A failed cas ran and saw another value.
    JepsenLog,
    /// EDN operations as Knossos reads them. What failed did not happen; a read of nil says nothing.
    KnossosEdn,
    /// Porcupine's key-value files: EDN maps with `:key`; a get returns "" for a key that was not put.
    PorcupineKv,
    /// EDN transactions as Elle reads them: `:value [[:append 1 2] [:r 1 [2]]]`.
    ElleEdn,
    /// One JSON object a line: process, type, f, key, value, time.
    JsonLines,
    /// A journal of ours, as `firedrill run --out` keeps it: zstd.
    Journal,
}

/// How much of a file is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What the history may take in memory, in bytes.
    pub memory_bytes: u64,
    /// How long a line or an EDN form may be, in bytes.
    pub form_bytes: usize,
}

impl Default for Limits {
    /// 1 GiB in all, 1 MiB a line or form.
    fn default() -> Limits {
        Limits { memory_bytes: 1 << 30, form_bytes: 1 << 20 }
    }
}

/// What a file held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// Operations on one object, or on one per key.
    Operations(History),
    /// Transactions over several keys.
    Transactions(Transactions),
}

/// Reads a history.
///
/// # Errors
/// [`ImportError`] for what is not in this format, takes more than the limits, or can't be read.
pub fn read(input: impl BufRead, format: Format, limits: Limits) -> Result<Imported, ImportError> {
    let source = &mut source::Source::new(input, limits.form_bytes);
    match format {
        Format::JepsenLog => jepsen_log::read(source, limits).map(Imported::Operations),
        Format::KnossosEdn => edn_history::operations(source, limits).map(Imported::Operations),
        Format::PorcupineKv => porcupine_kv::read(source, limits).map(Imported::Operations),
        Format::ElleEdn => edn_history::transactions(source, limits).map(Imported::Transactions),
        Format::JsonLines => jsonl::read(source, limits).map(Imported::Operations),
        Format::Journal => journal::read(source.rest(), limits).map(Imported::Operations),
    }
}

/// What a zstd frame begins with (RFC 8878).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The format of a file with this name that begins with these bytes, where it is obvious.
pub fn guess(name: &str, beginning: &[u8]) -> Option<Format> {
    if beginning.starts_with(&ZSTD) {
        return Some(Format::Journal);
    }
    let text = String::from_utf8_lossy(beginning);
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(';')).unwrap_or("");
    if text.contains("jepsen.util - ") {
        return Some(Format::JepsenLog);
    }
    if name.ends_with(".jsonl") || name.ends_with(".ndjson") || first.starts_with("{\"") {
        return Some(Format::JsonLines);
    }
    if !text.contains(":type") {
        return None;
    }
    let transactional = text.contains("[[:append") || text.contains("[[:r ") || text.contains("[[\"append\"");
    Some(match (transactional, text.contains(":key ")) {
        (true, _) => Format::ElleEdn,
        (false, true) => Format::PorcupineKv,
        (false, false) => Format::KnossosEdn,
    })
}
