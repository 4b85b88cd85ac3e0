//! Sections: what keys they have, how they are read, and what the JSON Schema says of them, all from one declaration.

use super::context::{Context, Origin, subject};
use super::stated::{Span, Stated, Statement};
use super::value::{FieldOf, Value};
use crate::figures::Use;
use crate::read::{Field, Table};
use serde_json::Value as Json;
use std::cell::Cell;
use toml::de::DeValue;

/// A key of a section.
#[derive(Clone, Debug)]
pub struct Key {
    /// As the file has it; it ends in its unit.
    pub key: &'static str,
    /// In a few words.
    pub about: &'static str,
    /// Whether a section without it is refused.
    pub required: bool,
    /// What it is for; `None` of what only people read, and of names.
    pub used: Option<Use>,
    /// Whether a time scale divides it.
    pub scalable: bool,
    /// What the schema calls what it is: `Duration`.
    pub kind: &'static str,
    /// What a file may say of it in one statement, as JSON Schema.
    pub schema: Json,
}

/// A section of a plan, `[raft]` or one of `[[site]]`.
pub(crate) trait Record: Sized {
    /// As the file has it: `raft`.
    const SECTION: &'static str;
    /// Whether there can be more than one.
    const MANY: bool;
    /// In a few words.
    const ABOUT: &'static str;

    /// Its keys, in the order in which the reference lists them, without `source` and `ours`.
    fn keys() -> Vec<Key>;

