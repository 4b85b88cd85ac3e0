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
pub(crate) fn read<T>(source: Source<'_>, schema: impl FnOnce(&Sink<'_>, &DeTable<'_>) -> T) -> Result<T, Diagnostics> {
    if source.text.len() > LONGEST {
        let message = format!("the file has {} bytes; a plan or scenario has at most {LONGEST}", source.text.len());
        return Err(Diagnostics::of_file(source.file, message, "is this the right file?"));
    }
    let (_, mut errors) = DeTable::parse_recoverable(source.text);
    errors.sort_by_key(|error| error.span().map_or(0, |span| span.start));
    let mut sink = Sink::new(source);
    sink.partial = !errors.is_empty();
    let mut bytes = source.text.as_bytes().to_vec();
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        // One mistake in a line, or in a header, makes others after it that are none.
        if is_blank(&bytes, span.start) {
            continue;
        }
        let (message, advice) = in_words(error.message());
        sink.error(&span, format!("this is not TOML: {message}"), advice.map(str::to_owned));
        blank(&mut bytes, &span);
    }
    match readable(bytes).as_deref().map(DeTable::parse) {
        Some(Ok(root)) => {
            let value = schema(&sink, root.get_ref());
            sink.result(value)
        }
        // Only with errors told already is there nothing to read.
        Some(Err(_)) | None => Err(sink.diagnostics()),
    }
}

/// The text, with as many more lines left out as make it readable; `None` if that does not.
fn readable(mut bytes: Vec<u8>) -> Option<String> {
    for _ in 0..ATTEMPTS {
        let attempt = String::from_utf8(bytes.clone()).ok()?;
        match DeTable::parse(&attempt) {
            Ok(_) => return Some(attempt),
            Err(error) => blank(&mut bytes, &error.span()?),
        }
    }
    None
}

/// Blanks out the lines of `span`, byte for byte, so that places stay; where one is the header of a table, the whole table, or its keys
/// would seem to belong to the table before.
fn blank(bytes: &mut [u8], span: &Range<usize>) {
    let start = line_start(bytes, span.start);
    let mut end = line_end(bytes, span.end.max(start));
    if is_header(&bytes[start..]) {
        while end < bytes.len() && !is_header(&bytes[end..]) {
            end = line_end(bytes, end + 1);
        }
    }
    bytes[start..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
}

/// Whether the line that `offset` is in has been blanked out (or was empty: then an error at its end is that of another line).
fn is_blank(bytes: &[u8], offset: usize) -> bool {
    let line = line_start(bytes, offset)..line_end(bytes, offset);
    !line.is_empty() && bytes[line].iter().all(|byte| *byte == b' ')
}

/// The beginning of the line that `offset` is in.
fn line_start(bytes: &[u8], offset: usize) -> usize {
    let before = &bytes[..offset.min(bytes.len())];
    before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1)
}

/// The end of the line that `offset` is in: its newline, or the end of the text.
fn line_end(bytes: &[u8], offset: usize) -> usize {
    let offset = offset.min(bytes.len());
    bytes[offset..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |newline| offset + newline)
}

/// Whether the first line that is not empty begins a table.
fn is_header(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[')
}

/// A parser's message as people say it, and what to do.
fn in_words(message: &str) -> (&str, Option<&'static str>) {
    let known = [
        ("duplicate key", "there are two of this name", "keep one; a list of tables has double brackets: `[[site]]`"),
        ("string values must be quoted", "text must be in quotes", "put it in double quotes; a number is digits only"),
        ("key with no value", "there is a key without a value", "a line is `key = value`"),
        ("invalid basic string", "the text is not closed", "end it with a double quote, on the same line"),
        ("unclosed table", "the header is not closed", "end it with `]`; a list of tables has two: `[[site]]`"),
        ("unclosed array", "the list is not closed", "end it with `]`"),
        ("unexpected key or value", "nothing more is expected in this line", "a line is one `key = value`"),
        ("cannot recurse", "this is nested too deep", "nothing in these files is deeper than a table in a table"),
    ];
    let found = known.iter().find(|(theirs, _, _)| message.starts_with(theirs));
    found.map_or((message, None), |(_, ours, advice)| (*ours, Some(*advice)))
}
