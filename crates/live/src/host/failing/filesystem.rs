//! The kernel's questions (FUSE), put to a [`Volume`].
//!
//! The kernel caches nothing of it, neither bytes nor names nor attributes: each operation of a site's process is one here.

use super::files::ROOT;
use super::volume::Volume;
use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, LockOwner,
    OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen,
    ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Nothing is cached.
const TTL: Duration = Duration::ZERO;
/// Numbers of files are never used again.
const GENERATION: Generation = Generation(0);
const HANDLE: FileHandle = FileHandle(0);

/// What the kernel asks.
#[derive(Debug)]
pub(super) struct Served(pub(super) Arc<Mutex<Volume>>);

impl Served {
    fn volume(&self) -> MutexGuard<'_, Volume> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attributes(&self, number: u64) -> io::Result<FileAttr> {
        self.volume().about(number).map(|(len, about)| attributes(number, len, &about))
    }

    /// Answers a sync, after it took as long as it takes.
    fn synced(reply: ReplyEmpty, (delay, done): (Duration, io::Result<()>)) {
        std::thread::sleep(delay);
        answer(reply, done);
    }
}

fn attributes(number: u64, len: u64, about: &Metadata) -> FileAttr {
    let time = |secs: i64, nanos: i64| {
        let since = Duration::new(u64::try_from(secs).unwrap_or(0), u32::try_from(nanos).unwrap_or(0));
        UNIX_EPOCH + since
    };
    FileAttr {
        ino: INodeNo(number),
        size: len,
        blocks: len.div_ceil(512),
        atime: time(about.atime(), about.atime_nsec()),
        mtime: time(about.mtime(), about.mtime_nsec()),
        ctime: time(about.ctime(), about.ctime_nsec()),
        crtime: UNIX_EPOCH,
        kind: if number == ROOT { FileType::Directory } else { FileType::RegularFile },
        perm: (about.mode() & 0o7777) as u16,
        nlink: 1,
        uid: about.uid(),
        gid: about.gid(),
        rdev: 0,
        blksize: 4096,
        flags: 0,
    }
}

fn answer(reply: ReplyEmpty, done: io::Result<()>) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error.into()),
    }
}

/// A name that a file of ours can have.
fn text(name: &OsStr) -> io::Result<&str> {
    name.to_str().ok_or_else(|| io::ErrorKind::NotFound.into())
}

impl Filesystem for Served {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = text(name).and_then(|name| self.volume().look_up(name));
        match found.and_then(|number| self.attributes(number)) {
            Ok(about) => reply.entry(&TTL, &about, GENERATION),
            Err(error) => reply.error(error.into()),
        }
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.attributes(ino.0) {
            Ok(about) => reply.attr(&TTL, &about),
            Err(error) => reply.error(error.into()),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        // Sites set neither owners nor modes; times go by the disk's.
        if mode.is_some() || uid.is_some() || gid.is_some() {
            return reply.error(Errno::EPERM);
        }
        let resized = size.map_or(Ok(()), |len| self.volume().resize(ino.0, len));
        match resized.and_then(|()| self.attributes(ino.0)) {
            Ok(about) => reply.attr(&TTL, &about),
            Err(error) => reply.error(error.into()),
        }
    }

    fn create(&self, _: &Request, _: INodeNo, name: &OsStr, mode: u32, umask: u32, _: i32, reply: ReplyCreate) {
        let made = text(name).and_then(|name| self.volume().create(name, mode & !umask & 0o777));
        match made.and_then(|number| self.attributes(number)) {
            Ok(about) => reply.created(&TTL, &about, GENERATION, HANDLE, FopenFlags::FOPEN_DIRECT_IO),
            Err(error) => reply.error(error.into()),
        }
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.volume().open(ino.0) {
            Ok(()) => reply.opened(HANDLE, FopenFlags::FOPEN_DIRECT_IO),
            Err(error) => reply.error(error.into()),
        }
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let read = self.volume().read(ino.0, offset, size);
        match read {
            Ok(bytes) => reply.data(&bytes),
            Err(error) => reply.error(error.into()),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        bytes: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let written = self.volume().write(ino.0, offset, bytes);
        match written {
            Ok(()) => reply.written(bytes.len() as u32),
            Err(error) => reply.error(error.into()),
        }
    }

    /// When a process closes a file: its bytes stay cached.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn release(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.volume().files.closed(ino.0);
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let done = self.volume().sync(ino.0);
        Served::synced(reply, done);
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let done = self.volume().sync_names();
        Served::synced(reply, done);
    }

    fn readdir(&self, _: &Request, _: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        // The first two places are the folder's own.
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let own = [".", ".."].into_iter().enumerate().skip(from);
        let own = own.map(|(place, name)| (place, FileType::Directory, name.to_owned())).collect::<Vec<_>>();
        let names = match self.volume().list(from.saturating_sub(2)) {
            Ok(names) => names,
            Err(error) => return reply.error(error.into()),
        };
        let files = names.into_iter().enumerate();
        let files = files.map(|(place, name)| (place + from.max(2), FileType::RegularFile, name));
        for (place, kind, name) in own.into_iter().chain(files) {
            if reply.add(INodeNo(ROOT + place as u64), place as u64 + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn rename(
        &self,
        _: &Request,
        _: INodeNo,
        from: &OsStr,
        _: INodeNo,
        to: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        if !flags.is_empty() {
            return reply.error(Errno::EINVAL);
        }
        let names = text(from).and_then(|from| text(to).map(|to| (from, to)));
        answer(reply, names.and_then(|(from, to)| self.volume().rename(from, to)));
    }

    fn unlink(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(reply, text(name).and_then(|name| self.volume().delete(name)));
    }
}
