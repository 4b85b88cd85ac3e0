//! Documented mistakes of real replication stacks, each behind a switch at the line where it would be made (`HAZARDS.md`).
//!
//! To add a hazard: a variant with its number, its line in [`Hazard::ALL`], [`Hazard::name`] and [`Hazard::about`]; the switch in
//! the stack; and a test that some check, which does not know the hazard's name, fails.

use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Serialize};

/// One documented mistake. The discriminant is its number in HAZARDS.md; from 41 on those of the shell around the stack, which only worlds that run it
/// can find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Hazard {
    /// A vote is answered before it is durable.
    VoteBeforeDurable = 3,
    /// An error while persisting is logged, and the site goes on.
    PersistErrorIgnored = 6,
    /// A site whose disk was lost votes again.
    WipedDiskVotes = 15,
    /// No fencing: replies leave without acceptance in the current epoch.
    NoFencing = 19,
    /// A write is acknowledged before fsync.
    AckBeforeFsync = 20,
    /// A failed fsync is tried again, and its success believed.
    SyncRetried = 22,
    /// A hole is taken for the log's end, and healthy copies follow.
    CorruptionSpreads = 25,
    /// The checksum does not cover where the data lie.
    ChecksumWithoutAddress = 26,
    /// A checksum that does not match is ignored on read.
    ChecksumIgnored = 27,
    /// The diverged tail is cut at a high-water mark, not by epoch.
    CutAtHighWaterMark = 28,
    /// The next in the plan's order is promoted, whatever it lacks.
    LaggingReplicaPromoted = 29,
    /// A connection to a peer that broke is not made anew.
    NoReconnect = 41,
    /// A request to a peer to connect, or to take bytes, has no deadline.
    NoDeadline = 42,
    /// A frame that comes in two reads is dropped.
    SplitFrameDropped = 43,
    /// A reply that comes late is taken for that of the next request.
    LateReplyMismatched = 44,
    /// What waits for a peer that stalls has no bound.
    UnboundedQueue = 45,
    /// The site answers before its recovery from disk has ended.
    AnswersBeforeRecovery = 46,
    /// Shutting down loses what was acknowledged.
    ShutdownLosesAcknowledged = 47,
}

impl Hazard {
    /// All that are built.
    pub const ALL: [Hazard; 18] = [
        Hazard::VoteBeforeDurable,
        Hazard::PersistErrorIgnored,
        Hazard::WipedDiskVotes,
        Hazard::NoFencing,
        Hazard::AckBeforeFsync,
        Hazard::SyncRetried,
        Hazard::CorruptionSpreads,
        Hazard::ChecksumWithoutAddress,
        Hazard::ChecksumIgnored,
        Hazard::CutAtHighWaterMark,
        Hazard::LaggingReplicaPromoted,
        Hazard::NoReconnect,
        Hazard::NoDeadline,
        Hazard::SplitFrameDropped,
        Hazard::LateReplyMismatched,
        Hazard::UnboundedQueue,
        Hazard::AnswersBeforeRecovery,
        Hazard::ShutdownLosesAcknowledged,
    ];

    /// Whether the mistake is made by the shell (frames, connections, deadlines, queues, start and end), not by the stack.
    pub const fn is_of_the_shell(self) -> bool {
        self.number() > 40
    }

