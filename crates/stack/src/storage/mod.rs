//! Metadata and log on a disk that may lose what was not synced, fail, or rot.
//!
//! - [`format`]: the bytes
//! - [`recover`]: what a restarted site finds
//! - [`standing`]: what it may still promise
//!
//! A promise of durability leaves only after `Synced`: messages that carry a term or a vote wait at the [gate](Storage::send_when_durable) for the
//! metadata, acknowledgements of entries are made from [`Storage::durable_index`]. A failed sync is never retried: the site stops.

pub mod format;
pub mod recover;
pub mod standing;

use crate::entry::Entry;
use crate::io::{DiskError, DiskOp, DiskToken, FileId, Output};
use crate::message::Message;
use crate::switches::Switches;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::cmp::Ordering;
use firedrill_model::{Epoch, Hazard, LogIndex, SiteId, Term};
use format::{LOG_FILE, MetaView};
use recover::{Found, Recovered};
use standing::Standing;

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
    Recovered(Recovered),
    /// The metadata is durable up to its version: the gate may be opened.
    MetaDurable,
    /// The log is durable further than before.
    LogDurable,
    /// The disk failed; the site must stop.
    Failed(DiskError),
}

#[derive(Clone, Debug)]
enum Stage {
    New,
    Reading { tokens: [DiskToken; 3], found: Found, missing: u8 },
    Ready,
    Failed,
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
    end: u64,
    synced: u64,
    unsynced: VecDeque<(u64, LogIndex)>,
    durable_index: LogIndex,
    log_sync: Option<(DiskToken, u64)>,
    buffer: Vec<u8>,
}

impl Default for Storage {
    fn default() -> Self {
        Storage {
            stage: Stage::New,
            next_token: 0,
            first_syncs: Vec::new(),
            meta: MetaView::default(),
            incarnation: 0,
            copies: [Copy { file: FileId::MetaA, durable: 0 }, Copy { file: FileId::MetaB, durable: 0 }],
            weaker: 0,
            meta_sync: None,
            gate: VecDeque::new(),
            end: 0,
            synced: 0,
            unsynced: VecDeque::new(),
            durable_index: LogIndex(0),
            log_sync: None,
            buffer: Vec::new(),
        }
    }
}

impl Storage {
    /// Begins to read the disk.
    pub fn start(&mut self, out: &mut VecDeque<Output>) {
        let files = [FileId::MetaA, FileId::MetaB, LOG_FILE];
        let tokens = files.map(|_| self.token());
        for (file, token) in files.into_iter().zip(tokens) {
            out.push_back(Output::Disk(DiskOp::Read { file, token }));
        }
        self.stage = Stage::Reading { tokens, found: Found::default(), missing: 3 };
    }

    fn token(&mut self) -> DiskToken {
        self.next_token += 1;
        DiskToken(self.next_token)
    }

    /// A file was read.
    pub fn file_read(
        &mut self,
        token: DiskToken,
        result: Result<Option<Vec<u8>>, DiskError>,
        out: &mut VecDeque<Output>,
    ) -> Progress {
        let Stage::Reading { tokens, found, missing } = &mut self.stage else {
            return Progress::None;
        };
        let Some(which) = tokens.iter().position(|asked| *asked == token) else {
            return Progress::None;
        };
        let bytes = match result {
            Ok(bytes) => bytes,
            Err(error) => return self.fail(error),
        };
        found.files[which] = bytes;
        *missing -= 1;
        if *missing > 0 {
            return Progress::None;
        }
        let recovered = recover::recover(core::mem::take(found));
        self.begin(&recovered, out);
        Progress::Recovered(recovered)
    }

    /// Takes over what was found. Nothing of it counts as durable yet: it may have been read from a page cache. So the better copy of the metadata is
    /// synced before the other is written; and what of the log was never known to be synced is written again, since a failed sync may have left its pages
    /// clean, and a later one would then succeed without having written them ("fsyncgate", PostgreSQL 2018).
    fn begin(&mut self, recovered: &Recovered, out: &mut VecDeque<Output>) {
        self.stage = Stage::Ready;
        self.meta = recovered.meta;
        self.meta.version += 1;
        self.incarnation = self.meta.version;
        self.weaker = usize::from(recovered.weaker == FileId::MetaB);
        self.end = recovered.log_end;
        self.synced = recovered.durable_mark;
        for file in [FileId::MetaA, FileId::MetaB, LOG_FILE] {
            out.push_back(Output::Disk(DiskOp::Create { file }));
        }
        let (dir, better) = (self.token(), self.token());
        out.push_back(Output::Disk(DiskOp::SyncDir { token: dir }));
        out.push_back(Output::Disk(DiskOp::Sync { file: self.copies[1 - self.weaker].file, token: better }));
        self.first_syncs = alloc::vec![dir, better];
        if recovered.log_end < recovered.log_len {
            out.push_back(Output::Disk(DiskOp::Truncate { file: LOG_FILE, len: recovered.log_end }));
        }
        if !recovered.unproven.is_empty() {
            let (offset, bytes) = (recovered.durable_mark, recovered.unproven.clone());
            out.push_back(Output::Disk(DiskOp::Write { file: LOG_FILE, offset, bytes }));
        }
        self.unsynced.push_back((self.end, recovered.log.last_index()));
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

    /// Names this process: rises with every start of the site, once [established](Storage::established).
    pub fn incarnation(&self) -> u64 {
        self.incarnation
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
        let log = self.log_sync.filter(|(asked, ..)| *asked == token).map(|_| LOG_FILE);
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

    /// What the site may still promise.
    pub fn standing(&self) -> Standing {
        self.meta.standing
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
        let offset = self.end;
        let before = self.buffer.len();
        format::encode_record(&mut self.buffer, offset, entry, prev_term, self.synced);
        self.end += (self.buffer.len() - before) as u64;
        self.durable_index = self.durable_index.min(entry.index.prev());
        self.unsynced.push_back((self.end, entry.index));
        if switches.on(Hazard::AckBeforeFsync) {
            self.durable_index = entry.index;
        }
    }

    /// Issues the writes and syncs that are due: at most one sync of each kind is under way, so that all that comes meanwhile shares the next.
    pub fn flush(&mut self, out: &mut VecDeque<Output>) {
        if !self.ready() {
            return;
        }
        if !self.buffer.is_empty() {
            let bytes = core::mem::take(&mut self.buffer);
            let offset = self.end - bytes.len() as u64;
            out.push_back(Output::Disk(DiskOp::Write { file: LOG_FILE, offset, bytes }));
        }
        if !self.first_syncs.is_empty() {
            return;
        }
        if self.log_sync.is_none() && !self.unsynced.is_empty() {
            let token = self.token();
            out.push_back(Output::Disk(DiskOp::Sync { file: LOG_FILE, token }));
            self.log_sync = Some((token, self.end));
        }
        if self.meta_sync.is_none() {
            self.flush_meta(out);
        }
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
        if let Some((asked, which, version)) = self.meta_sync
            && asked == token
        {
            self.meta_sync = None;
            self.copies[which].durable = version;
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
