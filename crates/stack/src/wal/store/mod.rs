//! The log on the disk: files of bounded size, appended to and never written over, one sync under way at a time, so that all that comes meanwhile shares the
//! next.
//!
//! What was cut is superseded by the first frame of a new file, so a cut writes over nothing either.
//!
//! - `start`: what is read when the process starts
//! - `write`: what is written, synced and deleted
//! - `read`: what is read again

mod read;
mod start;
mod write;

use super::aside::Aside;
use super::dedup::Dedup;
use super::history::History;
use super::key::Cipher;
use super::recover::{File, Hole, Replay};
use super::segment::{Incarnation, Record, Segment};
use super::tail::Tail;
use crate::io::{DiskError, DiskOp, DiskToken, FileId, Output};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use firedrill_model::{Position, Time};

/// Tokens of the transaction log have this bit.
pub const TOKEN: u64 = 1 << 63;
/// A file that is as long as this is followed by a new one, in bytes.
const FILE_SIZE: u64 = 1 << 20;
/// So many files that were read are kept in memory.
const CACHED: usize = 2;
/// When nothing follows, what is durable is marked after this.
const MARK_AFTER: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
enum Stage {
    /// Nothing was asked yet.
    Off,
    Listing(DiskToken),
    Reading {
        token: DiskToken,
        files: VecDeque<u32>,
        replay: Box<Replay>,
    },
    Ready,
}

/// A sync under way.
#[derive(Clone, Debug)]
struct Syncing {
    tokens: Vec<DiskToken>,
    upto: Position,
}

/// The segments of a file that was read.
#[derive(Clone, Debug)]
struct Cached {
    file: u32,
    segments: Arc<Vec<Segment>>,
}

/// What came of a disk's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing to act on.
    None,
    /// All was read; the log begins.
    Recovered,
    /// More is durable, or can be read.
    More,
    /// The disk failed, or the key is another: the site must stop.
    Failed(Failure),
}

/// Why the log can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Disk(DiskError),
    Key { needed: u32, given: u32 },
}

/// What can be read at a place.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    /// These segments; none: there are none, or they are too old.
    There(Vec<Segment>),
    /// They are being read.
    Wait,
}

/// The log of a site, on its disk.
#[derive(Clone, Debug)]
pub(super) struct Store {
    stage: Stage,
    cipher: Option<Cipher>,
    next_token: u64,
    history: History,
    dedup: Dedup,
    tail: Tail,
    files: Arc<Vec<File>>,
    /// Appended and not yet written.
    queue: Vec<Segment>,
    /// The next frame must begin a file.
    roll: bool,
    synced: Position,
    sync: Option<Syncing>,
    marked: Position,
    mark_at: Time,
    cache: VecDeque<Cached>,
    read: Option<(DiskToken, u32)>,
    pub(super) aside: Aside,
    /// What of the last file is to be written again: from this byte on, these.
    unproven: (u64, Vec<u8>),
    hole: Option<Hole>,
    /// The number of the first file, if there is none.
    first_number: u32,
    bytes_read_at_start: u64,
}

impl Default for Store {
    fn default() -> Store {
        Store {
            stage: Stage::Off,
            cipher: None,
            next_token: TOKEN,
            history: History::default(),
            dedup: Dedup::default(),
            tail: Tail::default(),
            files: Arc::default(),
            queue: Vec::new(),
            roll: true,
            synced: Position(0),
            sync: None,
            marked: Position(0),
            mark_at: Time::MAX,
            cache: VecDeque::new(),
            read: None,
            aside: Aside::default(),
            hole: None,
            unproven: (0, Vec::new()),
            first_number: 1,
            bytes_read_at_start: 0,
        }
    }
}

impl Store {
    pub(super) fn token(&mut self) -> DiskToken {
        self.next_token += 1;
        DiskToken(self.next_token)
    }

    /// Whether all was read.
    pub(super) fn ready(&self) -> bool {
        matches!(self.stage, Stage::Ready)
    }

    /// The key.
    pub(super) fn cipher(&self) -> Option<&Cipher> {
        self.cipher.as_ref()
    }

