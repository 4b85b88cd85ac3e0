//! What faults do to a disk while they last. Each draws from a stream of its own, so that none changes what another does.
//!
//! To add one: its variant in [`Trouble`], and what it does in [`Troubles::fate`], or at a loss of power.

use crate::clock::monotonic_ns;
use firedrill_model::{Fault, FaultId, FileClass, IoMethod, Rng};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a fault does to a disk while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// So many of a thousand operations fail.
    Error(IoMethod, u32),
    /// So many of a thousand syncs fail, and their changes count as written.
    FailedFsync(u32),
    /// Syncs leave everything in the disk's own cache.
    LyingFsync,
    /// Syncs take longer.
    SlowFsync(Duration),
    /// A loss of power tears a write.
    TornWrite,
    /// So many of a thousand writes land elsewhere.
    Misdirected(u32),
}

impl Trouble {
    fn of(fault: &Fault) -> Option<(FileClass, Trouble)> {
        Some(match *fault {
            Fault::IoError { files, method, per_mille, .. } => (files, Trouble::Error(method, per_mille)),
            Fault::FailedFsync { files, per_mille, .. } => (files, Trouble::FailedFsync(per_mille)),
            Fault::LyingFsync { files, .. } => (files, Trouble::LyingFsync),
            Fault::SlowFsync { delay, .. } => (FileClass::Any, Trouble::SlowFsync(delay)),
            Fault::TornWrite { files, .. } => (files, Trouble::TornWrite),
            Fault::MisdirectedWrite { files, per_mille, .. } => (files, Trouble::Misdirected(per_mille)),
            _ => return None,
        })
    }
}

#[derive(Clone, Debug)]
struct Active {
    fault: FaultId,
    files: FileClass,
    trouble: Trouble,
    draws: Rng,
}

/// An operation of a disk, as far as faults care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// To read a file or list them.
    Read,
    /// To write bytes.
    Write,
    /// To change a file's length or name, to make it or delete it.
    Change,
    /// To make a file's bytes durable.
    Sync,
    /// To make the names durable.
    SyncNames,
}

impl Operation {
    fn method(self) -> IoMethod {
        match self {
            Operation::Read => IoMethod::Read,
            Operation::Write | Operation::Change => IoMethod::Write,
            Operation::Sync | Operation::SyncNames => IoMethod::Fsync,
        }
    }
}

/// What becomes of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is done.
    Done,
    /// It fails (EIO), and has done nothing.
    Fails,
    /// It is a sync that fails (EIO), and what it covered counts as written.
    Forsaken,
    /// It is a sync that does nothing and says that all is well.
    Pretended,
    /// It is a write that lands elsewhere, by these draws, if there is another place.
    Misdirected(FaultId, Rng),
}

/// All faults that trouble a disk.
#[derive(Clone, Debug)]
pub(super) struct Troubles {
    draws: Rng,
    active: Vec<Active>,
    struck: Struck,
}

/// When each fault first hit something, in nanoseconds of the monotonic clock. Clones share it, so that nobody who asks waits for the disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Struck(Arc<Mutex<BTreeMap<FaultId, u64>>>);

