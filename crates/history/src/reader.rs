//! Reads a journal's file. Nothing in it is trusted: every bound is checked before memory is taken
//! for it.

use crate::digest::{Digest, EventHasher};
use crate::event::Event;
use crate::journal::Journal;
use crate::manifest::{Environment, FORMAT, Manifest};
use crate::read_error::{ReadError, ReadProblem};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};

/// The largest window that a file may ask for, as a power of two: 8 MiB. The writer asks for 2 MiB.
const WINDOW_LOG: u32 = 23;
/// The longest line: a compare-and-set of two values of 1 MiB, each byte written as up to three
/// digits and a comma, and some more.
const LINE: usize = 10 * 1024 * 1024;
/// A file may decompress to this many bytes ...
const FREE: u64 = 64 * 1024 * 1024;
/// ... and beyond that to this many times its size. Journals shrink some twentyfold.
const TIMES: u64 = 400;

/// The first line.
#[derive(Deserialize)]
struct ManifestLine {
    manifest: Manifest,
}

/// As much of the first line as every version has.
#[derive(Deserialize)]
struct VersionLine {
    manifest: Version,
}

#[derive(Deserialize)]
struct Version {
    format: u64,
}

/// The second line.
#[derive(Deserialize)]
struct EnvironmentLine {
    environment: Environment,
}

/// The last line.
#[derive(Deserialize)]
struct DigestLine {
    digest: Digest,
}

/// Reads a journal; `source` names it in errors.
pub(crate) fn read(input: impl Read, source: String) -> Result<Journal, ReadError> {
    let mut lines = match Lines::new(input) {
        Ok(lines) => lines,
        Err(error) => {
            return Err(ReadError { source, line: None, problem: ReadProblem::Io(error) });
        }
    };
    let result = read_lines(&mut lines);
    result.map_err(|problem| ReadError { source, line: (lines.number > 0).then_some(lines.number), problem })
}

fn read_lines<R: Read>(lines: &mut Lines<R>) -> Result<Journal, ReadProblem> {
    let manifest = manifest(lines.required()?)?;
    let EnvironmentLine { environment } = parse(lines.required()?)?;
    let mut hasher = EventHasher::new(&manifest);
    let mut events = Vec::new();
    let stated = loop {
        let line = lines.required()?;
        if line.starts_with(b"{\"digest\"") {
            break parse::<DigestLine>(line)?.digest;
        }
        let event: Event = parse(line)?;
        hasher.push(&event);
        events.push(event);
    };
    if lines.next()?.is_some() {
        return Err(ReadProblem::Trailing);
    }
    let computed = hasher.digest();
    if stated != computed {
        return Err(ReadProblem::Digest { stated, computed });
    }
    Ok(Journal { manifest, environment, events })
}

fn manifest(line: &[u8]) -> Result<Manifest, ReadProblem> {
    let Ok(VersionLine { manifest: Version { format } }) = serde_json::from_slice(line) else {
        return Err(ReadProblem::NotAJournal);
    };
    if format != u64::from(FORMAT) {
        return Err(ReadProblem::Version(format));
    }
    parse(line).map(|ManifestLine { manifest }| manifest)
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, ReadProblem> {
    serde_json::from_slice(line).map_err(ReadProblem::Malformed)
}

/// The lines of a compressed text, one at a time, each within bounds.
struct Lines<R: Read> {
    text: BufReader<zstd::Decoder<'static, BufReader<Counted<R>>>>,
    line: Vec<u8>,
    number: u64,
    decompressed: u64,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> io::Result<Lines<R>> {
        let mut decoder = zstd::Decoder::with_buffer(BufReader::new(Counted { input, bytes: 0 }))?;
        decoder.window_log_max(WINDOW_LOG)?;
        Ok(Lines { text: BufReader::with_capacity(64 * 1024, decoder), line: Vec::new(), number: 0, decompressed: 0 })
    }

    /// The next line; the text must not end here.
    fn required(&mut self) -> Result<&[u8], ReadProblem> {
        // The length is asked for first, for the borrow of the line must not outlive the `None` case.
        match self.next()?.is_some() {
            true => Ok(&self.line),
            false => Err(ReadProblem::Truncated),
        }
    }

    /// The next line without its end, or `None` at the end of the text.
    fn next(&mut self) -> Result<Option<&[u8]>, ReadProblem> {
        self.line.clear();
        self.number += 1;
        loop {
            let chunk = self.text.fill_buf().map_err(problem_of)?;
            if chunk.is_empty() {
                // A last line without an end is one that was cut off.
                return if self.line.is_empty() { Ok(None) } else { Err(ReadProblem::Truncated) };
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(chunk.len());
            if self.line.len() + taken > LINE {
                return Err(ReadProblem::LineTooLong(LINE));
            }
            self.line.extend_from_slice(&chunk[..taken]);
            let consumed = taken + usize::from(end.is_some());
            self.text.consume(consumed);
            self.decompressed += consumed as u64;
            let compressed = self.text.get_ref().get_ref().get_ref().bytes;
            if self.decompressed > FREE.saturating_add(compressed.saturating_mul(TIMES)) {
                return Err(ReadProblem::Bomb(TIMES));
            }
            if end.is_some() {
                return Ok(Some(&self.line));
            }
        }
    }
}

/// What the decompressor's error means. It passes the input's own errors through, and says
/// `UnexpectedEof` where a frame is cut off.
fn problem_of(error: io::Error) -> ReadProblem {
    match error.kind() {
        ErrorKind::UnexpectedEof => ReadProblem::Truncated,
        _ if error.raw_os_error().is_some() => ReadProblem::Io(error),
        _ => ReadProblem::Compression(error),
    }
}

/// Counts the bytes that are read.
struct Counted<R> {
    input: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}
