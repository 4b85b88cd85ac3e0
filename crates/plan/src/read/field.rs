//! A value: text, numbers, durations, ranges, lists.

use super::mistaken::Expected;
use super::{Sink, Table};
use crate::scenario::Range as TimeRange;
use crate::units;
use std::ops::Range;
use std::time::Duration;
use toml::de::{DeFloat, DeInteger, DeValue};

/// The value of a key.
#[derive(Clone)]
pub(crate) struct Field<'t> {
    pub(crate) sink: &'t Sink<'t>,
    /// Its key, whose ending is the unit.
    pub(crate) key: &'static str,
    pub(crate) key_span: Range<usize>,
    pub(crate) span: Range<usize>,
    pub(crate) value: &'t DeValue<'t>,
    /// Whether it is an item of the key's list.
    pub(crate) item: bool,
}

impl<'t> Field<'t> {
    /// Text that is not empty.
    pub(crate) fn text(&self) -> Option<&'t str> {
        let DeValue::String(text) = self.value else {
            return self.wrong(Expected::Text);
        };
        if text.trim().is_empty() {
            self.sink.error(&self.span, format!("`{}` is empty", self.key), None);
            return None;
        }
        Some(text)
    }

    /// True or false.
    pub(crate) fn flag(&self) -> Option<bool> {
        let DeValue::Boolean(flag) = self.value else {
            return self.wrong(Expected::Flag);
        };
        Some(*flag)
    }

    /// A whole number from `low` to `high`.
    pub(crate) fn whole(&self, low: u64, high: u64) -> Option<u64> {
        let DeValue::Integer(integer) = self.value else {
            return self.wrong(Expected::Whole);
        };
        let number = whole_of(integer)
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| (low..=high).contains(number));
        if number.is_none() {
            self.out_of_range(&low.to_string(), &high.to_string());
        }
        number
    }

    /// A number that may have a fraction, from `low` to `high`.
    pub(crate) fn number(&self, low: f64, high: f64) -> Option<f64> {
        let Some(number) = Field::number_of(self.value) else {
            return self.wrong(Expected::Number);
        };
        if !(low..=high).contains(&number) {
            self.out_of_range(&low.to_string(), &high.to_string());
            return None;
        }
        Some(number)
    }

    /// A duration, in the unit that the key ends in.
    pub(crate) fn duration(&self, low: Duration, high: Duration) -> Option<Duration> {
        let Some(number) = Field::number_of(self.value) else {
            return self.wrong(Expected::Number);
        };
        let duration = units::duration(number, self.key).filter(|duration| (low..=high).contains(duration));
        if duration.is_none() {
            self.out_of_range(&units::in_unit_of(low, self.key), &units::in_unit_of(high, self.key));
        }
        duration
    }

    /// Thousandths, from a percentage with at most one digit after the point.
    pub(crate) fn per_mille(&self) -> Option<u32> {
        let number = self.number(0.0, 100.0)?;
        let thousandths = (number * 10.0).round();
        let (below, above) = ((number * 10.0).floor() / 10.0, (number * 10.0).ceil() / 10.0);
        if (number * 10.0 - thousandths).abs() > 1e-6 {
            self.sink.error(
                &self.span,
                format!("`{}` has at most one digit after the point", self.key),
                format!("write `{below}` or `{above}`"),
            );
            return None;
        }
        Some(thousandths as u32)
    }

    /// One duration, or `[low, high]`.
    pub(crate) fn time_range(&self, low: Duration, high: Duration) -> Option<TimeRange> {
        if !matches!(self.value, DeValue::Array(_)) {
            let exact = self.duration(low, high)?;
            return Some(TimeRange { low: exact, high: exact });
        }
        let (low, high) = self.pair(|end| end.duration(low, high))?;
        Some(TimeRange { low, high })
    }

    /// One whole number, or `[low, high]`.
    pub(crate) fn count_range(&self, low: u32, high: u32) -> Option<(u32, u32)> {
        let count =
            |field: &Field<'t>| field.whole(low.into(), high.into()).map(|count| u32::try_from(count).unwrap_or(high));
        if !matches!(self.value, DeValue::Array(_)) {
            let exact = count(self)?;
            return Some((exact, exact));
        }
        self.pair(|end| count(end))
    }

    /// `[low, high]`, each read by `read`, in this order.
    fn pair<T: PartialOrd>(&self, read: impl Fn(&Field<'t>) -> Option<T>) -> Option<(T, T)> {
        let ends = self.items()?;
        let [low, high] = ends.as_slice() else {
            let message = format!("a range has two ends, the lowest and the highest, but this has {}", ends.len());
            self.sink.error(&self.span, message, format!("write `{} = [low, high]`, or one number", self.key));
            return None;
        };
        let (first, second) = (read(low), read(high));
        let (first, second) = (first?, second?);
        if first > second {
            let (low, high) = (self.text_at(&low.span), self.text_at(&high.span));
            let message = format!("the range runs backwards: {low} is more than {high}");
            self.sink.error(&self.span, message, format!("write `{} = [{high}, {low}]`", self.key));
            return None;
        }
        Some((first, second))
    }

    /// The items of a list that is not empty.
    pub(crate) fn items(&self) -> Option<Vec<Field<'t>>> {
        let DeValue::Array(items) = self.value else {
            return self.wrong(Expected::List);
        };
        if items.is_empty() {
            self.sink.error(
                &self.span,
                format!("`{}` is an empty list", self.key),
                "leave the key out, or name at least one".to_owned(),
            );
            return None;
        }
        let item = |item: &'t toml::Spanned<DeValue<'t>>| Field {
            span: item.span(),
            value: item.get_ref(),
            item: true,
            ..self.clone()
        };
        Some(items.iter().map(item).collect())
    }

    /// The items of a list that may be empty.
    pub(crate) fn items_or_none(&self) -> Vec<Field<'t>> {
        match self.value {
            DeValue::Array(items) if items.is_empty() => Vec::new(),
            _ => self.items().unwrap_or_default(),
        }
    }

    /// One text, or a list of some.
    pub(crate) fn one_or_more(&self) -> Option<Vec<Field<'t>>> {
        match self.value {
            DeValue::String(_) => Some(vec![self.clone()]),
            DeValue::Array(_) => self.items(),
            _ => self.wrong(Expected::Other("a name in quotes, or a list of names")),
        }
    }

    /// A table.
    pub(crate) fn table(&self, title: &str) -> Option<Table<'t>> {
        let DeValue::Table(entries) = self.value else {
            if matches!(self.value, DeValue::Array(_)) {
                self.sink.error(
                    &self.key_span,
                    format!("there is only one {title}"),
                    format!("write it with single brackets: `{title}`"),
                );
                return None;
            }
            return self.wrong(Expected::Other("a table"));
        };
        Some(Table::new(self.sink, title, self.span.clone(), entries))
    }

    /// The value, if it is a number.
    pub(crate) fn number_of(value: &DeValue<'_>) -> Option<f64> {
        match value {
            DeValue::Integer(integer) => whole_of(integer).map(|number| number as f64),
            DeValue::Float(float) => float_of(float),
            _ => None,
        }
    }
}

/// A whole number of any size that 128 bits hold.
fn whole_of(integer: &DeInteger<'_>) -> Option<i128> {
    i128::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A number with a fraction; infinities and NaN are none.
fn float_of(float: &DeFloat<'_>) -> Option<f64> {
    float.as_str().parse().ok().filter(|number: &f64| number.is_finite())
}
