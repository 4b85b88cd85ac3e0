//! A journal sorted out, once, for all checks: operations with their ends, faults with theirs,
//! failovers step by step.
//!
//! - `calls`: operations
//! - `strikes`: faults
//! - `log`: the transaction log, as clients saw it
//! - `failovers`: failovers, as the sites told them
//! - `holes`: durable data that sites found damaged
//! - `names`: how sites, regions and services are called in texts

pub(crate) mod calls;
pub(crate) mod failovers;
pub(crate) mod holes;
pub(crate) mod log;
pub(crate) mod names;
pub(crate) mod strikes;

use calls::{Call, Calls};
use failovers::{Failover, Failovers};
use firedrill_history::{Event, Journal, Phase};
use firedrill_model::{Key, LogIndex, Observation, SiteId, Time};
use holes::Holes;
use names::Names;
use std::collections::BTreeMap;
use strikes::{Strike, Strikes};

/// Where something stands in a journal. Ordered by time, then by place, since what the journal has
/// first at the same instant happened first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct At {
    pub(crate) t: Time,
    pub(crate) place: usize,
}

/// A site's state at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FinalState {
    pub(crate) up: bool,
    pub(crate) applied: LogIndex,
    pub(crate) digest: u64,
    pub(crate) log_digest: u64,
}

/// What a journal says, sorted out.
pub(crate) struct Facts<'j> {
    pub(crate) journal: &'j Journal,
    pub(crate) names: Names<'j>,
    /// In the order of the journal.
    pub(crate) calls: Vec<Call<'j>>,
    /// The sessions that they are about, by their numbers.
    pub(crate) sessions: Vec<&'j Key>,
    /// In the order in which they began.
    pub(crate) strikes: Vec<Strike<'j>>,
    /// In the order in which they were decided.
    pub(crate) failovers: Vec<Failover<'j>>,
    /// What sites found damaged.
    pub(crate) holes: Holes,
    /// When some site counted a peer as down: then, this peer.
    pub(crate) peers_down: Vec<(Time, SiteId)>,
    /// The hurt phase began.
    pub(crate) hurt: Option<Time>,
    /// The heal phase began.
    pub(crate) heal: Option<Time>,
    /// The last thing that happened.
    pub(crate) end: Time,
    /// Why the run ended, if the journal says so.
    pub(crate) ended: Option<&'j str>,
    /// The last report of each site.
    pub(crate) finals: BTreeMap<SiteId, FinalState>,
    /// What no journal of a run has: the first few, and how many in all.
    pub(crate) malformed: Malformed,
}

/// What no journal of a run has.
#[derive(Debug, Default)]
pub(crate) struct Malformed {
    pub(crate) count: u64,
    pub(crate) first: Vec<String>,
}

impl Malformed {
    /// Notes one more; the text is only made for the first few.
    pub(crate) fn note(&mut self, text: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < 3 {
            self.first.push(text());
        }
    }
}

impl<'j> Facts<'j> {
    /// Sorts a journal out, in one pass.
    pub(crate) fn of(journal: &'j Journal) -> Facts<'j> {
        let mut facts = Facts {
            journal,
            names: Names::of(&journal.manifest.objectives),
            calls: Vec::new(),
            sessions: Vec::new(),
            strikes: Vec::new(),
            failovers: Vec::new(),
            holes: Holes::default(),
            peers_down: Vec::new(),
            hurt: None,
            heal: None,
            end: Time::ZERO,
            ended: None,
            finals: BTreeMap::new(),
            malformed: Malformed::default(),
        };
        let mut calls = Calls::with_capacity(journal.events.len());
        let mut strikes = Strikes::new(&journal.manifest.schedule);
        let mut failovers = Failovers::default();
        for (place, event) in journal.events.iter().enumerate() {
            facts.end = facts.end.max(event.t());
            match event {
                Event::Invoked { .. } | Event::Returned { .. } => calls.take(place, event, &mut facts.malformed),
                Event::FaultBegan { .. } | Event::FaultEnded { .. } => strikes.take(event, &mut facts.malformed),
                Event::Observed { t, site, observation, .. } => {
                    failovers.take(At { t: *t, place }, *site, observation);
                    facts.holes.take(*t, *site, observation);
                    if let Observation::PeerDown { peer } = observation {
                        facts.peers_down.push((*t, *peer));
                    }
                }
                _ => facts.take_frame(event),
            }
        }
        (facts.calls, facts.sessions) = calls.finish();
        facts.strikes = strikes.finish();
        facts.failovers = failovers.finish();
        facts
    }

    /// Takes an event that says how the run went as a whole.
    fn take_frame(&mut self, event: &'j Event) {
        match event {
            Event::PhaseBegan { t, phase: Phase::Hurt } => self.hurt = self.hurt.or(Some(*t)),
            Event::PhaseBegan { t, phase: Phase::Heal } => self.heal = self.heal.or(Some(*t)),
            Event::FinalState { site, up, applied, digest, log_digest, .. } => {
                let state = FinalState { up: *up, applied: *applied, digest: *digest, log_digest: *log_digest };
                self.finals.insert(*site, state);
            }
            Event::Ended { why, .. } if self.ended.is_some() => self.malformed.note(|| format!("a second end ({why})")),
            Event::Ended { why, .. } => self.ended = Some(why),
            _ => {}
        }
    }

    /// When the run began to be hurt: the first fault that struck, else the begin of the hurt
    /// phase.
    pub(crate) fn hurt_from(&self) -> Option<Time> {
        let first = self.strikes.iter().filter(|strike| strike.struck()).map(|strike| strike.began).min();
        first.or(self.hurt)
    }

    /// The smallest number of sites that is a majority.
    pub(crate) fn quorum(&self) -> usize {
        self.sites() / 2 + 1
    }

    /// How many sites there are.
    pub(crate) fn sites(&self) -> usize {
        self.journal.manifest.config.sites.len()
    }
}
