//! What was read and should not have been: garbage, duplicates, two orders, aborted and intermediate states.

use super::budget::Budget;
use super::facts::{Facts, List, NOBODY, Read};
use super::internal::shown;
use super::{Anomalies, Anomaly};
use firedrill_history::import::{Outcome, Value};

/// How many lists were looked through, within the budget.
pub(super) fn find(facts: &Facts<'_>, budget: &Budget<'_>, anomalies: &mut Anomalies) -> u32 {
    for (number, list) in (0..).zip(&facts.lists) {
        if budget.is_used_up() {
            return number;
        }
        let Some(longest) = list.longest.map(|longest| &list.reads[longest]) else { continue };
        // What other reads hold, the longest holds; but for those that don't fit.
        elements(facts, number, longest, anomalies);
        for read in list.reads.iter().filter(|read| !read.fits) {
            if budget.is_used_up() {
                return number;
            }
            elements(facts, number, read, anomalies);
            anomalies.note(Anomaly::IncompatibleOrder, || {
                let (one, other) = (facts.name(longest.by), facts.name(read.by));
                let (key, a, b) = (facts.key(number), shown(longest.list), shown(read.list));
                (vec![longest.by as usize, read.by as usize], format!("{one} read {key} as {a}, {other} as {b}"))
            });
        }
        intermediate(facts, number, list, anomalies);
    }
    facts.lists.len() as u32
}

/// What each element of a read says by itself.
fn elements(facts: &Facts<'_>, list: u32, read: &Read<'_>, anomalies: &mut Anomalies) {
    let reader = || facts.name(read.by);
    let mut sorted: Vec<&Value> = read.list.iter().collect();
    sorted.sort_unstable();
    if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        anomalies.note(Anomaly::DuplicateElements, || {
            (vec![read.by as usize], format!("{} read {} in {} twice", reader(), twice[0], facts.key(list)))
        });
    }
    for value in read.list {
        let element = facts.element(list, value);
        match facts.writer(element) {
            None => anomalies.note(Anomaly::GarbageRead, || {
                let why = format!("{} read {value} in {}, which nobody appended", reader(), facts.key(list));
                (vec![read.by as usize], why)
            }),
            Some(writer) if matches!(facts.outcome(writer), Outcome::Failed) => {
                anomalies.note(Anomaly::G1a, || {
                    let (key, writer_name) = (facts.key(list), facts.name(writer));
                    let why = format!("{} read {value} in {key}, which {writer_name} appended and failed", reader());
                    (vec![writer as usize, read.by as usize], why)
                });
            }
            Some(_) => {}
        }
    }
}

/// A read of others' state that ends with what its writer appended before something else to the same list.
fn intermediate(facts: &Facts<'_>, number: u32, list: &List<'_>, anomalies: &mut Anomalies) {
    for read in list.reads.iter().filter(|read| read.external) {
        let Some(last) = read.list.last() else { continue };
        let element = if read.fits { list.order[read.list.len() - 1] } else { facts.element(number, last) };
        if element == NOBODY {
            continue;
        }
        let append = &facts.appends[element as usize];
        if !append.last && append.by != read.by {
            anomalies.note(Anomaly::G1b, || {
                let (reader, writer, key) = (facts.name(read.by), facts.name(append.by), facts.key(number));
                let why = format!("{reader} read {key} up to {last}, after which {writer} appended more to it");
                (vec![append.by as usize, read.by as usize], why)
            });
        }
    }
}
