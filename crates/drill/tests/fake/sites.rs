//! Sites of the fake world: what faults do to them, and how they fail over.

use super::{Asked, Fake, Inner};
use firedrill_drill::world::WorldEvent;
use firedrill_model::{Direction, Endpoint, Fault, FaultId, LogIndex, Observation, ServiceId, SiteId, SiteSet};
use std::time::Duration;

const FIRST: SiteId = SiteId(0);

impl Fake {
    pub(super) fn is_lost(&self, site: SiteId) -> bool {
        self.active.values().any(|fault| match fault {
            Fault::SiteLoss { sites } | Fault::PowerLoss { sites } => sites.contains(site),
            _ => false,
        })
    }

    pub(super) fn is_crashed(&self, site: SiteId) -> bool {
        self.active.values().any(
            |fault| matches!(fault, Fault::Crash { site: hit, .. } | Fault::Shutdown { site: hit } if *hit == site),
        )
    }

    pub(super) fn is_frozen(&self, site: SiteId) -> bool {
        self.active.values().any(|fault| matches!(fault, Fault::Freeze { site: hit } if *hit == site))
    }

    pub(super) fn is_up(&self, site: SiteId) -> bool {
        !self.is_lost(site) && !self.is_crashed(site) && !self.is_frozen(site)
    }

    /// A write is synced by a majority: by how much the slower of the two fastest disks is slower.
    pub(super) fn slowest_sync_of_quorum(&self) -> Duration {
        let mut slower: Vec<Duration> = (0..self.lives.len()).map(|site| self.slow_sync(SiteId(site as u8))).collect();
        slower.sort_unstable();
        if self.breaks("slow-fsync") { Duration::ZERO } else { slower[slower.len() / 2] }
    }

    fn slow_sync(&self, site: SiteId) -> Duration {
        let slow = self.active.values().filter_map(|fault| match fault {
            Fault::SlowFsync { site: hit, delay } if *hit == site => Some(*delay),
            _ => None,
        });
        slow.sum()
    }

    fn skew(&self, site: SiteId) -> i64 {
        let off = self.active.values().filter_map(|fault| match fault {
            Fault::ClockSkew { site: hit, offset_nanos } if *hit == site => Some(*offset_nanos),
            _ => None,
        });
        if self.breaks("clock-skew") { 0 } else { off.sum() }
    }

    pub(super) fn begin(&mut self, id: FaultId, fault: Fault) {
        let can = self.capabilities.faults.contains(&fault.kind());
        let hit = hit(&fault);
        let struck = can && hit.iter().all(|site| self.is_up(site));
        let denied = self.breaks("faults-told") && matches!(fault, Fault::SlowFsync { .. });
        let mechanism = (can && !denied).then(|| "pretended".to_owned());
        self.tell(WorldEvent::FaultBegan { id, struck, mechanism });
        if !can {
            return;
        }
        if self.breaks("site-loss") && matches!(fault, Fault::SiteLoss { .. }) {
            self.later(Duration::from_secs(5), Inner::Fades(id));
        }
        let forgets = match fault {
            Fault::Crash { .. } => self.breaks("restart"),
            Fault::PowerLoss { .. } => self.breaks("power-loss"),
            Fault::Shutdown { .. } => self.breaks("shutdown"),
            _ => false,
        };
        if forgets && hit.contains(FIRST) {
            self.store.clear();
        }
        if !matches!(fault, Fault::Freeze { .. }) {
            hit.iter().for_each(|site| self.lives[site.index()] += 1);
        }
        if hit.contains(self.promoted) {
            let health = &self.setup.config.health;
            let detected = health.timeout * (health.retries + 1);
            self.later(detected, Inner::Detected(self.promoted));
        }
        self.active.insert(id, fault);
    }

    pub(super) fn end(&mut self, id: FaultId) {
        let Some(fault) = self.active.get(&id).cloned() else {
            return;
        };
        self.tell(WorldEvent::FaultEnded { id });
        let between_sites = |a: &[Endpoint]| matches!(a.first(), Some(Endpoint::Site(_)));
        let stays = match &fault {
            Fault::Freeze { .. } => self.breaks("thaw"),
            Fault::Partition { a, b, direction: Direction::Both } => {
                self.breaks("partition-heals") && between_sites(a) && between_sites(b)
            }
            _ => false,
        };
        if stays {
            return;
        }
        let skews: Vec<i64> = (0..self.lives.len()).map(|site| self.skew(SiteId(site as u8))).collect();
        self.active.remove(&id);
        let held: Vec<Asked> = std::mem::take(&mut self.held);
        held.into_iter().for_each(|asked| self.arrive(asked));
        if !matches!(fault, Fault::Freeze { .. }) {
            for site in hit(&fault).iter() {
                self.started[site.index()] = self.now;
                let site_t = self.now.offset_by(skews[site.index()]);
                self.tell(WorldEvent::Observed { site, site_t, observation: Observation::Started });
            }
        }
    }

    /// If the site is still away and the others are a majority, the next site in order takes over all services.
    pub(super) fn fail_over(&mut self, failed: SiteId) {
        let next = (0..self.lives.len()).map(|site| SiteId(site as u8)).find(|site| self.is_up(*site));
        let Some(site) = next.filter(|site| self.quorum_round_trip(*site).is_some()) else {
            return;
        };
        if self.is_up(failed) || self.promoted != failed {
            return;
        }
        self.promoted = site;
        self.serial += 1;
        let (serial, entry) = (self.serial, LogIndex(self.commits));
        self.observe(site, Observation::FailoverDecided { failed, entry });
        for service in (0..self.setup.plan.services.len()).map(|service| ServiceId(service as u8)) {
            let sites = SiteSet::only(site);
            let weights = (0..self.lives.len()).map(|other| u32::from(other == site.index()) * 100).collect();
            self.observe(site, Observation::ServicePromoted { service, sites });
            self.observe(site, Observation::WeightsSwitched { service, weights, serial });
            self.observe(site, Observation::DnsChanged { service, sites, serial });
        }
        self.observe(site, Observation::FailoverCompleted { entry });
    }

    fn observe(&mut self, site: SiteId, observation: Observation) {
        let site_t = self.now.offset_by(self.skew(site));
        self.tell(WorldEvent::Observed { site, site_t, observation });
    }
}

/// The sites whose process a fault takes away.
fn hit(fault: &Fault) -> SiteSet {
    match fault {
        Fault::SiteLoss { sites } | Fault::PowerLoss { sites } => *sites,
        Fault::Crash { site, .. } | Fault::Freeze { site } | Fault::Shutdown { site } => SiteSet::only(*site),
        _ => SiteSet::EMPTY,
    }
}
