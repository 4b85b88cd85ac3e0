//! How a client finds a site: it asks the zone, keeps the answer for its lifetime, and goes round the sites by weight.

use crate::zone::{Answer, Zone};
use firedrill_model::{ServiceId, SiteId, SiteSet, Time};
use std::sync::Arc;
use std::time::Duration;

/// The resolver of one client for one service.
#[derive(Clone, Debug)]
pub struct Resolver {
    service: ServiceId,
    lifetime: Duration,
    /// Whether the first answer is kept for ever.
    ignores_lifetime: bool,
    /// The first answer is kept for this long only, so that clients don't all ask at the same instants.
    first_lifetime: Duration,
    cached: Option<Cached>,
}

#[derive(Clone, Debug)]
struct Cached {
    answer: Arc<Answer>,
    until: Time,
    /// Smooth weighted round robin: each site's current weight.
    current: Vec<i64>,
}

impl Resolver {
    /// A resolver that has not asked yet. `first_lifetime` is how long its first answer is kept (at most `lifetime`).
    pub fn new(service: ServiceId, lifetime: Duration, first_lifetime: Duration, ignores_lifetime: bool) -> Resolver {
        Resolver { service, lifetime, ignores_lifetime, first_lifetime: first_lifetime.min(lifetime), cached: None }
    }

    /// Honours the lifetime from now on, beginning with a fresh answer.
    pub fn honour_lifetime(&mut self) {
        if self.ignores_lifetime {
            self.ignores_lifetime = false;
            self.cached = None;
        }
    }

    /// The site to ask next, at this instant; `None` if the record names no site with any weight.
    pub fn next(&mut self, now: Time, zone: &Zone) -> Option<SiteId> {
        self.refresh(now, zone);
        self.cached.as_mut().and_then(Cached::next)
    }

    fn refresh(&mut self, now: Time, zone: &Zone) {
        let lifetime = match &self.cached {
            None => self.first_lifetime,
            Some(_) if self.ignores_lifetime => return,
            Some(cached) if now < cached.until => return,
            Some(_) => self.lifetime,
        };
        let Some(answer) = zone.lookup(self.service) else {
            return;
        };
        let until = now + lifetime;
        match &mut self.cached {
            // The same answer again does not restart the round.
            Some(cached) if Arc::ptr_eq(&cached.answer, answer) => cached.until = until,
            cached => {
                let current = vec![0; answer.weights.len()];
                *cached = Some(Cached { answer: Arc::clone(answer), until, current });
            }
        }
    }
}

impl Cached {
    /// Smooth weighted round robin as in nginx (`ngx_http_upstream_get_peer`, commit 52327e0627): every current weight rises by the
    /// site's weight, the largest is chosen and lowered by the sum. So {5, 1, 1} gives a a b a c a a and not a a a a a b c.
    fn next(&mut self) -> Option<SiteId> {
        let mut total = 0;
        let mut best: Option<(SiteId, i64)> = None;
        for (current, site) in
            self.current.iter_mut().zip(0..SiteSet::MAX_SITES as u8).map(|(current, site)| (current, SiteId(site)))
        {
            let weight = i64::from(self.answer.weight(site));
            if weight == 0 {
                continue;
            }
            total += weight;
            *current += weight;
            if best.is_none_or(|(_, most)| *current > most) {
                best = Some((site, *current));
            }
        }
        let (site, _) = best?;
        self.current[site.index()] -= total;
        Some(site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::{Observation, SiteSet};

    const SERVICE: ServiceId = ServiceId(0);
    const LIFETIME: Duration = Duration::from_secs(30);

    fn zone(weights: &[u32], serial: u64) -> Zone {
        let mut zone = Zone::new(1, 3);
        zone.told(&Observation::WeightsSwitched { service: SERVICE, weights: weights.to_vec(), serial });
        zone
    }

    fn resolver(first_s: u64, ignores: bool) -> Resolver {
        Resolver::new(SERVICE, LIFETIME, Duration::from_secs(first_s), ignores)
    }

    #[test]
    fn the_round_is_smooth() {
        let zone = zone(&[5, 1, 1], 1);
        let mut resolver = resolver(30, false);
        let round: Vec<u8> = (0..7).filter_map(|_| resolver.next(Time::ZERO, &zone)).map(|site| site.0).collect();
        assert_eq!(round, [0, 0, 1, 0, 2, 0, 0], "nginx's example");
    }

    #[test]
    fn a_site_without_weight_or_outside_the_record_is_never_asked() {
        let mut zone = zone(&[0, 3, 1], 1);
        let mut resolver = resolver(30, false);
        assert!((0..20).all(|_| resolver.next(Time::ZERO, &zone) != Some(SiteId(0))));
        zone.told(&Observation::DnsChanged { service: SERVICE, sites: SiteSet::only(SiteId(0)), serial: 1 });
        assert_eq!(resolver.next(Time::from_secs(30), &zone), None, "its only site has no weight");
    }

    #[test]
    fn an_answer_is_kept_for_its_lifetime_from_the_moment_of_the_lookup() {
        let mut resolver = resolver(10, false);
        let (before, after) = (zone(&[100, 0, 0], 1), zone(&[0, 100, 0], 2));
        assert_eq!(resolver.next(Time::ZERO, &before), Some(SiteId(0)));
        assert_eq!(resolver.next(Time::from_millis(9_999), &after), Some(SiteId(0)), "the first answer, kept for 10 s");
        assert_eq!(resolver.next(Time::from_secs(11), &after), Some(SiteId(1)));
        assert_eq!(resolver.next(Time::from_millis(40_999), &before), Some(SiteId(1)), "kept for 30 s since");
        assert_eq!(resolver.next(Time::from_secs(41), &before), Some(SiteId(0)));
    }

    #[test]
    fn a_client_that_ignores_the_lifetime_keeps_the_first_answer() {
        let mut resolver = resolver(1, true);
        assert_eq!(resolver.next(Time::ZERO, &zone(&[100, 0, 0], 1)), Some(SiteId(0)));
        assert_eq!(resolver.next(Time::from_secs(9_999), &zone(&[0, 100, 0], 2)), Some(SiteId(0)));
    }
}
