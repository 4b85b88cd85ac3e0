//! Writing entries and metadata, and syncing them: at most one sync of each kind is under way.

use super::{Progress, SEGMENT, Storage, format};
use crate::entry::Entry;
use crate::io::{DiskOp, DiskToken, FileId, Output};
use crate::switches::Switches;
use alloc::collections::VecDeque;
use core::cmp::Ordering;
use firedrill_model::{Hazard, LogIndex, Term};

impl Storage {
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
