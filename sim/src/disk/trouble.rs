//! What faults do to a disk while they last, besides making it slow; and once: rot, loss.
//!
//! What becomes of an operation is hashed from the seed, the number of the operation on its disk and the kind of the fault, so that no fault
//! changes what another does.
//!
//! To add one: its variant in [`Trouble`], and what it does in [`Troubles::fate`] or at a loss of power.

use super::{Disk, write_failed};
use crate::draw;
use firedrill_model::rng::mix;
use firedrill_model::{Fault, FaultId, FileClass, IoMethod, Time};
use firedrill_stack::io::{DiskError, DiskOp, FileId, Input};

/// A disk writes this many bytes, from a multiple of it on, or none of them.
pub(super) const TORN_UNIT: usize = 512;

/// What a fault does to a disk while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// So many of a thousand operations fail.
    Error(IoMethod, u32),
    /// Nothing can be created, no file can grow.
    Full,
    /// Nothing can be changed.
    ReadOnly,
    /// So many of a thousand syncs fail, and their changes count as written.
    FailedFsync(u32),
    /// Syncs leave everything in the disk's own cache.
    LyingFsync,
    /// A loss of power tears a write.
    TornWrite,
    /// So many of a thousand writes land elsewhere.
    Misdirected(u32),
}

impl Trouble {
    /// What a fault does, and to which files; `None`: it is not about what is done on a disk.
    pub(crate) fn of(fault: &Fault) -> Option<(FileClass, Trouble)> {
        Some(match *fault {
            Fault::IoError { files, method, per_mille, .. } => (files, Trouble::Error(method, per_mille)),
            Fault::DiskFull { .. } => (FileClass::Any, Trouble::Full),
            Fault::ReadOnly { .. } => (FileClass::Any, Trouble::ReadOnly),
            Fault::FailedFsync { files, per_mille, .. } => (files, Trouble::FailedFsync(per_mille)),
            Fault::LyingFsync { files, .. } => (files, Trouble::LyingFsync),
            Fault::TornWrite { files, .. } => (files, Trouble::TornWrite),
            Fault::MisdirectedWrite { files, per_mille, .. } => (files, Trouble::Misdirected(per_mille)),
            _ => return None,
        })
    }

    /// Tells draws for different kinds apart.
    fn salt(self) -> u64 {
        match self {
            Trouble::Error(method, _) => 0x6572_7200 + method as u64,
            Trouble::FailedFsync(_) => 0x6673_796e,
            Trouble::Misdirected(_) => 0x6d69_7364,
            Trouble::Full | Trouble::ReadOnly | Trouble::LyingFsync | Trouble::TornWrite => 0,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Active {
    fault: FaultId,
    files: FileClass,
    trouble: Trouble,
    struck: bool,
}

/// How a sync ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syncing {
    /// As it should.
    Honest,
    /// With an error, and what it covered counts as written.
    Forsaken,
    /// Well, as it says.
    Pretended,
}

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is done.
    Done,
    /// It fails with this, and has done nothing.
    Fails(DiskError),
    /// It is a sync that ends so.
    Sync(Syncing),
    /// It is a write that lands elsewhere, by this draw.
    Misdirected(FaultId, u64),
}

/// All faults that trouble a disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Troubles {
    active: Vec<Active>,
    struck: Vec<FaultId>,
}

impl Troubles {
    /// What becomes of an operation, by this draw. `grows`: it needs space.
    pub(super) fn fate(&mut self, op: &DiskOp, grows: bool, bits: u64) -> Fate {
        let (method, file) = about(op);
        for active in &mut self.active {
            if !file.map_or(active.files == FileClass::Any, |file| active.files.has(&file.name())) {
                continue;
            }
            let bits = mix(bits ^ mix(active.trouble.salt()));
            let hit = |per_mille: u32| draw::below(bits, 1000) < u64::from(per_mille);
            let fate = match active.trouble {
                Trouble::Error(which, per_mille) if which == method && hit(per_mille) => Fate::Fails(DiskError::Io),
                Trouble::Full if grows => Fate::Fails(DiskError::Full),
                Trouble::ReadOnly if method == IoMethod::Write => Fate::Fails(DiskError::ReadOnly),
                Trouble::FailedFsync(per_mille) if matches!(op, DiskOp::Sync { .. }) && hit(per_mille) => {
                    Fate::Sync(Syncing::Forsaken)
                }
                Trouble::LyingFsync if method == IoMethod::Fsync => Fate::Sync(Syncing::Pretended),
                // Whether there is another place for it to land is yet to be seen.
                Trouble::Misdirected(per_mille) if matches!(op, DiskOp::Write { .. }) && hit(per_mille) => {
                    return Fate::Misdirected(active.fault, mix(bits));
                }
                _ => continue,
            };
            if !std::mem::replace(&mut active.struck, true) {
                self.struck.push(active.fault);
            }
            return fate;
        }
        Fate::Done
    }

