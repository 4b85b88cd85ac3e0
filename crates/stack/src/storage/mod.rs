//! Metadata and log on a disk that may lose what was not synced, fail, or rot.
//!
//! - [`format`]: the bytes
//! - [`identity`]: which disk this is, and which the others had first
//! - [`recover`]: what a restarted site finds
//! - [`snapshots`]: writing a snapshot, and dropping the log before it
//! - [`standing`]: what it may still promise
//! - `start`: reading the disk when the process starts
//! - `write`: writing entries and metadata, and syncing them
//!
//! A promise of durability leaves only after `Synced`: messages that carry a term or a vote wait at the [gate](Storage::send_when_durable) for the
//! metadata, acknowledgements of entries are made from [`Storage::durable_index`]. A failed sync is never retried: the site stops.

pub mod format;
pub mod identity;
pub mod recover;
pub mod snapshots;
pub mod standing;
mod start;
mod write;

use crate::io::{DiskError, DiskOp, DiskToken, FileId, Output};
use crate::message::Message;
use crate::restart::ReadAtStart;
use crate::switches::Switches;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use firedrill_model::rng::mix;
use firedrill_model::{Epoch, Hazard, LogIndex, SiteId, Term};
use format::MetaView;
use identity::DiskId;
use recover::{Found, Recovered};
use snapshots::{Adoption, Garbage, Writing};
use standing::Standing;

/// A segment of the log that has so many bytes is full.
const SEGMENT: u64 = 1 << 20;

/// What waits for the metadata to be durable.
#[derive(Clone, Debug, PartialEq)]
pub enum Gated {
    /// A message that promises something.
    Send(SiteId, Message),
    /// A candidate's vote for itself in this term.
    OwnVote(Term),
}

/// What came of a disk's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Nothing to act on.
    None,
    /// All is read; this is what was found.
    Recovered(Box<Recovered>),
    /// The metadata is durable up to its version: the gate may be opened.
    MetaDurable,
    /// The log is durable further than before.
    LogDurable,
    /// The snapshot that was written is durable, and may be adopted.
    SnapshotWritten,
    /// The disk failed; the site must stop.
    Failed(DiskError),
}

#[derive(Clone, Debug)]
enum Stage {
    New,
    Reading(Box<Reading>),
    Ready,
    Failed,
}

/// What is being read: first which files there are, and the metadata; then what these name.
#[derive(Clone, Debug, Default)]
struct Reading {
    waiting: Vec<(DiskToken, Option<FileId>)>,
    listed: Vec<FileId>,
    found: Found,
    second: bool,
}

/// One of the two copies of the metadata.
#[derive(Clone, Copy, Debug)]
struct Copy {
    file: FileId,
    durable: u64,
}

/// The storage of a site.
#[derive(Clone, Debug)]
pub struct Storage {
    stage: Stage,
    next_token: u64,
    /// The name of the disk, should it turn out to be new.
    drawn: DiskId,
    /// Syncs at the start that must be answered before anything is written over.
    first_syncs: Vec<DiskToken>,
    meta: MetaView,
    /// The version of the metadata with which this process began.
    incarnation: u64,
    copies: [Copy; 2],
    /// Which copy to write if neither is ahead.
    weaker: usize,
    meta_sync: Option<(DiskToken, usize, u64)>,
    gate: VecDeque<(u64, Gated)>,
    /// Operations that are to be issued before the buffer is written.
    pending: Vec<DiskOp>,
    /// The highest entry in each segment; the last is written to.
    segments: VecDeque<(u32, LogIndex)>,
    /// A segment's creation that is not durable yet.
    dir_sync: Option<DiskToken>,
    end: u64,
    synced: u64,
    unsynced: VecDeque<(u64, LogIndex)>,
    durable_index: LogIndex,
    log_sync: Option<(DiskToken, u64)>,
    buffer: Vec<u8>,
    last_snapshot: u32,
    writing: Option<Writing>,
    adoption: Option<Adoption>,
    garbage: Vec<Garbage>,
    read_at_start: ReadAtStart,
}

impl Default for Storage {
    fn default() -> Self {
        Storage {
            stage: Stage::New,
            next_token: 0,
            drawn: DiskId::NONE,
            first_syncs: Vec::new(),
            meta: MetaView::default(),
            incarnation: 0,
            copies: [Copy { file: FileId::MetaA, durable: 0 }, Copy { file: FileId::MetaB, durable: 0 }],
            weaker: 0,
            meta_sync: None,
            gate: VecDeque::new(),
            pending: Vec::new(),
            segments: VecDeque::from([(1, LogIndex(0))]),
            dir_sync: None,
            end: 0,
            synced: 0,
            unsynced: VecDeque::new(),
            durable_index: LogIndex(0),
            log_sync: None,
            buffer: Vec::new(),
            last_snapshot: 0,
            writing: None,
            adoption: None,
            garbage: Vec::new(),
            read_at_start: ReadAtStart::default(),
        }
    }
}

