//! The control state as it lies in a snapshot.

use super::log::LogState;
use super::{Control, Failover, ServiceState};
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{Epoch, SiteId, SiteSet, StackConfig};
use serde::{Deserialize, Serialize};

/// The control state without its configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ControlImage {
    epoch: Epoch,
    primary: SiteId,
    up: SiteSet,
    services: Vec<ServiceState>,
    failover: Option<Failover>,
    log: LogState,
}

impl Control {
    /// The state, to be kept.
    pub fn image(&self) -> ControlImage {
        ControlImage {
            epoch: self.epoch,
            primary: self.primary,
            up: self.up,
            services: self.services.to_vec(),
            failover: self.failover.as_deref().cloned(),
            log: self.log,
        }
    }

    /// The state that was kept; `None` if it is not of such a group of sites and services.
    pub fn restore(config: Arc<StackConfig>, image: &ControlImage) -> Option<Control> {
        let sites = config.sites.len();
        let among = |set: SiteSet| set.iter().all(|site| site.index() < sites);
        let service =
            |service: &ServiceState| among(service.sites) && among(service.dns) && service.weights.len() == sites;
        let failover = |failover: &Failover| {
            let known = failover.waiting.iter().all(|service| service.index() < config.services.len());
            known && failover.failed.index() < sites && failover.targets.is_none_or(among)
        };
        let log = &image.log;
        let plausible = image.primary.index() < sites
            && among(image.up)
            && image.services.len() == config.services.len()
            && image.services.iter().all(service)
            && image.failover.iter().all(failover)
            && log.writer.is_none_or(|writer| writer.index() < sites)
            && log.furthest.is_none_or(|(_, _, site)| site.index() < sites)
            && [log.members, log.holders, log.eligible, log.told].into_iter().all(among);
        plausible.then(|| Control {
            epoch: image.epoch,
            primary: image.primary,
            up: image.up,
            services: Arc::new(image.services.clone()),
            failover: image.failover.clone().map(Arc::new),
            log: image.log,
            config,
        })
    }
}