    /// A fault hit something.
    pub(super) fn hit(&mut self, fault: FaultId) {
        let active = self.active.iter_mut().find(|active| active.fault == fault && !active.struck);
        if let Some(active) = active {
            active.struck = true;
            self.struck.push(fault);
        }
    }

    /// The fault by which a loss of power tears writes to a file.
    pub(super) fn tears(&self, file: FileId) -> Option<FaultId> {
        let tears = |active: &&Active| active.trouble == Trouble::TornWrite && active.files.has(&file.name());
        self.active.iter().find(tears).map(|active| active.fault)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.active.is_empty()
    }
}

/// What an operation is, and the file that it is about.
fn about(op: &DiskOp) -> (IoMethod, Option<FileId>) {
    match op {
        DiskOp::Read { file, .. } => (IoMethod::Read, Some(*file)),
        DiskOp::List { .. } => (IoMethod::Read, None),
        DiskOp::Create { file }
        | DiskOp::Write { file, .. }
        | DiskOp::Truncate { file, .. }
        | DiskOp::Delete { file } => (IoMethod::Write, Some(*file)),
        DiskOp::Rename { from, .. } => (IoMethod::Write, Some(*from)),
        DiskOp::Sync { file, .. } => (IoMethod::Fsync, Some(*file)),
        DiskOp::SyncDir { .. } => (IoMethod::Fsync, None),
    }
}

/// What is answered to an operation that fails.
pub(super) fn failed(now: Time, op: &DiskOp, error: DiskError) -> (Time, super::Completion) {
    let input = match *op {
        DiskOp::Read { token, .. } => Input::FileRead { token, result: Err(error) },
        DiskOp::List { token } => Input::FilesListed { token, result: Err(error) },
        DiskOp::Sync { token, .. } | DiskOp::SyncDir { token } => Input::SyncFailed { token, error },
        DiskOp::Create { file }
        | DiskOp::Write { file, .. }
        | DiskOp::Truncate { file, .. }
        | DiskOp::Delete { file }
        | DiskOp::Rename { from: file, .. } => return write_failed(now, file, error),
    };
    (now + super::LATENCY, super::Completion::Failed(input))
}

impl Disk {
    /// A fault begins to trouble the disk.
    pub(crate) fn trouble(&mut self, fault: FaultId, files: FileClass, trouble: Trouble) {
        self.troubles.active.push(Active { fault, files, trouble, struck: false });
    }

    /// It no longer does.
    pub(crate) fn relieve(&mut self, fault: FaultId) {
        self.troubles.active.retain(|active| active.fault != fault);
    }

    /// Whether any fault troubles the disk.
    pub(crate) fn is_troubled(&self) -> bool {
        !self.troubles.is_empty()
    }

    /// Faults that hit something for the first time, since they were last taken.
    pub(crate) fn take_struck(&mut self) -> Vec<FaultId> {
        std::mem::take(&mut self.troubles.struck)
    }

    /// Bits of durable files flip. Of logs only what their writer can know to be durable rots: behind that, nobody could tell rot from a torn tail. Returns
    /// how many flipped.
    pub(crate) fn rot(&mut self, files: FileClass, bits: u32) -> u32 {
        let mut rotten = 0;
        for _ in 0..bits {
            self.rots += 1;
            let draw = mix(self.trouble_salt ^ mix(self.rots));
            let lengths = self.directory.durable_names().filter_map(|(file, inode)| {
                let name = file.name();
                let known = matches!(FileClass::of(&name), FileClass::Log | FileClass::Wal);
                let len = self.inodes[inode].can_rot(known);
                (files.has(&name) && len > 0).then_some((inode, len))
            });
            let lengths: Vec<(usize, usize)> = lengths.collect();
            if let Some((inode, len)) = lengths.get(draw::below(draw, lengths.len() as u64) as usize) {
                let byte = draw::below(mix(draw), *len as u64) as usize;
                self.inodes[*inode].rot(byte, draw as u32);
                rotten += 1;
            }
        }
        rotten
    }

    /// All files are gone. What was under way is void. Whether there were any.
    pub(crate) fn wipe(&mut self) -> bool {
        let had_any = !self.inodes.is_empty();
        self.directory = super::Directory::default();
        self.inodes.clear();
        self.busy_until = Time::ZERO;
        had_any
    }
}
