//! What the value of a key can be: how it is read, and what the JSON Schema says of it.

use super::context::{Context, Sort};
use super::reference::SiteName;
use super::stated::{Span, Spanned};
use crate::read::{Expected, Field, Name as ReadName};
use crate::units;
use serde_json::{Value as Json, json};
use std::fmt;
use std::ops::Deref;
use std::time::Duration;
use toml::de::DeValue;

/// A hundred years, in seconds: nothing in a plan lasts longer.
const CENTURY_S: f64 = 3_155_760_000.0;
/// The longest list.
const MAX_ITEMS: usize = 1024;

/// What the value of a key can be.
pub(crate) trait Value: Sized + Clone + PartialEq {
    /// The bounds of a number where the schema gives none, in the unit of `key`.
    fn bounds(_key: &str) -> (f64, f64) {
        (0.0, 0.0)
    }

    /// Reads it; tells if it is none. `bounds` are in the unit of the key.
    fn read(field: &FieldOf<'_, '_>, bounds: (f64, f64)) -> Option<Self>;

    /// What stands in a plan in which it could not be read.
    fn placeholder(bounds: (f64, f64), key: &str) -> Self;

    /// What a file may say, as JSON Schema.
    fn schema(bounds: (f64, f64)) -> Json;
}

/// A key's value under reading.
pub(crate) struct FieldOf<'f, 't> {
    pub(super) field: &'f Field<'t>,
    pub(super) context: &'f Context,
}

impl Value for String {
    fn read(field: &FieldOf<'_, '_>, _: (f64, f64)) -> Option<String> {
        field.field.text().map(str::to_owned)
    }

    fn placeholder(_: (f64, f64), _: &str) -> String {
        String::new()
    }

    fn schema(_: (f64, f64)) -> Json {
        json!({ "type": "string", "pattern": "\\S" })
    }
}

impl Value for bool {
    fn read(field: &FieldOf<'_, '_>, _: (f64, f64)) -> Option<bool> {
        field.field.flag()
    }

    fn placeholder(_: (f64, f64), _: &str) -> bool {
        false
    }

    fn schema(_: (f64, f64)) -> Json {
        json!({ "type": "boolean" })
    }
}

/// A whole number: a count, or whole dollars, days, percent.
impl Value for u64 {
    fn bounds(_: &str) -> (f64, f64) {
        (0.0, 1e15)
    }

    fn read(field: &FieldOf<'_, '_>, (low, high): (f64, f64)) -> Option<u64> {
        field.field.whole(low as u64, high as u64)
    }

    fn placeholder((low, _): (f64, f64), _: &str) -> u64 {
        low as u64
    }

    fn schema((low, high): (f64, f64)) -> Json {
        json!({ "type": "integer", "minimum": low as u64, "maximum": high as u64 })
    }
}

/// In the unit that the key ends in.
impl Value for Duration {
    fn bounds(key: &str) -> (f64, f64) {
        let second = units::duration(1.0, key).unwrap_or(Duration::from_secs(1));
        (0.0, (CENTURY_S / second.as_secs_f64()).floor())
    }

    fn read(field: &FieldOf<'_, '_>, (low, high): (f64, f64)) -> Option<Duration> {
        let bound = |number| units::duration(number, field.field.key).unwrap_or_default();
        field.field.duration(bound(low), bound(high))
    }

    fn placeholder((low, _): (f64, f64), key: &str) -> Duration {
        units::duration(low, key).unwrap_or_default()
    }

    fn schema((low, high): (f64, f64)) -> Json {
        json!({ "type": "number", "minimum": low, "maximum": high })
    }
}

/// A number with at most three digits after the point: a percentage, a factor, a size. Exact, so that sums and comparisons are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal {
    /// In thousandths: 99.999 is 99,999.
    pub thousandths: i64,
}

impl Decimal {
    /// A whole number.
    pub const fn whole(number: i64) -> Decimal {
        Decimal { thousandths: number * 1000 }
    }

    /// For showing and for arithmetic that need not be exact.
    pub fn as_f64(self) -> f64 {
        self.thousandths as f64 / 1000.0
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_f64())
    }
}

