//! A site's disk: files with what is durable and what a loss of power may take.
//!
//! - Changes of a file take effect in the order in which they were issued. A [`DiskOp::Sync`] makes durable exactly those issued before it on that file.
//! - The death of a process loses nothing: the page cache outlives it, and so does a sync under way.
//! - A loss of power keeps, file by file, a drawn prefix of the changes not yet durable, and loses all behind it; likewise with
//!   creations, renamings and deletions that no [`DiskOp::SyncDir`] made durable.
//! - One disk, one queue: syncs are served one after another.
//!
//! One idea a file: [`content`] bytes in shared pages, [`inode`] what is durable and what is not, [`directory`] the names.
//!
//! To add a fault of disks (torn writes, bit rot, errors): its state and its draw belong into [`Disk`], its beginning and end into
//! `crate::faults`, and what it does to the durable bytes must be told to the invariants as a [`Touched`].

mod content;
mod directory;
mod inode;
#[cfg(test)]
mod tests;

pub(crate) use content::Content;

use crate::draw::{self, For};
use directory::Directory;
use firedrill_model::Time;
use firedrill_model::rng::mix;
use firedrill_stack::io::{DiskError, DiskOp, DiskToken, FileId, Input};
use inode::{Change, Inode};
use std::time::Duration;

/// A read, a listing or an error is answered after this.
const LATENCY: Duration = Duration::from_micros(100);
/// A read takes that much longer for each 1,024 bytes (500 MB/s).
const READ_PER_KIB: Duration = Duration::from_micros(2);
/// A file that would grow beyond this many bytes is one too large for the disk.
const MAX_FILE: u64 = 1 << 32;

/// A site's disk.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    directory: Directory,
    inodes: Vec<Inode>,
    speed: Speed,
    /// The syncs issued so far are served by then.
    busy_until: Time,
    syncs: u64,
    losses: u64,
    sync_salt: u64,
    loss_salt: u64,
}

/// How long a sync takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed {
    /// At least, in nanoseconds.
    pub(crate) sync_min: u64,
    /// At most, in nanoseconds.
    pub(crate) sync_max: u64,
    /// Longer by that much, in nanoseconds, because of faults.
    pub(crate) slower: u64,
}

/// What the disk will answer, and when it does, will have done.
#[derive(Clone, Debug)]
pub(crate) enum Completion {
    /// A file's changes are durable.
    Synced { inode: usize, file: FileId, upto: u64, token: DiskToken },
    /// The names are durable.
    DirSynced { upto: u64, token: DiskToken },
    /// A file was read; `None`: there is none.
    Read { token: DiskToken, content: Option<Content> },
    /// The files were listed.
    Listed { token: DiskToken, files: Vec<FileId> },
    /// Something could not be done.
    Failed(Input),
}

/// What became durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    /// Nothing.
    Nothing,
    /// A file, from a byte on.
    File(FileId, usize),
    /// Any file may have come, gone or changed.
    Anything,
}

impl Disk {
    /// An empty disk. Its draws depend on the seed and the number of its site.
    pub(crate) fn new(seed: u64, site: u64, speed: Speed) -> Disk {
        Disk {
            directory: Directory::default(),
            inodes: Vec::new(),
            speed,
            busy_until: Time::ZERO,
            syncs: 0,
            losses: 0,
            sync_salt: draw::salt(seed, For::Sync, site),
            loss_salt: draw::salt(seed, For::Survivors, site),
        }
    }

    /// Makes syncs that are issued from now on slower by a total of so many nanoseconds.
    pub(crate) fn slow_down(&mut self, slower: u64) {
        self.speed.slower = slower;
    }

    /// The durable bytes of a file, if a loss of power would leave the file.
    pub(crate) fn durable(&self, file: FileId) -> Option<&Content> {
        self.directory.durable(file).map(|inode| self.inodes[inode].durable())
    }

