//! The control state: which sites are up, which is primary in which fencing epoch, where services are promoted, and how far a failover has come.
//!
//! Pure state over the committed entries: [`Control::apply`] computes what a decision means, the same at every site; [`steps`] says what the leader
//! should propose next. An entry that no longer fits changes nothing, so a step that two leaders proposed takes effect once.
//!
//! To add a step to the failover: a command in [`crate::entry::ControlCommand`], its effect in `apply`, its place in [`steps::next_step`].

pub mod image;
pub mod log;
pub mod steps;

use crate::entry::ControlCommand;
use crate::switches::Switches;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{Epoch, LogIndex, Observation, ServiceId, SiteId, SiteSet, StackConfig};
use log::LogState;
use serde::{Deserialize, Serialize};

/// Where a service is, and where its traffic goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceState {
    /// Promoted here.
    pub sites: SiteSet,
    /// One weight per site (weighted round robin).
    pub weights: Vec<u32>,
    /// The DNS record names these sites.
    pub dns: SiteSet,
}

/// A failover under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failover {
    /// The entry that decided it: its name.
    pub entry: LogIndex,
    /// The site that failed.
    pub failed: SiteId,
    /// Where traffic goes, once that is settled.
    pub targets: Option<SiteSet>,
    /// Services that are still to be promoted.
    pub waiting: Vec<ServiceId>,
    /// The epoch was raised.
    pub isolated: bool,
    /// The DNS records were changed.
    pub dns_done: bool,
}

/// The control state.
#[derive(Clone, Debug)]
pub struct Control {
    config: Arc<StackConfig>,
    epoch: Epoch,
    primary: SiteId,
    up: SiteSet,
    services: Arc<Vec<ServiceState>>,
    failover: Option<Arc<Failover>>,
    log: LogState,
}

impl Control {
    /// The state before the first entry: all sites are up, the first is primary in epoch 1, and all services are promoted there.
    pub fn new(config: Arc<StackConfig>) -> Control {
        let first = SiteSet::only(SiteId(0));
        let state =
            ServiceState { sites: first, weights: weights(&config, first), dns: SiteSet::first(config.sites.len()) };
        let services = Arc::new(alloc::vec![state; config.services.len()]);
        let up = SiteSet::first(config.sites.len());
        let log = LogState::new(&config);
        Control { config, epoch: Epoch(1), primary: SiteId(0), up, services, failover: None, log }
    }

    /// How many sites there are.
    pub fn sites(&self) -> usize {
        self.config.sites.len()
    }

    /// The fencing epoch.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The primary of the epoch.
    pub fn primary(&self) -> SiteId {
        self.primary
    }

    /// The sites that count as up.
    pub fn up(&self) -> SiteSet {
        self.up
    }

    /// Who writes the transaction log, and who must hold it.
    pub fn log(&self) -> &LogState {
        &self.log
    }

    /// The failover under way.
    pub fn failover(&self) -> Option<&Failover> {
        self.failover.as_deref()
    }

    /// A service's state.
    pub fn service(&self, service: ServiceId) -> Option<&ServiceState> {
        self.services.get(service.index())
    }

    /// Applies the entry at `index`; returns what is to be observed.
    pub fn apply(&mut self, index: LogIndex, command: ControlCommand, switches: &mut Switches) -> Vec<Observation> {
        match command {
            ControlCommand::DeclareDown { site } => self.declare_down(index, site),
            ControlCommand::RaiseEpoch { failover } => self.raise_epoch(index, failover, switches),
            ControlCommand::PrepareRedirect { failover } => self.prepare_redirect(failover),
            ControlCommand::Promote { failover, service } => self.promote(index, failover, service),
            ControlCommand::UpdateDns { failover } => self.update_dns(index, failover),
            ControlCommand::Complete { failover } => self.complete(failover),
            ControlCommand::SiteReturned { site } => self.site_returned(site),
            ControlCommand::OpenLog(open) => self.log.open(index, self.epoch, open),
            ControlCommand::SetCopies { since, members } => {
                let sites = SiteSet::first(self.sites());
                self.log.set_members(index, self.epoch, since, members, sites)
            }
            ControlCommand::RecordsLost { site } => self.log.lost_records(index, self.epoch, site),
            ControlCommand::LogEnd { failover, site, incarnation, end } => {
                self.log.told_end(failover, site, incarnation, end);
                Vec::new()
            }
            ControlCommand::ResumeLog { since } => self.resume_log(index, since),
        }
    }

    fn site_returned(&mut self, site: SiteId) -> Vec<Observation> {
        if !self.up.insert(site) {
            return Vec::new();
        }
        self.log.returned(&self.config, self.up);
        alloc::vec![Observation::SiteReturned { site }]
    }

    /// A site that holds the log is up again, after a failover that found none.
    fn resume_log(&mut self, index: LogIndex, since: LogIndex) -> Vec<Observation> {
        let Some(holder) = self.log.resumes_at(self.up).filter(|_| since == self.log.changed) else {
            return Vec::new();
        };
        self.epoch_begins(index, holder, true)
    }

