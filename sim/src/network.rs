//! Links: latency with jitter, loss, order, partitions both ways and one way.
//!
//! - Each direction of each link is apart. Between sites a direction delivers in the order of sending, as one connection does; a region's clients
//!   have a connection each, so their requests overtake one another.
//! - What becomes of a message is hashed from the seed, the link and the number of the message on it. So a message more or less on one link
//!   changes nothing on another, nor does a fault that is left out.
//! - A partition loses what is sent while it lasts and what was under way when it began.
//! - Only links between sites lose messages; between regions and sites a connection would send again.

use crate::draw::{self, For};
use firedrill_drill::world::Setup;
use firedrill_model::rng::mix;
use firedrill_model::time::nanos;
use firedrill_model::{Direction, Endpoint, RegionId, SiteId, Time};
use std::time::Duration;

/// One message in so many is late by more than the jitter.
const LATE_ONE_IN: u64 = 32;

/// All links of a world.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    sites: usize,
    regions: usize,
    /// By sender and receiver; sites first, then regions.
    links: Vec<Link>,
}

/// One direction of a link.
#[derive(Clone, Debug)]
struct Link {
    salt: u64,
    /// One way, without jitter, in nanoseconds.
    latency: u64,
    /// Give or take this, in nanoseconds.
    jitter: u64,
    loss_per_mille: u64,
    in_order: bool,
    sent: u64,
    /// When the message sent last arrives.
    last: Time,
    /// Partitions that cut it now.
    cuts: u32,
    /// Partitions that ever cut it.
    ever_cut: u32,
    /// Faults that make it slower: their delays and jitters, in nanoseconds.
    slower: Slower,
}

/// What faults add to a link's latency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slower {
    /// One way, in nanoseconds.
    pub(crate) delay: u64,
    /// Give or take this, in nanoseconds.
    pub(crate) jitter: u64,
}

/// Names one direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkId(u16);

/// A message under way on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    link: LinkId,
    ever_cut: u32,
}

impl Network {
    /// The links of the setup's plan.
    pub(crate) fn new(setup: &Setup) -> Network {
        let (sites, regions) = (setup.plan.sites.len(), setup.plan.regions.len());
        let ends: Vec<Endpoint> = endpoints(sites, regions).collect();
        let links = ends.iter().flat_map(|from| ends.iter().map(move |to| Link::new(setup, *from, *to))).collect();
        Network { sites, regions, links }
    }

    /// Sends a message: when it will arrive, and what to show then to [`Network::arrives`]; `None`: it is lost.
    pub(crate) fn send(&mut self, now: Time, from: Endpoint, to: Endpoint) -> Option<(Time, Passage)> {
        let link = self.link(from, to)?;
        let at = self.links[link.0 as usize].send(now)?;
        Some((at, Passage { link, ever_cut: self.links[link.0 as usize].ever_cut }))
    }

    /// Whether a message that was under way gets through: whether no partition began since it was sent.
    pub(crate) fn arrives(&self, passage: Passage) -> bool {
        self.links[passage.link.0 as usize].ever_cut == passage.ever_cut
    }

    /// The links from one side to the other, or back, or both. Ends that the plan doesn't have, and links of an end to itself, are left out.
    pub(crate) fn between(&self, a: &[Endpoint], b: &[Endpoint], direction: Direction) -> Vec<LinkId> {
        let mut links = Vec::new();
        for (x, y) in a.iter().flat_map(|x| b.iter().map(move |y| (*x, *y))) {
            if direction != Direction::From {
                links.extend(self.link(x, y));
            }
            if direction != Direction::To {
                links.extend(self.link(y, x));
            }
        }
        links.sort_unstable_by_key(|link| link.0);
        links.dedup();
        links
    }

    /// The sender and the receiver of a link.
    pub(crate) fn ends(&self, link: LinkId) -> (Endpoint, Endpoint) {
        let width = self.sites + self.regions;
        (self.endpoint(link.0 as usize / width), self.endpoint(link.0 as usize % width))
    }

    /// Whether no partition cuts a link.
    pub(crate) fn open(&self, link: LinkId) -> bool {
        self.links[link.0 as usize].cuts == 0
    }

    /// A partition of these links begins.
    pub(crate) fn cut(&mut self, links: &[LinkId]) {
        for link in links {
            let link = &mut self.links[link.0 as usize];
            link.cuts += 1;
            link.ever_cut += 1;
        }
    }

    /// A partition of these links, that had begun, ends.
    pub(crate) fn heal(&mut self, links: &[LinkId]) {
        for link in links {
            self.links[link.0 as usize].cuts -= 1;
        }
    }

