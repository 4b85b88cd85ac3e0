//! Reading the log when the process starts, file by file.

use super::{Failure, Progress, Stage, Store, Syncing};
use crate::io::{DiskError, DiskOp, DiskToken, FileId, Output};
use crate::switches::Switches;
use crate::wal::key::Cipher;
use crate::wal::recover::{End, Replay};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

impl Store {
    /// Begins to read the disk.
    pub(in crate::wal) fn start(&mut self, cipher: Cipher, out: &mut VecDeque<Output>) {
        self.cipher = Some(cipher);
        let token = self.token();
        self.stage = Stage::Listing(token);
        out.push_back(Output::Disk(DiskOp::List { token }));
    }

    /// The files were listed.
    pub(in crate::wal) fn files_listed(
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
    pub(in crate::wal) fn file_read(
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
    pub(in crate::wal) fn begin(&mut self, out: &mut VecDeque<Output>) {
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
}