    /// An epoch begins, with this primary.
    fn epoch_begins(&mut self, index: LogIndex, primary: SiteId, holds: bool) -> Vec<Observation> {
        self.primary = primary;
        self.epoch = self.epoch.next();
        let mut observations = alloc::vec![Observation::EpochRaised { epoch: self.epoch, primary }];
        if let Some(log) = &self.config.transaction_log {
            self.log.raised(log, index, primary, holds, self.up);
            observations.push(self.log.observed(self.epoch));
        }
        observations
    }

    fn declare_down(&mut self, index: LogIndex, site: SiteId) -> Vec<Observation> {
        if self.failover.is_some() || !self.up.remove(site) {
            return Vec::new();
        }
        let serves = |service: &&ServiceId| self.services[service.index()].sites.contains(site);
        let waiting: Vec<ServiceId> = steps::promotion_order(&self.config).iter().filter(serves).copied().collect();
        if !waiting.is_empty() || site == self.primary {
            let failover =
                Failover { entry: index, failed: site, targets: None, waiting, isolated: false, dns_done: false };
            self.failover = Some(Arc::new(failover));
            if self.config.transaction_log.is_some() && !self.up.contains(self.primary) {
                self.log.primary_lost(index, self.up);
            }
        }
        alloc::vec![Observation::FailoverDecided { failed: site, entry: index }]
    }

    /// The failover under way, if it is this one.
    fn current(&mut self, entry: LogIndex) -> Option<&mut Failover> {
        self.failover.as_mut().filter(|failover| failover.entry == entry).map(Arc::make_mut)
    }

    fn raise_epoch(&mut self, index: LogIndex, entry: LogIndex, switches: &mut Switches) -> Vec<Observation> {
        let (up, primary) = (self.up, self.primary);
        let Some(failover) = self.current(entry).filter(|failover| !failover.isolated) else {
            return Vec::new();
        };
        failover.isolated = true;
        if up.contains(primary) {
            return self.epoch_begins(index, primary, self.log.holders.contains(primary));
        }
        // The next in the plan's order takes over from a primary that is down; if there is a transaction log, the next that holds it.
        let next = (up.iter().next(), true);
        let has_log = self.config.transaction_log.is_some();
        let (successor, holds) = if has_log { self.log.successor(up, switches) } else { next };
        self.epoch_begins(index, successor.unwrap_or(primary), holds)
    }

    fn prepare_redirect(&mut self, entry: LogIndex) -> Vec<Observation> {
        let up = self.up;
        let Some(failover) = self.current(entry).filter(|failover| failover.targets.is_none()) else {
            return Vec::new();
        };
        failover.targets = Some(up);
        alloc::vec![Observation::RedirectPrepared { to: up }]
    }

    fn promote(&mut self, index: LogIndex, entry: LogIndex, service: ServiceId) -> Vec<Observation> {
        let Some(failover) = self.current(entry) else {
            return Vec::new();
        };
        let (Some(sites), Some(at)) =
            (failover.targets, failover.waiting.iter().position(|waiting| *waiting == service))
        else {
            return Vec::new();
        };
        failover.waiting.remove(at);
        let weights = weights(&self.config, sites);
        let Some(state) = Arc::make_mut(&mut self.services).get_mut(service.index()) else {
            return Vec::new();
        };
        state.sites = sites;
        state.weights.clone_from(&weights);
        alloc::vec![
            Observation::ServicePromoted { service, sites },
            Observation::WeightsSwitched { service, weights, serial: index.0 },
        ]
    }

    fn update_dns(&mut self, index: LogIndex, entry: LogIndex) -> Vec<Observation> {
        let Some(failover) = self.current(entry).filter(|failover| !failover.dns_done) else {
            return Vec::new();
        };
        failover.dns_done = true;
        let services = Arc::make_mut(&mut self.services);
        let mut observations = Vec::new();
        for (number, state) in services.iter_mut().enumerate() {
            if state.dns != state.sites {
                state.dns = state.sites;
                let service = ServiceId(number as u8);
                observations.push(Observation::DnsChanged { service, sites: state.dns, serial: index.0 });
            }
        }
        observations
    }

    fn complete(&mut self, entry: LogIndex) -> Vec<Observation> {
        if self.current(entry).is_none() {
            return Vec::new();
        }
        self.failover = None;
        let sent = |channel: &alloc::string::String| Observation::NotificationSent { channel: channel.clone(), entry };
        let mut observations: Vec<Observation> = self.config.notifications.iter().map(sent).collect();
        observations.push(Observation::FailoverCompleted { entry });
        observations
    }
}

/// A site's weight is its capacity, if traffic goes there.
fn weights(config: &StackConfig, sites: SiteSet) -> Vec<u32> {
    let weight = |(number, site): (usize, &firedrill_model::SiteConfig)| {
        if sites.contains(SiteId(number as u8)) { site.capacity_percent } else { 0 }
    };
    config.sites.iter().enumerate().map(weight).collect()
}
