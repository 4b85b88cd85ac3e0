//! What is wrong with a file: all of it at once, each thing with its place and what to do about it.

use serde::Serialize;
use std::fmt;

/// More than this is noise: the rest is counted, not listed.
pub(crate) const MOST: usize = 50;

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The file, as it was named.
    pub file: String,
    /// Where in the file; absent if it is about the file as a whole (it cannot be read).
    #[serde(flatten)]
    pub position: Option<Position>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// The source line (a window of it, if it is long), for the rendering.
    #[serde(skip)]
    pub(crate) excerpt: Excerpt,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters, from 1.
    pub column: usize,
}

/// A line of a file, or a window of it, and the bytes in it that a caret goes under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) line: String,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Whether it is the whole line.
    pub(crate) whole: bool,
}

/// All that is wrong: never empty. In the order of files and lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostics {
    /// The first 50.
    pub diagnostics: Vec<Diagnostic>,
    /// That many more were found.
    pub omitted: usize,
}

impl Diagnostics {
    /// About a file as a whole.
    pub(crate) fn of_file(file: &str, message: String, suggestion: &str) -> Diagnostics {
        Diagnostics::from_list(vec![Diagnostic {
            file: file.to_owned(),
            position: None,
            message,
            suggestion: Some(suggestion.to_owned()),
            excerpt: Excerpt::default(),
        }])
    }

    /// Of one file, in any order; sorts and bounds them.
    pub(crate) fn from_list(mut diagnostics: Vec<Diagnostic>) -> Diagnostics {
        diagnostics.sort_by_key(|diagnostic| diagnostic.position);
        diagnostics.dedup();
        let omitted = diagnostics.len().saturating_sub(MOST);
        diagnostics.truncate(MOST);
        Diagnostics { diagnostics, omitted }
    }

    /// With those of another file after these.
    pub(crate) fn and(mut self, others: Diagnostics) -> Diagnostics {
        self.diagnostics.extend(others.diagnostics);
        self.omitted += others.omitted + self.diagnostics.len().saturating_sub(MOST);
        self.diagnostics.truncate(MOST);
        self
    }

    /// How many were found, listed or not.
    pub fn count(&self) -> usize {
        self.diagnostics.len() + self.omitted
    }

    /// Each one.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }

    /// For people: each with its source line, a caret, and what to do. With ANSI colours only if `color`.
    pub fn render(&self, color: bool) -> String {
        crate::render::render(self, color)
    }
}

impl fmt::Display for Diagnostics {
    /// As [`Diagnostics::render`] without colours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
