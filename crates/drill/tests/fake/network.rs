//! Links of the fake world.

use super::{Asked, Fake, Inner};
use firedrill_drill::world::{RequestId, WorldEvent};
use firedrill_model::{Direction, Endpoint, Fault, RegionId, SiteId};
use std::time::Duration;

impl Fake {
    pub(super) fn send(&mut self, asked: Asked) {
        let (from, to) = (Endpoint::Region(asked.region), Endpoint::Site(asked.site));
        if self.is_open(from, to) {
            self.later(self.delay(from, to), Inner::Arrive(asked));
        }
    }

    /// Something on its way from a site to a client.
    pub(super) fn reach(&mut self, region: RegionId, site: SiteId, id: RequestId, event: WorldEvent) {
        let (from, to) = (Endpoint::Site(site), Endpoint::Region(region));
        if self.is_open(from, to) {
            self.later(self.delay(from, to), Inner::Reach(id, event));
        }
    }

    /// How long a quorum takes to answer a site; `None`: it has none.
    pub(super) fn quorum_round_trip(&self, site: SiteId) -> Option<Duration> {
        let count = self.lives.len();
        let mut round_trips: Vec<Duration> = (0..count)
            .map(|other| SiteId(other as u8))
            .filter(|other| *other != site && self.is_up(*other))
            .filter(|other| self.is_open(Endpoint::Site(site), Endpoint::Site(*other)))
            .filter(|other| self.is_open(Endpoint::Site(*other), Endpoint::Site(site)))
            .map(|other| self.setup.plan.links[site.index()][other.index()].round_trip)
            .collect();
        round_trips.sort_unstable();
        // A majority without the site itself.
        round_trips.get((count / 2).saturating_sub(1)).copied()
    }

    fn delay(&self, from: Endpoint, to: Endpoint) -> Duration {
        let (region, site) = match (from, to) {
            (Endpoint::Region(region), Endpoint::Site(site)) | (Endpoint::Site(site), Endpoint::Region(region)) => {
                (region, site)
            }
            _ => return Duration::ZERO,
        };
        let one_way = self.setup.plan.regions[region.index()].round_trips[site.index()] / 2;
        let one_way = if self.breaks("latency") { one_way / 2 } else { one_way };
        let slower: Duration = self.active.values().filter_map(|fault| slower(fault, from, to)).sum();
        let slower = if self.breaks("slow-links") { Duration::ZERO } else { slower };
        one_way + slower + Duration::from_nanos(self.wobble)
    }

    fn is_open(&self, from: Endpoint, to: Endpoint) -> bool {
        !self.active.values().any(|fault| match fault {
            Fault::Partition { a, b, direction } => {
                let (there, back) = (a.contains(&from) && b.contains(&to), b.contains(&from) && a.contains(&to));
                self.undelivered(*direction, there, back, matches!((from, to), (Endpoint::Site(_), Endpoint::Site(_))))
            }
            _ => false,
        })
    }

    fn undelivered(&self, direction: Direction, there: bool, back: bool, sites: bool) -> bool {
        match direction {
            Direction::Both if self.breaks("partition") && sites => false,
            Direction::Both if self.breaks("partition-region") && !sites => false,
            Direction::To | Direction::From if self.breaks("one-way-sites") && sites => false,
            Direction::To if self.breaks("one-way-to") && !sites => false,
            Direction::From if self.breaks("one-way-from") && !sites => there || back,
            Direction::Both => there || back,
            Direction::To => there,
            Direction::From => back,
        }
    }
}

fn slower(fault: &Fault, from: Endpoint, to: Endpoint) -> Option<Duration> {
    let Fault::Latency { a, b, direction, delay, .. } = fault else {
        return None;
    };
    let (there, back) = (a.contains(&from) && b.contains(&to), b.contains(&from) && a.contains(&to));
    let hit = match direction {
        Direction::Both => there || back,
        Direction::To => there,
        Direction::From => back,
    };
    hit.then_some(*delay)
}