    /// Reads it.
    fn read(table: Table<'_>, context: &Context) -> Self;

    /// What stands for one that is missing.
    fn placeholder() -> Self;
}

/// Declares sections. For each: its documentation, its name, its header, and its keys: documentation, field, key, whether it must be there
/// (`must`, `may`), what it is, its bounds in the unit of the key if they are not the usual ones, and what it is for (`Parameter`,
/// `Objective`, `Claim`, `Physics`, of [`Use`]; `Scalable` if a time scale divides it).
macro_rules! records {
    ($(
        $(#[doc = $about:literal])+
        $name:ident in $header:tt {
            $($(#[doc = $doc:literal])+ $field:ident: $key:literal $need:ident $type:ty $([$low:expr, $high:expr])? $(=> $used:ident $($scalable:ident)?)?;)*
        }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            /// Where it stands and what it is taken from.
            pub section: $crate::document::Section,
            $($(#[doc = $doc])+ pub $field: $crate::document::record::need!($need $type),)*
        }

        impl $crate::document::Record for $name {
            const SECTION: &'static str = $crate::document::record::header!(name $header);
            const MANY: bool = $crate::document::record::header!(many $header);
            const ABOUT: &'static str = concat!($($about),+).trim_ascii();

            fn keys() -> Vec<$crate::document::Key> {
                vec![$($crate::document::Key {
                    key: $key,
                    about: concat!($($doc),+).trim_ascii(),
                    required: $crate::document::record::need!(required $need),
                    used: $crate::document::record::purpose!($($used)?),
                    scalable: $crate::document::record::scalable!($($($scalable)?)?),
                    kind: stringify!($type),
                    schema: <$type as $crate::document::Value>::schema(
                        $crate::document::record::bounds!($type, $key $(, $low, $high)?)),
                }),*]
            }

            fn read(table: $crate::read::Table<'_>, context: &$crate::document::context::Context) -> $name {
                let (sink, before) = (table.sink, table.sink.count());
                let reading = $crate::document::record::Reading::new(&table, context);
                $(let $field = reading.$need($key, $crate::document::record::bounds!($type, $key $(, $low, $high)?));)*
                let mut section = reading.section();
                table.done();
                section.sound &= sink.count() == before;
                $name { section, $($field),* }
            }

            fn placeholder() -> $name {
                $name {
                    section: $crate::document::Section::default(),
                    $($field: $crate::document::record::need!(placeholder $need $type,
                        $crate::document::record::bounds!($type, $key $(, $low, $high)?), $key),)*
                }
            }
        }
    )+};
}

/// The parts of [`records`] that depend on whether a key must be there.
macro_rules! need {
    (must $type:ty) => { $crate::document::Stated<$type> };
    (may $type:ty) => { Option<$crate::document::Stated<$type>> };
    (required must) => { true };
    (required may) => { false };
    (placeholder must $type:ty, $bounds:expr, $key:literal) => { $crate::document::record::placeholder::<$type>($bounds, $key) };
    (placeholder may $type:ty, $bounds:expr, $key:literal) => { None };
}

/// `[raft]` or `[[site]]`: the name, and whether there can be more than one.
macro_rules! header {
    (name [[$name:ident]]) => {
        stringify!($name)
    };
    (name [$name:ident]) => {
        stringify!($name)
    };
    (many [[$name:ident]]) => {
        true
    };
    (many [$name:ident]) => {
        false
    };
}

/// What a key is for.
macro_rules! purpose {
    () => {
        None
    };
    ($used:ident) => {
        Some($crate::figures::Use::$used)
    };
}

/// Whether a time scale divides it.
macro_rules! scalable {
    () => {
        false
    };
    (Scalable) => {
        true
    };
}

/// A key's bounds, or the usual ones of its type.
macro_rules! bounds {
    ($type:ty, $key:literal) => {
        <$type as $crate::document::Value>::bounds($key)
    };
    ($type:ty, $key:literal, $low:expr, $high:expr) => {
        (f64::from($low), f64::from($high))
    };
}

pub(super) use {bounds, header, need, purpose, records, scalable};

/// What stands for a value that could not be read. A plan in which something could not be read is never given out.
pub(super) fn placeholder<T: Value>(bounds: (f64, f64), key: &str) -> Stated<T> {
    let span = Span::default();
    Stated { value: T::placeholder(bounds, key), span, key: span, source: None, ours: false, others: Vec::new() }
}

/// A section under reading.
pub(super) struct Reading<'r, 't> {
    table: &'r Table<'t>,
    context: &'r Context,
    origin: Origin,
    /// Whether all that must be there is.
    complete: Cell<bool>,
}

impl<'r, 't> Reading<'r, 't> {
    pub(super) fn new(table: &'r Table<'t>, context: &'r Context) -> Reading<'r, 't> {
        Reading { table, context, origin: context.origin(table), complete: Cell::new(true) }
    }

    /// Where it stands.
    pub(super) fn section(self) -> super::Section {
        self.complete.set(self.context.ask_for_origin(self.table) && self.complete.get());
        super::Section { span: Span::from(&self.table.span), source: self.origin.source, sound: self.complete.get() }
    }

    /// A key that must be there.
    pub(super) fn must<T: Value>(&self, key: &'static str, bounds: (f64, f64)) -> Stated<T> {
        let field = self.table.required(key);
        self.complete.set(self.complete.get() && field.is_some());
        field.and_then(|field| self.stated(&field, bounds)).unwrap_or_else(|| placeholder(bounds, key))
    }

    /// A key that may be there.
    pub(super) fn may<T: Value>(&self, key: &'static str, bounds: (f64, f64)) -> Option<Stated<T>> {
        self.table.optional(key).and_then(|field| self.stated(&field, bounds))
    }

    /// One value, or the statements of several paragraphs.
    fn stated<T: Value>(&self, field: &Field<'t>, bounds: (f64, f64)) -> Option<Stated<T>> {
        let key = Span::from(&field.key_span);
        if !are_statements(field) {
            let value = T::read(&FieldOf { field, context: self.context }, bounds)?;
            let ours = self.origin.is_ours(field.key);
            let (span, source) = (Span::from(&field.span), self.origin.source.clone());
            return Some(Stated { value, span, key, source, ours, others: Vec::new() });
        }
        let before = self.table.sink.count();
        let mut others = Vec::new();
        let mut obeyed = Vec::new();
        for item in field.items().unwrap_or_default() {
            let Some((statement, is_obeyed)) = self.statement(&item, bounds) else { continue };
            if is_obeyed { obeyed.push(statement) } else { others.push(statement) }
        }
        if self.table.sink.count() == before && (obeyed.len() != 1 || others.is_empty()) {
            let message = format!(
                "of the statements of `{}`, {} are obeyed and {} are not",
                field.key,
                obeyed.len(),
                others.len()
            );
            let advice = "exactly one has `obeyed = true`, beside at least one that contradicts it".to_owned();
            self.table.sink.error(&field.key_span, message, advice);
        }
        let Statement { value, span, source, ours } = obeyed.into_iter().next()?;
        Some(Stated { value, span, key, source, ours, others })
    }

    /// `{ value = 900, source = "§1.1", obeyed = true }`.
    fn statement<T: Value>(&self, item: &Field<'t>, bounds: (f64, f64)) -> Option<(Statement<T>, bool)> {
        if !item.value.is_table() {
            let written = item.text_at(&item.span);
            let advice = format!("write `{{ value = {written}, source = \"…\" }}`");
            let message = format!("beside statements of `{}`, this must be one too", item.key);
            self.table.sink.error(&item.span, message, advice);
            return None;
        }
        let table = item.table(&format!("a statement of `{}`", item.key))?;
        let value = table.required("value").map(|value| Field { key: item.key, ..value });
        let read = value
            .as_ref()
            .and_then(|field| Some((T::read(&FieldOf { field, context: self.context }, bounds)?, field.span.clone())));
        let ours = table.flag_or("ours", false);
        let source = if ours { table.optional("source") } else { table.required("source") };
        let source = source.and_then(|field| field.text());
        let obeyed = table.flag_or("obeyed", false);
        if ours {
            self.context.assume(self.table, &subject(self.table), item.key, source.unwrap_or_default());
        }
        table.done();
        let (value, span) = read?;
        let source = source.map(Into::into).or_else(|| self.origin.source.clone());
        Some((Statement { value, span: Span::from(&span), source, ours }, obeyed))
    }
}

/// Whether a value is a list of statements: of tables that say so.
fn are_statements(field: &Field<'_>) -> bool {
    let DeValue::Array(items) = field.value else { return false };
    let says_so = |item: &toml::Spanned<DeValue<'_>>| {
        let keys = |table: &toml::de::DeTable<'_>| {
            table.keys().any(|key| matches!(key.get_ref().as_ref(), "value" | "obeyed"))
        };
        item.get_ref().as_table().is_some_and(keys)
    };
    items.iter().any(says_so)
}
