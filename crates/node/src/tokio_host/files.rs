//! The site's files in a directory, through blocking calls of the operating system.
//!
//! A file is named as [`FileId::name`] says. Files of other names are none of ours and are left alone.

use firedrill_stack::io::{DiskError, DiskOp, FileId, Input};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The name of the file whose lock says that a process uses the directory.
const LOCK: &str = "lock";

/// A directory with the site's files.
#[derive(Debug)]
pub struct Files {
    dir: PathBuf,
    open: BTreeMap<FileId, File>,
    _lock: File,
}

impl Files {
    /// Opens a directory, and makes it if it is not there.
    ///
    /// # Errors
    /// As the operating system reports them; `WouldBlock` if another process uses the directory.
    pub fn open(dir: &Path) -> io::Result<Files> {
        fs::create_dir_all(dir)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
        lock.try_lock()?;
        Ok(Files { dir: dir.to_path_buf(), open: BTreeMap::new(), _lock: lock })
    }

    /// Carries out an operation, and returns what the site is to be told of it.
    pub fn carry_out(&mut self, op: DiskOp) -> Option<Input> {
        match op {
            DiskOp::Read { file, token } => {
                Some(Input::FileRead { token, result: self.read(file).map_err(disk_error) })
            }
            DiskOp::List { token } => Some(Input::FilesListed { token, result: self.list().map_err(disk_error) }),
            DiskOp::Create { file } => told(file, self.create(file)),
            DiskOp::Write { file, offset, bytes } => {
                told(file, self.file(file).and_then(|f| f.write_all_at(&bytes, offset)))
            }
            DiskOp::Truncate { file, len } => told(file, self.file(file).and_then(|f| f.set_len(len))),
            DiskOp::Rename { from, to } => told(from, self.rename(from, to)),
            DiskOp::Delete { file } => told(file, self.delete(file)),
            DiskOp::Sync { file, token } => Some(synced(token, self.file(file).and_then(File::sync_data))),
            DiskOp::SyncDir { token } => Some(synced(token, File::open(&self.dir).and_then(|dir| dir.sync_all()))),
        }
    }

    fn path(&self, file: FileId) -> PathBuf {
        self.dir.join(file.name())
    }

    fn read(&self, file: FileId) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(file)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(&self) -> io::Result<Vec<FileId>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            files.extend(entry?.file_name().to_str().and_then(file_of_name));
        }
        files.sort_unstable();
        Ok(files)
    }

    fn create(&mut self, file: FileId) -> io::Result<()> {
        let handle = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(self.path(file))?;
        self.open.insert(file, handle);
        Ok(())
    }

    fn file(&mut self, file: FileId) -> io::Result<&File> {
        if !self.open.contains_key(&file) {
            let handle = OpenOptions::new().read(true).write(true).open(self.path(file))?;
            self.open.insert(file, handle);
        }
        self.open.get(&file).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn rename(&mut self, from: FileId, to: FileId) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))?;
        self.open.remove(&to);
        if let Some(handle) = self.open.remove(&from) {
            self.open.insert(to, handle);
        }
        Ok(())
    }

    fn delete(&mut self, file: FileId) -> io::Result<()> {
        self.open.remove(&file);
        fs::remove_file(self.path(file))
    }
}

/// The file of a name, if it is one of ours: the inverse of [`FileId::name`].
pub fn file_of_name(name: &str) -> Option<FileId> {
    let file = match name {
        "meta.a" => FileId::MetaA,
        "meta.b" => FileId::MetaB,
        _ => numbered(name)?,
    };
    // `log.1` and `log.+0000001` parse as well, but are not what the site would open.
    (file.name() == name).then_some(file)
}

fn numbered(name: &str) -> Option<FileId> {
    let (kind, number) = name.rsplit_once('.')?;
    let number = number.parse().ok()?;
    match kind {
        "log" => Some(FileId::Log(number)),
        "snapshot" => Some(FileId::Snapshot(number)),
        "wal" => Some(FileId::Wal(number)),
        "wal.aside" => Some(FileId::WalAside(number)),
        _ => None,
    }
}

fn told(file: FileId, result: io::Result<()>) -> Option<Input> {
    result.err().map(|error| Input::WriteFailed { file, error: disk_error(error) })
}

fn synced(token: firedrill_stack::io::DiskToken, result: io::Result<()>) -> Input {
    match result {
        Ok(()) => Input::Synced { token },
        Err(error) => Input::SyncFailed { token, error: disk_error(error) },
    }
}

fn disk_error(error: io::Error) -> DiskError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => DiskError::Full,
        io::ErrorKind::ReadOnlyFilesystem => DiskError::ReadOnly,
        _ => DiskError::Io,
    }
}
