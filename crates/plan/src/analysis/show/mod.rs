//! Findings for people and machines, one format per file.
//!
//! To add a format: its file, and its name in the command's `--format`.

pub mod json;
pub mod sarif;
pub mod text;

use crate::source::Source;
use serde::Serialize;
use std::ops::Range;

/// A place as machines are told of it: lines and columns from 1, the end behind the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Region {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
}

impl Region {
    pub(crate) fn of(text: &str, span: &Range<usize>) -> Region {
        let source = Source { file: "", text };
        let place = |offset: usize| {
            let offset = text.floor_char_boundary(offset.min(text.len()));
            let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
            (source.line(offset), text[start..offset].chars().count() + 1)
        };
        let ((line, column), (end_line, end_column)) = (place(span.start), place(span.end));
        Region { line, column, end_line, end_column }
    }
}
