//! Reading segments again, for copies that lag and for scans: from memory, or a file at a time.

use super::{CACHED, Cached, Reading, Store};
use crate::io::{DiskOp, FileId, Output};
use crate::switches::Switches;
use crate::wal::frame;
use crate::wal::segment::Segment;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::Position;

impl Store {
    /// The segments after a position and up to another: as many as fit into so many bytes, but one in any case.
    pub(in crate::wal) fn read(
        &mut self,
        after: Position,
        upto: Position,
        most: usize,
        out: &mut VecDeque<Output>,
    ) -> Reading {
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
    pub(super) fn cache_file(&mut self, number: u32, bytes: &[u8], switches: &mut Switches) {
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