    /// Bytes that were read when this process started.
    pub(super) fn bytes_read_at_start(&self) -> u64 {
        self.bytes_read_at_start
    }

    /// Which incarnation wrote what.
    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// The last record, durable or not.
    pub(super) fn end(&self) -> Position {
        self.history.end()
    }

    /// Every record up to here is durable.
    pub(super) fn durable(&self) -> Position {
        self.synced.min(self.history.end())
    }

    /// The operations of the latest records.
    pub(super) fn dedup(&self) -> &Dedup {
        &self.dedup
    }

    /// What is lost, until it is refilled.
    pub(super) fn hole(&self) -> Option<Hole> {
        self.hole
    }

    /// The disk has forgotten all about records up to one that this site had promised to hold.
    pub(super) fn forgot(&mut self, to: Position) {
        self.hole.get_or_insert(Hole { from: self.history.end().next(), to });
    }

    /// Reading found records damaged that were taken for good: what lies before them is the log, until the rest is refilled.
    pub(super) fn lost_on_reading(&mut self, from: Position, to: Position) {
        let to = to.max(self.durable());
        if self.hole.is_none() && from <= self.end() {
            self.cut(Position(from.0 - 1));
            self.hole = Some(Hole { from, to });
        }
    }

    /// An empty log that goes on after a record which this site never had. All that it has is older than what is retained.
    pub(super) fn restart_at(&mut self, base: Position, incarnation: Incarnation, out: &mut VecDeque<Output>) {
        for file in self.files.iter() {
            out.push_back(Output::Disk(DiskOp::Delete { file: FileId::Wal(file.number) }));
        }
        // The next file keeps its number, so that none of another log has a higher one.
        let last = self.files.last().map_or(0, |file| file.number);
        self.first_number = last + 1;
        self.files = Arc::default();
        self.history = History::begin_at(base, incarnation);
        self.dedup = Dedup::begin_at(base);
        self.tail = Tail::default();
        self.cache.clear();
        self.synced = base;
        self.marked = base;
        self.roll = true;
    }

    /// What was lost is there again.
    pub(super) fn refilled(&mut self) {
        self.hole = None;
    }

    /// Bytes in memory that grow with the log: of segments, at most.
    pub(super) fn memory(&self) -> usize {
        let queued: usize = self.queue.iter().map(|segment| segment.bytes.len()).sum();
        let cached = |cached: &Cached| cached.segments.iter().map(|segment| segment.bytes.len()).sum::<usize>();
        queued + self.tail.bytes() + self.cache.iter().map(cached).sum::<usize>()
    }

    /// Appends a segment, which must follow, and what its records say.
    pub(super) fn append(&mut self, segment: Segment, records: &[Record]) {
        let header = segment.header;
        assert_eq!(header.first, self.end().next(), "the log has no gaps");
        records.iter().for_each(|record| self.dedup.push(record.session, record.seq));
        self.append_known(segment);
    }

    /// Appends a segment whose records are known to the deduplication already.
    pub(super) fn append_known(&mut self, segment: Segment) {
        let header = segment.header;
        self.history.append(header.incarnation, header.epoch, header.last());
        self.tail.push(segment.clone());
        self.queue.push(segment);
    }

    /// The next record's operation, whose segment will follow.
    pub(super) fn will_append(&mut self, record: &Record) {
        self.dedup.push(record.session, record.seq);
    }

    /// Forgets the operations whose segments will not follow.
    pub(super) fn forget_unwritten(&mut self) {
        self.dedup.cut(self.history.end());
    }

    /// Whether what is appended now is written at once.
    pub(super) fn idle(&self) -> bool {
        self.sync.is_none() && self.queue.is_empty()
    }

    /// The records after a position are no more. Those that were written are superseded by the next frame.
    pub(super) fn cut(&mut self, after: Position) {
        self.queue.retain(|segment| segment.header.last() <= after);
        self.history.cut(after);
        self.dedup.cut(after);
        self.tail.cut(after);
        self.synced = self.synced.min(after);
        self.marked = self.marked.min(after);
        self.cache.clear();
        self.roll = true;
        if let Some(sync) = &mut self.sync {
            sync.upto = sync.upto.min(after);
        }
    }
}
