//! The DNS zone: an external system outside the sites, which they tell of changes. The highest serial wins, whoever tells it, so
//! a delayed telling never replaces a newer one.

use firedrill_model::{Observation, ServiceId, SiteId, SiteSet};
use std::sync::Arc;

/// What the zone answers for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The sites that the record names.
    pub sites: SiteSet,
    /// The weight of each site of the plan, in the plan's order; a missing one is 0.
    pub weights: Vec<u32>,
}

impl Answer {
    /// The weight of a site: 0 where the record does not name it.
    pub fn weight(&self, site: SiteId) -> u32 {
        let named = site.index() < SiteSet::MAX_SITES && self.sites.contains(site);
        self.weights.get(site.index()).copied().filter(|_| named).unwrap_or(0)
    }
}

/// The record of one service, with the serials of its last changes.
#[derive(Clone, Debug)]
struct Record {
    answer: Arc<Answer>,
    sites_serial: u64,
    weights_serial: u64,
}

/// The records of all services.
#[derive(Clone, Debug)]
pub struct Zone {
    records: Vec<Record>,
}

impl Zone {
    /// Every service's record names all sites, with all of the weight on the first. Serial 0, so that any change is newer.
    pub fn new(services: usize, sites: usize) -> Zone {
        let weights = (0..sites).map(|site| if site == 0 { 100 } else { 0 }).collect();
        let answer = Arc::new(Answer { sites: SiteSet::first(sites), weights });
        Zone { records: vec![Record { answer, sites_serial: 0, weights_serial: 0 }; services] }
    }

    /// Takes over what a site told, if it is about the zone and newer than what is there. True if something changed.
    pub fn told(&mut self, observation: &Observation) -> bool {
        match observation {
            Observation::DnsChanged { service, sites, serial } => self.change(*service, |record| {
                let newer = *serial > record.sites_serial;
                if newer {
                    record.sites_serial = *serial;
                    Arc::make_mut(&mut record.answer).sites = *sites;
                }
                newer
            }),
            Observation::WeightsSwitched { service, weights, serial } => self.change(*service, |record| {
                let newer = *serial > record.weights_serial;
                if newer {
                    record.weights_serial = *serial;
                    Arc::make_mut(&mut record.answer).weights.clone_from(weights);
                }
                newer
            }),
            _ => false,
        }
    }

    /// The answer for a service; `None` for one that the plan does not have.
    pub fn lookup(&self, service: ServiceId) -> Option<&Arc<Answer>> {
        self.records.get(service.index()).map(|record| &record.answer)
    }

    fn change(&mut self, service: ServiceId, apply: impl FnOnce(&mut Record) -> bool) -> bool {
        self.records.get_mut(service.index()).is_some_and(apply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: ServiceId = ServiceId(1);

    fn weights(serial: u64, weights: [u32; 3]) -> Observation {
        Observation::WeightsSwitched { service: SERVICE, weights: weights.to_vec(), serial }
    }

    fn sites(serial: u64, site: u8) -> Observation {
        Observation::DnsChanged { service: SERVICE, sites: SiteSet::only(SiteId(site)), serial }
    }

    #[test]
    fn the_first_site_has_all_the_weight_at_first() {
        let zone = Zone::new(2, 3);
        let answer = zone.lookup(SERVICE).expect("the service is there");
        assert_eq!((0..3).map(|site| answer.weight(SiteId(site))).collect::<Vec<_>>(), [100, 0, 0]);
        assert!(zone.lookup(ServiceId(2)).is_none(), "there is no third service");
    }

    #[test]
    fn the_highest_serial_wins_and_an_older_telling_changes_nothing() {
        let mut zone = Zone::new(2, 3);
        assert!(zone.told(&weights(7, [0, 80, 0])));
        assert!(!zone.told(&weights(7, [1, 1, 1])), "the same serial again");
        assert!(!zone.told(&weights(6, [100, 0, 0])), "an older one");
        assert!(zone.told(&sites(3, 1)), "records and weights are numbered apart");
        assert!(!zone.told(&sites(2, 0)));
        let answer = zone.lookup(SERVICE).expect("the service is there");
        assert_eq!((0..3).map(|site| answer.weight(SiteId(site))).collect::<Vec<_>>(), [0, 80, 0]);
        assert_eq!(zone.lookup(ServiceId(0)).expect("there").weight(SiteId(0)), 100, "another service is left alone");
    }

    #[test]
    fn a_site_outside_the_record_has_no_weight() {
        let mut zone = Zone::new(2, 3);
        zone.told(&sites(1, 2));
        assert_eq!(zone.lookup(SERVICE).expect("there").weight(SiteId(0)), 0);
    }

    #[test]
    fn what_is_about_an_unknown_service_or_something_else_is_ignored() {
        let mut zone = Zone::new(1, 3);
        assert!(!zone.told(&weights(1, [0, 1, 0])));
        assert!(!zone.told(&Observation::Started));
    }
}
