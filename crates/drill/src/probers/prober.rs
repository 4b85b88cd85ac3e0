//! One prober: what it asks, of whom, and how its service's level stands.

use super::period;
use crate::resolver::Resolver;
use crate::shared::{Figures, Shared};
use crate::watch::Watch;
use firedrill_model::{Key, Op, RegionId, Rng, ServiceId, ServiceLevel, Time, Value};
use std::collections::VecDeque;
use std::time::Duration;

/// Every so-manieth probe is a write.
const WRITE_EVERY: u64 = 20;
/// A prober's key is replaced by a new one after this many probes.
const PROBES_PER_KEY: u32 = 100;

/// One prober.
#[derive(Clone, Debug)]
pub(super) struct Prober {
    pub(super) service: ServiceId,
    pub(super) region: RegionId,
    pub(super) resolver: Resolver,
    pub(super) watch: Watch,
    pub(super) generation: u32,
    pub(super) key: Key,
    /// How many probes were sent with this key.
    pub(super) key_probes: u32,
    pub(super) key_written: bool,
    /// How many probes were sent.
    pub(super) count: u64,
    /// When the last probe was sent.
    pub(super) last: Time,
    /// When the next is sent.
    pub(super) next: Time,
    /// Sessions with nothing under way; the one that rested longest is taken first.
    pub(super) free: VecDeque<u32>,
    /// Probes whose outcome the watch has not been told, in the order in which they were sent.
    pub(super) untold: VecDeque<(Time, Option<bool>)>,
    /// The number of the first of them.
    pub(super) first_untold: u64,
}

impl Prober {
    pub(super) fn new(
        service: ServiceId,
        region: RegionId,
        seed: u64,
        level: &ServiceLevel,
        figures: &Figures,
    ) -> Prober {
        let mut rng = Rng::new(seed, &format!("prober-{}-{}", service.0, region.0));
        let lifetime = figures.dns_lifetime;
        let first_lifetime = rng.duration(Duration::ZERO, lifetime);
        // Each at its own place in the period, so that not all are sent at once.
        let first = rng.duration(Duration::ZERO, period(figures.workload.probe_rate_calm));
        Prober {
            service,
            region,
            resolver: Resolver::new(service, lifetime, first_lifetime, false),
            watch: Watch::new(level),
            generation: 0,
            key: key(service, region, 0),
            key_probes: 0,
            key_written: false,
            count: 0,
            last: Time::ZERO,
            next: Time::ZERO + first,
            free: VecDeque::new(),
            untold: VecDeque::new(),
            first_untold: 0,
        }
    }

    /// Every 20th probe writes a unique value, the others read.
    pub(super) fn compose(&mut self, shared: &mut Shared) -> Op {
        if self.key_probes == PROBES_PER_KEY {
            self.rotate();
        }
        self.key_probes += 1;
        let key = self.key.clone();
        if !self.count.is_multiple_of(WRITE_EVERY) {
            return Op::Read { key };
        }
        if !self.key_written {
            self.key_written = true;
            shared.keys.wrote_other(key.clone());
        }
        let value = format!("p{}.{}.{}", self.service.0, self.region.0, self.count);
        Op::Write { key, value: Value::new(value.as_bytes()) }
    }

    pub(super) fn rotate(&mut self) {
        self.generation += 1;
        self.key = key(self.service, self.region, self.generation);
        self.key_probes = 0;
        self.key_written = false;
    }

    /// The watch is told in the order of sending.
    pub(super) fn tell(&mut self, number: u64, good: bool) {
        let place = number.checked_sub(self.first_untold).and_then(|place| usize::try_from(place).ok());
        if let Some((_, told)) = place.and_then(|place| self.untold.get_mut(place)) {
            *told = Some(good);
        }
        while let Some(&(sent, Some(good))) = self.untold.front() {
            self.watch.told(sent, good);
            self.untold.pop_front();
            self.first_untold += 1;
        }
    }
}

fn key(service: ServiceId, region: RegionId, generation: u32) -> Key {
    Key::new(&format!("p{}.{}.{generation}", service.0, region.0))
}
