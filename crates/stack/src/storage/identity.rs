//! Which disk a site speaks for. A site is known by its place in the plan; its promises lie on a disk, and are lost with it. So each disk has a name of its own, and each site
//! keeps, durably, the name of the first disk of every other site that it heard of: a second one replaces a disk that is lost, and may not vote (see
//! [`crate::raft::joining`]).

use firedrill_model::{SiteId, SiteSet};
use serde::{Deserialize, Serialize};

/// Names a disk: drawn when a site first starts on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DiskId(pub u64);

impl DiskId {
    /// No disk.
    pub const NONE: DiskId = DiskId(0);

    /// Of these bits, whatever they are.
    pub fn drawn(bits: u64) -> DiskId {
        DiskId(bits.max(1))
    }
}

/// The first disk of each site that was heard of. What is entered stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Register([DiskId; SiteSet::MAX_SITES]);

impl Register {
    /// The disks, in the order of the sites; [`DiskId::NONE`]: none was heard of.
    pub fn disks(&self) -> impl Iterator<Item = DiskId> + '_ {
        self.0.iter().copied()
    }

    /// Of these disks, in the order of the sites.
    pub fn of(disks: impl Iterator<Item = DiskId>) -> Register {
        let mut register = Register::default();
        register.0.iter_mut().zip(disks).for_each(|(place, disk)| *place = disk);
        register
    }

    /// The first disk of a site.
    pub fn first(&self, site: SiteId) -> Option<DiskId> {
        self.0.get(site.index()).copied().filter(|disk| *disk != DiskId::NONE)
    }

    /// Enters a disk as a site's first, unless one is known. True if that changes anything.
    pub fn enter(&mut self, site: SiteId, disk: DiskId) -> bool {
        match self.0.get_mut(site.index()) {
            Some(place) if *place == DiskId::NONE && disk != DiskId::NONE => {
                *place = disk;
                true
            }
            _ => false,
        }
    }
}
