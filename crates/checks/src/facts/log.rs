//! The transaction log, as clients saw it: what was acknowledged, and what the final scan read.

use super::calls::Call;
use firedrill_history::Purpose;
use firedrill_model::{Op, OpResult, Outcome, Position, Time, Value};
use std::collections::BTreeMap;

/// An append that was invoked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Append<'j> {
    pub(crate) record: &'j Value,
    pub(crate) invoked: Time,
    pub(crate) fate: Fate,
}

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Acknowledged then, at this position.
    Acknowledged(Time, Position),
    /// Certainly not applied.
    Failed,
    /// Nobody knows.
    Unknown,
}

/// What clients saw of the log.
pub(crate) struct LogFacts<'j> {
    /// In the order of invocation.
    pub(crate) appends: Vec<Append<'j>>,
    /// What the final scan read, by position. Two different records read at one position are both here.
    pub(crate) scanned: BTreeMap<Position, Vec<&'j Value>>,
    /// Why what was scanned is not the whole log; `None`: it is.
    pub(crate) incomplete: Option<String>,
}

impl<'j> LogFacts<'j> {
    /// Sorts the calls out; `None` if there is no operation on the log.
    pub(crate) fn of(calls: &[Call<'j>]) -> Option<LogFacts<'j>> {
        let mut facts = LogFacts { appends: Vec::new(), scanned: BTreeMap::new(), incomplete: None };
        let mut pages: Vec<(Position, Position, Position)> = Vec::new();
        for call in calls {
            match call.op {
                Op::Append { record } => facts.appends.push(append(call, record)),
                Op::Scan { after } if call.purpose == Purpose::Scan => {
                    if let Outcome::Ok(OpResult::Records { first, records, end }) = call.outcome() {
                        pages.push((*after, Position((first.0 + records.len() as u64).saturating_sub(1)), *end));
                        facts.take_page(*first, records);
                    }
                }
                _ => {}
            }
        }
        if facts.appends.is_empty() && pages.is_empty() {
            return None;
        }
        facts.incomplete = incomplete(&pages);
        Some(facts)
    }

    fn take_page(&mut self, first: Position, records: &'j [Value]) {
        for (record, place) in records.iter().zip(first.0..) {
            let at = self.scanned.entry(Position(place)).or_default();
            if !at.contains(&record) {
                at.push(record);
            }
        }
    }

    /// Where each record was scanned.
    pub(crate) fn places(&self) -> BTreeMap<&'j [u8], Vec<Position>> {
        let mut places: BTreeMap<&[u8], Vec<Position>> = BTreeMap::new();
        for (position, records) in &self.scanned {
            for record in records {
                places.entry(record.as_bytes()).or_default().push(*position);
            }
        }
        places
    }
}

fn append<'j>(call: &Call<'j>, record: &'j Value) -> Append<'j> {
    let fate = match (call.outcome(), call.returned) {
        (Outcome::Ok(OpResult::Appended { position }), Some(returned)) => Fate::Acknowledged(returned.at.t, *position),
        (Outcome::Failed(_), _) => Fate::Failed,
        _ => Fate::Unknown,
    };
    Append { record, invoked: call.invoked.t, fate }
}

/// Pages must follow each other from the log's begin to its end.
fn incomplete(pages: &[(Position, Position, Position)]) -> Option<String> {
    let mut sorted = pages.to_vec();
    sorted.sort_unstable();
    let (mut reached, mut end) = (Position(0), None);
    for (after, last, log_end) in sorted {
        if after > reached {
            return Some(format!("nobody scanned the records after {reached}"));
        }
        reached = reached.max(last);
        end = end.max(Some(log_end));
    }
    match end {
        None => Some("the log was not scanned after recovery".to_owned()),
        Some(end) if reached < end => Some(format!("the scan got to {reached} of a log that ends at {end}")),
        Some(_) => None,
    }
}
