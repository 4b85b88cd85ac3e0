//! What a site asks of its file system, with what faults make of it.

use super::cache::{Change, Landing};
use super::files::Files;
use super::trouble::{Fate, Operation, Troubles};
use firedrill_model::Rng;
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// A file that would grow beyond this many bytes is one too large: all of it is held in memory.
const MAX_FILE: u64 = 256 << 20;

/// A folder as a site sees it.
#[derive(Debug)]
pub(super) struct Volume {
    pub(super) files: Files,
    pub(super) troubles: Troubles,
    /// What was listed last; who reads a listing on must find it as it was.
    listing: Vec<String>,
}

impl Volume {
    /// Over a folder, with draws of its own.
    pub(super) fn over(folder: PathBuf, draws: Rng) -> Volume {
        Volume { files: Files::of(folder), troubles: Troubles::new(draws), listing: Vec::new() }
    }

    /// What becomes of an operation, unless it fails.
    fn fate(&mut self, operation: Operation, file: Option<&str>) -> io::Result<Fate> {
        match self.troubles.fate(operation, file) {
            Fate::Fails => Err(rustix::io::Errno::IO.into()),
            fate => Ok(fate),
        }
    }

    fn name(&self, number: u64) -> Option<String> {
        self.files.name(number).map(str::to_owned)
    }

    /// The number of the file of this name.
    pub(super) fn look_up(&mut self, name: &str) -> io::Result<u64> {
        self.files.number(name)
    }

    /// A file's length and attributes, or the folder's.
    pub(super) fn about(&self, number: u64) -> io::Result<(u64, Metadata)> {
        self.files.about(number)
    }

    /// The names from a place on.
    pub(super) fn list(&mut self, from: usize) -> io::Result<Vec<String>> {
        if from == 0 {
            self.fate(Operation::Read, None)?;
            self.listing = self.files.names()?;
        }
        Ok(self.listing.iter().skip(from).cloned().collect())
    }

    /// Makes a file, and opens it.
    pub(super) fn create(&mut self, name: &str, mode: u32) -> io::Result<u64> {
        self.fate(Operation::Change, Some(name))?;
        let number = self.files.create(name, mode)?;
        self.files.opened(number);
        Ok(number)
    }

    /// Opens a file.
    pub(super) fn open(&mut self, number: u64) -> io::Result<()> {
        self.files.open(number)?;
        self.files.opened(number);
        Ok(())
    }

