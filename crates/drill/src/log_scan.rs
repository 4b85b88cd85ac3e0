//! The scan of the transaction log after recovery: page by page, by one client at a time, until the log's end.

use firedrill_model::{Op, OpResult, Outcome, Position};

/// How far the scan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogScan {
    /// Nobody appended anything, so there is nothing to look for.
    #[default]
    Needless,
    /// The page after this position is to be read.
    Wanted(Position),
    /// A client reads it.
    UnderWay(Position),
    /// The log's end was reached.
    Done,
}

impl LogScan {
    /// Somebody appends a record.
    pub(crate) fn appended(&mut self) {
        if *self == LogScan::Needless {
            *self = LogScan::Wanted(Position(0));
        }
    }

    /// The next page, for the client that asks; `None`: there is none, or somebody reads it.
    pub(crate) fn next(&mut self) -> Option<Op> {
        let LogScan::Wanted(after) = *self else {
            return None;
        };
        *self = LogScan::UnderWay(after);
        Some(Op::Scan { after })
    }

    /// A page was read, or could not be: then it is wanted again.
    pub(crate) fn returned(&mut self, outcome: &Outcome) {
        let LogScan::UnderWay(after) = *self else {
            return;
        };
        *self = match outcome {
            Outcome::Ok(OpResult::Records { first, records, end }) => {
                let last = Position((first.0 + records.len() as u64).saturating_sub(1));
                let got_on = !records.is_empty() && last > after;
                if got_on && last < *end { LogScan::Wanted(last) } else { LogScan::Done }
            }
            _ => LogScan::Wanted(after),
        };
    }

    /// Whether nothing is left to be read.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, LogScan::Needless | LogScan::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::Value;

    fn page(first: u64, count: usize, end: u64) -> Outcome {
        let records = vec![Value::new(b"r"); count];
        Outcome::Ok(OpResult::Records { first: Position(first), records, end: Position(end) })
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let mut scan = LogScan::default();
        assert!(scan.is_over() && scan.next().is_none(), "nothing was appended");
        scan.appended();
        assert_eq!(scan.next(), Some(Op::Scan { after: Position(0) }));
        assert_eq!(scan.next(), None, "one client at a time");
        scan.returned(&page(1, 2, 3));
        assert_eq!(scan.next(), Some(Op::Scan { after: Position(2) }));
        scan.returned(&page(3, 1, 3));
        assert!(scan.is_over());
    }

    #[test]
    fn a_page_without_an_answer_is_read_again() {
        let mut scan = LogScan::Wanted(Position(7));
        assert!(scan.next().is_some());
        scan.returned(&Outcome::Unknown);
        assert_eq!(scan, LogScan::Wanted(Position(7)));
    }

    #[test]
    fn an_empty_page_ends_the_scan() {
        let mut scan = LogScan::Wanted(Position(0));
        assert!(scan.next().is_some());
        scan.returned(&page(1, 0, 0));
        assert!(scan.is_over());
    }
}
