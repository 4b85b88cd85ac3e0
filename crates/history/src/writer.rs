//! Writes a journal as JSON Lines, compressed with zstd.
//!
//! The first line is `{"manifest":{...}}`, the second `{"environment":{...}}`, then one event a
//! line, and at last `{"digest":"..."}`, which the reader verifies. A file without the last line
//! comes from a run that was killed.

use crate::digest::{Digest, EventHasher};
use crate::event::Event;
use crate::manifest::{Environment, Manifest};
use serde::Serialize;
use std::io::{self, Write};

/// zstd's default: a journal shrinks to a twentieth, at hundreds of megabytes a second.
const LEVEL: i32 = 3;

/// The lines that are not events.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Frame<'a> {
    Manifest(&'a Manifest),
    Environment(&'a Environment),
    Digest(Digest),
}

/// Writes a journal as the run goes on.
pub struct StreamWriter<W: Write> {
    out: zstd::Encoder<'static, W>,
    hasher: EventHasher,
    line: Vec<u8>,
}

impl<W: Write> StreamWriter<W> {
    /// Begins a journal. (What the environment does not know yet at the start, such as how long the
    /// run took, stays as it is given.)
    ///
    /// # Errors
    /// What `out` says.
    pub fn new(out: W, manifest: &Manifest, environment: &Environment) -> io::Result<StreamWriter<W>> {
        let mut encoder = zstd::Encoder::new(out, LEVEL)?;
        encoder.include_checksum(true)?;
        let mut writer = StreamWriter { out: encoder, hasher: EventHasher::new(manifest), line: Vec::new() };
        writer.line(&Frame::Manifest(manifest))?;
        writer.line(&Frame::Environment(environment))?;
        Ok(writer)
    }

    /// Writes the next event. It may stay in memory until [`StreamWriter::flush`].
    ///
    /// # Errors
    /// What the output says.
    pub fn append(&mut self, event: &Event) -> io::Result<()> {
        self.hasher.push(event);
        self.line(event)
    }

    /// Hands over all that was appended so far, so that it survives a kill of this process.
    ///
    /// # Errors
    /// What the output says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The digest of the journal so far.
    pub fn digest(&self) -> Digest {
        self.hasher.digest()
    }

    /// Ends the journal with its digest, and gives back the output.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(mut self) -> io::Result<(Digest, W)> {
        let digest = self.hasher.digest();
        self.line(&Frame::Digest(digest))?;
        let mut out = self.out.finish()?;
        out.flush()?;
        Ok((digest, out))
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }
}