impl Struck {
    /// When this one did.
    pub(super) fn at(&self, fault: FaultId) -> Option<u64> {
        self.lock().get(&fault).copied()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<FaultId, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Troubles {
    /// None yet. `draws`: a stream of the disk's own.
    pub(super) fn new(draws: Rng) -> Troubles {
        Troubles { draws, active: Vec::new(), struck: Struck::default() }
    }

    /// A fault begins; nothing happens if it is none of these.
    pub(super) fn begin(&mut self, fault: FaultId, what: &Fault) {
        if let Some((files, trouble)) = Trouble::of(what) {
            let draws = self.draws.split(u64::from(fault.0));
            self.active.push(Active { fault, files, trouble, draws });
        }
    }

    /// It ends.
    pub(super) fn end(&mut self, fault: FaultId) {
        self.active.retain(|active| active.fault != fault);
    }

    /// What tells when they hit something.
    pub(super) fn struck(&self) -> Struck {
        self.struck.clone()
    }

    /// It hit something.
    pub(super) fn hit(&mut self, fault: FaultId) {
        self.struck.lock().entry(fault).or_insert_with(monotonic_ns);
    }

    /// What becomes of an operation on the file of this name; `None`: it is on the directory.
    pub(super) fn fate(&mut self, operation: Operation, file: Option<&str>) -> Fate {
        for active in &mut self.active {
            if !concerns(active, file) {
                continue;
            }
            let draws = &mut active.draws;
            let fate = match active.trouble {
                Trouble::Error(method, per_mille) if method == operation.method() && draws.chance(per_mille) => {
                    Fate::Fails
                }
                Trouble::FailedFsync(per_mille) if operation == Operation::Sync && draws.chance(per_mille) => {
                    Fate::Forsaken
                }
                Trouble::LyingFsync if operation.method() == IoMethod::Fsync => Fate::Pretended,
                // Whether there is another place for it to land is yet to be seen.
                Trouble::Misdirected(per_mille) if operation == Operation::Write && draws.chance(per_mille) => {
                    return Fate::Misdirected(active.fault, draws.split(draws.clone().bits()));
                }
                _ => continue,
            };
            let fault = active.fault;
            self.hit(fault);
            return fate;
        }
        Fate::Done
    }

    /// How much longer the next sync takes.
    pub(super) fn delay(&mut self) -> Duration {
        let mut delay = Duration::ZERO;
        let mut slow = Vec::new();
        for active in &self.active {
            if let Trouble::SlowFsync(longer) = active.trouble {
                delay += longer;
                slow.push(active.fault);
            }
        }
        slow.into_iter().for_each(|fault| self.hit(fault));
        delay
    }

    /// The fault by which a loss of power tears writes to a file.
    pub(super) fn tears(&self, file: Option<&str>) -> Option<FaultId> {
        let tears = |active: &&Active| active.trouble == Trouble::TornWrite && concerns(active, file);
        self.active.iter().find(tears).map(|active| active.fault)
    }

    /// Draws for a loss of power.
    pub(super) fn draws(&mut self) -> Rng {
        self.draws.split(self.draws.clone().bits())
    }
}

fn concerns(active: &Active, file: Option<&str>) -> bool {
    file.map_or(active.files == FileClass::Any, |file| active.files.has(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::SiteId;

    const SITE: SiteId = SiteId(0);

    fn troubles(faults: &[Fault]) -> Troubles {
        let mut troubles = Troubles::new(Rng::new(7, "disk"));
        faults.iter().zip(0..).for_each(|(fault, id)| troubles.begin(FaultId(id), fault));
        troubles
    }

    #[test]
    fn errors_hit_their_method_and_their_files_so_often() {
        let error = |files, method, per_mille| Fault::IoError { site: SITE, files, method, per_mille };
        let mut troubles =
            troubles(&[error(FileClass::Log, IoMethod::Fsync, 1000), error(FileClass::Any, IoMethod::Write, 200)]);
        assert_eq!(troubles.fate(Operation::Sync, Some("meta.a")), Fate::Done);
        assert_eq!(troubles.fate(Operation::SyncNames, None), Fate::Done);
        assert_eq!(troubles.fate(Operation::Read, Some("log.00000001")), Fate::Done);
        assert_eq!(troubles.struck().at(FaultId(0)), None);
        assert_eq!(troubles.fate(Operation::Sync, Some("log.00000001")), Fate::Fails);
        assert!(troubles.struck().at(FaultId(0)).is_some());
        let failed = (0..1000).filter(|_| troubles.fate(Operation::Change, None) == Fate::Fails).count();
        assert!((150..250).contains(&failed), "{failed} of 1000");
        troubles.end(FaultId(0));
        assert_eq!(troubles.fate(Operation::Sync, Some("log.00000001")), Fate::Done);
    }

    #[test]
    fn syncs_fail_lie_and_are_slow() {
        let (site, files) = (SITE, FileClass::Wal);
        let delay = Duration::from_millis(20);
        let mut troubles = troubles(&[
            Fault::FailedFsync { site, files, per_mille: 1000 },
            Fault::LyingFsync { site, files: FileClass::Any },
            Fault::SlowFsync { site, delay },
            Fault::SlowFsync { site, delay },
        ]);
        assert_eq!(troubles.fate(Operation::Sync, Some("wal.00000001")), Fate::Forsaken);
        assert_eq!(troubles.fate(Operation::Sync, Some("log.00000001")), Fate::Pretended);
        assert_eq!(troubles.fate(Operation::SyncNames, None), Fate::Pretended);
        assert_eq!(troubles.delay(), delay * 2);
        assert!((0..4).all(|id| troubles.struck().at(FaultId(id)).is_some()));
    }
}
