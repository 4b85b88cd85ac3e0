//! A day, as acceptances name one. What day it is comes in from outside.

use crate::document::Date;
use std::fmt;
use std::str::FromStr;

impl Date {
    /// This day, if there is one.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let sound = (1970..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day);
        sound.then_some(Date { year, month, day })
    }

    /// The day (in UTC) that so many seconds after 1970-01-01 00:00 are in.
    pub fn from_unix_seconds(seconds: u64) -> Option<Date> {
        let mut days = seconds / 86_400;
        let mut year = 1970;
        while days >= days_of_year(year) {
            days -= days_of_year(year);
            year = year.checked_add(1).filter(|year| *year <= 9999)?;
        }
        let mut month = 1;
        while days >= u64::from(days_of_month(year, month)) {
            days -= u64::from(days_of_month(year, month));
            month += 1;
        }
        Date::new(year, month, u8::try_from(days + 1).ok()?)
    }
}

fn leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u16) -> u64 {
    if leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// A text that is no day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotADate;

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a day is written `2027-01-31`")
    }
}

impl std::error::Error for NotADate {}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Date, NotADate> {
        let mut parts = text.split('-');
        let mut part = |digits: usize| parts.next().filter(|part| part.len() == digits && part.is_ascii());
        let (year, month, day) = (part(4), part(2), part(2));
        let read = |part: Option<&str>| part?.parse::<u16>().ok();
        let small = |part| read(part).and_then(|number| u8::try_from(number).ok());
        let date = Date::new(read(year).ok_or(NotADate)?, small(month).ok_or(NotADate)?, small(day).ok_or(NotADate)?);
        if parts.next().is_some() { Err(NotADate) } else { date.ok_or(NotADate) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_written() {
        for text in ["1970-01-01", "2024-02-29", "2026-11-25", "2000-02-29"] {
            assert_eq!(text.parse::<Date>().map(|date| date.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "2026", "2026-02-29", "2026-13-01", "2026-1-1", "1969-12-31", "2026-01-01-01", "2100-02-29"] {
            assert_eq!(text.parse::<Date>(), Err(NotADate), "{text}");
        }
    }

    #[test]
    fn seconds_are_days() {
        let day = |seconds| Date::from_unix_seconds(seconds).map(|date| date.to_string());
        assert_eq!(day(0).as_deref(), Some("1970-01-01"));
        assert_eq!(day(86_399).as_deref(), Some("1970-01-01"));
        assert_eq!(day(951_782_400).as_deref(), Some("2000-02-29"));
        assert_eq!(day(1_795_608_000).as_deref(), Some("2026-11-25"));
        assert_eq!(day(u64::MAX), None);
    }
}
