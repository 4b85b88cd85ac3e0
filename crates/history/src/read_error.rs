//! What can be wrong with a journal's file, and what to do about it.

use crate::digest::Digest;
use crate::manifest::FORMAT;
use std::{fmt, io};

/// A journal could not be read.
#[derive(Debug)]
pub struct ReadError {
    /// The file's name, or what the input was called.
    pub source: String,
    /// The line at fault, counted from 1 in the decompressed text.
    pub line: Option<u64>,
    /// What is wrong.
    pub problem: ReadProblem,
}

/// What is wrong with a journal's file.
#[derive(Debug)]
pub enum ReadProblem {
    /// The file system said so.
    Io(io::Error),
    /// The bytes are not zstd's, or were damaged.
    Compression(io::Error),
    /// The first line is not a manifest.
    NotAJournal,
    /// Another version of the format.
    Version(u64),
    /// The line does not say what a journal's line says here.
    Malformed(serde_json::Error),
    /// A line of more than so many bytes.
    LineTooLong(usize),
    /// The file decompresses to so many times its size.
    Bomb(u64),
    /// The file ends before its digest.
    Truncated,
    /// Lines follow the digest.
    Trailing,
    /// Manifest and events do not have the digest that the last line states.
    Digest {
        /// As the last line has it.
        stated: Digest,
        /// As it comes out.
        computed: Digest,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl fmt::Display for ReadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadProblem::Io(error) => write!(f, "cannot be read: {error}; check the path and its permissions"),
            ReadProblem::Compression(error) => write!(
                f,
                "not zstd data, or damaged ({error}); give a journal as `--out` wrote it (journal.jsonl.zst), or copy the file again"
            ),
            ReadProblem::NotAJournal => {
                f.write_str("not a journal: the first line is no manifest; give the journal.jsonl.zst that a run wrote with `--out`")
            }
            ReadProblem::Version(found) => write!(
                f,
                "format {found}, and this version reads format {FORMAT} only; judge it with the version of Firedrill that wrote it"
            ),
            ReadProblem::Malformed(error) => {
                write!(f, "not what a journal says here ({error}); the file was changed or damaged: run the seed again, or restore the file")
            }
            ReadProblem::LineTooLong(limit) => {
                write!(f, "longer than {limit} bytes, which no event is; the file is not a journal, or was damaged: restore it")
            }
            ReadProblem::Bomb(times) => {
                write!(f, "the file decompresses to more than {times} times its size, as no journal does; do not trust where it came from")
            }
            ReadProblem::Truncated => f.write_str(
                "the journal ends before its digest: the run was killed, or the copy is incomplete; copy it again, or run the seed again",
            ),
            ReadProblem::Trailing => {
                f.write_str("lines follow the digest, which is the last line of a journal; restore the file as the run wrote it")
            }
            ReadProblem::Digest { stated, computed } => write!(
                f,
                "the journal states the digest {stated} and has {computed}: it was changed after it was written; restore it, or run the seed again"
            ),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            ReadProblem::Io(error) | ReadProblem::Compression(error) => Some(error),
            ReadProblem::Malformed(error) => Some(error),
            _ => None,
        }
    }
}
