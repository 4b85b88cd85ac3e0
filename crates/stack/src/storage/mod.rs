//! Metadata and log on a disk that may lose what was not synced, fail, or rot.
//!
//! - [`format`]: the bytes
//! - [`identity`]: which disk this is, and which the others had first
//! - [`recover`]: what a restarted site finds
//! - [`snapshots`]: writing a snapshot, and dropping the log before it
//! - [`standing`]: what it may still promise
//!
//! A promise of durability leaves only after `Synced`: messages that carry a term or a vote wait at the [gate](Storage::send_when_durable) for the
//! metadata, acknowledgements of entries are made from [`Storage::durable_index`]. A failed sync is never retried: the site stops.

pub mod format;
pub mod identity;
pub mod recover;
pub mod snapshots;
pub mod standing;

use crate::entry::Entry;
use crate::io::{DiskError, DiskOp, DiskToken, FileId, Output};
use crate::message::Message;
use crate::restart::ReadAtStart;
use crate::switches::Switches;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::cmp::Ordering;
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

    /// Begins to read the disk.
    pub fn start(&mut self, out: &mut VecDeque<Output>) {
        let list = self.token();
        out.push_back(Output::Disk(DiskOp::List { token: list }));
        let mut reading = Reading { waiting: alloc::vec![(list, None)], ..Reading::default() };
        self.read(&mut reading, &[FileId::MetaA, FileId::MetaB], out);
        self.stage = Stage::Reading(Box::new(reading));
    }

    fn read(&mut self, reading: &mut Reading, files: &[FileId], out: &mut VecDeque<Output>) {
        for &file in files {
            let token = self.token();
            out.push_back(Output::Disk(DiskOp::Read { file, token }));
            reading.waiting.push((token, Some(file)));
        }
    }

    fn token(&mut self) -> DiskToken {
        self.next_token += 1;
        DiskToken(self.next_token)
    }

    /// The files were listed.
    pub fn files_listed(
        &mut self,
        token: DiskToken,
        result: Result<Vec<FileId>, DiskError>,
        out: &mut VecDeque<Output>,
    ) -> Progress {
        match result {
            Ok(files) => self.answered(token, out, |reading, _| reading.listed = files),
            Err(error) => self.fail(error),
        }
    }

    /// A file was read.
    pub fn file_read(
        &mut self,
        token: DiskToken,
        result: Result<Option<Vec<u8>>, DiskError>,
        out: &mut VecDeque<Output>,
    ) -> Progress {
        let bytes = match result {
            Ok(bytes) => bytes,
            Err(error) => return self.fail(error),
        };
        if matches!(self.stage, Stage::Reading(_)) {
            self.read_at_start.bytes += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        }
        self.answered(token, out, |reading, file| match (file, bytes) {
            (Some(FileId::MetaA), bytes) => reading.found.meta[0] = bytes,
            (Some(FileId::MetaB), bytes) => reading.found.meta[1] = bytes,
            (Some(FileId::Snapshot(_)), bytes) => reading.found.snapshot = bytes,
            (Some(FileId::Log(number)), Some(bytes)) => drop(reading.found.segments.insert(number, bytes)),
            _ => {}
        })
    }

    fn answered(
        &mut self,
        token: DiskToken,
        out: &mut VecDeque<Output>,
        take: impl FnOnce(&mut Reading, Option<FileId>),
    ) -> Progress {
        let Stage::Reading(reading) = &mut self.stage else {
            return Progress::None;
        };
        let Some(at) = reading.waiting.iter().position(|(asked, _)| *asked == token) else {
            return Progress::None;
        };
        let (_, file) = reading.waiting.swap_remove(at);
        take(reading, file);
        if !reading.waiting.is_empty() {
            return Progress::None;
        }
        let mut reading = core::mem::take(reading);
        if !reading.second {
            reading.second = true;
            let files = to_read(&reading);
            self.read(&mut reading, &files, out);
            if !files.is_empty() {
                self.stage = Stage::Reading(reading);
                return Progress::None;
            }
        }
        let recovered = recover::recover(reading.found);
        self.read_at_start.entries = recovered.records;
        self.read_at_start.snapshot = recovered.image.as_ref().map_or(LogIndex(0), |image| image.head.index);
        self.begin(&recovered, &reading.listed, out);
        Progress::Recovered(Box::new(recovered))
    }

    /// Takes over what was found. Nothing of it counts as durable yet: it may have been read from a page cache. So the better copy of the metadata is
    /// synced before the other is written; and what of the log was never known to be synced is written again, since a failed sync may have left its pages
    /// clean, and a later one would then succeed without having written them ("fsyncgate", PostgreSQL 2018).
    fn begin(&mut self, recovered: &Recovered, listed: &[FileId], out: &mut VecDeque<Output>) {
        self.stage = Stage::Ready;
        self.meta = recovered.meta;
        self.meta.version += 1;
        if self.meta.disk == DiskId::NONE {
            self.meta.disk = self.drawn;
        }
        self.incarnation = self.meta.version;
        self.weaker = usize::from(recovered.weaker == FileId::MetaB);
        self.end = recovered.log_end;
        self.synced = recovered.durable_mark;
        self.segments = recovered.lasts.iter().map(|(number, last)| (*number, *last)).collect();
        let current = format::segment(self.end);
        for file in [FileId::MetaA, FileId::MetaB, FileId::Log(current)] {
            out.push_back(Output::Disk(DiskOp::Create { file }));
        }
        if recovered.log_end < recovered.log_len {
            for file in listed.iter().filter(|file| matches!(file, FileId::Log(number) if *number > current)) {
                out.push_back(Output::Disk(DiskOp::Delete { file: *file }));
            }
        }
        let (dir, better) = (self.token(), self.token());
        out.push_back(Output::Disk(DiskOp::SyncDir { token: dir }));
        out.push_back(Output::Disk(DiskOp::Sync { file: self.copies[1 - self.weaker].file, token: better }));
        self.first_syncs = alloc::vec![dir, better];
        if recovered.log_end < recovered.log_len {
            let (file, len) = (FileId::Log(current), format::offset(self.end));
            out.push_back(Output::Disk(DiskOp::Truncate { file, len }));
        }
        for (position, bytes) in &recovered.unproven {
            let (file, offset) = (FileId::Log(format::segment(*position)), format::offset(*position));
            let end = position + bytes.len() as u64;
            out.push_back(Output::Disk(DiskOp::Write { file, offset, bytes: bytes.clone() }));
            if end != self.end {
                self.unsynced.push_back((end, recovered.log.base()));
            }
        }
        self.unsynced.push_back((self.end, recovered.log.last_index()));
        self.sweep(listed);
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

    /// Appends an entry to the log; an entry of a lower or equal index is superseded, with all that follow it.
    pub fn append(&mut self, entry: &Entry, prev_term: Term, switches: &mut Switches) {
        if format::offset(self.end) >= SEGMENT {
            self.begin_segment();
        }
        let before = self.buffer.len();
        format::encode_record(&mut self.buffer, self.end, entry, prev_term, self.synced);
        self.end += (self.buffer.len() - before) as u64;
        self.durable_index = self.durable_index.min(entry.index.prev());
        self.unsynced.push_back((self.end, entry.index));
        if let Some((_, last)) = self.segments.back_mut() {
            *last = entry.index.max(*last);
        }
        if switches.on(Hazard::AckBeforeFsync) {
            self.durable_index = entry.index;
        }
    }

    /// The log goes on in a new segment. Nothing in it counts as durable before its creation does, nor before all of the last one.
    pub fn begin_segment(&mut self) {
        if format::offset(self.end) == 0 {
            return;
        }
        self.write_buffer();
        let number = format::segment(self.end) + 1;
        self.end = format::position(number, 0);
        self.segments.push_back((number, LogIndex(0)));
        let token = self.token();
        self.pending.push(DiskOp::Create { file: FileId::Log(number) });
        self.pending.push(DiskOp::SyncDir { token });
        self.dir_sync = Some(token);
    }

    fn write_buffer(&mut self) {
        if !self.buffer.is_empty() {
            let bytes = core::mem::take(&mut self.buffer);
            let from = self.end - bytes.len() as u64;
            let (file, offset) = (FileId::Log(format::segment(from)), format::offset(from));
            self.pending.push(DiskOp::Write { file, offset, bytes });
        }
    }

    /// Issues the writes and syncs that are due: at most one sync of each kind is under way, so that all that comes meanwhile shares the next.
    pub fn flush(&mut self, out: &mut VecDeque<Output>) {
        if !self.ready() {
            return;
        }
        self.write_buffer();
        self.collect_garbage();
        out.extend(self.pending.drain(..).map(Output::Disk));
        if !self.first_syncs.is_empty() {
            return;
        }
        self.sync_log(out);
        if self.meta_sync.is_none() {
            self.flush_meta(out);
        }
    }

    /// Syncs the segment of the oldest record that is not synced. After a snapshot was installed nothing is before the metadata say so, for what lies behind it could not
    /// be read without.
    fn sync_log(&mut self, out: &mut VecDeque<Output>) {
        let Some(&(first, _)) = self.unsynced.front() else {
            return;
        };
        let waits = self.dir_sync.is_some() || self.installing();
        if waits || self.log_sync.is_some() {
            return;
        }
        let segment = format::segment(first);
        let within = self.unsynced.iter().take_while(|(end, _)| format::segment(*end) == segment);
        let end = within.last().map_or(first, |(end, _)| *end);
        let token = self.token();
        out.push_back(Output::Disk(DiskOp::Sync { file: FileId::Log(segment), token }));
        self.log_sync = Some((token, end));
    }

    /// Writes the copy that is further behind, so that one good copy is on the disk at any time.
    fn flush_meta(&mut self, out: &mut VecDeque<Output>) {
        let which = match self.copies[0].durable.cmp(&self.copies[1].durable) {
            Ordering::Less => 0,
            Ordering::Equal => self.weaker,
            Ordering::Greater => 1,
        };
        let copy = self.copies[which];
        if copy.durable >= self.meta.version {
            return;
        }
        self.meta.log_synced = self.synced;
        let bytes = format::encode_meta(copy.file, &self.meta);
        let token = self.token();
        out.push_back(Output::Disk(DiskOp::Write { file: copy.file, offset: 0, bytes }));
        out.push_back(Output::Disk(DiskOp::Sync { file: copy.file, token }));
        self.meta_sync = Some((token, which, self.meta.version));
    }

    /// A sync succeeded.
    pub fn synced(&mut self, token: DiskToken) -> Progress {
        if let Some(at) = self.first_syncs.iter().position(|first| *first == token) {
            self.first_syncs.remove(at);
            return Progress::None;
        }
        if self.dir_sync == Some(token) {
            self.dir_sync = None;
            return Progress::None;
        }
        if self.snapshot_synced(token) {
            return Progress::SnapshotWritten;
        }
        if let Some((asked, which, version)) = self.meta_sync
            && asked == token
        {
            self.meta_sync = None;
            self.copies[which].durable = version;
            self.meta_became_durable();
            return Progress::MetaDurable;
        }
        match self.log_sync {
            Some((asked, end)) if asked == token => {
                self.log_sync = None;
                self.log_synced_to(end);
                Progress::LogDurable
            }
            _ => Progress::None,
        }
    }

    fn log_synced_to(&mut self, end: u64) {
        self.synced = end;
        while let Some(&(record_end, index)) = self.unsynced.front() {
            if record_end > end {
                break;
            }
            self.unsynced.pop_front();
            self.durable_index = index;
        }
        // What was synced may be superseded by a record that is not: the log as it is now is durable only before that.
        for &(_, index) in &self.unsynced {
            self.durable_index = self.durable_index.min(index.prev());
        }
    }
}

/// What the metadata name, of what is there.
fn to_read(reading: &Reading) -> Vec<FileId> {
    let (meta, _) = recover::recover_meta(&reading.found.meta);
    let counts = |file: &&FileId| match file {
        FileId::Log(number) => (meta.first_segment.max(1)..format::MOST_FILES).contains(number),
        FileId::Snapshot(number) => meta.snapshot.is_some_and(|snapshot| snapshot.number == *number),
        _ => false,
    };
    reading.listed.iter().filter(counts).copied().collect()
}