impl Value for Decimal {
    fn bounds(key: &str) -> (f64, f64) {
        let most = if key.ends_with("_percent") { 100.0 } else { 1e12 };
        (0.0, most)
    }

    fn read(field: &FieldOf<'_, '_>, (low, high): (f64, f64)) -> Option<Decimal> {
        let field = field.field;
        let number = field.number(low, high)?;
        let thousandths = (number * 1000.0).round();
        if (number * 1000.0 - thousandths).abs() > 1e-6 * thousandths.abs().max(1.0) {
            let message = format!("`{}` has at most three digits after the point", field.key);
            field.sink.error(&field.span, message, format!("write `{}`", thousandths / 1000.0));
            return None;
        }
        Some(Decimal { thousandths: thousandths as i64 })
    }

    fn placeholder((low, _): (f64, f64), _: &str) -> Decimal {
        Decimal { thousandths: (low * 1000.0) as i64 }
    }

    fn schema((low, high): (f64, f64)) -> Json {
        json!({ "type": "number", "minimum": low, "maximum": high })
    }
}

/// Thousandths, from a percentage with at most one digit after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PerMille(pub u32);

impl Value for PerMille {
    fn read(field: &FieldOf<'_, '_>, _: (f64, f64)) -> Option<PerMille> {
        field.field.per_mille().map(PerMille)
    }

    fn placeholder(_: (f64, f64), _: &str) -> PerMille {
        PerMille(1000)
    }

    fn schema(_: (f64, f64)) -> Json {
        json!({ "type": "number", "minimum": 0, "maximum": 100 })
    }
}

/// P0 is the first to be recovered, P9 the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub u8);

impl Priority {
    /// The last.
    const LOWEST: u64 = 9;
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}", self.0)
    }
}

/// `"P0"` or `0`.
impl Value for Priority {
    fn read(field: &FieldOf<'_, '_>, _: (f64, f64)) -> Option<Priority> {
        let field = field.field;
        let number = match field.value {
            DeValue::String(text) => text.strip_prefix(['P', 'p']).and_then(|digits| digits.parse().ok()),
            DeValue::Integer(_) => Some(field.whole(0, Priority::LOWEST)?),
            _ => return field.wrong(Expected::Other("a priority like \"P0\"")),
        };
        let number = number.filter(|number: &u64| *number <= Priority::LOWEST);
        if number.is_none() {
            let advice = format!("write \"P0\" (first) to \"P{}\" (last)", Priority::LOWEST);
            field.sink.error(&field.span, "this is not a priority", advice);
        }
        number.and_then(|number| u8::try_from(number).ok()).map(Priority)
    }

    fn placeholder(_: (f64, f64), _: &str) -> Priority {
        Priority::default()
    }

    fn schema(_: (f64, f64)) -> Json {
        json!({ "anyOf": [
            { "type": "string", "pattern": "^[Pp]\\+?0*[0-9]$" },
            { "type": "integer", "minimum": 0, "maximum": Priority::LOWEST },
        ] })
    }
}

/// A day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Value for Date {
    fn read(field: &FieldOf<'_, '_>, _: (f64, f64)) -> Option<Date> {
        let field = field.field;
        match field.value {
            DeValue::Datetime(when) if when.time.is_none() => {
                when.date.map(|date| Date { year: date.year, month: date.month, day: date.day })
            }
            _ => field.wrong(Expected::Other("a day like 2026-12-31, without quotes")),
        }
    }

    fn placeholder(_: (f64, f64), _: &str) -> Date {
        Date::default()
    }

    fn schema(_: (f64, f64)) -> Json {
        // TOML has days; tools that check TOML by a JSON Schema see them as text.
        json!({ "type": "string", "format": "date" })
    }
}

/// A list; empty only if it says so.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T> {
    /// Each item, and where it stands.
    pub items: Vec<Spanned<T>>,
}

impl<T> List<T> {
    /// The items.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.items.iter().map(|item| &item.value)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl<T: Value + fmt::Display> Value for List<T> {
    fn bounds(key: &str) -> (f64, f64) {
        T::bounds(key)
    }

