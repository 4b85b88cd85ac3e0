//! What goes wrong.
//!
//! - [`Fault`]: a fault, with all that it needs; `kind`: its name; `disk`: what is hit on a disk

mod disk;
mod kind;

pub use disk::{FileClass, IoMethod};
pub use kind::FaultKind;

use crate::ids::{RegionId, SiteId, SiteSet};
use alloc::vec::Vec;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// One end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// A site.
    Site(SiteId),
    /// The clients of a region.
    Region(RegionId),
}

/// Which way a fault of links works (Chaos Mesh's word and values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Messages from the first side to the second are undelivered; the others get through.
    To,
    /// Messages from the second side to the first are undelivered; the others get through.
    From,
    /// Both.
    Both,
}

/// A fault. It begins at an instant and, unless it is for good, ends at another, when what it did is undone: links heal, sites
/// restart, disks are fast again. A site that stopped because its disk failed it is restarted at the end of that fault.
///
/// A fault that has to wait for something to hit (a message, a write, a loss of power) is told to have begun when it first hits; or, if it never did, at its
/// end. `per_mille` is the chance of each message or operation, in thousandths.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The sites are gone at once: processes, machines, links to them. Nobody gets an answer or a refusal. Unsynced data are lost.
    /// Ending it restores the machines with what their disks had synced.
    SiteLoss {
        /// These.
        sites: SiteSet,
    },
    /// The power of the sites fails at the same instant: as `SiteLoss`, but restored at its end as a matter of course.
    PowerLoss {
        /// These.
        sites: SiteSet,
    },
    /// The site's process dies. The machine lives: it refuses connections, and the page cache keeps what was written. Ending it
    /// restarts the process.
    Crash {
        /// This one.
        site: SiteId,
        /// It dies after that many more outputs (messages, writes, syncs, replies) of the process; 0: at once. So it can die
        /// between any two effects.
        after_outputs: u32,
    },
    /// The site's process stops running and keeps all it has; inbound queues fill, up to their bounds. Ending it thaws the process.
    Freeze {
        /// This one.
        site: SiteId,
    },
    /// Messages between the two sides are not delivered.
    Partition {
        /// One side.
        a: Vec<Endpoint>,
        /// The other side.
        b: Vec<Endpoint>,
        /// Which way: `To` is from `a` to `b`.
        direction: Direction,
    },
    /// The site's syncs take longer by this much.
    SlowFsync {
        /// This one.
        site: SiteId,
        /// Longer by this.
        delay: Duration,
    },
    /// The site's clock is off by a constant.
    ClockSkew {
        /// This one.
        site: SiteId,
        /// By this many nanoseconds; positive: it is fast.
        offset_nanos: i64,
    },
    /// Links are slower, each way, by `delay`, give or take `jitter`.
    Latency {
        /// One side.
        a: Vec<Endpoint>,
        /// The other side.
        b: Vec<Endpoint>,
        /// Which way: `To` is from `a` to `b`.
        direction: Direction,
        /// By this much, one way.
        delay: Duration,
        /// Give or take this.
        jitter: Duration,
    },
    /// Messages are lost. Between sites they are gone; the connection of a client sends them again, later.
    Loss {
        /// One side.
        a: Vec<Endpoint>,
        /// The other side.
        b: Vec<Endpoint>,
        /// Which way: `To` is from `a` to `b`.
        direction: Direction,
        /// So many of a thousand.
        per_mille: u32,
    },
    /// Messages between sites arrive twice.
    Duplicate {
        /// One side.
        a: Vec<Endpoint>,
        /// The other side.
        b: Vec<Endpoint>,
        /// Which way: `To` is from `a` to `b`.
        direction: Direction,
        /// So many of a thousand.
        per_mille: u32,
    },
    /// Messages between sites are held back, so that later ones overtake them.
    Reorder {
        /// One side.
        a: Vec<Endpoint>,
        /// The other side.
        b: Vec<Endpoint>,
        /// Which way: `To` is from `a` to `b`.
        direction: Direction,
        /// So many of a thousand.
        per_mille: u32,
        /// For up to this long.
        delay: Duration,
    },
    /// Bytes of messages change on the way. The receiver's checksum tells: it drops the message and breaks the connection.
    Corrupt {
        /// One side.
        a: Vec<Endpoint>,
        /// The other side.
        b: Vec<Endpoint>,
        /// Which way: `To` is from `a` to `b`.
        direction: Direction,
        /// So many of a thousand.
        per_mille: u32,
    },
    /// Links carry no more than this.
    Bandwidth {
        /// One side.
        a: Vec<Endpoint>,
        /// The other side.
        b: Vec<Endpoint>,
        /// Which way: `To` is from `a` to `b`.
        direction: Direction,
        /// In bytes a second, each way of each link.
        bytes_per_s: u64,
    },
    /// The connections between the two sides are reset, once: what is under way is lost, clients that wait for an answer see their connection break.
    ResetPeer {
        /// One side.
        a: Vec<Endpoint>,
        /// The other side.
        b: Vec<Endpoint>,
    },
    /// Bits of what a site had made durable flip, once, whether its process runs or not.
    BitRot {
        /// This one.
        site: SiteId,
        /// In these files.
        files: FileClass,
        /// So many.
        bits: u32,
    },
    /// If the power of the site fails while this lasts, the first write that is lost is lost only in part.
    TornWrite {
        /// This one.
        site: SiteId,
        /// In these files.
        files: FileClass,
    },
    /// Writes land in another place than they should; what should have been written over stays. (The page cache does not show it; a loss of power does.)
    MisdirectedWrite {
        /// This one.
        site: SiteId,
        /// In these files.
        files: FileClass,
        /// So many of a thousand writes.
        per_mille: u32,
    },
    /// Reads, writes or syncs fail (EIO), and have done nothing.
    IoError {
        /// This one.
        site: SiteId,
        /// In these files.
        files: FileClass,
        /// These.
        method: IoMethod,
        /// So many of a thousand.
        per_mille: u32,
    },
    /// No space is left on the disk (ENOSPC): nothing can be created, no file can grow.
    DiskFull {
        /// This one.
        site: SiteId,
    },
    /// The file system is read-only (EROFS): nothing can be changed.
    ReadOnly {
        /// This one.
        site: SiteId,
    },
    /// Syncs fail (EIO), after which the pages count as clean: they can be read, a later sync succeeds without having written them, and a loss of power takes
    /// them ("fsyncgate", PostgreSQL 2018).
    FailedFsync {
        /// This one.
        site: SiteId,
        /// In these files.
        files: FileClass,
        /// So many of a thousand.
        per_mille: u32,
    },
    /// Syncs succeed and leave everything in the disk's own cache, which a loss of power takes. A sync after the end of the fault makes up for it.
    LyingFsync {
        /// This one.
        site: SiteId,
        /// In these files.
        files: FileClass,
    },
    /// The site's machine stops, and all files on its disk are gone. Ending it restarts the machine with an empty disk.
    DiskLoss {
        /// This one.
        site: SiteId,
    },
    /// The site's process needs this much longer for each thing that it is told, one after the other.
    CpuStress {
        /// This one.
        site: SiteId,
        /// Longer by this.
        delay: Duration,
    },
    /// The site's process is told to end (SIGTERM), and does so by itself: it answers what it was asked, and takes on no more. What still runs at the
    /// end of the fault is killed. Ending it restarts the process.
    Shutdown {
        /// This one.
        site: SiteId,
    },
}