    /// These links become slower.
    pub(crate) fn slow_down(&mut self, links: &[LinkId], by: Slower) {
        for link in links {
            let slower = &mut self.links[link.0 as usize].slower;
            slower.delay = slower.delay.saturating_add(by.delay);
            slower.jitter = slower.jitter.saturating_add(by.jitter);
        }
    }

    /// These links are no longer slower by that much.
    pub(crate) fn speed_up(&mut self, links: &[LinkId], by: Slower) {
        for link in links {
            let slower = &mut self.links[link.0 as usize].slower;
            slower.delay = slower.delay.saturating_sub(by.delay);
            slower.jitter = slower.jitter.saturating_sub(by.jitter);
        }
    }

    fn link(&self, from: Endpoint, to: Endpoint) -> Option<LinkId> {
        let (from, to) = (self.number(from)?, self.number(to)?);
        // Two regions have no link; nor has an end with itself.
        let linked = from != to && (from < self.sites || to < self.sites);
        linked.then(|| LinkId((from * (self.sites + self.regions) + to) as u16))
    }

    fn number(&self, end: Endpoint) -> Option<usize> {
        match end {
            Endpoint::Site(site) => (site.index() < self.sites).then_some(site.index()),
            Endpoint::Region(region) => (region.index() < self.regions).then_some(self.sites + region.index()),
        }
    }

    fn endpoint(&self, number: usize) -> Endpoint {
        if number < self.sites {
            Endpoint::Site(SiteId(number as u8))
        } else {
            Endpoint::Region(RegionId((number - self.sites) as u8))
        }
    }
}

impl Link {
    fn new(setup: &Setup, from: Endpoint, to: Endpoint) -> Link {
        let (latency, both_sites) = match (from, to) {
            (Endpoint::Site(a), Endpoint::Site(b)) => (setup.plan.links[a.index()][b.index()].round_trip / 2, true),
            (Endpoint::Region(region), Endpoint::Site(site)) | (Endpoint::Site(site), Endpoint::Region(region)) => {
                (setup.plan.regions[region.index()].round_trips[site.index()] / 2, false)
            }
            (Endpoint::Region(_), Endpoint::Region(_)) => (Duration::ZERO, false),
        };
        let latency = nanos(latency);
        let loss = if both_sites { setup.physics.loss_per_mille } else { 0 };
        Link {
            salt: draw::salt(setup.seed, For::Link, name(from) << 16 | name(to)),
            latency,
            jitter: draw::per_mille(latency, setup.physics.jitter_per_mille),
            loss_per_mille: u64::from(loss),
            in_order: both_sites,
            sent: 0,
            last: Time::ZERO,
            cuts: 0,
            ever_cut: 0,
            slower: Slower::default(),
        }
    }

    /// When a message sent now arrives, unless it is lost.
    fn send(&mut self, now: Time) -> Option<Time> {
        self.sent += 1;
        if self.cuts > 0 {
            return None;
        }
        let bits = mix(self.salt.wrapping_add(self.sent));
        if self.loss_per_mille > 0 && draw::below(bits, 1000) < self.loss_per_mille {
            return None;
        }
        let mut at = now + Duration::from_nanos(self.delay(mix(bits)));
        if self.in_order {
            at = at.max(self.last + Duration::from_nanos(1));
            self.last = at;
        }
        Some(at)
    }

    /// Uniform within the jitter; one in [`LATE_ONE_IN`] has a tail that halves with each further jitter.
    fn delay(&self, bits: u64) -> u64 {
        let mut delay = draw::swing(bits, self.latency, self.jitter);
        if self.slower != Slower::default() {
            delay = delay.saturating_add(draw::swing(mix(bits ^ 1), self.slower.delay, self.slower.jitter));
        }
        if self.jitter > 0 && bits.is_multiple_of(LATE_ONE_IN) {
            delay = delay.saturating_add(draw::per_mille(self.jitter, draw::halving(mix(bits ^ 2)) as u32));
        }
        delay
    }
}

fn endpoints(sites: usize, regions: usize) -> impl Iterator<Item = Endpoint> {
    let sites = (0..sites).map(|site| Endpoint::Site(SiteId(site as u8)));
    sites.chain((0..regions).map(|region| Endpoint::Region(RegionId(region as u8))))
}

/// A number that an end keeps whatever else is in the plan.
fn name(end: Endpoint) -> u64 {
    match end {
        Endpoint::Site(site) => u64::from(site.0),
        Endpoint::Region(region) => 1 << 8 | u64::from(region.0),
    }
}
