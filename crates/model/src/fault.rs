//! What goes wrong.

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
/// restart, disks are fast again.
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
}

/// The kind of a fault: its name in files, flags and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// [`Fault::SiteLoss`]
    SiteLoss,
    /// [`Fault::PowerLoss`]
    PowerLoss,
    /// [`Fault::Crash`]
    Crash,
    /// [`Fault::Freeze`]
    Freeze,
    /// [`Fault::Partition`] with direction `Both`
    Partition,
    /// [`Fault::Partition`] with direction `To` or `From`
    PartitionOneWay,
    /// [`Fault::SlowFsync`]
    SlowFsync,
    /// [`Fault::ClockSkew`]
    ClockSkew,
    /// [`Fault::Latency`]
    Latency,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 9] = [
        FaultKind::SiteLoss,
        FaultKind::PowerLoss,
        FaultKind::Crash,
        FaultKind::Freeze,
        FaultKind::Partition,
        FaultKind::PartitionOneWay,
        FaultKind::SlowFsync,
        FaultKind::ClockSkew,
        FaultKind::Latency,
    ];

    /// The name in files, flags and reports, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            FaultKind::SiteLoss => "site-loss",
            FaultKind::PowerLoss => "power-loss",
            FaultKind::Crash => "crash",
            FaultKind::Freeze => "freeze",
            FaultKind::Partition => "partition",
            FaultKind::PartitionOneWay => "partition-one-way",
            FaultKind::SlowFsync => "slow-fsync",
            FaultKind::ClockSkew => "clock-skew",
            FaultKind::Latency => "latency",
        }
    }
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
        }
    }
}
