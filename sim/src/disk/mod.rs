//! A site's disk: files with what is durable and what a loss of power may take.
//!
//! - Changes of a file take effect in the order in which they were issued. A [`DiskOp::Sync`] makes durable exactly those issued before it on that file.
//! - The death of a process loses nothing: the page cache outlives it, and so does a sync under way.
//! - A loss of power keeps, file by file, a drawn prefix of the changes not yet durable, and loses all behind it; likewise with
//!   creations, renamings and deletions that no [`DiskOp::SyncDir`] made durable.
//! - One disk, one queue: syncs are served one after another.
//! - Where a fault makes the medium differ from what the process was told (syncs that lie, writes that land elsewhere), the difference shows at the
//!   next loss of power: until then the caches hide it, and the invariants believe, as the process may, what was told.
//!
//! One idea a file: [`content`] bytes in shared pages, [`inode`] what is durable and what is not, [`directory`] the names, [`trouble`] what faults do.
//!
//! To add a fault of disks: see [`trouble`]; its beginning and end belong into `crate::faults`.

mod content;
mod directory;
mod inode;
#[cfg(test)]
mod tests;
mod trouble;

pub(crate) use content::Content;
pub(crate) use trouble::{Syncing, Trouble};

use crate::draw::{self, For};
use directory::Directory;
use firedrill_model::rng::mix;
use firedrill_model::{FileClass, Time};
use firedrill_stack::io::{DiskError, DiskOp, DiskToken, FileId, Input};
use inode::{Change, Inode};
use std::time::Duration;
use trouble::{Fate, Troubles};

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
    trouble_salt: u64,
    troubles: Troubles,
    /// Operations ever issued.
    issued: u64,
    /// Bits that ever rotted, or would have.
    rots: u64,
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
    Synced { inode: usize, file: FileId, upto: u64, token: DiskToken, how: Syncing },
    /// The names are durable.
    DirSynced { upto: u64, token: DiskToken, how: Syncing },
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
            trouble_salt: draw::salt(seed, For::DiskTrouble, site),
            troubles: Troubles::default(),
            issued: 0,
            rots: 0,
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

    /// The files that a process sees, and how many bytes each has.
    pub(crate) fn files(&self) -> impl Iterator<Item = (FileId, usize)> {
        let len = |file| self.directory.current(file).map_or(0, |inode| self.inodes[inode].len());
        self.directory.current_names().map(move |file| (file, len(file)))
    }

    /// Issues an operation. What is answered is answered at the instant returned, by [`Disk::complete`].
    pub(crate) fn issue(&mut self, now: Time, op: DiskOp) -> Option<(Time, Completion)> {
        self.issued += 1;
        if self.troubles.is_empty() {
            return self.perform(now, op, Syncing::Honest);
        }
        let bits = mix(self.trouble_salt.wrapping_add(self.issued));
        match self.troubles.fate(&op, self.grows(&op), bits) {
            Fate::Done => self.perform(now, op, Syncing::Honest),
            Fate::Fails(error) => Some(trouble::failed(now, &op, error)),
            Fate::Sync(how) => self.perform(now, op, how),
            Fate::Misdirected(fault, bits) => {
                if self.misdirect(&op, bits) {
                    self.troubles.hit(fault);
                    return None;
                }
                self.perform(now, op, Syncing::Honest)
            }
        }
    }

    fn perform(&mut self, now: Time, op: DiskOp, how: Syncing) -> Option<(Time, Completion)> {
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
            DiskOp::Sync { file, token } => Some(self.sync(now, file, token, how)),
            DiskOp::SyncDir { token } => {
                let upto = self.directory.issued();
                Some((self.served(now), Completion::DirSynced { upto, token, how }))
            }
        }
    }

    /// Does what was to be done by the instant of [`Disk::issue`]: what became durable, and what the process is told.
    pub(crate) fn complete(&mut self, completion: Completion) -> (Touched, Input) {
        match completion {
            Completion::Synced { inode, upto, token, how: Syncing::Forsaken, .. } => {
                self.inodes[inode].forsake(upto);
                (Touched::Nothing, Input::SyncFailed { token, error: DiskError::Io })
            }
            Completion::Synced { inode, file, upto, token, how } => {
                let inode_of = &mut self.inodes[inode];
                let first = if how == Syncing::Honest { inode_of.settle(upto) } else { inode_of.pretend(upto) };
                // Under a name that would not survive, or under another by now, what is durable is of no use yet.
                let named = self.directory.durable(file) == Some(inode);
                let touched = match first {
                    Some(first) if named => Touched::File(file, first),
                    Some(_) => Touched::Anything,
                    None => Touched::Nothing,
                };
                (touched, Input::Synced { token })
            }
            Completion::DirSynced { upto, token, how } => {
                // Names that a lie left in the disk's own cache are simply not durable, for whoever looks.
                let settles = how == Syncing::Honest && self.directory.settle(upto);
                (if settles { Touched::Anything } else { Touched::Nothing }, Input::Synced { token })
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
        let mut tears = vec![None; self.inodes.len()];
        if !self.troubles.is_empty() {
            self.directory.durable_names().for_each(|(file, inode)| tears[inode] = self.troubles.tears(file));
        }
        for (number, inode) in self.inodes.iter_mut().enumerate() {
            let bits = mix(salt.wrapping_add(1 + number as u64));
            let torn = inode.cut_off(draw::below(bits, inode.unsynced() + 1), tears[number].map(|_| mix(bits)));
            if let (true, Some(fault)) = (torn, tears[number]) {
                self.troubles.hit(fault);
            }
        }
    }

    fn read(&self, now: Time, file: FileId, token: DiskToken) -> (Time, Completion) {
        let inode = self.directory.current(file);
        let content = inode.map(|inode| self.inodes[inode].current());
        let kib = content.as_ref().map_or(0, |content| content.len() / 1024);
        let takes = LATENCY + READ_PER_KIB * u32::try_from(kib).unwrap_or(u32::MAX);
        (now + takes, Completion::Read { token, content })
    }

    /// Whether an operation needs space on the disk.
    fn grows(&self, op: &DiskOp) -> bool {
        match op {
            DiskOp::Create { file } => self.directory.current(*file).is_none(),
            DiskOp::Write { file, offset, bytes } => {
                let len = self.directory.current(*file).map_or(0, |inode| self.inodes[inode].len());
                offset.saturating_add(bytes.len() as u64) > len as u64
            }
            _ => false,
        }
    }

    /// Lets a write land elsewhere: at an earlier place of its file, or at the same place of another file of its class. `false`, and nothing is done, if there
    /// is neither.
    fn misdirect(&mut self, op: &DiskOp, bits: u64) -> bool {
        let DiskOp::Write { file, offset, bytes } = op else { return false };
        let Some(inode) = self.directory.current(*file) else { return false };
        if offset.saturating_add(bytes.len() as u64) > MAX_FILE {
            return false;
        }
        let change = Change::Write(*offset as usize, bytes.clone());
        if self.inodes[inode].issue_misdirected(change.clone(), bits) {
            return true;
        }
        let class = FileClass::of(&file.name());
        let others = self.directory.durable_names();
        let mut others = others.filter(|(other, _)| other != file && FileClass::of(&other.name()) == class);
        let Some((_, other)) = others.next() else { return false };
        self.inodes[inode].issue_astray(change);
        self.inodes[other].hit_by(*offset as usize, bytes);
        true
    }

    fn sync(&mut self, now: Time, file: FileId, token: DiskToken, how: Syncing) -> (Time, Completion) {
        let Some(inode) = self.directory.current(file) else {
            let error = DiskError::Io;
            return (now + LATENCY, Completion::Failed(Input::SyncFailed { token, error }));
        };
        let upto = self.inodes[inode].issued();
        let completion = Completion::Synced { inode, file, upto, token, how };
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