    /// Reads up to so many bytes.
    pub(super) fn read(&mut self, number: u64, offset: u64, size: u32) -> io::Result<Vec<u8>> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        // To learn that a file ends here is not to read it, nor is to read on.
        if self.files.open(number)?.0.len() > offset && offset == 0 {
            let name = self.name(number);
            self.fate(Operation::Read, name.as_deref())?;
        }
        let (cache, _) = self.files.open(number)?;
        Ok(cache.read(offset, size as usize).to_vec())
    }

    /// Writes bytes.
    pub(super) fn write(&mut self, number: u64, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let name = self.name(number);
        let fate = self.fate(Operation::Write, name.as_deref())?;
        let at = self.reserve(number, offset, bytes.len() as u64)?;
        let landing = match fate {
            Fate::Misdirected(fault, mut draws) => {
                let landing = self.misdirect(number, at, bytes, &mut draws)?;
                if landing != Landing::Done {
                    self.troubles.hit(fault);
                }
                landing
            }
            _ => Landing::Done,
        };
        self.files.open(number)?.0.issue(Change::Write(at, bytes.to_vec()), landing);
        Ok(())
    }

    /// Has the disk keep room for a write, which says now if there is none, or if nothing may be written.
    fn reserve(&mut self, number: u64, offset: u64, len: u64) -> io::Result<usize> {
        if offset.saturating_add(len) > MAX_FILE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let (_, disk) = self.files.open(number)?;
        let reserved = if len > 0 { fallocate(disk, FallocateFlags::KEEP_SIZE, offset, len) } else { Ok(()) };
        reserved?;
        Ok(offset as usize)
    }

    /// Finds another place for a write to land: where an earlier one to the file began, or the same place of another file of the class. If there
    /// is neither, it lands where it should.
    fn misdirect(&mut self, number: u64, at: usize, bytes: &[u8], draws: &mut Rng) -> io::Result<Landing> {
        if let Some(elsewhere) = self.files.open(number)?.0.elsewhere(at, draws) {
            return Ok(Landing::At(elsewhere));
        }
        let Some(sibling) = self.files.sibling(number)? else { return Ok(Landing::Done) };
        // What is seen of the other stays as it was.
        let sibling = self.files.number(&sibling)?;
        let (_, disk) = self.files.open(sibling)?;
        disk.write_all_at(bytes, at as u64)?;
        disk.sync_data()?;
        Ok(Landing::Dropped)
    }

    /// Cuts a file, or fills it up with zeroes, to a length.
    pub(super) fn resize(&mut self, number: u64, len: u64) -> io::Result<()> {
        let name = self.name(number);
        self.fate(Operation::Change, name.as_deref())?;
        let (now, _) = self.about(number)?;
        self.reserve(number, now.min(len), len.saturating_sub(now))?;
        self.files.open(number)?.0.issue(Change::Resize(len as usize), Landing::Done);
        Ok(())
    }

    /// Makes a file durable. Returns how much longer that takes than it took, and how it ends.
    pub(super) fn sync(&mut self, number: u64) -> (Duration, io::Result<()>) {
        let delay = self.troubles.delay();
        let name = self.name(number);
        (delay, self.sync_now(number, name.as_deref()))
    }

    fn sync_now(&mut self, number: u64, name: Option<&str>) -> io::Result<()> {
        let fate = self.fate(Operation::Sync, name)?;
        let (cache, disk) = self.files.open(number)?;
        match fate {
            Fate::Forsaken => {
                cache.forsake();
                Err(rustix::io::Errno::IO.into())
            }
            Fate::Pretended => {
                cache.pretend();
                Ok(())
            }
            _ => cache.settle(disk),
        }
    }

    /// Makes the names durable; the same.
    pub(super) fn sync_names(&mut self) -> (Duration, io::Result<()>) {
        let delay = self.troubles.delay();
        let done = self.fate(Operation::SyncNames, None).and_then(|fate| match fate {
            Fate::Pretended => Ok(()),
            _ => self.files.sync_names(),
        });
        (delay, done)
    }

    /// Renames a file.
    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.fate(Operation::Change, Some(from))?;
        self.files.rename(from, to)
    }

    /// Deletes a file.
    pub(super) fn delete(&mut self, name: &str) -> io::Result<()> {
        self.fate(Operation::Change, Some(name))?;
        self.files.delete(name)
    }

    /// The power fails: what is cached is lost but for the first of it, so much as is drawn for each file.
    pub(super) fn lose_power(&mut self) -> io::Result<()> {
        let mut draws = self.troubles.draws();
        for (name, cache) in self.files.forget() {
            let tears = self.troubles.tears(Some(&name));
            let disk = match OpenOptions::new().read(true).write(true).open(self.files.path(&name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                disk => disk?,
            };
            if let (true, Some(fault)) = (cache.cut_off(&disk, &mut draws, tears.is_some())?, tears) {
                self.troubles.hit(fault);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::{Fault, FaultId, FileClass, IoMethod, SiteId};
    use std::fs;

    const SITE: SiteId = SiteId(0);
    const EIO: i32 = 5;

    struct Bench(PathBuf, Volume);

    impl Bench {
        fn new(name: &str) -> Bench {
            let folder = std::env::temp_dir().join(format!("firedrill-volume-{}-{name}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Bench(folder.clone(), Volume::over(folder, Rng::new(3, "disk")))
        }

        fn on_disk(&self, name: &str) -> Vec<u8> {
            fs::read(self.0.join(name)).unwrap()
        }
    }

    impl Drop for Bench {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn files_are_made_written_synced_renamed_and_deleted() {
        let mut bench = Bench::new("plain");
        let volume = &mut bench.1;
        let file = volume.create("log.1", 0o644).unwrap();
        volume.write(file, 0, b"one").unwrap();
        assert_eq!(volume.read(file, 1, 10).unwrap(), b"ne");
        assert_eq!(volume.about(file).unwrap().0, 3);
        volume.sync(file).1.unwrap();
        volume.rename("log.1", "log.2").unwrap();
        volume.sync_names().1.unwrap();
        assert_eq!(volume.look_up("log.2").unwrap(), file);
        assert!(volume.look_up("log.1").is_err());
        assert_eq!(volume.list(0).unwrap(), ["log.2"]);
        volume.delete("log.2").unwrap();
        // Who has it open still reads it.
        assert_eq!(volume.read(file, 0, 10).unwrap(), b"one");
        volume.files.closed(file);
        assert!(volume.read(file, 0, 10).is_err());
    }

    #[test]
    fn an_error_has_done_nothing_and_a_failed_sync_has_done_worse() {
        let mut bench = Bench::new("errors");
        let volume = &mut bench.1;
        let file = volume.create("log.1", 0o644).unwrap();
        volume.write(file, 0, b"one").unwrap();
        let (site, files) = (SITE, FileClass::Log);
        let error = |method| Fault::IoError { site, files, method, per_mille: 1000 };
        for (id, method) in [(1, IoMethod::Write), (2, IoMethod::Fsync), (3, IoMethod::Read)] {
            volume.troubles.begin(FaultId(id), &error(method));
            let done = match method {
                IoMethod::Write => volume.write(file, 3, b"two"),
                IoMethod::Fsync => volume.sync(file).1,
                IoMethod::Read => volume.read(file, 0, 10).map(drop),
            };
            assert_eq!(done.unwrap_err().raw_os_error(), Some(EIO), "{method:?}");
            assert!(volume.troubles.struck().at(FaultId(id)).is_some());
            volume.troubles.end(FaultId(id));
        }
        assert_eq!(volume.read(file, 0, 10).unwrap(), b"one");
        volume.troubles.begin(FaultId(4), &Fault::FailedFsync { site, files, per_mille: 1000 });
        assert_eq!(volume.sync(file).1.unwrap_err().raw_os_error(), Some(EIO));
        volume.troubles.end(FaultId(4));
        volume.sync(file).1.unwrap();
        assert_eq!(volume.read(file, 0, 10).unwrap(), b"one");
        assert_eq!(bench.on_disk("log.1"), b"");
    }

    #[test]
    fn a_loss_of_power_takes_what_a_lying_sync_left() {
        let mut lost = 0;
        for round in 0..20 {
            let mut bench = Bench::new(&format!("power-{round}"));
            let volume = &mut bench.1;
            let file = volume.create("log.1", 0o644).unwrap();
            volume.write(file, 0, b"one").unwrap();
            volume.sync(file).1.unwrap();
            volume.troubles = Troubles::new(Rng::new(round, "disk"));
            volume.troubles.begin(FaultId(1), &Fault::LyingFsync { site: SITE, files: FileClass::Any });
            volume.write(file, 3, b"two").unwrap();
            volume.sync(file).1.unwrap();
            volume.lose_power().unwrap();
            assert!(volume.read(file, 0, 10).is_err(), "a process that died of it still reads");
            let file = volume.look_up("log.1").unwrap();
            let seen = volume.read(file, 0, 10).unwrap();
            assert!(seen == b"one" || seen == b"onetwo", "{seen:?}");
            lost += usize::from(seen == b"one");
        }
        assert!((1..20).contains(&lost), "{lost} of 20");
    }

    #[test]
    fn a_write_that_lands_in_another_file_shows_there_after_a_loss_of_power() {
        let mut bench = Bench::new("astray");
        let volume = &mut bench.1;
        let [first, second] = ["log.1", "log.2"].map(|name| volume.create(name, 0o644).unwrap());
        volume.write(first, 0, b"one").unwrap();
        volume.sync(first).1.unwrap();
        let fault = Fault::MisdirectedWrite { site: SITE, files: FileClass::Log, per_mille: 1000 };
        volume.troubles.begin(FaultId(1), &fault);
        volume.write(second, 0, b"two").unwrap();
        volume.sync(second).1.unwrap();
        assert!(volume.troubles.struck().at(FaultId(1)).is_some());
        assert_eq!(volume.read(first, 0, 10).unwrap(), b"one");
        assert_eq!(volume.read(second, 0, 10).unwrap(), b"two");
        assert_eq!((bench.on_disk("log.1"), bench.on_disk("log.2")), (b"two".to_vec(), b"".to_vec()));
    }
}
