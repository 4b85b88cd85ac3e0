//! Units at the border: a key's name ends in the unit of its value.

use std::time::Duration;

/// A unit that a key may end in. The names of time and of ratio that people use, so that a wrong one is understood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    /// What a key ends in: `_ms`.
    suffix: &'static str,
    /// What it measures: only units of the same measure can be converted.
    measure: Measure,
    /// How many of the smallest unit of the measure it is.
    size: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    /// In nanoseconds.
    Time,
    /// In thousandths.
    Ratio,
    /// A second.
    Rate,
}

const fn time(suffix: &'static str, nanos: f64) -> Unit {
    Unit { suffix, measure: Measure::Time, size: nanos }
}

const fn ratio(suffix: &'static str, thousandths: f64) -> Unit {
    Unit { suffix, measure: Measure::Ratio, size: thousandths }
}

const fn rate(suffix: &'static str, a_second: f64) -> Unit {
    Unit { suffix, measure: Measure::Rate, size: a_second }
}

/// Longer suffixes first where one ends in another.
const UNITS: [Unit; 40] = [
    rate("_per_second", 1.0),
    rate("_per_sec", 1.0),
    rate("_per_s", 1.0),
    rate("_per_minute", 1.0 / 60.0),
    rate("_per_min", 1.0 / 60.0),
    rate("_per_ms", 1000.0),
    rate("_per_hour", 1.0 / 3600.0),
    rate("_per_h", 1.0 / 3600.0),
    rate("_per_day", 1.0 / 86_400.0),
    rate("_per_year", 1.0 / 31_557_600.0),
    time("_nanoseconds", 1.0),
    time("_nanos", 1.0),
    time("_ns", 1.0),
    time("_microseconds", 1e3),
    time("_micros", 1e3),
    time("_us", 1e3),
    time("_milliseconds", 1e6),
    time("_millis", 1e6),
    time("_msec", 1e6),
    time("_ms", 1e6),
    time("_seconds", 1e9),
    time("_secs", 1e9),
    time("_sec", 1e9),
    time("_s", 1e9),
    time("_minutes", 60e9),
    time("_mins", 60e9),
    time("_min", 60e9),
    time("_m", 60e9),
    time("_hours", 3600e9),
    time("_hrs", 3600e9),
    time("_h", 3600e9),
    time("_days", 86_400e9),
    time("_d", 86_400e9),
    ratio("_per_mille", 1.0),
    ratio("_permille", 1.0),
    ratio("_per_cent", 10.0),
    ratio("_percent", 10.0),
    ratio("_pct", 10.0),
    ratio("_ratio", 1000.0),
    ratio("_fraction", 1000.0),
];

impl Unit {
    /// The short name: `ms`, `per mille`.
    pub(crate) fn name(self) -> String {
        self.suffix[1..].replace('_', " ")
    }

    /// In a sentence: "a number of milliseconds".
    pub(crate) fn in_words(self) -> &'static str {
        match self.suffix {
            "_ms" => "a number of milliseconds",
            "_s" => "a number of seconds",
            "_h" => "a number of hours",
            "_days" => "a number of days",
            "_per_s" => "a number a second",
            "_per_h" => "a number an hour",
            "_per_year" => "a number a year",
            "_percent" => "a number from 0 to 100",
            "_per_mille" => "a whole number from 0 to 1000",
            _ => "a number",
        }
    }
}

/// A key without its unit, and the unit, if it ends in one.
pub(crate) fn split(key: &str) -> (&str, Option<Unit>) {
    let found = UNITS.iter().find(|unit| key.len() > unit.suffix.len() && key.ends_with(unit.suffix));
    match found {
        Some(unit) => (&key[..key.len() - unit.suffix.len()], Some(*unit)),
        None => (key, None),
    }
}

/// A number of one unit as a number of another, as it is written in a file; `None` if they don't measure the same.
pub(crate) fn convert(number: f64, from: Unit, to: Unit) -> Option<String> {
    if from.measure != to.measure || !number.is_finite() {
        return None;
    }
    let converted = number * from.size / to.size;
    let rounded = (converted * 1e6).round() / 1e6;
    (rounded.abs() < 1e15 && (rounded != 0.0 || number == 0.0)).then(|| rounded.to_string())
}

