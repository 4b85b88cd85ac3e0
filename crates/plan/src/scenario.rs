//! A scenario, resolved against its plan: what clients do, what goes wrong, what must be proven. Times may be ranges and choices, from which
//! each seed draws.

use firedrill_model::{Direction, Endpoint, FaultKind, FileClass, IoMethod, SiteSet};
use std::time::Duration;

/// A scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What it is called.
    pub title: String,
    /// The text that it was read from.
    pub text: String,
    /// The path of the plan, relative to the scenario.
    pub plan_path: String,
    /// For filtering: `weekly`, `site-loss`, ...
    pub tags: Vec<String>,
    /// What clients do.
    pub workload: Workload,
    /// How long everything must be in order before the first fault (the steady state hypothesis is the plan's service level).
    pub warmup: Duration,
    /// What goes wrong.
    pub method: Vec<Step>,
    /// Faults drawn at random, if the scenario is a swarm.
    pub swarm: Option<Swarm>,
    /// Which defences of the stack are on.
    pub defences: Defences,
    /// The physics to draw from.
    pub physics: PhysicsRange,
    /// What the heal phase undoes.
    pub rollbacks: Rollbacks,
    /// What must be proven.
    pub objectives: Wanted,
}

/// What clients do.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Closed-loop clients per region.
    pub clients_per_region: u32,
    /// Operations a second of each client, when it does not have to wait.
    pub rate_per_client: f64,
    /// Sessions that are in use at a time.
    pub keys: u32,
    /// Reads, in percent of the operations.
    pub read_percent: u32,
    /// Compare-and-sets, in percent of the operations; the rest are writes.
    pub cas_percent: u32,
    /// Appends to the transaction log, in percent of the operations.
    pub append_percent: u32,
    /// That many of a hundred clients ignore the DNS lifetime: they keep the first answer.
    pub ignore_dns_ttl_percent: u32,
    /// An operation without an answer for so long is unknown.
    pub deadline: Duration,
    /// Probes a second, per service and region, around faults.
    pub probe_rate: u32,
    /// Probes a second otherwise.
    pub probe_rate_calm: u32,
}

/// A fixed step of the method.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// What goes wrong.
    pub fault: FaultSpec,
    /// When it begins, after the warm-up.
    pub at: Range,
    /// How long it lasts; `None`: for good, or until the heal phase.
    pub lasts: Option<Range>,
}

/// From the lowest to the highest, both included; equal for an exact time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The lowest.
    pub low: Duration,
    /// The highest.
    pub high: Duration,
}

/// A fault, before the seed's draw.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultSpec {
    /// All of these sites at once.
    SiteLoss(SiteSet),
    /// All of these sites at once.
    PowerLoss(SiteSet),
    /// One of these sites, drawn.
    Crash(SiteSet),
    /// One of these sites, drawn.
    Freeze(SiteSet),
    /// Links between two sides.
    Partition {
        /// One side.
        a: Vec<Endpoint>,
        /// The other.
        b: Vec<Endpoint>,
        /// Which way.
        direction: Direction,
    },
    /// One of these sites, drawn; slower by a drawn delay.
    SlowFsync {
        /// One of these.
        sites: SiteSet,
        /// By this much.
        delay: Range,
    },
    /// One of these sites, drawn.
    ClockSkew {
        /// One of these.
        sites: SiteSet,
        /// By up to this much, either way.
        offset: Duration,
    },
    /// Links between two sides are slower.
    Latency {
        /// One side.
        a: Vec<Endpoint>,
        /// The other.
        b: Vec<Endpoint>,
        /// Which way.
        direction: Direction,
        /// By this much, one way.
        delay: Duration,
        /// Give or take this.
        jitter: Duration,
    },
    /// Something else is wrong with the links between two sides.
    Links {
        /// One side.
        a: Vec<Endpoint>,
        /// The other.
        b: Vec<Endpoint>,
        /// Which way.
        direction: Direction,
        /// This.
        trouble: LinkTrouble,
    },
    /// Something is wrong with the disk of one of these sites, drawn.
    Disk {
        /// One of these.
        sites: SiteSet,
        /// In these files.
        files: FileClass,
        /// This.
        trouble: DiskTrouble,
    },
    /// The process of one of these sites, drawn, is slower.
    CpuStress {
        /// One of these.
        sites: SiteSet,
        /// By this much for each thing that it is told.
        delay: Range,
    },
    /// One of these sites, drawn.
    Shutdown(SiteSet),
}

