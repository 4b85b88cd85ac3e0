//! A reader that does not stop at the first mistake.
//!
//! (`toml`'s serde deserializer does. What it gives as a tree with spans, this reads: each value that is wrong is reported and replaced
//! by a placeholder, and a file with any report yields no result, so no placeholder ever gets out.)
//!
//! - [`document`]: from text to a tree, with all syntax errors
//! - [`table`]: a table and its keys: which are known is what was asked for, so unknown and missing ones are told at its end
//! - [`field`]: a value: text, numbers, durations, ranges, lists
//! - `unknown`: what an unknown key was meant to be
//! - `mistaken`: a value that is not what its key takes
//! - [`names`]: what things are called, and references to them

pub(crate) mod document;
pub(crate) mod field;
mod mistaken;
pub(crate) mod names;
pub(crate) mod table;
mod unknown;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Source;
use std::cell::{Cell, RefCell};
use std::ops::Range;

pub(crate) use field::Field;
pub(crate) use mistaken::Expected;
pub(crate) use names::{Name, Names};
pub(crate) use table::Table;

/// Which keys a reader asked for, so that a test can compare them with its schema.
#[cfg(test)]
pub(crate) mod asked {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static ASKED: RefCell<BTreeSet<(String, String)>> = const { RefCell::new(BTreeSet::new()) };
    }

    /// Notes one, of the section of this title.
    pub(crate) fn note(title: &str, key: &str) {
        ASKED.with_borrow_mut(|asked| asked.insert((title.to_owned(), key.to_owned())));
    }

    /// Begins anew.
    pub(crate) fn forget() {
        ASKED.with_borrow_mut(BTreeSet::clear);
    }

    /// All of them, by section and key.
    pub(crate) fn all() -> BTreeSet<(String, String)> {
        ASKED.with_borrow(Clone::clone)
    }
}

/// Where everything that is wrong is told.
#[derive(Debug)]
pub(crate) struct Sink<'t> {
    pub(crate) source: Source<'t>,
    /// The file could not be read whole (syntax errors), so that something missing in it may just be unreadable.
    partial: bool,
    found: RefCell<Vec<Diagnostic>>,
    /// That many more were found, and not kept.
    more: Cell<usize>,
}

/// That many are kept, of which the first in the file are shown. (Each costs a walk through the file.)
const KEPT: usize = 500;

impl<'t> Sink<'t> {
    /// Nothing is wrong yet.
    pub(crate) fn new(source: Source<'t>) -> Sink<'t> {
        Sink { source, partial: false, found: RefCell::default(), more: Cell::default() }
    }

    /// Something at `span` is wrong.
    pub(crate) fn error(&self, span: &Range<usize>, message: impl Into<String>, suggestion: impl Into<Option<String>>) {
        if self.found.borrow().len() >= KEPT {
            self.more.set(self.more.get() + 1);
            return;
        }
        let diagnostic = self.source.diagnostic(span, message.into(), suggestion.into());
        self.found.borrow_mut().push(diagnostic);
    }

    /// Something is wrong only because of what stands, or does not stand, elsewhere in the file. Not told if the file has syntax errors:
    /// what is missed may be where they are.
    pub(crate) fn dependent(
        &self,
        span: &Range<usize>,
        message: impl Into<String>,
        suggestion: impl Into<Option<String>>,
    ) {
        if !self.partial {
            self.error(span, message, suggestion);
        }
    }

    /// How many things are wrong so far.
    pub(crate) fn count(&self) -> usize {
        self.found.borrow().len() + self.more.get()
    }

    /// `value`, unless something was wrong.
    pub(crate) fn result<T>(self, value: T) -> Result<T, Diagnostics> {
        if self.count() == 0 { Ok(value) } else { Err(self.diagnostics()) }
    }

    /// All that was wrong.
    pub(crate) fn diagnostics(self) -> Diagnostics {
        let mut diagnostics = Diagnostics::from_list(self.found.into_inner());
        diagnostics.omitted += self.more.get();
        diagnostics
    }
}