    /// The number in HAZARDS.md.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The name, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            Hazard::VoteBeforeDurable => "vote-before-durable",
            Hazard::WipedDiskVotes => "wiped-disk-votes",
            Hazard::NoFencing => "no-fencing",
            Hazard::AckBeforeFsync => "ack-before-fsync",
            Hazard::PersistErrorIgnored => "persist-error-ignored",
            Hazard::SyncRetried => "sync-retried",
            Hazard::CorruptionSpreads => "corruption-spreads",
            Hazard::ChecksumWithoutAddress => "checksum-without-address",
            Hazard::ChecksumIgnored => "checksum-ignored",
            Hazard::CutAtHighWaterMark => "cut-at-high-water-mark",
            Hazard::LaggingReplicaPromoted => "lagging-replica-promoted",
            Hazard::NoReconnect => "no-reconnect",
            Hazard::NoDeadline => "no-deadline",
            Hazard::SplitFrameDropped => "split-frame-dropped",
            Hazard::LateReplyMismatched => "late-reply-mismatched",
            Hazard::UnboundedQueue => "unbounded-queue",
            Hazard::AnswersBeforeRecovery => "answers-before-recovery",
            Hazard::ShutdownLosesAcknowledged => "shutdown-loses-acknowledged",
        }
    }

    /// One line on what goes wrong, and who made the mistake.
    pub const fn about(self) -> &'static str {
        match self {
            Hazard::VoteBeforeDurable => "a vote is answered before it is durable (nodedb#161)",
            Hazard::WipedDiskVotes => {
                "a member comes back with an empty disk, keeps its old identity and votes (etcd#21178)"
            }
            Hazard::NoFencing => {
                "no fencing token: a paused primary wakes up and answers (Kleppmann, How to do distributed locking)"
            }
            Hazard::AckBeforeFsync => "acknowledged before fsync (Jepsen, NATS 2.12.1)",
            Hazard::PersistErrorIgnored => {
                "an error while persisting is logged, and the node advances anyway (horizontal-scaling-convex#156)"
            }
            Hazard::SyncRetried => {
                "a failed fsync is tried again and its success believed (PostgreSQL's fsyncgate, 2018)"
            }
            Hazard::CorruptionSpreads => "corruption on one site spreads to healthy copies (Ganesan et al., FAST'17)",
            Hazard::ChecksumWithoutAddress => {
                "the checksum does not cover the address, so a misdirected write passes (TigerBeetle's storage faults)"
            }
            Hazard::ChecksumIgnored => "a checksum that does not match is ignored on read (libdb#54)",
            Hazard::CutAtHighWaterMark => "the diverged tail is cut at a high-water mark, not by epoch (KIP-101)",
            Hazard::LaggingReplicaPromoted => "a lagging replica is promoted (orchestrator#83, #1363)",
            Hazard::NoReconnect => "a connection to a peer that broke is not made anew (openraft#525)",
            Hazard::NoDeadline => "a request to a peer, as to connect, has no deadline (NuRaft#411, serf#154)",
            Hazard::SplitFrameDropped => "a frame that is split over two reads is dropped (SavvyCAN#526)",
            Hazard::LateReplyMismatched => {
                "a reply that arrives late is matched to the next request (cpp-httplib#591, ruby-kafka#33)"
            }
            Hazard::UnboundedQueue => "the write queue of a stalled peer grows without bound (akka#21472)",
            Hazard::AnswersBeforeRecovery => "a node answers before its recovery from disk has ended (neon#62)",
            Hazard::ShutdownLosesAcknowledged => "shutdown loses what was acknowledged (skywalking#14101, garnet#1958)",
        }
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Neither a number nor a name of a hazard that is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownHazard;

impl fmt::Display for UnknownHazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such hazard; built are")?;
        for (i, hazard) in Hazard::ALL.iter().enumerate() {
            write!(f, "{} {} ({})", if i == 0 { "" } else { "," }, hazard.number(), hazard.name())?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownHazard {}

impl FromStr for Hazard {
    type Err = UnknownHazard;

    /// From a number of HAZARDS.md or a name.
    fn from_str(text: &str) -> Result<Hazard, UnknownHazard> {
        let found = |h: &&Hazard| h.name() == text || text.parse() == Ok(h.number());
        Hazard::ALL.iter().find(found).copied().ok_or(UnknownHazard)
    }
}

/// A set of hazards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HazardSet(u64);

impl HazardSet {
    /// None.
    pub const NONE: HazardSet = HazardSet(0);

    /// Switches `hazard` on.
    pub fn insert(&mut self, hazard: Hazard) {
        self.0 |= 1 << hazard.number();
    }

    /// Whether `hazard` is on.
    pub const fn contains(self, hazard: Hazard) -> bool {
        self.0 & (1 << hazard.number()) != 0
    }

    /// Whether none is on.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are on, by number.
    pub fn iter(self) -> impl Iterator<Item = Hazard> {
        Hazard::ALL.into_iter().filter(move |hazard| self.contains(*hazard))
    }
}

impl FromIterator<Hazard> for HazardSet {
    fn from_iter<I: IntoIterator<Item = Hazard>>(hazards: I) -> HazardSet {
        let mut set = HazardSet::NONE;
        hazards.into_iter().for_each(|hazard| set.insert(hazard));
        set
    }
}
