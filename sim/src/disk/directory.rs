//! The names of files: those that a process sees, and those that a loss of power leaves.

use firedrill_stack::io::FileId;
use std::collections::{BTreeMap, VecDeque};

/// Names of inodes. A name is durable once the directory was synced after its creation, renaming or deletion.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    current: BTreeMap<FileId, usize>,
    durable: BTreeMap<FileId, usize>,
    pending: VecDeque<Change>,
    /// How many changes were ever made durable.
    settled: u64,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Link(FileId, usize),
    Rename(FileId, FileId),
    Unlink(FileId),
}

impl Directory {
    /// The inode that a process finds under a name.
    pub(crate) fn current(&self, file: FileId) -> Option<usize> {
        self.current.get(&file).copied()
    }

    /// The inode that would be found under a name after a loss of power.
    pub(crate) fn durable(&self, file: FileId) -> Option<usize> {
        self.durable.get(&file).copied()
    }

    /// The names that a process sees.
    pub(crate) fn current_names(&self) -> impl Iterator<Item = FileId> {
        self.current.keys().copied()
    }

    /// The names that a loss of power would leave, with their inodes.
    pub(crate) fn durable_names(&self) -> impl Iterator<Item = (FileId, usize)> {
        self.durable.iter().map(|(file, inode)| (*file, *inode))
    }

    /// Names an inode.
    pub(crate) fn link(&mut self, file: FileId, inode: usize) {
        self.issue(Change::Link(file, inode));
    }

    /// Renames, replacing what has the new name. False if there is no such file.
    pub(crate) fn rename(&mut self, from: FileId, to: FileId) -> bool {
        let there = self.current.contains_key(&from);
        if there {
            self.issue(Change::Rename(from, to));
        }
        there
    }

    /// Takes a name away. False if there is no such file.
    pub(crate) fn unlink(&mut self, file: FileId) -> bool {
        let there = self.current.contains_key(&file);
        if there {
            self.issue(Change::Unlink(file));
        }
        there
    }

    /// How many changes were ever issued.
    pub(crate) fn issued(&self) -> u64 {
        self.settled + self.pending.len() as u64
    }

    /// How many changes a loss of power may lose.
    pub(crate) fn unsynced(&self) -> u64 {
        self.pending.len() as u64
    }

    /// Makes the first `upto` changes ever issued durable. True if any was not before.
    pub(crate) fn settle(&mut self, upto: u64) -> bool {
        let before = self.settled;
        while self.settled < upto {
            let Some(change) = self.pending.pop_front() else {
                break;
            };
            change.apply(&mut self.durable);
            self.settled += 1;
        }
        self.settled > before
    }

    /// Loses what was issued after the next `survivors` changes.
    pub(crate) fn cut_off(&mut self, survivors: u64) {
        self.settle(self.settled + survivors);
        self.pending.clear();
        self.current.clone_from(&self.durable);
    }

    fn issue(&mut self, change: Change) {
        change.apply(&mut self.current);
        self.pending.push_back(change);
    }
}

impl Change {
    fn apply(self, names: &mut BTreeMap<FileId, usize>) {
        match self {
            Change::Link(file, inode) => {
                names.insert(file, inode);
            }
            Change::Rename(from, to) => {
                if let Some(inode) = names.remove(&from) {
                    names.insert(to, inode);
                }
            }
            Change::Unlink(file) => {
                names.remove(&file);
            }
        }
    }
}
