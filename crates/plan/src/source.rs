//! A file's text: from bytes to lines, columns and excerpts.

use crate::diagnostic::{Diagnostic, Excerpt, Position};
use std::ops::Range;

/// A line longer than this many bytes is shown through a window.
const WINDOW: usize = 2000;
/// A mark that some editors put before the first character.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A file's name and text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
}

impl Source<'_> {
    /// A diagnostic at `span` (bytes; held within the text, cut at the end of its first line).
    pub(crate) fn diagnostic(&self, span: &Range<usize>, message: String, suggestion: Option<String>) -> Diagnostic {
        let start = self.boundary(span.start.min(self.text.len()));
        let line = self.line_around(start);
        let start = start.max(line.start);
        let end = self.boundary(span.end.clamp(start, line.end.max(start)));
        let position = self.position(start);
        let (from, to) = self.window(&line, start);
        let excerpt = Excerpt {
            line: self.text[from..to].to_owned(),
            from: start - from,
            to: end.min(to).max(start) - from,
            whole: (from, to) == (line.start, line.end),
        };
        Diagnostic { file: self.file.to_owned(), position: Some(position), message, suggestion, excerpt }
    }

    /// The line and column of an offset (held within the text).
    pub(crate) fn position(&self, offset: usize) -> Position {
        let start = self.boundary(offset.min(self.text.len()));
        let line = self.line_around(start);
        let start = start.max(line.start);
        Position { line: self.line(start), column: self.text[line.start..start].chars().count() + 1 }
    }

    /// The number of the line, from 1, that `offset` is in.
    pub(crate) fn line(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        self.text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// The line that `offset` is in, without its end and without a byte order mark.
    fn line_around(&self, offset: usize) -> Range<usize> {
        let start = self.text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.text[offset..].find('\n').map_or(self.text.len(), |newline| offset + newline);
        let line = &self.text[start..end];
        let mark = if start == 0 && line.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        // At the line's very end a place may be on the carriage return; then it stays.
        let end = if line.ends_with('\r') { (end - 1).max(offset) } else { end };
        (start + mark).min(end)..end
    }

    /// The part of a line that is shown for a place in it.
    fn window(&self, line: &Range<usize>, start: usize) -> (usize, usize) {
        if line.len() <= WINDOW {
            return (line.start, line.end);
        }
        let from = start.saturating_sub(WINDOW / 4).max(line.start);
        (self.boundary(from), self.boundary((from + WINDOW).min(line.end)))
    }

    /// The nearest character's beginning at or before `offset`.
    pub(crate) fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}
