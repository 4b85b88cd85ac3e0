//! A figure as the file states it: the value, where it stands, what it is taken from, and what the document says elsewhere.

use std::ops::Range;
use std::sync::Arc;

/// Bytes of the plan's text ([`crate::Plan::text`]); [`crate::Plan::position`] gives line and column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The first byte after it.
    pub end: usize,
}

impl From<&Range<usize>> for Span {
    fn from(range: &Range<usize>) -> Span {
        Span { start: range.start, end: range.end }
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Range<usize> {
        span.start..span.end
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// One statement of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement<T> {
    /// The value.
    pub value: T,
    /// Where the value stands.
    pub span: Span,
    /// The paragraph of the document that it is taken from: its own, or else the section's; `None` where the plan names no document.
    pub source: Option<Arc<str>>,
    /// Whether it is an assumption of whoever wrote the plan, and not in the document.
    pub ours: bool,
}

/// A figure: the statement that is obeyed, and those that the document makes elsewhere and that contradict it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated<T> {
    /// What the stack obeys and the analysis counts with.
    pub value: T,
    /// Where the value stands.
    pub span: Span,
    /// Where its key stands.
    pub key: Span,
    /// The paragraph of the document that it is taken from: its own, or else the section's; `None` where the plan names no document.
    pub source: Option<Arc<str>>,
    /// Whether it is an assumption of whoever wrote the plan, and not in the document.
    pub ours: bool,
    /// The other statements, in the order of the file.
    pub others: Vec<Statement<T>>,
}

impl<T> Stated<T> {
    /// Whether it could be read.
    pub(crate) fn is_read(&self) -> bool {
        self.span != Span::default()
    }

    /// All statements: the obeyed one first, then the others.
    pub fn statements(&self) -> impl Iterator<Item = (&T, Span, Option<&str>)> {
        let others = self.others.iter().map(|other| (&other.value, other.span, other.source.as_deref()));
        std::iter::once((&self.value, self.span, self.source.as_deref())).chain(others)
    }
}

/// What every section has besides its figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Its header, or the whole of an inline table.
    pub span: Span,
    /// The paragraph of the document that it is taken from; `None` where the plan names no document.
    pub source: Option<Arc<str>>,
    /// Whether nothing was wrong in it.
    pub(crate) sound: bool,
}
