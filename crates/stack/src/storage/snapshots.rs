//! Writing a snapshot, and dropping the log before it.
//!
//! A snapshot is a file of its own, written piece by piece, and synced. It counts once the metadata name it, in both copies; only then are the one before it and the
//! segments that it covers deleted. So a crash at any moment leaves a snapshot and all of the log behind it.

use super::{Storage, format};
use crate::io::{DiskOp, DiskToken, FileId};
use alloc::vec::Vec;
use firedrill_model::{LogIndex, Term};
use format::SnapshotView;

/// A snapshot that is being written.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    view: SnapshotView,
    offset: u64,
    /// Syncs of the file and of its creation that are under way.
    syncs: Vec<DiskToken>,
}

/// A snapshot that the metadata are to name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adoption {
    view: SnapshotView,
    /// The metadata name it from this version on.
    version: u64,
    /// It takes the place of the log.
    installed: bool,
}

/// Files that nothing needs once the metadata are durable at this version.
#[derive(Clone, Debug)]
pub(super) struct Garbage {
    version: u64,
    files: Vec<FileId>,
}

impl Storage {
    /// Begins to write a snapshot as of this entry. One that was not finished is given up.
    pub fn begin_snapshot(&mut self, index: LogIndex, term: Term) {
        self.abandon_snapshot();
        self.last_snapshot += 1;
        let view = SnapshotView { number: self.last_snapshot, index, term };
        self.pending.push(DiskOp::Create { file: FileId::Snapshot(view.number) });
        self.writing = Some(Writing { view, offset: 0, syncs: Vec::new() });
    }

    /// Writes the next piece.
    pub fn write_piece(&mut self, piece: &[u8]) {
        if let Some(writing) = &mut self.writing {
            let (number, offset) = (writing.view.number, writing.offset);
            let bytes = format::encode_frame(number, offset, piece);
            writing.offset += bytes.len() as u64;
            self.pending.push(DiskOp::Write { file: FileId::Snapshot(number), offset, bytes });
        }
    }

    /// All pieces are written: answered by [`super::Progress::SnapshotWritten`].
    pub fn finish_snapshot(&mut self) {
        let (file, dir) = (self.token(), self.token());
        if let Some(writing) = &mut self.writing {
            writing.syncs = alloc::vec![file, dir];
            self.pending.push(DiskOp::Sync { file: FileId::Snapshot(writing.view.number), token: file });
            self.pending.push(DiskOp::SyncDir { token: dir });
        }
    }

    /// Gives up what is being written.
    pub fn abandon_snapshot(&mut self) {
        if let Some(writing) = self.writing.take() {
            self.pending.push(DiskOp::Delete { file: FileId::Snapshot(writing.view.number) });
        }
    }

    /// A sync succeeded; true if it was the last of the snapshot's.
    pub(super) fn snapshot_synced(&mut self, token: DiskToken) -> bool {
        let Some(writing) = &mut self.writing else {
            return false;
        };
        let Some(at) = writing.syncs.iter().position(|sync| *sync == token) else {
            return false;
        };
        writing.syncs.remove(at);
        writing.syncs.is_empty()
    }

    /// Lets the metadata name what was written. If it is `installed` it takes the place of the whole log, else of what it covers.
    pub fn adopt_snapshot(&mut self, installed: bool) {
        let Some(writing) = self.writing.take() else {
            return;
        };
        let view = writing.view;
        if installed {
            self.begin_segment();
            self.unsynced.clear();
            self.log_sync = None;
            self.durable_index = LogIndex(0);
        }
        let mut files: Vec<FileId> = self.meta.snapshot.iter().map(|before| FileId::Snapshot(before.number)).collect();
        while let Some((number, last)) = self.segments.front().copied() {
            if self.segments.len() == 1 || !(installed || last <= view.index) {
                break;
            }
            files.push(FileId::Log(number));
            self.segments.pop_front();
        }
        self.meta.first_segment = self.segments.front().map_or(1, |(number, _)| *number);
        self.meta.snapshot = Some(view);
        self.meta.version += 1;
        self.garbage.push(Garbage { version: self.meta.version, files });
        self.adoption = Some(Adoption { view, version: self.meta.version, installed });
    }

    /// Whether the log waits for the metadata to name the snapshot that it begins after.
    pub fn installing(&self) -> bool {
        self.adoption.is_some_and(|adoption| adoption.installed)
    }

    /// Whether a snapshot is being written or adopted.
    pub fn snapshot_under_way(&self) -> bool {
        self.writing.is_some() || self.adoption.is_some()
    }

    /// The entry as of which a snapshot is being written or adopted.
    pub fn snapshot_under_way_at(&self) -> Option<LogIndex> {
        let writing = self.writing.as_ref().map(|writing| writing.view.index);
        writing.or(self.adoption.map(|adoption| adoption.view.index))
    }

    pub(super) fn meta_became_durable(&mut self) {
        let durable = self.meta_durable();
        if let Some(adoption) = self.adoption.filter(|adoption| adoption.version <= durable) {
            self.adoption = None;
            if adoption.installed || self.durable_index < adoption.view.index {
                self.durable_index = adoption.view.index;
            }
        }
    }

    /// The entry as of which the metadata name a snapshot, on the disk too; 0 if there is none.
    pub fn snapshot_index(&self) -> LogIndex {
        match (self.adoption, self.meta.snapshot) {
            (None, Some(view)) => view.index,
            _ => LogIndex(0),
        }
    }

    /// Files that an earlier process left, and that the metadata do not name.
    pub(super) fn sweep(&mut self, listed: &[FileId]) {
        let current = self.meta.snapshot.map_or(0, |view| view.number);
        let first = self.meta.first_segment.max(1);
        let left = |file: &&FileId| match file {
            FileId::Snapshot(number) => *number != current,
            FileId::Log(number) => *number < first,
            _ => false,
        };
        let files: Vec<FileId> = listed.iter().filter(left).copied().collect();
        let numbers = listed.iter().map(|file| if let FileId::Snapshot(number) = file { *number } else { 0 });
        self.last_snapshot = numbers.max().unwrap_or(0).max(current);
        self.garbage.push(Garbage { version: self.meta.version, files });
    }

    /// Deletes what nothing needs any more.
    pub(super) fn collect_garbage(&mut self) {
        let durable = self.meta_durable();
        let (due, waiting): (Vec<_>, Vec<_>) =
            core::mem::take(&mut self.garbage).into_iter().partition(|g| g.version <= durable);
        self.garbage = waiting;
        for garbage in due {
            self.pending.extend(garbage.files.into_iter().map(|file| DiskOp::Delete { file }));
        }
    }
}
