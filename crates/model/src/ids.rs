//! Names of things, as small numbers: an index into the plan's list of sites, regions or services, or a counter.

use core::fmt;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty), $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// As an index into the list that it counts.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

id!(/// A site, by its place in the plan's list (which is also the order of succession).
    SiteId(u8), "site ");
id!(/// A client region, by its place in the plan's list.
    RegionId(u8), "region ");
id!(/// A service, by its place in the plan's list.
    ServiceId(u8), "service ");
id!(/// A client of the drill: one logically single-threaded process.
    ClientId(u32), "client ");
id!(/// An operation of one run, in the order of invocation.
    OpId(u64), "op ");
id!(/// A fault of one run's concrete schedule, by its place in it.
    FaultId(u16), "fault ");
id!(/// A Raft term. 0 is before the first election.
    Term(u64), "term ");
id!(/// A fencing epoch. The first is 1.
    Epoch(u64), "epoch ");
id!(/// A position in the transaction log: records are numbered by one from 1 on; 0 is before the first.
    Position(u64), "position ");
id!(/// A position in the replicated log. The first entry is at 1; 0 is before it.
    LogIndex(u64), "index ");

impl LogIndex {
    /// The next position.
    pub const fn next(self) -> LogIndex {
        LogIndex(self.0 + 1)
    }

    /// The position before; 0 stays 0.
    pub const fn prev(self) -> LogIndex {
        LogIndex(self.0.saturating_sub(1))
    }
}

impl Position {
    /// The next position.
    pub const fn next(self) -> Position {
        Position(self.0 + 1)
    }
}

impl Term {
    /// The next term.
    pub const fn next(self) -> Term {
        Term(self.0 + 1)
    }
}

impl Epoch {
    /// The next epoch.
    pub const fn next(self) -> Epoch {
        Epoch(self.0 + 1)
    }
}

/// A set of sites (at most 16).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteSet(u16);

impl SiteSet {
    /// The largest number of sites a plan may have.
    pub const MAX_SITES: usize = 16;
    /// No site.
    pub const EMPTY: SiteSet = SiteSet(0);

    /// The first `count` sites of the plan.
    pub const fn first(count: usize) -> SiteSet {
        if count >= 16 { SiteSet(u16::MAX) } else { SiteSet((1 << count) - 1) }
    }

    /// The bit of a site; none for a number that no site has, which may come from anywhere.
    const fn bit(site: SiteId) -> u16 {
        if (site.0 as usize) < SiteSet::MAX_SITES { 1 << site.0 } else { 0 }
    }

    /// Just this site.
    pub const fn only(site: SiteId) -> SiteSet {
        SiteSet(SiteSet::bit(site))
    }

    /// With `site` in it.
    #[must_use]
    pub const fn with(self, site: SiteId) -> SiteSet {
        SiteSet(self.0 | SiteSet::bit(site))
    }

    /// With `site` not in it.
    #[must_use]
    pub const fn without(self, site: SiteId) -> SiteSet {
        SiteSet(self.0 & !SiteSet::bit(site))
    }

    /// Puts `site` in; true if it was not.
    pub fn insert(&mut self, site: SiteId) -> bool {
        let before = *self;
        *self = self.with(site);
        before != *self
    }

    /// Takes `site` out; true if it was in.
    pub fn remove(&mut self, site: SiteId) -> bool {
        let before = *self;
        *self = self.without(site);
        before != *self
    }

    /// Whether `site` is in it.
    pub const fn contains(self, site: SiteId) -> bool {
        self.0 & SiteSet::bit(site) != 0
    }

    /// How many sites are in it.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The sites in it, in the plan's order.
    pub fn iter(self) -> impl Iterator<Item = SiteId> {
        (0..16).map(SiteId).filter(move |site| self.contains(*site))
    }
}

impl FromIterator<SiteId> for SiteSet {
    fn from_iter<I: IntoIterator<Item = SiteId>>(sites: I) -> SiteSet {
        sites.into_iter().fold(SiteSet::EMPTY, SiteSet::with)
    }
}

impl fmt::Debug for SiteSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|site| site.0)).finish()
    }
}
