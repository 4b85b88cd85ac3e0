//! A table and its keys.

use super::unknown::meant;
use super::{Field, Sink};
use crate::{suggest, units};
use std::cell::RefCell;
use std::ops::Range;
use std::time::Duration;
use toml::de::{DeString, DeTable, DeValue};

/// A table under reading. Keys that are asked for are the keys that it may have; [`Table::done`] tells the others, and what is missing.
pub(crate) struct Table<'t> {
    pub(crate) sink: &'t Sink<'t>,
    /// As the file names it: `[[site]]`.
    pub(crate) title: String,
    /// Its header, or the whole of an inline table.
    pub(crate) span: Range<usize>,
    entries: &'t DeTable<'t>,
    asked: RefCell<Vec<&'static str>>,
    missing: RefCell<Vec<(&'static str, String)>>,
}

impl<'t> Table<'t> {
    /// Of these entries.
    pub(crate) fn new(sink: &'t Sink<'t>, title: &str, span: Range<usize>, entries: &'t DeTable<'t>) -> Table<'t> {
        Table { sink, title: title.to_owned(), span, entries, asked: RefCell::default(), missing: RefCell::default() }
    }

    /// The value of a key that may be absent.
    pub(crate) fn optional(&self, key: &'static str) -> Option<Field<'t>> {
        self.asked.borrow_mut().push(key);
        self.peek(key)
    }

    /// The value of a key, if it is there, that is asked for in its turn elsewhere.
    pub(crate) fn peek(&self, key: &'static str) -> Option<Field<'t>> {
        let (name, value) = self.entries.iter().find(|(name, _)| *name.get_ref() == key)?;
        Some(Field {
            sink: self.sink,
            key,
            key_span: name.span(),
            span: value.span(),
            value: value.get_ref(),
            item: false,
        })
    }

    /// The value of a key that must be there.
    pub(crate) fn required(&self, key: &'static str) -> Option<Field<'t>> {
        self.required_as(key, || example(key))
    }

    /// The value of a key that must be there; `hint` says what to add if it is not.
    fn required_as(&self, key: &'static str, hint: impl FnOnce() -> String) -> Option<Field<'t>> {
        let field = self.optional(key);
        if field.is_none() {
            self.missing.borrow_mut().push((key, hint()));
        }
        field
    }

    /// How many items the list of this key has; `None` if there is none.
    pub(crate) fn how_many(&self, key: &str) -> Option<usize> {
        let (_, value) = self.entries.iter().find(|(name, _)| *name.get_ref() == key)?;
        value.get_ref().as_array().map(|items| items.len())
    }

    /// Where the value of this key stands.
    pub(crate) fn span_of(&self, key: &str) -> Option<Range<usize>> {
        self.entries.iter().find(|(name, _)| *name.get_ref() == key).map(|(_, value)| value.span())
    }

    /// Whether the file has this key here.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| *name.get_ref() == key)
    }

    /// The keys that the file has here.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'t str> {
        self.entries.iter().map(|(name, _)| name.get_ref().as_ref())
    }

    /// The text of this key, or the texts of its list, one after the other; `None` if it is neither. Tells nothing.
    pub(crate) fn texts(&self, key: &str) -> Option<String> {
        let (_, value) = self.entries.iter().find(|(name, _)| *name.get_ref() == key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.clone().into_owned()),
            DeValue::Array(items) => {
                let texts: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
                texts.map(|texts| texts.join(", "))
            }
            _ => None,
        }
    }

    /// Every entry as a field of `key`, for tables whose keys are names.
    pub(crate) fn named_fields(&self, key: &'static str) -> Vec<(&'t str, Field<'t>)> {
        let field = |(name, value): (&'t toml::Spanned<_>, &'t toml::Spanned<DeValue<'t>>)| {
            let name: &toml::Spanned<DeString<'t>> = name;
            let field = Field {
                sink: self.sink,
                key,
                key_span: name.span(),
                span: value.span(),
                value: value.get_ref(),
                item: false,
            };
            (name.get_ref().as_ref(), field)
        };
        self.entries.iter().map(field).collect()
    }

    /// Required text that is not empty.
    pub(crate) fn text(&self, key: &'static str) -> String {
        self.required(key).and_then(|field| field.text()).unwrap_or_default().to_owned()
    }

    /// A required whole number.
    pub(crate) fn whole(&self, key: &'static str, low: u64, high: u64) -> u64 {
        self.required(key).and_then(|field| field.whole(low, high)).unwrap_or(low)
    }

    /// A whole number, or its default.
    pub(crate) fn whole_or(&self, key: &'static str, default: u64, low: u64, high: u64) -> u64 {
        self.optional(key).and_then(|field| field.whole(low, high)).unwrap_or(default)
    }

    /// A whole number that fits 32 bits, or its default.
    pub(crate) fn count_or(&self, key: &'static str, default: u32, low: u32, high: u32) -> u32 {
        narrow(self.whole_or(key, default.into(), low.into(), high.into()))
    }

    /// A required duration, in the unit that the key ends in.
    pub(crate) fn duration(&self, key: &'static str, low: Duration, high: Duration) -> Duration {
        self.required(key).and_then(|field| field.duration(low, high)).unwrap_or(low)
    }

    /// A duration in the unit that the key ends in, or its default.
    pub(crate) fn duration_or(&self, key: &'static str, default: Duration, low: Duration, high: Duration) -> Duration {
        self.optional(key).and_then(|field| field.duration(low, high)).unwrap_or(default)
    }

    /// True or false, or its default.
    pub(crate) fn flag_or(&self, key: &'static str, default: bool) -> bool {
        self.optional(key).and_then(|field| field.flag()).unwrap_or(default)
    }

    /// The tables of `[[key]]`, of which there must be one.
    pub(crate) fn required_tables(&self, key: &'static str, title: &str) -> Vec<Table<'t>> {
        self.required_as(key, || format!("sections `{title}`"))
            .map(|field| self.tables_of(&field, title))
            .unwrap_or_default()
    }

    /// The tables of `[[key]]`; empty if there is none.
    pub(crate) fn tables(&self, key: &'static str, title: &str) -> Vec<Table<'t>> {
        self.optional(key).map(|field| self.tables_of(&field, title)).unwrap_or_default()
    }

    fn tables_of(&self, field: &Field<'t>, title: &str) -> Vec<Table<'t>> {
        let key = field.key;
        let DeValue::Array(items) = field.value else {
            let kind = field.kind();
            self.sink.error(
                &field.span,
                format!("`{key}` must be a list of tables, but this is {kind}"),
                format!("write `{title}` with two brackets for each"),
            );
            return Vec::new();
        };
        if items.is_empty() {
            self.sink.error(&field.span, format!("`{key}` is an empty list"), format!("add a section `{title}`"));
        }
        let table = |item: &'t toml::Spanned<DeValue<'t>>| match item.get_ref() {
            DeValue::Table(entries) => Some(Table::new(self.sink, title, item.span(), entries)),
            _ => {
                self.sink.error(
                    &item.span(),
                    format!("`{key}` must be a list of tables"),
                    format!("write `{title}`, and its keys below"),
                );
                None
            }
        };
        items.iter().filter_map(table).collect()
    }

    /// The table `[key]`, if it is there.
    pub(crate) fn table(&self, key: &'static str, title: &str) -> Option<Table<'t>> {
        self.optional(key)?.table(title)
    }

    /// The table `[key]`, which must be there.
    pub(crate) fn required_table(&self, key: &'static str, title: &str) -> Option<Table<'t>> {
        self.required_as(key, || format!("a section `{title}`"))?.table(title)
    }

    /// Tells that `key`, if it is there, has no meaning here, and why.
    pub(crate) fn refuse(&self, key: &'static str, why: &str) {
        if let Some((name, _)) = self.entries.iter().find(|(name, _)| *name.get_ref() == key) {
            self.sink.error(&name.span(), format!("`{key}` has no meaning here: {why}"), "leave it out".to_owned());
            self.asked.borrow_mut().push(key);
        }
    }

    /// Tells which keys are unknown and which are missing. An unknown key that was meant to be a missing one is told once.
    pub(crate) fn done(self) {
        let asked = self.asked.borrow();
        #[cfg(test)]
        asked.iter().for_each(|key| super::asked::note(&self.title, key));
        let mut missing = self.missing.borrow_mut();
        let unknown = |(name, _): &(&toml::Spanned<DeString<'_>>, _)| !asked.contains(&name.get_ref().as_ref());
        for (name, value) in self.entries.iter().filter(unknown) {
            let (key, value) = (name.get_ref().as_ref(), value.get_ref());
            let (meant, suggestion) = meant(&self.title, key, value, &asked, |known| self.has(known));
            missing.retain(|(missing, _)| Some(*missing) != meant);
            let sort = if is_section(value) { "section" } else { "key" };
            self.sink.error(&name.span(), format!("`{key}` is not a {sort} of {}", self.title), suggestion);
        }
        if !missing.is_empty() {
            let names = suggest::list(missing.iter().map(|(key, _)| *key));
            let hints: Vec<&str> = missing.iter().map(|(_, hint)| hint.as_str()).collect();
            self.sink.dependent(
                &self.span,
                format!("{} has no {names}", self.title),
                format!("add {}", hints.join(", ")),
            );
        }
    }
}

/// Whether a value is a table, or a list of tables.
fn is_section(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Table(_) => true,
        DeValue::Array(items) => items.iter().next().is_some_and(|item| item.get_ref().is_table()),
        _ => false,
    }
}

/// How a missing key may look.
fn example(key: &str) -> String {
    match units::split(key).1 {
        Some(unit) => format!("`{key} = …`, {}", unit.in_words()),
        None => format!("`{key} = …`"),
    }
}

/// A number that was read within bounds that fit.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