impl Fault {
    /// Its kind.
    pub const fn kind(&self) -> FaultKind {
        match self {
            Fault::SiteLoss { .. } => FaultKind::SiteLoss,
            Fault::PowerLoss { .. } => FaultKind::PowerLoss,
            Fault::Crash { .. } => FaultKind::Crash,
            Fault::Freeze { .. } => FaultKind::Freeze,
            Fault::Partition { direction: Direction::Both, .. } => FaultKind::Partition,
            Fault::Partition { .. } => FaultKind::PartitionOneWay,
            Fault::SlowFsync { .. } => FaultKind::SlowFsync,
            Fault::ClockSkew { .. } => FaultKind::ClockSkew,
            Fault::Latency { .. } => FaultKind::Latency,
            Fault::Loss { .. } => FaultKind::Loss,
            Fault::Duplicate { .. } => FaultKind::Duplicate,
            Fault::Reorder { .. } => FaultKind::Reorder,
            Fault::Corrupt { .. } => FaultKind::Corrupt,
            Fault::Bandwidth { .. } => FaultKind::Bandwidth,
            Fault::ResetPeer { .. } => FaultKind::ResetPeer,
            Fault::BitRot { .. } => FaultKind::BitRot,
            Fault::TornWrite { .. } => FaultKind::TornWrite,
            Fault::MisdirectedWrite { .. } => FaultKind::MisdirectedWrite,
            Fault::IoError { .. } => FaultKind::IoError,
            Fault::DiskFull { .. } => FaultKind::DiskFull,
            Fault::ReadOnly { .. } => FaultKind::ReadOnly,
            Fault::FailedFsync { .. } => FaultKind::FailedFsync,
            Fault::LyingFsync { .. } => FaultKind::LyingFsync,
            Fault::DiskLoss { .. } => FaultKind::DiskLoss,
            Fault::CpuStress { .. } => FaultKind::CpuStress,
            Fault::Shutdown { .. } => FaultKind::Shutdown,
        }
    }

