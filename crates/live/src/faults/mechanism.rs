//! What does each fault here, and by which word of the journal.

use crate::host::Rights;
use firedrill_model::fault::{Direction, Endpoint};
use firedrill_model::{Fault, FaultKind};

/// Where sites keep their data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Storage {
    /// In volumes of the engine.
    #[default]
    Volumes,
    /// On file systems of their own, which can be full, read-only, rotten, lost, and cut off.
    Disks,
    /// The same, seen through a file system that can fail each operation.
    FailingDisks,
}

impl Storage {
    /// The least that faults of these kinds need.
    pub fn for_faults(kinds: impl IntoIterator<Item = FaultKind>) -> Storage {
        kinds.into_iter().map(needed_by).max().unwrap_or_default()
    }

    /// This, or the next best that this machine lets us have.
    pub fn with(self, rights: Rights) -> Storage {
        let best = match rights {
            Rights { disks: false, .. } => Storage::Volumes,
            Rights { failing_disks: false, .. } => Storage::Disks,
            _ => Storage::FailingDisks,
        };
        self.min(best)
    }
}

/// What a run has to do faults with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Means {
    /// What this machine lets us do.
    pub rights: Rights,
    /// Where the sites keep their data.
    pub storage: Storage,
}

/// How a fault of links is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLinks {
    /// By the packet filter of the sites that send.
    Filter,
    /// By the proxy.
    Proxy,
}

const KILLED: &str = "containers killed (SIGKILL; not a power loss: the page cache survives)";
const CRASHED: &str =
    "container killed (SIGKILL, at once; the page cache survives), connections refused by the proxy in its place";
const TOLD_TO_END: &str =
    "process told to end (SIGTERM) and started again, connections refused by the proxy in its place in between";
const FILTERED: &str = "packets dropped by nft in the network namespaces of the sites, both ways";
const HELD: &str = "streams held in the proxy, both ways; delivered once mended, as TCP would";
const HELD_ONE_WAY: &str = "streams held in the proxy, one way; delivered once mended, as TCP would";
const LATE: &str = "latency of the streams in the proxy";
const NARROW: &str = "bandwidth of the streams in the proxy";
const LOST: &str = "packets lost by nft (numgen) in the network namespaces of the sites that send; TCP sends again";
const RESET: &str = "connections reset by ss -K in the network namespaces of the sites, clients' by the proxy";
const ENDED: &str = "connections ended by the proxy";
const ROTTEN: &str = "bits flipped in the files on the site's disk, from outside";
const DISK_LOST: &str = "container killed, all files on its disk deleted";
const POWER_LOST: &str =
    "containers killed and their disks (ext4 in a file) cut off: what was not synced is lost; mounted again";
const FULL: &str = "the site's disk (ext4 in a file) filled up; the site restarted at the end";
const FAILED: &str = "operations failed (EIO) by a file system of ours (FUSE) above the site's disk; a site that stops is started again after the end";
const FSYNC_FAILED: &str = "fsync failed (EIO) by a file system of ours (FUSE) above the site's disk, which never gets what counts as written then";
const FSYNC_LIED: &str =
    "fsync answered by a file system of ours (FUSE) which keeps what it should have given to the site's disk";
const FSYNC_SLOW: &str = "fsync held back by a file system of ours (FUSE) above the site's disk";
const TORN: &str = "a write torn by a file system of ours (FUSE) above the site's disk at a loss of power";
const MISDIRECTED: &str = "writes given another place on the site's disk by a file system of ours (FUSE) above it; seen after a loss of power";
const READ_ONLY: &str = "the site's disk (ext4 in a file) turned read-only by an error; the site restarted at the end";

