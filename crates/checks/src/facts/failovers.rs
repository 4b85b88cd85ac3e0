//! Failovers, step by step, as the sites told them.
//!
//! Every site tells the control entries that it applies, in the order of the log, and tells them
//! again when it replays its log after a restart. So a step belongs to the failover that the same
//! process told before it, and took place when any site first told it.

use super::At;
use firedrill_model::{Epoch, LogIndex, Observation, ServiceId, SiteId, SiteSet};
use std::collections::BTreeMap;

/// A site that was declared down, and what followed from it.
#[derive(Clone, Debug)]
pub(crate) struct Failover<'j> {
    /// The entry that names it.
    pub(crate) entry: LogIndex,
    pub(crate) failed: SiteId,
    pub(crate) decided: At,
    pub(crate) isolated: Option<(At, Epoch, SiteId)>,
    pub(crate) redirected: Option<(At, SiteSet)>,
    pub(crate) promoted: Vec<(ServiceId, At, SiteSet)>,
    pub(crate) weighted: Vec<(ServiceId, At)>,
    pub(crate) named: Vec<(ServiceId, At, SiteSet)>,
    pub(crate) notified: Vec<(&'j str, At)>,
    pub(crate) completed: Option<At>,
}

impl Failover<'_> {
    /// When a service was promoted.
    pub(crate) fn promotion(&self, service: ServiceId) -> Option<At> {
        self.promoted.iter().find(|(promoted, ..)| *promoted == service).map(|(_, at, _)| *at)
    }
}

/// Gathers failovers from observations.
#[derive(Default)]
pub(crate) struct Failovers<'j> {
    found: BTreeMap<LogIndex, Failover<'j>>,
    /// The failover that each site told last, since its process started.
    current: BTreeMap<SiteId, LogIndex>,
}

impl<'j> Failovers<'j> {
    /// Takes an observation.
    pub(crate) fn take(&mut self, at: At, site: SiteId, observation: &'j Observation) {
        match observation {
            Observation::Started => {
                self.current.remove(&site);
            }
            Observation::FailoverDecided { failed, entry } => {
                self.current.insert(site, *entry);
                self.found.entry(*entry).or_insert_with(|| Failover::decided(*entry, *failed, at));
            }
            Observation::NotificationSent { channel, entry } => {
                if let Some(failover) = self.found.get_mut(entry) {
                    first(&mut failover.notified, channel.as_str(), (channel.as_str(), at), |(told, _)| told);
                }
            }
            Observation::FailoverCompleted { entry } => {
                self.current.remove(&site);
                if let Some(failover) = self.found.get_mut(entry) {
                    failover.completed.get_or_insert(at);
                }
            }
            step => {
                let current = self.current.get(&site).and_then(|entry| self.found.get_mut(entry));
                if let Some(failover) = current {
                    failover.step(at, step);
                }
            }
        }
    }

    /// The failovers, in the order in which they were decided.
    pub(crate) fn finish(self) -> Vec<Failover<'j>> {
        let mut failovers: Vec<Failover<'j>> = self.found.into_values().collect();
        failovers.sort_by_key(|failover| failover.decided);
        failovers
    }
}

impl Failover<'_> {
    fn decided(entry: LogIndex, failed: SiteId, decided: At) -> Self {
        Failover {
            entry,
            failed,
            decided,
            isolated: None,
            redirected: None,
            promoted: Vec::new(),
            weighted: Vec::new(),
            named: Vec::new(),
            notified: Vec::new(),
            completed: None,
        }
    }

    fn step(&mut self, at: At, observation: &Observation) {
        match observation {
            Observation::EpochRaised { epoch, primary } => {
                self.isolated.get_or_insert((at, *epoch, *primary));
            }
            Observation::RedirectPrepared { to } => {
                self.redirected.get_or_insert((at, *to));
            }
            Observation::ServicePromoted { service, sites } => {
                first(&mut self.promoted, *service, (*service, at, *sites), |(told, ..)| *told);
            }
            Observation::WeightsSwitched { service, .. } => {
                first(&mut self.weighted, *service, (*service, at), |(told, _)| *told);
            }
            Observation::DnsChanged { service, sites, .. } => {
                first(&mut self.named, *service, (*service, at, *sites), |(told, ..)| *told);
            }
            _ => {}
        }
    }
}

/// Keeps the first telling of each thing.
fn first<T, K: PartialEq>(told: &mut Vec<T>, key: K, telling: T, key_of: impl Fn(&T) -> K) {
    if !told.iter().any(|earlier| key_of(earlier) == key) {
        told.push(telling);
    }
}
