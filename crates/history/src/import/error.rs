//! What was wrong with a file: where, what, and what to do.

use std::fmt;

/// An error of an importer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// From 1.
    pub line: u64,
    /// In bytes, from 1.
    pub column: usize,
    /// The line, or as much of it as is worth showing.
    pub text: String,
    /// What is wrong.
    pub message: String,
}

/// How much of a line is shown.
const SHOWN: usize = 120;

impl ImportError {
    /// Shown around the column; what can't be printed is replaced.
    pub(super) fn at(line: u64, column: usize, text: &[u8], message: impl Into<String>) -> ImportError {
        // Of what is too far on the beginning is shown.
        let from = if column > text.len() + SHOWN { 0 } else { column.saturating_sub(SHOWN / 2).min(text.len()) };
        let until = text.len().min(from + SHOWN);
        let printable = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '?' };
        let text = text[from..until].iter().map(printable).collect();
        ImportError { line, column, text, message: message.into() }
    }

    /// As compilers show it: `file:line:column`, the line, a caret; without the line where there is none to show.
    pub fn render(&self, file: &str) -> String {
        let ImportError { line, column, text, message } = self;
        if text.is_empty() {
            return format!("{file}:{line}:{column}: {message}");
        }
        let margin = line.to_string().len();
        let caret = (*column - 1).min(column.saturating_sub(1 + column.saturating_sub(SHOWN / 2)));
        let caret = caret.min(text.len());
        format!("{file}:{line}:{column}: {message}\n{:margin$} |\n{line} | {text}\n{:margin$} | {:caret$}^", "", "", "")
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ImportError {}
