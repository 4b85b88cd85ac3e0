//! A file's insides: what is durable, and what was issued after it.

use super::content::Content;
use std::collections::VecDeque;

/// A change of a file's bytes that a sync of the file makes durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Bytes from an offset on.
    Write(usize, Vec<u8>),
    /// Cut, or filled up with zeroes, to a length.
    Resize(usize),
}

impl Change {
    /// The first byte that it touches.
    fn start(&self) -> usize {
        match self {
            Change::Write(offset, _) => *offset,
            Change::Resize(len) => *len,
        }
    }

    fn apply(&self, content: &mut Content) {
        match self {
            Change::Write(offset, bytes) => content.write(*offset, bytes),
            Change::Resize(len) => content.resize(*len),
        }
    }
}

/// A file without its name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inode {
    durable: Content,
    /// Issued after what is durable, in order.
    pending: VecDeque<Change>,
    /// How many changes were ever made durable.
    settled: u64,
}

impl Inode {
    /// What survives a loss of power for certain.
    pub(crate) fn durable(&self) -> &Content {
        &self.durable
    }

    /// What a reader sees: everything that was issued.
    pub(crate) fn current(&self) -> Content {
        let mut content = self.durable.clone();
        for change in &self.pending {
            change.apply(&mut content);
        }
        content
    }

    /// Issues a change.
    pub(crate) fn issue(&mut self, change: Change) {
        self.pending.push_back(change);
    }

    /// How many changes were ever issued: what a sync issued now will cover.
    pub(crate) fn issued(&self) -> u64 {
        self.settled + self.pending.len() as u64
    }

    /// Makes the first `upto` changes ever issued durable. Returns the first byte touched, if any was.
    pub(crate) fn settle(&mut self, upto: u64) -> Option<usize> {
        let mut first = None::<usize>;
        while self.settled < upto {
            let Some(change) = self.pending.pop_front() else {
                break;
            };
            change.apply(&mut self.durable);
            self.settled += 1;
            first = Some(first.map_or(change.start(), |start| start.min(change.start())));
        }
        first
    }

    /// Loses what was issued after the next `survivors` changes; these are durable from now on.
    pub(crate) fn cut_off(&mut self, survivors: u64) {
        self.settle(self.settled + survivors);
        self.pending.clear();
    }

    /// How many changes a loss of power may lose.
    pub(crate) fn unsynced(&self) -> u64 {
        self.pending.len() as u64
    }
}