impl Storage {
    /// Over a disk that is yet to be read. If it has no name it is given this one.
    pub fn new(drawn: DiskId) -> Storage {
        Storage { drawn, ..Storage::default() }
    }

    fn token(&mut self) -> DiskToken {
        self.next_token += 1;
        DiskToken(self.next_token)
    }

    /// Whether the disk has been read and works.
    pub fn ready(&self) -> bool {
        matches!(self.stage, Stage::Ready)
    }

    /// Whether what was found, and that this process has begun, is durable. Until then a site takes no part: what it lost must be on record before it takes
    /// new entries, and its incarnation must be its own.
    pub fn established(&self) -> bool {
        self.ready() && self.meta_durable() >= self.incarnation
    }

    /// The name of this disk.
    pub fn disk(&self) -> DiskId {
        self.meta.disk
    }

    /// The first disk of a site: this one, unless another is entered. It is durable when what is put behind the gate comes out.
    pub fn register(&mut self, site: SiteId, disk: DiskId) -> DiskId {
        if self.meta.register.enter(site, disk) {
            self.meta.version += 1;
        }
        self.meta.register.first(site).unwrap_or(disk)
    }

    /// Names this process among those on this disk: rises with every start of the site, once [established](Storage::established).
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Names this process among all that the site ever has, on whatever disk.
    pub fn process(&self) -> u32 {
        (mix(self.meta.disk.0 ^ mix(self.incarnation)) >> 32) as u32
    }

    /// About how many bytes wait for the disk, or for the metadata to be durable.
    pub fn memory(&self) -> usize {
        let gated = self.gate.len() * size_of::<(u64, Gated)>();
        self.buffer.len() + self.unsynced.len() * size_of::<(u64, LogIndex)>() + gated
    }

    /// What was read when this process started, but for the transaction log.
    pub fn read_at_start(&self) -> ReadAtStart {
        self.read_at_start
    }

    /// Whether the disk failed.
    pub fn failed(&self) -> bool {
        matches!(self.stage, Stage::Failed)
    }

    /// A sync failed; `file` is the one that it was to make durable, if that is known.
    pub fn sync_failed(
        &mut self,
        (token, error): (DiskToken, DiskError),
        file: Option<FileId>,
        switches: &mut Switches,
        out: &mut VecDeque<Output>,
    ) -> Progress {
        if let Some(file) = file.or_else(|| self.syncing(token))
            && switches.on(Hazard::SyncRetried)
        {
            out.push_back(Output::Disk(DiskOp::Sync { file, token }));
            return Progress::None;
        }
        self.fail(error)
    }

    /// The file that a sync under way makes durable.
    fn syncing(&self, token: DiskToken) -> Option<FileId> {
        let log = self.log_sync.filter(|(asked, _)| *asked == token).map(|(_, end)| FileId::Log(format::segment(end)));
        log.or_else(|| {
            self.meta_sync.filter(|(asked, ..)| *asked == token).map(|(_, which, _)| self.copies[which].file)
        })
    }

    /// Something else than a sync failed.
    pub fn write_failed(&mut self, error: DiskError, switches: &mut Switches) -> Progress {
        if switches.on(Hazard::PersistErrorIgnored) { Progress::None } else { self.fail(error) }
    }

    /// Gives up: something failed for good.
    pub fn fail(&mut self, error: DiskError) -> Progress {
        self.stage = Stage::Failed;
        Progress::Failed(error)
    }

    /// The highest fencing epoch that this site has accepted.
    pub fn epoch(&self) -> Epoch {
        self.meta.epoch
    }

    /// The log is durable up to this entry.
    pub fn durable_index(&self) -> LogIndex {
        self.durable_index
    }

    /// Changes term and vote. They are durable when what is put behind the gate comes out.
    pub fn set_vote(&mut self, term: Term, voted_for: Option<SiteId>) {
        if (self.meta.term, self.meta.voted_for) != (term, voted_for) {
            self.meta.term = term;
            self.meta.voted_for = voted_for;
            self.meta.version += 1;
        }
    }

    /// Raises the fencing epoch.
    pub fn raise_epoch(&mut self, epoch: Epoch) {
        if epoch > self.meta.epoch {
            self.meta.epoch = epoch;
            self.meta.version += 1;
        }
    }

    /// Changes what the site may promise.
    pub fn set_standing(&mut self, standing: Standing) {
        if standing != self.meta.standing {
            self.meta.standing = standing;
            self.meta.version += 1;
        }
    }

    fn meta_durable(&self) -> u64 {
        self.copies[0].durable.min(self.copies[1].durable)
    }

    /// Puts something behind the gate: it comes out of [`Storage::open_gate`] once the metadata is durable as it is now.
    pub fn send_when_durable(&mut self, gated: Gated) {
        self.gate.push_back((self.meta.version, gated));
    }

    /// What may leave now.
    pub fn open_gate(&mut self) -> Option<Gated> {
        let durable = self.meta_durable();
        match self.gate.front() {
            Some((version, _)) if *version <= durable => self.gate.pop_front().map(|(_, gated)| gated),
            _ => None,
        }
    }
}
