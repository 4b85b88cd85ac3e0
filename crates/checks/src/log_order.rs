//! `log-order`: the transaction log holds each record once, where its acknowledgement says, in an order that clients could agree on.
//!
//! DESIGN.md, "acknowledged data lost, duplicated or reordered"; the order is that of a linearizable append-only log (Herlihy & Wing 1990): an
//! append that returned before another was invoked stands before it. Judged are: no position holds two records; no record stands at two
//! positions; an acknowledged record that was scanned stands where its acknowledgement said; no two acknowledgements name one position; no record
//! that certainly was not appended, or that nobody appended, is in the log; positions respect real time.
//!
//! Does not check that acknowledged records are there at all (the RPO of the class does). Where one is lost, so is its position, which may then be
//! acknowledged again: of acknowledgements, only those of records that a whole scan found are compared.

use crate::facts::Facts;
use crate::facts::log::{Append, Fate, LogFacts};
use crate::judgement::CheckResult;
use crate::verdict::Verdict;
use firedrill_model::{Position, Time, Value};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const NAME: &str = "log-order";

/// Judges the log, if the run has one.
pub(crate) fn judge(facts: &Facts<'_>) -> Option<CheckResult> {
    let log = LogFacts::of(&facts.calls)?;
    let judged = log.appends.iter().filter(|append| matches!(append.fate, Fate::Acknowledged(..))).count() as u64;
    let mut wrong = Vec::new();
    positions(&log, &mut wrong);
    records(&log, &mut wrong);
    real_time(&log, &mut wrong);
    let more = wrong.len().saturating_sub(1);
    Some(match (wrong.into_iter().next(), &log.incomplete) {
        (Some(first), _) if more == 0 => CheckResult::client(NAME, Verdict::Fail, judged, first),
        (Some(first), _) => CheckResult::client(NAME, Verdict::Fail, judged, format!("{first} (and {more} more)")),
        (None, Some(why)) => CheckResult::client(NAME, Verdict::Unknown, judged, why.clone()),
        (None, None) if judged == 0 => {
            CheckResult::client(NAME, Verdict::Unknown, 0, "no append was acknowledged".to_owned())
        }
        (None, None) => {
            CheckResult::client(NAME, Verdict::Pass, judged, format!("{judged} records, each once, in order"))
        }
    })
}

/// The acknowledged appends, with time and position, but for those whose records are known to be lost.
fn standing<'l, 'j>(log: &'l LogFacts<'j>) -> impl Iterator<Item = (&'l Append<'j>, Time, Position)> {
    let whole = log.incomplete.is_none();
    let there: BTreeSet<&[u8]> = log.scanned.values().flatten().map(|record| record.as_bytes()).collect();
    log.appends.iter().filter_map(move |append| match append.fate {
        Fate::Acknowledged(t, position) if !whole || there.contains(append.record.as_bytes()) => {
            Some((append, t, position))
        }
        _ => None,
    })
}

/// One record a position, in the scan and in the acknowledgements.
fn positions(log: &LogFacts<'_>, wrong: &mut Vec<String>) {
    for (position, records) in log.scanned.iter().filter(|(_, records)| records.len() > 1) {
        wrong.push(format!("{position} was read as {:?} and as {:?}", records[0], records[1]));
    }
    let mut acknowledged: BTreeMap<Position, &Value> = BTreeMap::new();
    for (append, t, position) in standing(log) {
        if let Some(other) = acknowledged.insert(position, append.record) {
            wrong.push(format!("{position} was acknowledged for {other:?} and, at {t}, for {:?}", append.record));
        }
    }
}

/// One position a record, the acknowledged one, and no record that is not to be there.
fn records(log: &LogFacts<'_>, wrong: &mut Vec<String>) {
    let appends: BTreeMap<&[u8], &Append<'_>> =
        log.appends.iter().map(|append| (append.record.as_bytes(), append)).collect();
    for (record, places) in log.places() {
        let shown = Value::new(record);
        if let [first, second, ..] = places.as_slice() {
            wrong.push(format!("{shown:?} stands at {first} and again at {second}"));
        }
        let Some(append) = appends.get(record) else {
            wrong.push(format!("{shown:?} at {} was appended by nobody", places[0]));
            continue;
        };
        match append.fate {
            Fate::Acknowledged(t, position) if !places.contains(&position) => {
                wrong.push(format!("{shown:?} was acknowledged at {t} for {position}, and stands at {}", places[0]));
            }
            Fate::Failed => wrong.push(format!("{shown:?} was certainly not appended, and stands at {}", places[0])),
            Fate::Acknowledged(..) | Fate::Unknown => {}
        }
    }
}

/// What returned before another was invoked stands before it: going over acknowledged appends by the time of their invocation, none may stand before
/// the highest position that had been acknowledged by then.
fn real_time(log: &LogFacts<'_>, wrong: &mut Vec<String>) {
    let mut begun: Vec<(Time, Position, &Value)> = Vec::new();
    let mut returned: Vec<(Time, Position, &Value)> = Vec::new();
    for (append, t, position) in standing(log) {
        begun.push((append.invoked, position, append.record));
        returned.push((t, position, append.record));
    }
    begun.sort_by_key(|(t, position, _)| (*t, *position));
    returned.sort_by_key(|(t, position, _)| (*t, *position));
    let mut earlier = returned.into_iter().peekable();
    let mut highest: Option<(Position, &Value)> = None;
    for (invoked, position, record) in begun {
        while let Some((_, position, record)) = earlier.next_if(|(t, ..)| *t < invoked) {
            if highest.is_none_or(|(high, _)| position > high) {
                highest = Some((position, record));
            }
        }
        if let Some((high, before)) = highest
            && position < high
        {
            wrong.push(format!(
                "{record:?} was invoked at {invoked}, after {before:?} had been acknowledged for {high}, and got {position}"
            ));
        }
    }
}