    /// The sites that it names; of links, those at either end.
    pub fn sites(&self) -> SiteSet {
        match self {
            Fault::SiteLoss { sites } | Fault::PowerLoss { sites } => *sites,
            Fault::Crash { site, .. }
            | Fault::Freeze { site }
            | Fault::SlowFsync { site, .. }
            | Fault::ClockSkew { site, .. }
            | Fault::BitRot { site, .. }
            | Fault::TornWrite { site, .. }
            | Fault::MisdirectedWrite { site, .. }
            | Fault::IoError { site, .. }
            | Fault::DiskFull { site }
            | Fault::ReadOnly { site }
            | Fault::FailedFsync { site, .. }
            | Fault::LyingFsync { site, .. }
            | Fault::DiskLoss { site }
            | Fault::CpuStress { site, .. }
            | Fault::Shutdown { site } => SiteSet::only(*site),
            Fault::Partition { .. }
            | Fault::Latency { .. }
            | Fault::Loss { .. }
            | Fault::Duplicate { .. }
            | Fault::Reorder { .. }
            | Fault::Corrupt { .. }
            | Fault::Bandwidth { .. }
            | Fault::ResetPeer { .. } => {
                let (a, b, _) = self.links().unwrap_or((&[], &[], Direction::Both));
                let site = |end: &Endpoint| if let Endpoint::Site(site) = end { Some(*site) } else { None };
                a.iter().chain(b).filter_map(site).collect()
            }
        }
    }

    /// The two sides of the links that it is about, and which way it works; `None` for a fault of sites.
    pub fn links(&self) -> Option<(&[Endpoint], &[Endpoint], Direction)> {
        match self {
            Fault::Partition { a, b, direction }
            | Fault::Latency { a, b, direction, .. }
            | Fault::Loss { a, b, direction, .. }
            | Fault::Duplicate { a, b, direction, .. }
            | Fault::Reorder { a, b, direction, .. }
            | Fault::Corrupt { a, b, direction, .. }
            | Fault::Bandwidth { a, b, direction, .. } => Some((a, b, *direction)),
            Fault::ResetPeer { a, b } => Some((a, b, Direction::Both)),
            _ => None,
        }
    }

    /// The sites whose process it takes away while it lasts.
    pub fn keeps_down(&self) -> SiteSet {
        match self {
            Fault::SiteLoss { .. }
            | Fault::PowerLoss { .. }
            | Fault::Crash { .. }
            | Fault::Freeze { .. }
            | Fault::Shutdown { .. }
            | Fault::DiskLoss { .. } => self.sites(),
            _ => SiteSet::EMPTY,
        }
    }
}