    fn read(field: &FieldOf<'_, '_>, bounds: (f64, f64)) -> Option<List<T>> {
        let mut items: Vec<Spanned<T>> = Vec::new();
        let fields = field.field.items_or_none();
        if let Some(item) = fields.get(MAX_ITEMS) {
            let message = format!("`{}` has {} items; at most {MAX_ITEMS} make sense", item.key, fields.len());
            item.sink.error(&item.span, message, None);
        }
        for item in fields.iter().take(MAX_ITEMS) {
            let Some(value) = T::read(&FieldOf { field: item, context: field.context }, bounds) else {
                continue;
            };
            if items.iter().any(|known| known.value == value) {
                item.sink.error(&item.span, format!("`{value}` is named twice"), "once is enough".to_owned());
            }
            items.push(Spanned { value, span: Span::from(&item.span) });
        }
        Some(List { items })
    }

    fn placeholder(_: (f64, f64), _: &str) -> List<T> {
        List { items: Vec::new() }
    }

    fn schema(bounds: (f64, f64)) -> Json {
        json!({ "type": "array", "items": T::schema(bounds), "uniqueItems": true, "maxItems": MAX_ITEMS })
    }
}

/// A name that becomes a part of host names: small letters, digits and hyphens.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub String);

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for Name {
    fn read(field: &FieldOf<'_, '_>, _: (f64, f64)) -> Option<Name> {
        ReadName::read(field.field).map(|name| Name(name.text))
    }

    fn placeholder(_: (f64, f64), _: &str) -> Name {
        Name::default()
    }

    fn schema(_: (f64, f64)) -> Json {
        json!({ "type": "string", "pattern": "^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$" })
    }
}

/// Round trips to sites, by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoundTrips {
    /// Each of them, in the order of the file.
    pub to: Vec<RoundTripTo>,
    /// The whole table.
    pub span: Span,
}

/// A round trip to a site.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundTripTo {
    /// The site's name.
    pub site: String,
    /// Where the name stands.
    pub key: Span,
    /// How long it takes.
    pub round_trip: Duration,
}

impl Value for RoundTrips {
    fn bounds(_: &str) -> (f64, f64) {
        (0.0, 60_000.0)
    }

    fn read(field: &FieldOf<'_, '_>, bounds: (f64, f64)) -> Option<RoundTrips> {
        let table = field.field.table(field.field.key)?;
        let span = Span::from(&table.span);
        let entry = |(site, entry): (&str, Field<'_>)| {
            field.context.refer(Sort::Site, site, &entry.key_span);
            let round_trip = Duration::read(&FieldOf { field: &entry, context: field.context }, bounds);
            let round_trip = round_trip.unwrap_or_default();
            RoundTripTo { site: site.to_owned(), key: Span::from(&entry.key_span), round_trip }
        };
        Some(RoundTrips { to: table.named_fields(field.field.key).into_iter().map(entry).collect(), span })
    }

    fn placeholder(_: (f64, f64), _: &str) -> RoundTrips {
        RoundTrips::default()
    }

    fn schema(bounds: (f64, f64)) -> Json {
        json!({ "type": "object", "additionalProperties": Duration::schema(bounds) })
    }
}

/// The two ends of a link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pair {
    /// One of them.
    pub a: SiteName,
    /// The other.
    pub b: SiteName,
}

impl Value for Pair {
    fn read(field: &FieldOf<'_, '_>, bounds: (f64, f64)) -> Option<Pair> {
        let items = field.field.one_or_more()?;
        let [a, b] = items.as_slice() else {
            let message = format!("a link is between two sites, but this names {}", items.len());
            field.field.sink.error(&field.field.span, message, "write `between = [\"a\", \"b\"]`".to_owned());
            return None;
        };
        let end = |end| SiteName::read(&FieldOf { field: end, context: field.context }, bounds);
        let (a, b) = (end(a), end(b));
        let (a, b) = (a?, b?);
        if a == b {
            let message = format!("`{a}` has a link to itself");
            field.field.sink.error(&field.field.span, message, "name two sites".to_owned());
            return None;
        }
        Some(Pair { a, b })
    }

    fn placeholder(_: (f64, f64), _: &str) -> Pair {
        Pair::default()
    }

    fn schema(bounds: (f64, f64)) -> Json {
        json!({ "type": "array", "items": SiteName::schema(bounds), "minItems": 2, "maxItems": 2, "uniqueItems": true })
    }
}
