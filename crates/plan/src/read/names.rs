//! What things are called, and references to them.

use super::{Field, Sink, Table};
use crate::suggest;
use std::ops::Range;

/// Longer names do not fit where they must: container names, host names, columns of a report.
const LONGEST: usize = 40;

/// A name, and where it stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Name {
    /// Empty if it could not be read.
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
}

impl Name {
    /// The `name` of a table that may have none.
    pub(crate) fn optional(table: &Table<'_>) -> Option<Name> {
        table.optional("name").and_then(|field| Name::read(&field))
    }

    /// A name that becomes a part of host names: small letters, digits and hyphens.
    pub(crate) fn read(field: &Field<'_>) -> Option<Name> {
        let text = field.text()?;
        let fits = text.len() <= LONGEST
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-');
        if !fits {
            let message =
                format!("a name is at most {LONGEST} small letters, digits and hyphens, and begins with a letter");
            field.sink.error(&field.span, message, as_name(text).map(|name| format!("`{name}` would do")));
            return None;
        }
        Some(Name { text: text.to_owned(), span: field.span.clone() })
    }
}

/// A text as a name, if something is left of it.
fn as_name(text: &str) -> Option<String> {
    let dashed = |c: char| {
        if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }
    };
    let name: String = text.chars().map(dashed).take(LONGEST).collect();
    let name = name.trim_matches(|c: char| !c.is_ascii_alphabetic()).to_owned();
    (!name.is_empty()).then_some(name)
}

/// The names of all things of one sort, in the file's order.
pub(crate) struct Names<'a> {
    /// What they name: `site`.
    sort: &'static str,
    /// More of them: `sites`.
    plural: &'static str,
    names: Vec<&'a str>,
    /// False if some could not be read, or there are none, so that a name that is not among them may still be right.
    complete: bool,
}

impl<'a> Names<'a> {
    /// Of a file's own list; tells which are there twice.
    pub(crate) fn new(sink: &Sink<'_>, sort: &'static str, plural: &'static str, names: &'a [Name]) -> Names<'a> {
        let mut complete = !names.is_empty() && names.iter().all(|name| !name.text.is_empty());
        for (place, name) in names.iter().enumerate().filter(|(_, name)| !name.text.is_empty()) {
            if let Some(first) = names[..place].iter().find(|first| first.text == name.text) {
                let line = sink.source.line(first.span.start);
                let message = format!("there are two {plural} `{}`; the first is in line {line}", name.text);
                sink.error(&name.span, message, format!("give this {sort} another name"));
                // The name that it should have had is missed elsewhere.
                complete = false;
            }
        }
        let names = names.iter().map(|name| name.text.as_str()).collect();
        Names { sort, plural, names, complete }
    }

    /// Where there is none, any is one too many.
    pub(crate) fn all_if_empty(mut self) -> Names<'a> {
        self.complete |= self.names.is_empty();
        self
    }

    /// Not all are known if `all` is false.
    pub(crate) fn complete_if(mut self, all: bool) -> Names<'a> {
        self.complete &= all;
        self
    }

    /// Of another file; `None` if it could not be read, so that any name may be right.
    pub(crate) fn of_plan(sort: &'static str, plural: &'static str, names: Option<Vec<&'a str>>) -> Names<'a> {
        Names { sort, plural, complete: names.is_some(), names: names.unwrap_or_default() }
    }

    /// The place of the one that `field` names; tells if there is none.
    pub(crate) fn resolve(&self, field: &Field<'_>) -> Option<usize> {
        let text = field.text()?;
        let found = self.find(text);
        if found.is_none() {
            self.unknown(field.sink, text, &field.span);
        }
        found
    }

    /// The place of this name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| *known == name)
    }

    /// Tells that there is none of this name.
    pub(crate) fn unknown(&self, sink: &Sink<'_>, name: &str, span: &Range<usize>) {
        if self.complete {
            let all = format!("the plan's {} are", self.plural);
            let advice = suggest::among(name, &self.names, &all)
                .unwrap_or_else(|| format!("the plan has no {} yet: add a section of this `name`", self.plural));
            sink.dependent(span, format!("there is no {} `{name}` in the plan", self.sort), advice);
        }
    }

    /// The names.
    pub(crate) fn as_slice(&self) -> &[&'a str] {
        &self.names
    }

    /// The places of those that the items of a list name; each at most once.
    pub(crate) fn resolve_all(&self, items: &[Field<'_>]) -> Vec<usize> {
        let mut places = Vec::new();
        for item in items {
            if let Some(place) = self.resolve(item) {
                if places.contains(&place) {
                    item.sink.error(
                        &item.span,
                        format!("`{}` is named twice", self.names[place]),
                        "once is enough".to_owned(),
                    );
                }
                places.push(place);
            }
        }
        places
    }
}
