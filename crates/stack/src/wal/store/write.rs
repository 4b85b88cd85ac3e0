//! Writing what was appended: one sync under way at a time, and marks of what is durable. Deleting what is old.

use super::{FILE_SIZE, MARK_AFTER, Progress, Store, Syncing};
use crate::io::{DiskOp, DiskToken, FileId, Output};
use crate::wal::frame;
use crate::wal::recover::File;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{Position, Time};

impl Store {
    /// Writes what was appended, and marks what is durable, as far as that is due.
    pub(in crate::wal) fn flush(&mut self, now: Time, out: &mut VecDeque<Output>) {
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
    pub(in crate::wal) fn deadline(&self) -> Time {
        if self.sync.is_none() { self.mark_at } else { Time::MAX }
    }

    /// A sync succeeded.
    pub(in crate::wal) fn synced(&mut self, now: Time, token: DiskToken) -> Progress {
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

    /// Deletes files whose newest segment was sealed before `before`, if all they hold is at or before `upto`, or superseded, and what follows is durable.
    pub(in crate::wal) fn expire(&mut self, before: Time, upto: Position, out: &mut VecDeque<Output>) {
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