impl Means {
    /// What does this fault; `None`: nothing does.
    pub fn of(self, fault: &Fault) -> Option<&'static str> {
        let between_sites =
            |a: &[Endpoint], b: &[Endpoint]| a.iter().chain(b).all(|end| matches!(end, Endpoint::Site(_)));
        match fault {
            Fault::Partition { .. } => match (self.on_links(fault), fault.kind()) {
                (OnLinks::Filter, _) => Some(FILTERED),
                (OnLinks::Proxy, FaultKind::Partition) => Some(HELD),
                (OnLinks::Proxy, _) => Some(HELD_ONE_WAY),
            },
            // All clients' connections come to a site from the proxy: which region's a packet is can't be seen there.
            Fault::Loss { a, b, .. } if !between_sites(a, b) => None,
            // Without a number it crashes at once; after so many outputs nothing here can make it.
            Fault::Crash { .. } => Some(CRASHED),
            _ => self.of_kind(fault.kind()),
        }
    }

    /// What does faults of this kind, some at least; `None`: nothing does.
    pub fn of_kind(self, kind: FaultKind) -> Option<&'static str> {
        let Rights { filter, reset, .. } = self.rights;
        let with_disk = |mechanism| (self.storage >= needed_by(kind)).then_some(mechanism);
        match kind {
            FaultKind::SiteLoss => Some(KILLED),
            FaultKind::Crash => Some(CRASHED),
            FaultKind::Shutdown => Some(TOLD_TO_END),
            FaultKind::Freeze => Some("container paused"),
            FaultKind::Partition => Some(if filter { FILTERED } else { HELD }),
            FaultKind::PartitionOneWay => Some(HELD_ONE_WAY),
            FaultKind::Latency => Some(LATE),
            FaultKind::Bandwidth => Some(NARROW),
            FaultKind::Loss => filter.then_some(LOST),
            FaultKind::ResetPeer => Some(if reset { RESET } else { ENDED }),
            FaultKind::PowerLoss => with_disk(POWER_LOST),
            FaultKind::BitRot => with_disk(ROTTEN),
            FaultKind::DiskLoss => with_disk(DISK_LOST),
            FaultKind::DiskFull => with_disk(FULL),
            FaultKind::ReadOnly => with_disk(READ_ONLY),
            FaultKind::IoError => with_disk(FAILED),
            FaultKind::FailedFsync => with_disk(FSYNC_FAILED),
            FaultKind::LyingFsync => with_disk(FSYNC_LIED),
            FaultKind::SlowFsync => with_disk(FSYNC_SLOW),
            FaultKind::TornWrite => with_disk(TORN),
            FaultKind::MisdirectedWrite => with_disk(MISDIRECTED),
            FaultKind::ClockSkew
            | FaultKind::Duplicate
            | FaultKind::Reorder
            | FaultKind::Corrupt
            | FaultKind::CpuStress => None,
        }
    }

    /// How a fault of links is done: by the packet filter where it can, which is both ways and between sites; else by the proxy.
    pub fn on_links(self, fault: &Fault) -> OnLinks {
        let between_sites =
            |a: &[Endpoint], b: &[Endpoint]| a.iter().chain(b).all(|end| matches!(end, Endpoint::Site(_)));
        match fault {
            Fault::Loss { .. } => OnLinks::Filter,
            Fault::Partition { a, b, direction: Direction::Both } if self.rights.filter && between_sites(a, b) => {
                OnLinks::Filter
            }
            _ => OnLinks::Proxy,
        }
    }
}

/// Where sites must keep their data for a fault of this kind to be done.
const fn needed_by(kind: FaultKind) -> Storage {
    match kind {
        FaultKind::PowerLoss | FaultKind::BitRot | FaultKind::DiskLoss | FaultKind::DiskFull | FaultKind::ReadOnly => {
            Storage::Disks
        }
        FaultKind::IoError
        | FaultKind::FailedFsync
        | FaultKind::LyingFsync
        | FaultKind::SlowFsync
        | FaultKind::TornWrite
        | FaultKind::MisdirectedWrite => Storage::FailingDisks,
        _ => Storage::Volumes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::{RegionId, SiteId};

    const ALL: Means = Means {
        rights: Rights { filter: true, reset: true, disks: true, failing_disks: true },
        storage: Storage::FailingDisks,
    };

    #[test]
    fn what_needs_a_disk_or_a_right_has_no_mechanism_without() {
        let nothing = Means { rights: Rights::default(), storage: Storage::Volumes };
        for kind in FaultKind::ALL {
            if needed_by(kind) > Storage::Volumes || kind == FaultKind::Loss {
                assert_eq!(nothing.of_kind(kind), None, "{}", kind.name());
                assert!(ALL.of_kind(kind).is_some(), "{}", kind.name());
            }
        }
    }

    #[test]
    fn sites_have_no_more_than_their_faults_need_and_the_machine_lets_us_have() {
        use FaultKind::{Crash, IoError, PowerLoss};
        assert_eq!(Storage::for_faults([]), Storage::Volumes);
        assert_eq!(Storage::for_faults([PowerLoss, Crash]), Storage::Disks);
        assert_eq!(Storage::for_faults([IoError, PowerLoss]), Storage::FailingDisks);
        let disks = Rights { disks: true, ..Rights::default() };
        assert_eq!(Storage::FailingDisks.with(Rights::default()), Storage::Volumes);
        assert_eq!(Storage::FailingDisks.with(disks), Storage::Disks);
        assert_eq!(Storage::FailingDisks.with(ALL.rights), Storage::FailingDisks);
        assert_eq!(Storage::Volumes.with(ALL.rights), Storage::Volumes);
        let means = Means { rights: disks, storage: Storage::Disks };
        assert!(means.of_kind(PowerLoss).is_some() && means.of_kind(IoError).is_none());
    }

    #[test]
    fn the_filter_cuts_links_between_sites_both_ways_and_the_proxy_the_others() {
        let all = ALL;
        let none = Means { rights: Rights::default(), storage: Storage::Volumes };
        let (site, region) = (Endpoint::Site(SiteId(0)), Endpoint::Region(RegionId(0)));
        let cut = |b: Endpoint, direction| Fault::Partition { a: vec![site], b: vec![b], direction };
        let other = Endpoint::Site(SiteId(1));
        assert_eq!(all.of(&cut(other, Direction::Both)), Some(FILTERED));
        assert_eq!(all.of(&cut(other, Direction::To)), Some(HELD_ONE_WAY));
        assert_eq!(all.of(&cut(region, Direction::Both)), Some(HELD));
        assert_eq!(none.of(&cut(other, Direction::Both)), Some(HELD));
        let loss = |b| Fault::Loss { a: vec![site], b: vec![b], direction: Direction::Both, per_mille: 10 };
        assert!(all.of(&loss(other)).is_some() && all.of(&loss(region)).is_none() && none.of(&loss(other)).is_none());
    }
}
