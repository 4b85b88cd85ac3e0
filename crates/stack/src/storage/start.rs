//! Reading the disk when the process starts: first which files there are, and the metadata; then what these name.

use super::identity::DiskId;
use super::recover::{self, Recovered};
use super::{Progress, Reading, Stage, Storage, format};
use crate::io::{DiskError, DiskOp, DiskToken, FileId, Output};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use firedrill_model::LogIndex;

impl Storage {
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
