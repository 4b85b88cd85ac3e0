//! A value that is not what its key takes: what is told, and what was probably meant.

use super::Field;
use crate::units;
use std::ops::Range;
use toml::de::DeValue;

/// A value is quoted in a message up to so many bytes.
const QUOTED: usize = 30;

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// Text in quotes.
    Text,
    /// True or false.
    Flag,
    /// A whole number.
    Whole,
    /// A number, in the unit of the key.
    Number,
    /// A list.
    List,
    /// In these words.
    Other(&'static str),
}

impl Field<'_> {
    /// Tells that the value is of another sort.
    pub(crate) fn wrong<T>(&self, expected: Expected) -> Option<T> {
        let words = match expected {
            Expected::Text => "text in quotes",
            Expected::Flag => "true or false",
            Expected::Whole => "a whole number",
            Expected::Number => units::split(self.key).1.map_or("a number", units::Unit::in_words),
            Expected::List => "a list in brackets",
            Expected::Other(words) => words,
        };
        let subject = if self.item { "an item of " } else { "" };
        let message = format!("{subject}`{}` must be {words}, but this is {}", self.key, self.kind());
        self.sink.error(&self.span, message, self.probably(expected));
        None
    }

    /// Tells that the number is not from `low` to `high`.
    pub(crate) fn out_of_range(&self, low: &str, high: &str) {
        let unit = units::split(self.key).1.map_or(String::new(), |unit| format!(" {}", unit.name()));
        let given = self.text_at(&self.span);
        let given = if given.len() > QUOTED {
            format!("{}…", &given[..given.floor_char_boundary(QUOTED)])
        } else {
            given.to_owned()
        };
        self.sink.error(&self.span, format!("`{}` must be from {low} to {high}{unit}, not {given}", self.key), None);
    }

    /// What sort of value it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) if Field::number_of(self.value).is_none() => "no finite number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        }
    }

    /// The source text at `span`.
    pub(crate) fn text_at(&self, span: &Range<usize>) -> &str {
        self.sink.source.text.get(span.clone()).unwrap_or_default()
    }

    /// What to write, where the value shows what was meant: `"30s"` for a number of milliseconds, `"true"` for true.
    fn probably(&self, expected: Expected) -> Option<String> {
        let written = self.text_at(&self.span);
        match (expected, self.value) {
            (Expected::Number | Expected::Whole, DeValue::String(text)) => self.number_in(text),
            (Expected::Flag, DeValue::String(text)) => match text.as_ref() {
                "true" | "false" => Some(self.write(text, ", without quotes")),
                _ => None,
            },
            (Expected::Text, DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_)) => {
                Some(self.write(&format!("\"{written}\""), ""))
            }
            (Expected::List, DeValue::String(_)) => Some(self.write(&format!("[{written}]"), "")),
            _ => None,
        }
    }

    /// The number that a text stands for, in the unit of the key.
    fn number_in(&self, text: &str) -> Option<String> {
        let (number, given) = units::parse_text(text)?;
        match (given, units::split(self.key).1) {
            (Some(from), Some(to)) => {
                Some(self.write(&units::convert(number, from, to)?, ": the unit is in the key's name"))
            }
            (None, _) => Some(self.write(&number.to_string(), ", without quotes")),
            (Some(_), None) => None,
        }
    }

    fn write(&self, value: &str, remark: &str) -> String {
        if self.item { format!("write `{value}`{remark}") } else { format!("write `{} = {value}`{remark}", self.key) }
    }
}