/// A text like `30s`, `1.5 min` or `40%`: the number and the unit (`None`: a bare number).
pub(crate) fn parse_text(text: &str) -> Option<(f64, Option<Unit>)> {
    let text = text.trim();
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+')).unwrap_or(text.len());
    let number: f64 = text[..split].parse().ok()?;
    let word = text[split..].trim().to_ascii_lowercase();
    let word = match word.as_str() {
        "" => return Some((number, None)),
        "%" => "percent".to_owned(),
        "‰" => "per_mille".to_owned(),
        _ => word,
    };
    UNITS.iter().find(|unit| unit.suffix[1..] == *word).map(|unit| (number, Some(*unit)))
}

/// The duration that a number stands for, to the nanosecond; `None` if the key has no unit of time or it is out of range.
pub(crate) fn duration(number: f64, key: &str) -> Option<Duration> {
    let unit = split(key).1.filter(|unit| unit.measure == Measure::Time)?;
    let nanos = (number * unit.size).round();
    // 2^63 nanoseconds are 292 years: the clock of a run holds them.
    (0.0..9.2e18).contains(&nanos).then(|| Duration::from_nanos(nanos as u64))
}

/// A duration as a number in the unit of a key.
pub(crate) fn in_unit_of(duration: Duration, key: &str) -> String {
    let size = split(key).1.map_or(1e9, |unit| unit.size);
    (duration.as_nanos() as f64 / size).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(key: &str) -> Unit {
        split(key).1.unwrap_or_else(|| panic!("{key} has no unit"))
    }

    #[test]
    fn a_key_ends_in_its_unit() {
        for (key, stem, name) in [
            ("timeout_ms", "timeout", "ms"),
            ("timeout_s", "timeout", "s"),
            ("success_percent", "success", "percent"),
            ("loss_per_mille", "loss", "per mille"),
            ("probes_calm_per_s", "probes_calm", "per s"),
            ("rto_minutes", "rto", "minutes"),
        ] {
            assert_eq!((split(key).0, unit(key).name().as_str()), (stem, name));
        }
        for key in ["retries", "max_batch", "_s", "max_in_flight", "keys"] {
            assert_eq!(split(key), (key, None));
        }
    }

    #[test]
    fn no_unit_hides_a_longer_one_behind_it() {
        for (place, unit) in UNITS.iter().enumerate() {
            let key = format!("x{}", unit.suffix);
            assert_eq!(split(&key), ("x", Some(*unit)), "unit {place}");
        }
    }

    #[test]
    fn numbers_are_converted_within_a_measure_only() {
        assert_eq!(convert(30.0, unit("x_s"), unit("x_ms")).as_deref(), Some("30000"));
        assert_eq!(convert(999.0, unit("x_per_mille"), unit("x_percent")).as_deref(), Some("99.9"));
        assert_eq!(convert(15.0, unit("x_min"), unit("x_s")).as_deref(), Some("900"));
        assert_eq!(convert(1.0, unit("x_s"), unit("x_percent")), None);
        assert_eq!(convert(f64::NAN, unit("x_s"), unit("x_ms")), None);
        assert_eq!(convert(1e300, unit("x_s"), unit("x_ms")), None);
    }

    #[test]
    fn durations_keep_their_nanoseconds() {
        assert_eq!(duration(0.2, "sync_ms"), Some(Duration::from_micros(200)));
        assert_eq!(duration(0.000_001, "sync_ms"), Some(Duration::from_nanos(1)));
        assert_eq!(duration(86_400.0, "rto_s"), Some(Duration::from_secs(86_400)));
        for number in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(duration(number, "rto_s"), None);
        }
        assert_eq!(duration(1.0, "success_percent"), None);
        assert_eq!(in_unit_of(Duration::from_micros(1500), "x_ms"), "1.5");
    }

    #[test]
    fn texts_are_understood() {
        assert_eq!(parse_text("30s"), Some((30.0, Some(unit("x_s")))));
        assert_eq!(parse_text(" 1.5 min "), Some((1.5, Some(unit("x_min")))));
        assert_eq!(parse_text("40%"), Some((40.0, Some(unit("x_percent")))));
        assert_eq!(parse_text("7"), Some((7.0, None)));
        for text in ["", "s", "soon", "1.2.3", "5 parsecs", "--"] {
            assert_eq!(parse_text(text), None, "{text}");
        }
    }
}
