//! The plan's text as a tree, in which every figure knows its place. (A resolved [`crate::Plan`] has no places. What is read here has been
//! read by [`crate::Plan::parse`] before, so that a figure of a wrong type is no concern here: it is not there.)

use super::Date;
use super::amount::exact;
use crate::units;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A figure, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Figure<T> {
    /// What the stack obeys, where the plan holds several statements.
    pub(crate) value: T,
    pub(crate) at: Range<usize>,
    /// The paragraph that it is taken from: `§2.2`.
    pub(crate) source: String,
    /// What other paragraphs say.
    pub(crate) others: Vec<Figure<T>>,
}

impl<T> Figure<T> {
    /// Its value, and those of the other statements, turned into something else.
    fn map<U>(self, to: impl Fn(T) -> U + Copy) -> Figure<U> {
        let others = self.others.into_iter().map(|other| other.map(to)).collect();
        Figure { value: to(self.value), at: self.at, source: self.source, others }
    }

    /// It, and what other paragraphs say.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Figure<T>> {
        std::iter::once(self).chain(&self.others)
    }

    /// What is said there, with its paragraph: `§2.2: ready after 30 min`.
    pub(crate) fn says(&self, what: impl std::fmt::Display) -> String {
        if self.source.is_empty() { what.to_string() } else { format!("{}: {what}", self.source) }
    }
}

/// One of the statements of a key.
pub(crate) struct Statement<'t> {
    pub(crate) value: &'t Spanned<DeValue<'t>>,
    pub(crate) source: &'t str,
    obeyed: bool,
}

/// `{ value = 900, source = "§1.1", obeyed = true }`.
fn statement<'t>(item: &'t Spanned<DeValue<'t>>) -> Option<Statement<'t>> {
    let table = item.get_ref().as_table()?;
    let get = |key: &str| table.iter().find(|(name, _)| *name.get_ref() == key).map(|(_, value)| value);
    let source = get("source").and_then(|value| value.get_ref().as_str()).unwrap_or_default();
    let obeyed = get("obeyed").and_then(|value| value.get_ref().as_bool()).unwrap_or_default();
    Some(Statement { value: get("value")?, source, obeyed })
}

/// A table of the plan.
#[derive(Clone, Copy)]
pub(crate) struct Section<'t> {
    table: &'t DeTable<'t>,
    /// Its header.
    span: (usize, usize),
}

/// The root of `tree`.
pub(crate) fn root<'t>(tree: &'t Spanned<DeTable<'t>>) -> Section<'t> {
    Section { table: tree.get_ref(), span: (0, 0) }
}

impl<'t> Section<'t> {
    fn value(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.iter().find(|(name, _)| *name.get_ref() == key).map(|(_, value)| value)
    }

    /// The sections `[[key]]`, or the one section `[key]`.
    pub(crate) fn each(&self, key: &str) -> Vec<Section<'t>> {
        let section = |value: &'t Spanned<DeValue<'t>>| {
            let span = (value.span().start, value.span().end);
            value.get_ref().as_table().map(|table| Section { table, span })
        };
        match self.value(key).map(|value| (value, value.get_ref())) {
            Some((_, DeValue::Array(items))) => items.iter().filter_map(section).collect(),
            Some((value, DeValue::Table(_))) => section(value).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether `key` is a list of sections.
    pub(crate) fn is_list(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| value.get_ref().is_array())
    }

    /// The section `[key]`.
    pub(crate) fn one(&self, key: &str) -> Option<Section<'t>> {
        self.each(key).into_iter().next()
    }

    /// The section `[[key]]` of this name.
    pub(crate) fn named(&self, key: &str, name: &str) -> Option<Section<'t>> {
        self.each(key).into_iter().find(|section| section.name() == name)
    }

    /// Its header's place.
    pub(crate) fn at(&self) -> Range<usize> {
        self.span.0..self.span.1
    }

    /// Its `name`, or nothing.
    pub(crate) fn name(&self) -> &'t str {
        self.value("name").and_then(|value| value.get_ref().as_str()).unwrap_or_default()
    }

    /// The paragraph that it is taken from, or nothing.
    pub(crate) fn source(&self) -> &'t str {
        self.value("source").and_then(|value| value.get_ref().as_str()).unwrap_or_default()
    }

    fn figure<T>(&self, key: &str, read: impl Fn(&'t DeValue<'t>) -> Option<T>) -> Option<Figure<T>> {
        let mut statements = self.statements(key).into_iter().filter_map(|statement| {
            let value = read(statement.value.get_ref())?;
            Some(Figure { value, at: statement.value.span(), source: statement.source.to_owned(), others: Vec::new() })
        });
        let obeyed = statements.next()?;
        Some(Figure { others: statements.collect(), ..obeyed })
    }

    /// What the plan says of a key: one value, or the statements of several paragraphs, the obeyed one first.
    pub(crate) fn statements(&self, key: &str) -> Vec<Statement<'t>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let items = value.get_ref().as_array().map(|items| items.iter().filter_map(statement).collect::<Vec<_>>());
        match items {
            Some(mut statements) if !statements.is_empty() => {
                statements.sort_by_key(|statement| !statement.obeyed);
                for statement in statements.iter_mut().filter(|statement| statement.source.is_empty()) {
                    statement.source = self.source();
                }
                statements
            }
            _ => vec![Statement { value, source: self.source(), obeyed: true }],
        }
    }

    /// The keys that it has.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'t str> {
        self.table.iter().map(|(name, _)| name.get_ref().as_ref())
    }

    /// A number times `size`, exactly.
    pub(crate) fn number(&self, key: &str, size: u64) -> Option<Figure<u64>> {
        self.figure(key, |value| match value {
            DeValue::Integer(number) if number.radix() == 10 => exact(number.as_str(), size),
            DeValue::Float(number) => exact(number.as_str(), size),
            _ => None,
        })
    }

    /// A time, in the unit that the key ends in.
    pub(crate) fn time(&self, key: &str) -> Option<Figure<Duration>> {
        let nanos = units::nanoseconds(key)?;
        let figure = self.number(key, nanos)?;
        Some(figure.map(Duration::from_nanos))
    }

    /// A percentage, in parts in a million.
    pub(crate) fn percent(&self, key: &str) -> Option<Figure<u64>> {
        self.number(key, 10_000)
    }

    /// A whole number.
    pub(crate) fn whole(&self, key: &str) -> Option<Figure<u64>> {
        self.number(key, 1)
    }

    /// US dollars, in cents.
    pub(crate) fn money(&self, key: &str) -> Option<Figure<u64>> {
        self.number(key, 100)
    }

    /// Text.
    pub(crate) fn text(&self, key: &str) -> Option<Figure<&'t str>> {
        self.figure(key, |value| value.as_str())
    }

    /// True or false.
    pub(crate) fn flag(&self, key: &str) -> Option<Figure<bool>> {
        self.figure(key, |value| value.as_bool())
    }

    /// A day.
    pub(crate) fn date(&self, key: &str) -> Option<Figure<Date>> {
        self.figure(key, |value| {
            let date = value.as_datetime()?.date?;
            Date::new(date.year, date.month, date.day)
        })
    }

    /// A list of texts.
    pub(crate) fn texts(&self, key: &str) -> Option<Figure<Vec<&'t str>>> {
        self.figure(key, |value| Some(value.as_array()?.iter().filter_map(|item| item.get_ref().as_str()).collect()))
    }
}
