//! What goes into a site and what comes out. Inputs are facts in the past tense, outputs are imperatives.

use crate::message::Message;
use crate::wal::key::LogKey;
use alloc::vec::Vec;
use firedrill_model::{Observation, Request, Response, SiteId};
use serde::{Deserialize, Serialize};

/// Names a client's request until it is answered. Given by the shell, unique within the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Names a disk operation that is answered. Given by the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiskToken(pub u64);

/// A file of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FileId {
    /// The first copy of the metadata (term, vote, epoch).
    MetaA,
    /// The second copy.
    MetaB,
    /// A segment of the replicated log.
    Log(u32),
    /// A snapshot of the replicated state.
    Snapshot(u32),
    /// A file of the transaction log.
    Wal(u32),
    /// Records that were cut off the transaction log, kept for people. The stack never reads or deletes it.
    WalAside(u32),
}

impl FileId {
    /// The file's name: `meta.a`, `meta.b`, `log.00000001`.
    pub fn name(self) -> alloc::string::String {
        match self {
            FileId::MetaA => "meta.a".into(),
            FileId::MetaB => "meta.b".into(),
            FileId::Log(number) => alloc::format!("log.{number:08}"),
            FileId::Snapshot(number) => alloc::format!("snapshot.{number:08}"),
            FileId::Wal(number) => alloc::format!("wal.{number:08}"),
            FileId::WalAside(number) => alloc::format!("wal.aside.{number:08}"),
        }
    }
}

/// What a disk says when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DiskError {
    /// Input or output failed (EIO).
    Io,
    /// No space is left (ENOSPC).
    Full,
    /// The file system is read-only.
    ReadOnly,
}

/// A disk operation. Writes, truncations and creations have no answer unless they fail; they take effect in the order in which they
/// were issued, and are durable once a later [`DiskOp::Sync`] of the file (for creation, renaming and deletion: [`DiskOp::SyncDir`]) is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskOp {
    /// Reads a whole file. Answered by [`Input::FileRead`].
    Read {
        /// This one.
        file: FileId,
        /// Answered under this name.
        token: DiskToken,
    },
    /// Lists the files there are. Answered by [`Input::FilesListed`].
    List {
        /// Answered under this name.
        token: DiskToken,
    },
    /// Creates an empty file; leaves one that is there alone.
    Create {
        /// This one.
        file: FileId,
    },
    /// Writes bytes; the file grows as needed, a gap is zeroes.
    Write {
        /// Into this file.
        file: FileId,
        /// From this byte on.
        offset: u64,
        /// These.
        bytes: Vec<u8>,
    },
    /// Cuts a file.
    Truncate {
        /// This one.
        file: FileId,
        /// To this many bytes.
        len: u64,
    },
    /// Renames a file, replacing one of the new name.
    Rename {
        /// From this.
        from: FileId,
        /// To this.
        to: FileId,
    },
    /// Deletes a file.
    Delete {
        /// This one.
        file: FileId,
    },
    /// Makes durable exactly the writes and truncations issued before it on that file. Answered by [`Input::Synced`] or [`Input::SyncFailed`].
    Sync {
        /// This one.
        file: FileId,
        /// Answered under this name.
        token: DiskToken,
    },
    /// Makes creations, renamings and deletions issued before it durable. Answered likewise.
    SyncDir {
        /// Answered under this name.
        token: DiskToken,
    },
}

/// A fact that a site is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The key of the transaction log was given. Expected before [`Input::Started`]; without it the site serves no transaction log.
    KeyGiven {
        /// This.
        key: LogKey,
    },
    /// The process started. Once.
    Started,
    /// Time passed. (Expected at [`crate::Site::poll_deadline`], harmless at any time.)
    TimePassed,
    /// A peer's message arrived.
    MessageReceived {
        /// From this peer.
        from: SiteId,
        /// This.
        message: Message,
    },
    /// A client's request arrived.
    RequestReceived {
        /// To be answered under this name.
        ticket: Ticket,
        /// This.
        request: Request,
    },
    /// A file was read.
    FileRead {
        /// As asked under this name.
        token: DiskToken,
        /// Its bytes; `None` if there is no such file.
        result: Result<Option<Vec<u8>>, DiskError>,
    },
    /// The files were listed.
    FilesListed {
        /// As asked under this name.
        token: DiskToken,
        /// In any order.
        result: Result<Vec<FileId>, DiskError>,
    },
    /// A sync succeeded.
    Synced {
        /// As asked under this name.
        token: DiskToken,
    },
    /// A sync failed: what it should have made durable may be lost, now or later.
    SyncFailed {
        /// As asked under this name.
        token: DiskToken,
        /// Because of this.
        error: DiskError,
    },
    /// A write, truncation, creation, renaming or deletion failed.
    WriteFailed {
        /// In this file.
        file: FileId,
        /// Because of this.
        error: DiskError,
    },
}

/// Something that a site wants done, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send a message to a peer. It may be lost, late, doubled or out of order.
    Send {
        /// To this peer.
        to: SiteId,
        /// This.
        message: Message,
    },
    /// Do something on the disk.
    Disk(DiskOp),
    /// Answer a client.
    Reply {
        /// The request of this name.
        ticket: Ticket,
        /// With this.
        response: Response,
    },
    /// Tell what happened.
    Observe(Observation),
}
