//! Links: latency with jitter, loss, order, partitions both ways and one way, and whatever else faults do to messages.
//!
//! - Each direction of each link is apart. Between sites a direction delivers in the order of sending, as one connection does; a region's clients
//!   have a connection each, so their requests overtake one another.
//! - What becomes of a message is hashed from the seed, the link and the number of the message on it. So a message more or less on one link
//!   changes nothing on another, nor does a fault that is left out.
//! - A partition loses what is sent while it lasts and what was under way when it began.
//! - Only links between sites lose messages; between regions and sites a connection sends again, which takes time.
//!
//! One idea a file: [`link`] what becomes of a message on one direction of a link, [`trouble`] what faults add to that.

mod link;
mod trouble;

use firedrill_drill::world::Setup;
use firedrill_model::{Direction, Endpoint, FaultId, RegionId, SiteId, Time};
use link::Link;
pub(crate) use trouble::Trouble;

/// All links of a world.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    sites: usize,
    regions: usize,
    /// By sender and receiver; sites first, then regions.
    links: Vec<Link>,
    /// Faults that hit something for the first time, since they were last taken.
    struck: Vec<FaultId>,
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
    corrupt: bool,
}

/// What comes of a message that was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// When it arrives; `None`: it is lost.
    pub(crate) arrives: Option<(Time, Passage)>,
    /// When it arrives once more.
    pub(crate) again: Option<(Time, Passage)>,
}

/// What became of a message that was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is there.
    Whole,
    /// A partition, or a break of the connection, took it.
    Lost,
    /// It is damaged, and the connection breaks.
    Broken,
}

impl Network {
    /// The links of the setup's plan.
    pub(crate) fn new(setup: &Setup) -> Network {
        let (sites, regions) = (setup.plan.sites.len(), setup.plan.regions.len());
        let ends: Vec<Endpoint> = endpoints(sites, regions).collect();
        let links = ends.iter().flat_map(|from| ends.iter().map(move |to| Link::new(setup, *from, *to))).collect();
        Network { sites, regions, links, struck: Vec::new() }
    }

    /// Sends a message of so many bytes, as far as they matter. `crowded`: so much is under way that nothing is doubled any more.
    pub(crate) fn send(
        &mut self,
        now: Time,
        (from, to): (Endpoint, Endpoint),
        bytes: impl FnOnce() -> u64,
        crowded: bool,
    ) -> Sent {
        let Some(id) = self.link(from, to) else { return Sent::default() };
        let link = &mut self.links[id.0 as usize];
        let sending = link.send(now, bytes, crowded, &mut self.struck);
        let passage = |corrupt| Passage { link: id, ever_cut: link.ever_cut, corrupt };
        Sent {
            arrives: sending.arrives.map(|at| (at, passage(sending.corrupt))),
            again: sending.again.map(|at| (at, passage(false))),
        }
    }

    /// What became of a message that was under way: it got through if no partition began since it was sent. A message between sites that is damaged takes
    /// with it all that follows it on the connection.
    pub(crate) fn arrives(&mut self, passage: Passage) -> Arrival {
        let link = &mut self.links[passage.link.0 as usize];
        if link.ever_cut != passage.ever_cut {
            return Arrival::Lost;
        }
        if !passage.corrupt {
            return Arrival::Whole;
        }
        if link.in_order {
            link.ever_cut += 1;
        }
        Arrival::Broken
    }

    /// Connections of these links are reset. Whether anything between sites was under way, and is lost.
    pub(crate) fn reset(&mut self, now: Time, links: &[LinkId]) -> bool {
        let mut lost = false;
        for link in links {
            let link = &mut self.links[link.0 as usize];
            lost |= link.in_order && link.last > now;
            link.ever_cut += 1;
        }
        lost
    }

    /// A fault begins to trouble these links.
    pub(crate) fn trouble(&mut self, links: &[LinkId], fault: FaultId, trouble: Trouble) {
        for link in links {
            self.links[link.0 as usize].troubles.begin(fault, trouble);
        }
    }

    /// It no longer does.
    pub(crate) fn relieve(&mut self, links: &[LinkId], fault: FaultId) {
        for link in links {
            self.links[link.0 as usize].troubles.end(fault);
        }
    }

    /// Faults that hit something for the first time on some link, since they were last taken.
    pub(crate) fn take_struck(&mut self) -> Vec<FaultId> {
        std::mem::take(&mut self.struck)
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
