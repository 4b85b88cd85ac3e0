//! A file's text: from bytes to lines, columns and excerpts.

use crate::diagnostic::{Diagnostic, Excerpt, Position};
use std::ops::Range;

/// A line longer than this many bytes is shown through a window.
const WINDOW: usize = 200;

/// A file's name and text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
}

impl Source<'_> {
    /// A diagnostic at `span` (bytes; held within the text, cut at the end of its first line).
    pub(crate) fn diagnostic(
        &self,
        span: &Range<usize>,
        message: String,
        suggestion: Option<String>,
    ) -> Diagnostic {
        let start = self.boundary(span.start.min(self.text.len()));
        let line_start = self.text[..start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |newline| start + newline);
        let end = self.boundary(span.end.clamp(start, line_end.max(start)));
        let position = Position {
            line: self.line(start),
            column: self.text[line_start..start].chars().count() + 1,
        };
        let (from, to) = self.window(line_start..line_end, start..end);
        let excerpt = Excerpt {
            line: self.text[from..to].to_owned(),
            from: start - from,
            to: end.min(to).max(start) - from,
        };
        Diagnostic {
            file: self.file.to_owned(),
            position: Some(position),
            message,
            suggestion,
            excerpt,
        }
    }

    /// The number of the line, from 1, that `offset` is in.
    pub(crate) fn line(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        self.text.as_bytes()[..offset]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1
    }

    /// The part of a line that is shown.
    fn window(&self, line: Range<usize>, span: Range<usize>) -> (usize, usize) {
        if line.len() <= WINDOW {
            return (line.start, line.end);
        }
        let from = span.start.saturating_sub(WINDOW / 4).max(line.start);
        (
            self.boundary(from),
            self.boundary((from + WINDOW).min(line.end)),
        )
    }

    /// The nearest character's beginning at or before `offset`.
    fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}
