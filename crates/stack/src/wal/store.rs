//! The log on the disk: files of bounded size, appended to and never written over, one sync under way at a time, so that all that comes meanwhile shares the
//! next.
//!
//! What was cut is superseded by the first frame of a new file, so a cut writes over nothing either.

use super::aside::Aside;
use super::dedup::Dedup;
use super::frame;
use super::history::History;
use super::key::Cipher;
use super::recover::{End, File, Hole, Replay};
use super::segment::{Incarnation, Record, Segment};
use super::tail::Tail;
use crate::io::{DiskError, DiskOp, DiskToken, FileId, Output};
use crate::switches::Switches;
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
    /// Begins to read the disk.
    pub(super) fn start(&mut self, cipher: Cipher, out: &mut VecDeque<Output>) {
        self.cipher = Some(cipher);
        let token = self.token();
        self.stage = Stage::Listing(token);
        out.push_back(Output::Disk(DiskOp::List { token }));
    }

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

    /// The files were listed.
    pub(super) fn files_listed(
        &mut self,
        token: DiskToken,
        result: Result<Vec<FileId>, DiskError>,
        out: &mut VecDeque<Output>,
    ) -> Progress {
        if !matches!(self.stage, Stage::Listing(asked) if asked == token) {
            return Progress::None;
        }
        let listed = match result {
            Ok(listed) => listed,
            Err(error) => return Progress::Failed(Failure::Disk(error)),
        };
        let number = |file: &FileId| if let FileId::Wal(number) = file { Some(*number) } else { None };
        let mut files: Vec<u32> = listed.iter().filter_map(number).collect();
        files.sort_unstable();
        self.aside.found(&listed);
        self.read_next(files.into(), Box::default(), out)
    }

    fn read_next(&mut self, files: VecDeque<u32>, replay: Box<Replay>, out: &mut VecDeque<Output>) -> Progress {
        let Some(first) = files.front() else {
            return Progress::Recovered;
        };
        let token = self.token();
        out.push_back(Output::Disk(DiskOp::Read { file: FileId::Wal(*first), token }));
        self.stage = Stage::Reading { token, files, replay };
        Progress::None
    }

    /// A file was read.
    pub(super) fn file_read(
        &mut self,
        token: DiskToken,
        result: Result<Option<Vec<u8>>, DiskError>,
        switches: &mut Switches,
        out: &mut VecDeque<Output>,
    ) -> Progress {
        let bytes = match result {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) => return Progress::Failed(Failure::Disk(error)),
        };
        if let Some((asked, file)) = self.read
            && asked == token
        {
            self.read = None;
            self.cache_file(file, &bytes, switches);
            return Progress::More;
        }
        let stage = core::mem::replace(&mut self.stage, Stage::Off);
        let Stage::Reading { token: asked, mut files, mut replay } = stage else {
            self.stage = stage;
            return Progress::None;
        };
        if asked != token {
            self.stage = Stage::Reading { token: asked, files, replay };
            return Progress::None;
        }
        let Some(cipher) = self.cipher.clone() else {
            return Progress::None;
        };
        self.bytes_read_at_start += bytes.len() as u64;
        if let Some(number) = files.pop_front() {
            replay.file(number, &bytes, &cipher, switches);
        }
        if let Some(needed) = replay.other_key {
            return Progress::Failed(Failure::Key { needed, given: cipher.id });
        }
        if files.is_empty() {
            self.take_over(*replay, switches, out);
            return Progress::Recovered;
        }
        self.read_next(files, replay, out)
    }

    /// Takes over what was found. None of it counts as durable before it is synced: it may have been read from a page cache.
    fn take_over(&mut self, replay: Replay, switches: &mut Switches, out: &mut VecDeque<Output>) {
        match replay.end(switches) {
            End::Good => {}
            End::Torn { file, len } => {
                out.push_back(Output::Disk(DiskOp::Truncate { file: FileId::Wal(file), len }));
            }
            End::Hole(hole) => self.hole = Some(hole),
        }
        self.synced = replay.mark();
        self.marked = self.synced;
        self.unproven = replay.unproven();
        self.history = replay.history;
        self.dedup = replay.dedup;
        self.tail = replay.tail;
        self.files = Arc::new(replay.files);
    }

    /// Begins to work on what was found.
    pub(super) fn begin(&mut self, out: &mut VecDeque<Output>) {
        self.stage = Stage::Ready;
        if let Some(last) = self.files.last().copied() {
            let tokens = alloc::vec![self.token(), self.token()];
            let file = FileId::Wal(last.number);
            let (offset, bytes) = core::mem::take(&mut self.unproven);
            if !bytes.is_empty() {
                out.push_back(Output::Disk(DiskOp::Write { file, offset, bytes }));
            }
            out.push_back(Output::Disk(DiskOp::SyncDir { token: tokens[0] }));
            out.push_back(Output::Disk(DiskOp::Sync { file, token: tokens[1] }));
            self.sync = Some(Syncing { tokens, upto: self.end() });
        }
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

    /// Writes what was appended, and marks what is durable, as far as that is due.
    pub(super) fn flush(&mut self, now: Time, out: &mut VecDeque<Output>) {
        if !self.ready() || self.sync.is_some() {
            return;
        }
        if self.queue.is_empty() {
            return self.mark(now, out);
        }
        let mut tokens = Vec::new();
        if self.roll || self.files.last().is_none_or(|file| file.len >= FILE_SIZE) {
            tokens.push(self.next_file(out));
        }
        let queue = core::mem::take(&mut self.queue);
        let mark = self.durable();
        let Some(file) = Arc::make_mut(&mut self.files).last_mut() else {
            return;
        };
        let mut bytes = Vec::with_capacity(queue.iter().map(|segment| segment.bytes.len() + frame::FRAME).sum());
        for segment in &queue {
            frame::write(&mut bytes, file.number, file.len, mark, Some(segment));
            file.newest = file.newest.max(segment.header.at);
        }
        let (file_id, offset) = (FileId::Wal(file.number), file.len);
        file.len += bytes.len() as u64;
        self.marked = mark;
        let token = self.token();
        out.push_back(Output::Disk(DiskOp::Write { file: file_id, offset, bytes }));
        out.push_back(Output::Disk(DiskOp::Sync { file: file_id, token }));
        tokens.push(token);
        let upto = queue.last().map_or(Position(0), |segment| segment.header.last());
        self.tail.trim(upto);
        self.sync = Some(Syncing { tokens, upto });
    }

    /// A new file. Everything in the one before it is durable.
    fn next_file(&mut self, out: &mut VecDeque<Output>) -> DiskToken {
        let number = self.files.last().map_or(self.first_number, |file| file.number + 1);
        let after = self.queue.first().map_or(self.end(), |segment| segment.header.after());
        let files = Arc::make_mut(&mut self.files);
        files.push(File { number, after, newest: Time::ZERO, len: 0 });
        self.roll = false;
        let token = self.token();
        out.push_back(Output::Disk(DiskOp::Create { file: FileId::Wal(number) }));
        out.push_back(Output::Disk(DiskOp::SyncDir { token }));
        token
    }

    /// A mark without a sync of its own: it only says what is durable already.
    fn mark(&mut self, now: Time, out: &mut VecDeque<Output>) {
        if now < self.mark_at {
            return;
        }
        self.mark_at = Time::MAX;
        let mark = self.durable();
        if self.marked >= mark || self.roll {
            return;
        }
        self.marked = mark;
        if let Some(file) = Arc::make_mut(&mut self.files).last_mut() {
            let mut bytes = Vec::new();
            frame::write(&mut bytes, file.number, file.len, mark, None);
            let offset = file.len;
            file.len += bytes.len() as u64;
            out.push_back(Output::Disk(DiskOp::Write { file: FileId::Wal(file.number), offset, bytes }));
        }
    }

    /// When a mark is due.
    pub(super) fn deadline(&self) -> Time {
        if self.sync.is_none() { self.mark_at } else { Time::MAX }
    }

    /// A sync succeeded.
    pub(super) fn synced(&mut self, now: Time, token: DiskToken) -> Progress {
        if self.aside.synced(token) {
            return Progress::More;
        }
        let Some(sync) = &mut self.sync else {
            return Progress::None;
        };
        sync.tokens.retain(|asked| *asked != token);
        if !sync.tokens.is_empty() {
            return Progress::None;
        }
        self.synced = self.synced.max(sync.upto);
        self.sync = None;
        self.mark_at = now + MARK_AFTER;
        Progress::More
    }

    /// The file that a sync under way makes durable.
    pub(crate) fn syncing(&self, token: DiskToken) -> Option<FileId> {
        let last = self.files.last().map(|file| FileId::Wal(file.number));
        self.sync.as_ref().filter(|sync| sync.tokens.contains(&token)).and(last)
    }

    /// The segments after a position and up to another: as many as fit into so many bytes, but one in any case.
    pub(super) fn read(&mut self, after: Position, upto: Position, most: usize, out: &mut VecDeque<Output>) -> Reading {
        if after >= upto.min(self.end()) || after < self.history.base() {
            return Reading::There(Vec::new());
        }
        if self.tail.reaches(after) {
            return Reading::There(fitting(self.tail.after(after), upto, most));
        }
        let Some(file) = self.file_with(after.next()) else {
            return Reading::There(Vec::new());
        };
        if let Some(at) = self.cache.iter().position(|cached| cached.file == file) {
            let there = self.cache[at].segments.iter().skip_while(|segment| segment.header.last() <= after);
            let segments = fitting(there, upto, most);
            if !segments.is_empty() {
                return Reading::There(segments);
            }
            // The file has grown since.
            self.cache.remove(at);
        }
        if self.read.is_none() {
            let token = self.token();
            self.read = Some((token, file));
            out.push_back(Output::Disk(DiskOp::Read { file: FileId::Wal(file), token }));
        }
        Reading::Wait
    }

    /// The file with the record at a position: the last that begins before it.
    fn file_with(&self, at: Position) -> Option<u32> {
        self.files.iter().rev().find(|file| file.after < at).map(|file| file.number)
    }

    /// Keeps the segments of a file that count: those of records that no later file supersedes. Bad data are a hole.
    fn cache_file(&mut self, number: u32, bytes: &[u8], switches: &mut Switches) {
        let later = self.files.iter().filter(|file| file.number > number).map(|file| file.after).min();
        let Some(file) = self.files.iter().find(|file| file.number == number) else {
            return;
        };
        let end = later.unwrap_or(self.end()).min(self.end());
        let (mut at, mut last, mut segments) = (0, file.after, Vec::new());
        while last < end {
            let Some(frame) = frame::read(number, bytes, at, switches) else {
                self.lost_on_reading(last.next(), end);
                return;
            };
            at = frame.end;
            if let Some(segment) = frame.segment {
                last = segment.header.last();
                segments.push(segment);
            }
        }
        segments.retain(|segment| segment.header.last() <= end);
        while self.cache.len() >= CACHED {
            self.cache.pop_front();
        }
        self.cache.push_back(Cached { file: number, segments: Arc::new(segments) });
    }

    /// Deletes files whose newest segment was sealed before `before`, if all they hold is at or before `upto`, or superseded, and what follows is durable.
    pub(super) fn expire(&mut self, before: Time, upto: Position, out: &mut VecDeque<Output>) {
        while let Some(first) = self.files.first().filter(|first| first.newest < before) {
            // What later files supersede of it counts for nothing.
            let Some(base) = self.files.iter().skip(1).map(|file| file.after).min() else {
                return;
            };
            if base > upto || base >= self.durable() {
                return;
            }
            let file = FileId::Wal(first.number);
            out.push_back(Output::Disk(DiskOp::Delete { file }));
            self.history.drop_to(base);
            Arc::make_mut(&mut self.files).remove(0);
        }
    }
}

fn fitting<'a>(segments: impl Iterator<Item = &'a Segment>, upto: Position, most: usize) -> Vec<Segment> {
    let mut left = most;
    let mut taken: Vec<Segment> = Vec::new();
    for segment in segments.take_while(|segment| segment.header.last() <= upto) {
        if segment.bytes.len() > left && !taken.is_empty() {
            break;
        }
        left = left.saturating_sub(segment.bytes.len());
        taken.push(segment.clone());
    }
    taken
}
