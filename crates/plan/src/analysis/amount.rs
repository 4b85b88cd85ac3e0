//! Amounts as exact integers, and as people write them. Nothing that decides is a float.

use std::time::Duration;

const MILLION: u64 = 1_000_000;
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 86_400;
/// 365.25 days.
pub(crate) const YEAR: Duration = Duration::from_secs(31_557_600);

/// A time: `15 min`, `2 h`, `315.576 s`, `250 ms`.
pub(crate) fn time(time: Duration) -> String {
    let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
    if nanos != 0 {
        return if seconds == 0 {
            format!("{} ms", decimal(time.as_nanos(), MILLION))
        } else {
            format!("{} s", decimal(time.as_nanos(), 1000 * MILLION))
        };
    }
    match seconds {
        0 => "0 s".to_owned(),
        s if s >= 2 * DAY && s.is_multiple_of(DAY) => format!("{} d", s / DAY),
        s if s.is_multiple_of(HOUR) => format!("{} h", s / HOUR),
        s if s.is_multiple_of(MINUTE) => format!("{} min", s / MINUTE),
        s => format!("{s} s"),
    }
}

/// A time in seconds: `900 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{} s", decimal(time.as_nanos(), 1000 * MILLION))
}

/// In milliseconds: `80 ms`.
pub(crate) fn millis(time: Duration) -> String {
    format!("{} ms", decimal(time.as_nanos(), MILLION))
}

/// US cents: `$2.5M`, `$300k`.
pub(crate) fn money(cents: u64) -> String {
    match cents {
        c if c >= 100 * MILLION => format!("${}M", decimal(u128::from(c), 100 * MILLION)),
        c if c >= 100_000 => format!("${}k", decimal(u128::from(c), 100_000)),
        c => format!("${}", decimal(u128::from(c), 100)),
    }
}

/// `number / size`, with as many digits after the point as it needs, at most 6, the rest cut off.
pub(crate) fn decimal(number: u128, size: u64) -> String {
    let size = u128::from(size);
    let (whole, rest) = (number / size, number % size);
    let digits = format!("{:06}", rest * u128::from(MILLION) / size);
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { whole.to_string() } else { format!("{whole}.{digits}") }
}

/// `a, b and c`.
pub(crate) fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_people_do() {
        let s = Duration::from_secs;
        for (given, text) in [(0, "0 s"), (30, "30 s"), (900, "15 min"), (7200, "2 h"), (86_400, "24 h")] {
            assert_eq!(time(s(given)), text);
        }
        assert_eq!(time(s(604_800)), "7 d");
        assert_eq!(time(Duration::from_millis(315_576)), "315.576 s");
        assert_eq!(time(Duration::from_micros(2_500)), "2.5 ms");
        assert_eq!(
            (money(605_000_000), money(30_000_000), money(999)),
            ("$6.05M".into(), "$300k".into(), "$9.99".into())
        );
    }
}
