//! What is hit on a disk: which files, which operations.

use serde::{Deserialize, Serialize};

/// Which files of a site a fault of disks hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileClass {
    /// All of them.
    #[default]
    Any,
    /// The copies of the metadata: term, vote, epoch.
    Metadata,
    /// The replicated log.
    Log,
    /// The transaction log.
    Wal,
    /// Snapshots.
    Snapshot,
}

impl FileClass {
    /// All of them.
    pub const ALL: [FileClass; 5] =
        [FileClass::Any, FileClass::Metadata, FileClass::Log, FileClass::Wal, FileClass::Snapshot];

    /// The name in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            FileClass::Any => "any",
            FileClass::Metadata => "metadata",
            FileClass::Log => "log",
            FileClass::Wal => "wal",
            FileClass::Snapshot => "snapshot",
        }
    }

    /// The class of the file of this name on a site's disk; [`FileClass::Any`] for one of no class.
    pub fn of(file_name: &str) -> FileClass {
        let begins = |prefix: &str| file_name.starts_with(prefix);
        if begins("meta") {
            FileClass::Metadata
        } else if begins("log") {
            FileClass::Log
        } else if begins("wal") {
            FileClass::Wal
        } else if begins("snap") {
            FileClass::Snapshot
        } else {
            FileClass::Any
        }
    }

    /// Whether the file of this name is one of the class.
    pub fn has(self, file_name: &str) -> bool {
        self == FileClass::Any || self == FileClass::of(file_name)
    }
}

/// What a process asks of a disk (Chaos Mesh's words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IoMethod {
    /// To read a file.
    Read,
    /// To write, truncate, create, rename or delete one.
    Write,
    /// To make durable what was written.
    Fsync,
}

impl IoMethod {
    /// All of them.
    pub const ALL: [IoMethod; 3] = [IoMethod::Read, IoMethod::Write, IoMethod::Fsync];

    /// The name in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            IoMethod::Read => "read",
            IoMethod::Write => "write",
            IoMethod::Fsync => "fsync",
        }
    }
}
