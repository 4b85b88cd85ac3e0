//! From text to a tree, with all syntax errors at once.

use super::Sink;
use crate::diagnostic::Diagnostics;
use crate::source::Source;
use std::ops::Range;
use toml::de::DeTable;

/// So often broken lines are blanked out and the rest is tried again.
const ATTEMPTS: usize = 8;
/// A longer file is not a plan or a scenario.
pub(crate) const LONGEST: usize = 1 << 20;

/// Reads `source` with `schema`, which is given the root of the tree, and reports to the sink. Where there are syntax errors, the lines that they
/// are in are left out and the rest is read all the same, so that everything is told in one go.
pub(crate) fn read<T>(
    source: Source<'_>,
    schema: impl FnOnce(&Sink<'_>, &DeTable<'_>) -> T,
) -> Result<T, Diagnostics> {
    if source.text.len() > LONGEST {
        let message = format!(
            "the file has {} bytes; a plan or scenario has at most {LONGEST}",
            source.text.len()
        );
        return Err(Diagnostics::of_file(
            source.file,
            message,
            "is this the right file?",
        ));
    }
    let (_, errors) = DeTable::parse_recoverable(source.text);
    let mut sink = Sink::new(source);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        sink.error(
            &span,
            format!("this is not TOML: {}", error.message()),
            advice(error.message()),
        );
    }
    sink.partial = !errors.is_empty();
    let readable = readable(source.text, errors.iter().filter_map(toml::de::Error::span));
    match readable.as_deref().map(DeTable::parse) {
        Some(Ok(root)) => {
            let value = schema(&sink, root.get_ref());
            sink.result(value)
        }
        // Only with errors told already is there nothing to read.
        Some(Err(_)) | None => Err(sink.diagnostics()),
    }
}

/// The text with the lines of syntax errors blanked out, byte for byte, so that places stay; `None` if that does not make it readable.
fn readable(text: &str, spans: impl Iterator<Item = Range<usize>>) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    spans.for_each(|span| blank(&mut bytes, &span));
    for _ in 0..ATTEMPTS {
        let attempt = String::from_utf8(bytes.clone()).ok()?;
        match DeTable::parse(&attempt) {
            Ok(_) => return Some(attempt),
            Err(error) => blank(&mut bytes, &error.span()?),
        }
    }
    None
}

/// Blanks out the lines of `span`; where one is the header of a table, the whole table, or its keys would seem to belong to the table before.
fn blank(bytes: &mut [u8], span: &Range<usize>) {
    let start = span.start.min(bytes.len());
    let start = bytes[..start]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let end = span.end.clamp(start, bytes.len());
    let mut end = line_end(bytes, end);
    if is_header(&bytes[start..]) {
        while end < bytes.len() && !is_header(&bytes[end..]) {
            end = line_end(bytes, end + 1);
        }
    }
    bytes[start..end]
        .iter_mut()
        .filter(|byte| **byte != b'\n')
        .for_each(|byte| *byte = b' ');
}

/// The end of the line that `offset` is in: its newline, or the end of the text.
fn line_end(bytes: &[u8], offset: usize) -> usize {
    let offset = offset.min(bytes.len());
    bytes[offset..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |newline| offset + newline)
}

/// Whether the first line that is not empty begins a table.
fn is_header(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[')
}

/// What to do about a syntax error, where its message leaves a reader alone.
fn advice(message: &str) -> Option<String> {
    let advice = if message.contains("duplicate key") {
        "keep one of the two; a list of tables has double brackets: `[[site]]`"
    } else if message.contains("string values must be quoted") {
        "put the text in double quotes"
    } else if message.contains("key with no value") {
        "a line is `key = value`"
    } else if message.contains("recursion limit") {
        "nothing in these files is nested deeper than a table in a table"
    } else {
        return None;
    };
    Some(advice.to_owned())
}
