//! What is noted while a plan is read: which figures are assumptions, and which names must be there.

use crate::plan::Assumption;
use crate::read::{Names, Sink, Table};
use crate::suggest;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::sync::Arc;

/// Keys that are no figures.
const NOT_FIGURES: [&str; 3] = ["source", "ours", "name"];

/// The sorts of things that a plan refers to by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sort {
    Site,
    Tier,
    Service,
    Data,
    Dependency,
}

/// A name that something in the plan must have.
struct Reference {
    sort: Sort,
    name: String,
    span: Range<usize>,
}

/// Notes of a reading.
#[derive(Default)]
pub(crate) struct Context {
    assumptions: RefCell<Vec<Assumption>>,
    references: RefCell<Vec<Reference>>,
    /// Whether the plan names the document that it is made from, so that every section must name its paragraph.
    documented: Cell<bool>,
}

/// Where the figures of a section come from.
pub(super) struct Origin {
    pub(super) source: Option<Arc<str>>,
    ours: Vec<String>,
}

impl Origin {
    /// Whether this figure is an assumption.
    pub(super) fn is_ours(&self, key: &str) -> bool {
        self.ours.iter().any(|ours| ours == key)
    }
}

impl Context {
    /// Of a plan that names its document, or that is its own.
    pub(crate) fn new(documented: bool) -> Context {
        Context { documented: Cell::new(documented), ..Context::default() }
    }

    /// Notes that there must be one of this name.
    pub(super) fn refer(&self, sort: Sort, name: &str, span: &Range<usize>) {
        self.references.borrow_mut().push(Reference { sort, name: name.to_owned(), span: span.clone() });
    }

    /// Tells which of the names of a sort that were referred to are none.
    pub(crate) fn check(&self, sink: &Sink<'_>, sort: Sort, names: &Names<'_>) {
        for reference in self.references.borrow().iter().filter(|reference| reference.sort == sort) {
            if names.find(&reference.name).is_none() {
                names.unknown(sink, &reference.name, &reference.span);
            }
        }
    }

    /// Asks for what every section has besides its figures; whether it has what it must.
    pub(super) fn ask_for_origin(&self, table: &Table<'_>) -> bool {
        let source = if self.documented.get() { table.required("source") } else { table.optional("source") };
        table.optional("ours");
        source.is_some() || !self.documented.get()
    }

    /// Reads `source` and `ours` of a section.
    pub(super) fn origin(&self, table: &Table<'_>) -> Origin {
        let source = table.peek("source").and_then(|field| field.text()).unwrap_or_default();
        let mut origin = Origin { source: (!source.is_empty()).then(|| source.into()), ours: Vec::new() };
        let Some(ours) = table.peek("ours") else {
            return origin;
        };
        let subject = subject(table);
        let keys: Vec<&str> = table.keys().filter(|key| !NOT_FIGURES.contains(key)).collect();
        let mut seen: Vec<&str> = Vec::new();
        for item in ours.items().unwrap_or_default() {
            let Some(key) = item.text() else { continue };
            if seen.contains(&key) {
                table.sink.error(&item.span, format!("`{key}` is named twice"), "once is enough".to_owned());
            } else if keys.contains(&key) {
                self.assume(table, &subject, key, source);
                origin.ours.push(key.to_owned());
            } else {
                let message = format!("{} has no `{key}` here that could be ours", table.title);
                table.sink.error(&item.span, message, suggest::among(key, &keys, "its figures are"));
            }
            seen.push(key);
        }
        origin
    }

    /// Notes that a figure is an assumption.
    pub(super) fn assume(&self, table: &Table<'_>, subject: &str, key: &str, source: &str) {
        let section = format!("{} {subject}", table.title).trim().to_owned();
        let assumption = Assumption { section, key: key.to_owned(), source: source.to_owned() };
        self.assumptions.borrow_mut().push(assumption);
    }

    /// What is ours, in the file's order.
    pub(crate) fn into_assumptions(self) -> Vec<Assumption> {
        self.assumptions.into_inner()
    }
}

/// Which one of its kind a section is: its name, or the two sites that it is between.
pub(super) fn subject(table: &Table<'_>) -> String {
    table.texts("name").or_else(|| table.texts("between")).unwrap_or_default()
}