    /// Issues an operation. What is answered is answered at the instant returned, by [`Disk::complete`].
    pub(crate) fn issue(&mut self, now: Time, op: DiskOp) -> Option<(Time, Completion)> {
        match op {
            DiskOp::Read { file, token } => Some(self.read(now, file, token)),
            DiskOp::List { token } => {
                let files = self.directory.current_names().collect();
                Some((now + LATENCY, Completion::Listed { token, files }))
            }
            DiskOp::Create { file } => {
                if self.directory.current(file).is_none() {
                    self.inodes.push(Inode::default());
                    self.directory.link(file, self.inodes.len() - 1);
                }
                None
            }
            DiskOp::Write { file, offset, bytes } => {
                let end = offset.saturating_add(bytes.len() as u64);
                self.change(now, file, end, Change::Write(offset as usize, bytes))
            }
            DiskOp::Truncate { file, len } => self.change(now, file, len, Change::Resize(len as usize)),
            DiskOp::Rename { from, to } => {
                if self.directory.rename(from, to) {
                    None
                } else {
                    Some(write_failed(now, from, DiskError::Io))
                }
            }
            DiskOp::Delete { file } => {
                if self.directory.unlink(file) {
                    None
                } else {
                    Some(write_failed(now, file, DiskError::Io))
                }
            }
            DiskOp::Sync { file, token } => Some(self.sync(now, file, token)),
            DiskOp::SyncDir { token } => {
                let upto = self.directory.issued();
                Some((self.served(now), Completion::DirSynced { upto, token }))
            }
        }
    }

    /// Does what was to be done by the instant of [`Disk::issue`]: what became durable, and what the process is told.
    pub(crate) fn complete(&mut self, completion: Completion) -> (Touched, Input) {
        match completion {
            Completion::Synced { inode, file, upto, token } => {
                let first = self.inodes[inode].settle(upto);
                // Under a name that would not survive, or under another by now, what is durable is of no use yet.
                let named = self.directory.durable(file) == Some(inode);
                let touched = match first {
                    Some(first) if named => Touched::File(file, first),
                    Some(_) => Touched::Anything,
                    None => Touched::Nothing,
                };
                (touched, Input::Synced { token })
            }
            Completion::DirSynced { upto, token } => {
                let touched = if self.directory.settle(upto) { Touched::Anything } else { Touched::Nothing };
                (touched, Input::Synced { token })
            }
            Completion::Read { token, content } => {
                (Touched::Nothing, Input::FileRead { token, result: Ok(content.map(|content| content.to_vec())) })
            }
            Completion::Listed { token, files } => (Touched::Nothing, Input::FilesListed { token, result: Ok(files) }),
            Completion::Failed(input) => (Touched::Nothing, input),
        }
    }

    /// The power fails: of what was not durable a drawn prefix survives, of the names and of each file. What was under way is void.
    pub(crate) fn lose_power(&mut self) {
        self.losses += 1;
        self.busy_until = Time::ZERO;
        let salt = mix(self.loss_salt ^ self.losses);
        self.directory.cut_off(draw::below(mix(salt), self.directory.unsynced() + 1));
        for (number, inode) in self.inodes.iter_mut().enumerate() {
            let bits = mix(salt.wrapping_add(1 + number as u64));
            inode.cut_off(draw::below(bits, inode.unsynced() + 1));
        }
    }

    fn read(&self, now: Time, file: FileId, token: DiskToken) -> (Time, Completion) {
        let inode = self.directory.current(file);
        let content = inode.map(|inode| self.inodes[inode].current());
        let kib = content.as_ref().map_or(0, |content| content.len() / 1024);
        let takes = LATENCY + READ_PER_KIB * u32::try_from(kib).unwrap_or(u32::MAX);
        (now + takes, Completion::Read { token, content })
    }

    fn sync(&mut self, now: Time, file: FileId, token: DiskToken) -> (Time, Completion) {
        let Some(inode) = self.directory.current(file) else {
            let error = DiskError::Io;
            return (now + LATENCY, Completion::Failed(Input::SyncFailed { token, error }));
        };
        let upto = self.inodes[inode].issued();
        let completion = Completion::Synced { inode, file, upto, token };
        (self.served(now), completion)
    }

    fn change(&mut self, now: Time, file: FileId, end: u64, change: Change) -> Option<(Time, Completion)> {
        let Some(inode) = self.directory.current(file) else {
            return Some(write_failed(now, file, DiskError::Io));
        };
        if end > MAX_FILE {
            return Some(write_failed(now, file, DiskError::Full));
        }
        self.inodes[inode].issue(change);
        None
    }

    /// When a sync issued now is done.
    fn served(&mut self, now: Time) -> Time {
        self.syncs += 1;
        let bits = mix(self.sync_salt.wrapping_add(self.syncs));
        let takes = draw::between(bits, self.speed.sync_min, self.speed.sync_max).saturating_add(self.speed.slower);
        self.busy_until = self.busy_until.max(now) + Duration::from_nanos(takes);
        self.busy_until
    }
}

fn write_failed(now: Time, file: FileId, error: DiskError) -> (Time, Completion) {
    (now + LATENCY, Completion::Failed(Input::WriteFailed { file, error }))
}
