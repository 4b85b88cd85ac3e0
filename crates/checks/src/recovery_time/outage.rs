//! Finds the outages in a series of probes.
//!
//! An outage starts at a failed probe from which the level does not hold; a failed probe within the
//! level starts none. Its onset is the fault that explains it: the earliest that struck after the
//! last good probe before the failed one was sent; if there is none, the last that struck before
//! that; if there is none, or service had recovered from that one, the failed probe itself. It ends
//! with the answer to the first good probe from which the level holds.
//!
//! A failed probe too close to the end of the journal for a window of its own starts an outage only
//! if no full window that holds covers it.

use crate::facts::strikes::Strike;
use crate::level::{Level, Series};
use firedrill_model::{FaultId, Time};
use std::time::Duration;

/// An outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outage {
    /// The onset.
    pub(crate) from: Time,
    /// The recovery; `None` if it was still open at the end of the journal.
    pub(crate) until: Option<Time>,
    /// If it was still open: the first answer after which the level could hold, had the journal
    /// gone on.
    pub(crate) might_end: Option<Time>,
    /// The last fault that struck no earlier than the onset and was healed before the recovery, and
    /// when.
    pub(crate) healed: Option<(FaultId, Time)>,
}

impl Outage {
    /// How long it was; at least how long, if it was still open.
    pub(crate) fn shortest(&self) -> Duration {
        self.until.or(self.might_end).unwrap_or(Time::MAX).since(self.from)
    }

    /// In a few words.
    pub(crate) fn describe(&self) -> String {
        match self.until {
            Some(until) => {
                format!("out from {} to {}, {:.3} s", self.from, until, until.since(self.from).as_secs_f64())
            }
            None => format!("out from {}", self.from),
        }
    }
}

/// The outages whose first failed probe had its answer, or its deadline, at or after `from`; in
/// order, merged where they overlap.
pub(crate) fn find(series: &Series, strikes: &[Strike<'_>], from: Time) -> Vec<Outage> {
    let mut outages: Vec<Outage> = Vec::new();
    let mut next = 0;
    while let Some(failed) = next_violation(series, next, from) {
        let up = series.up_from(failed + 1);
        let until = up.map(|probe| series.probes[probe].returned);
        let might_end = match up {
            Some(_) => None,
            None => series.could_be_up_from(failed + 1).map(|probe| series.probes[probe].returned),
        };
        let recovered = outages.last().and_then(|outage| outage.until);
        let onset = onset(series, strikes, failed).filter(|onset| recovered.is_none_or(|recovered| *onset > recovered));
        let from = onset.unwrap_or(series.probes[failed].sent);
        let outage = Outage { from, until, might_end, healed: None };
        match outages.last_mut() {
            Some(last) if last.until.is_none_or(|until| outage.from <= until) => {
                last.until = outage.until;
                last.might_end = outage.might_end;
            }
            _ => outages.push(outage),
        }
        let Some(up) = up else { break };
        next = up + 1;
    }
    for outage in &mut outages {
        outage.healed = healed(strikes, outage);
    }
    outages
}

/// The next failed probe that starts an outage.
fn next_violation(series: &Series, next: usize, from: Time) -> Option<usize> {
    let failed = |probe: &usize| !series.probes[*probe].good && series.probes[*probe].returned >= from;
    let starts = |probe: &usize| match series.level_from(*probe) {
        Level::Holds => false,
        Level::Violated => true,
        Level::Open => !series.covered(*probe),
    };
    (next..series.probes.len()).filter(failed).find(starts)
}

/// The begin of the fault that explains that this probe failed.
fn onset(series: &Series, strikes: &[Strike<'_>], failed: usize) -> Option<Time> {
    let probe = series.probes[failed];
    let last_good = series.probes[..failed].iter().rev().find(|earlier| earlier.good).map(|earlier| earlier.sent);
    let struck = || strikes.iter().filter(|strike| strike.struck() && strike.began <= probe.returned);
    let after_good = |strike: &&Strike<'_>| last_good.is_none_or(|good| strike.began > good);
    struck().find(after_good).or_else(|| struck().next_back()).map(|strike| strike.began)
}

/// The last fault that struck within the outage and was healed within it.
fn healed(strikes: &[Strike<'_>], outage: &Outage) -> Option<(FaultId, Time)> {
    let until = outage.until?;
    let within = strikes.iter().filter(|strike| strike.struck() && strike.began >= outage.from && strike.began < until);
    let healed = within.filter_map(|strike| strike.ended.map(|ended| (strike.id, ended)));
    healed.filter(|(_, ended)| *ended <= until).max_by_key(|(_, ended)| *ended)
}
