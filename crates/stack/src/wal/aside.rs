//! What is cut off the log is first copied to a file of its own, which the stack neither reads nor deletes: segments, one after the other, as they were sealed.

use super::segment::Segment;
use super::store::Store;
use crate::io::{DiskOp, DiskToken, FileId, Output};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// The files of what was cut off.
#[derive(Clone, Debug, Default)]
pub(super) struct Aside {
    /// The last file's number.
    last: u32,
    len: u64,
    tokens: Vec<DiskToken>,
}

impl Aside {
    /// These files are there.
    pub(super) fn found(&mut self, listed: &[FileId]) {
        let number = |file: &FileId| if let FileId::WalAside(number) = file { Some(*number) } else { None };
        self.last = listed.iter().filter_map(number).max().unwrap_or_default();
    }

    /// A sync succeeded; false if it is none of these files'.
    pub(super) fn synced(&mut self, token: DiskToken) -> bool {
        let before = self.tokens.len();
        self.tokens.retain(|asked| *asked != token);
        self.tokens.len() < before
    }

    /// Whether all that was put aside is durable.
    pub(super) fn durable(&self) -> bool {
        self.tokens.is_empty()
    }
}

impl Store {
    /// Begins a file for what is cut off.
    pub(super) fn open_aside(&mut self, out: &mut VecDeque<Output>) {
        self.aside.last += 1;
        self.aside.len = 0;
        out.push_back(Output::Disk(DiskOp::Create { file: FileId::WalAside(self.aside.last) }));
    }

    /// Copies segments there.
    pub(super) fn put_aside(&mut self, segments: &[Segment], out: &mut VecDeque<Output>) {
        let bytes: Vec<u8> = segments.iter().flat_map(|segment| segment.bytes.iter().copied()).collect();
        let (file, offset) = (FileId::WalAside(self.aside.last), self.aside.len);
        self.aside.len += bytes.len() as u64;
        out.push_back(Output::Disk(DiskOp::Write { file, offset, bytes }));
    }

    /// Makes it durable.
    pub(super) fn sync_aside(&mut self, out: &mut VecDeque<Output>) {
        let (contents, name) = (self.token(), self.token());
        self.aside.tokens.extend([contents, name]);
        out.push_back(Output::Disk(DiskOp::Sync { file: FileId::WalAside(self.aside.last), token: contents }));
        out.push_back(Output::Disk(DiskOp::SyncDir { token: name }));
    }
}