/// What may be wrong with links, besides partitions and latency.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkTrouble {
    /// So many of a thousand messages are lost.
    Loss {
        /// Of a thousand.
        per_mille: u32,
    },
    /// So many of a thousand messages arrive twice.
    Duplicate {
        /// Of a thousand.
        per_mille: u32,
    },
    /// So many of a thousand messages are held back.
    Reorder {
        /// Of a thousand.
        per_mille: u32,
        /// For up to this long.
        delay: Duration,
    },
    /// So many of a thousand messages are damaged.
    Corrupt {
        /// Of a thousand.
        per_mille: u32,
    },
    /// They carry no more than this.
    Bandwidth {
        /// In bytes a second.
        bytes_per_s: u64,
    },
    /// Connections are reset, once.
    ResetPeer,
}

/// What may be wrong with a disk, besides slow syncs.
#[derive(Clone, Debug, PartialEq)]
pub enum DiskTrouble {
    /// Durable bits flip.
    BitRot {
        /// So many.
        bits: u32,
    },
    /// A loss of power tears a write.
    TornWrite,
    /// So many of a thousand writes land elsewhere.
    MisdirectedWrite {
        /// Of a thousand.
        per_mille: u32,
    },
    /// So many of a thousand operations fail.
    IoError {
        /// One of these, drawn.
        methods: Vec<IoMethod>,
        /// Of a thousand.
        per_mille: u32,
    },
    /// No space is left.
    Full,
    /// Nothing can be changed.
    ReadOnly,
    /// So many of a thousand syncs fail for good.
    FailedFsync {
        /// Of a thousand.
        per_mille: u32,
    },
    /// Syncs make nothing durable, and say that they do.
    LyingFsync,
    /// All files are gone.
    Lost,
}

/// Faults drawn at random: which kinds are on at all is itself drawn, each kind from a stream of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Swarm {
    /// For this long after the warm-up.
    pub lasts: Duration,
    /// The kinds to draw from.
    pub kinds: Vec<SwarmKind>,
}

/// One kind of fault in a swarm.
#[derive(Clone, Debug, PartialEq)]
pub struct SwarmKind {
    /// Its kind.
    pub kind: FaultKind,
    /// The chance, in thousandths, that it is on in a seed.
    pub on_per_mille: u32,
    /// From the end of one such fault to the beginning of the next.
    pub gap: Range,
    /// How long one lasts.
    pub lasts: Range,
    /// How many sites one hits at once (power loss): from, to.
    pub sites_at_once: (u32, u32),
    /// For slow fsync, latency, reordering and CPU stress: by how much; for clock skew: off by so much, either way.
    pub delay: Range,
    /// For kinds that hit by chance: so many of a thousand messages or operations.
    pub per_mille: u32,
    /// For kinds that hit files: in these.
    pub files: FileClass,
    /// For bandwidth: so many bytes a second.
    pub bytes_per_s: u64,
    /// For bit rot: so many bits at once.
    pub bits: u32,
}

/// Which defences of the stack are on: fixed, or drawn by the seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Defences {
    /// Pre-vote.
    pub pre_vote: Defence,
    /// Check-quorum.
    pub check_quorum: Defence,
    /// Entries in a message: one of these, drawn; empty: the plan's.
    pub max_batch: Vec<u32>,
    /// Unacknowledged messages: one of these, drawn; empty: the plan's.
    pub max_in_flight: Vec<u32>,
}

/// Whether a defence is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defence {
    /// Always.
    On,
    /// Never.
    Off,
    /// In so many of a thousand seeds.
    Drawn {
        /// On in so many of a thousand.
        on_per_mille: u32,
    },
}

/// Physics to draw from.
#[derive(Clone, Debug, PartialEq)]
pub struct PhysicsRange {
    /// How long a sync takes.
    pub sync: Range,
    /// Jitter of a link, in thousandths of its one-way latency: from, to.
    pub jitter_per_mille: (u32, u32),
    /// Loss between sites, in thousandths of the messages: from, to.
    pub loss_per_mille: (u32, u32),
}

/// What the heal phase undoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollbacks {
    /// All faults.
    All,
    /// None: what is lost stays lost.
    None,
}

/// What the scenario wants proven.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Judge each service's RTO.
    pub rto: bool,
    /// Judge each data class's RPO.
    pub rpo: bool,
    /// An outage that ends only when a fault is healed counts as recovered.
    pub recovery_may_wait_for_heal: bool,
    /// In the heal phase, service and convergence must be there within this.
    pub convergence_deadline: Duration,
    /// The run must have had a failover of this many sites; fewer makes it unknown. (Guards against a drill that tests nothing.)
    pub failovers_expected: u32,
}
