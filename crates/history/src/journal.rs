//! A journal in memory.

use crate::digest::{Digest, EventHasher};
use crate::event::Event;
use crate::manifest::{Environment, Manifest};
use crate::read_error::{ReadError, ReadProblem};
use crate::reader;
use crate::writer::StreamWriter;
use std::fs::File;
use std::io;
use std::path::Path;

/// All that is known of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// What the run was.
    pub manifest: Manifest,
    /// Where it took place. Not part of the digest.
    pub environment: Environment,
    /// What happened, in order.
    pub events: Vec<Event>,
}

impl Journal {
    /// The SHA-256 of the canonical form of manifest and events. (A [`crate::Recorder`] has it
    /// without going over the events again.)
    pub fn digest(&self) -> Digest {
        let mut hasher = EventHasher::new(&self.manifest);
        self.events.iter().for_each(|event| hasher.push(event));
        hasher.digest()
    }

    /// Writes it to a file, replacing one that is there, as [`StreamWriter`] does.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, path: &Path) -> io::Result<Digest> {
        self.write_to(File::create(path)?)
    }

    /// Writes it to anything, as [`StreamWriter`] does.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write_to(&self, out: impl io::Write) -> io::Result<Digest> {
        let mut writer = StreamWriter::new(out, &self.manifest, &self.environment)?;
        self.events.iter().try_for_each(|event| writer.append(event))?;
        Ok(writer.finish()?.0)
    }

    /// Reads a file that [`Journal::write`] or a [`StreamWriter`] wrote.
    ///
    /// # Errors
    /// The file can't be read, is of another version, is cut off, was changed after it was written,
    /// or never was a journal. Each error names the line, where there is one, and says what to do.
    pub fn read(path: &Path) -> Result<Journal, ReadError> {
        let source = path.display().to_string();
        let file = File::open(path).map_err(|error| ReadError {
            source: source.clone(),
            line: None,
            problem: ReadProblem::Io(error),
        })?;
        reader::read(file, source)
    }

    /// Reads what [`Journal::write_to`] wrote; `source` names it in errors.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub fn read_from(input: impl io::Read, source: &str) -> Result<Journal, ReadError> {
        reader::read(input, source.to_owned())
    }
}
