//! How a segment lies in a file.
//!
//! Frame, little endian: magic, length of the segment (0: only a mark), checksum of the contents, checksum of the place, the *durable mark* (every record up to this
//! position was synced when the frame was written), the segment. The checksum of the place (CRC-32) covers file, offset, the first record's position and the other
//! checksum; so a frame that lies where it was not written to does not pass.

use super::segment::{MAX_SEALED, Segment};
use crate::switches::Switches;
use alloc::vec::Vec;
use firedrill_model::{Hazard, Position};

const MAGIC: [u8; 4] = *b"FDW1";
/// The length of a frame without its segment, in bytes.
pub const FRAME: usize = 4 + 4 + 4 + 4 + 8;

/// A frame that was read.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Its segment, if it is not a mark only.
    pub segment: Option<Segment>,
    /// The durable mark.
    pub mark: Position,
    /// Where it ends in what was read.
    pub end: usize,
    /// The checksum of its contents matches.
    pub sound: bool,
}

fn place(file: u32, offset: u64, first: Position, contents: u32) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&file.to_le_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(&first.0.to_le_bytes());
    hasher.update(&contents.to_le_bytes());
    hasher.finalize()
}

/// Appends a frame to `out`; `out` will lie at `base` in the file.
pub fn write(out: &mut Vec<u8>, file: u32, base: u64, mark: Position, segment: Option<&Segment>) {
    let offset = base + out.len() as u64;
    let bytes = segment.map_or(&[][..], |segment| &segment.bytes);
    let start = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&mark.0.to_le_bytes());
    out.extend_from_slice(bytes);
    let contents = crc32fast::hash(&out[start + 16..]) ^ bytes.len() as u32;
    let first = segment.map_or(Position(0), |segment| segment.header.first);
    out[start + 8..start + 12].copy_from_slice(&contents.to_le_bytes());
    out[start + 12..start + 16].copy_from_slice(&place(file, offset, first, contents).to_le_bytes());
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The frame at `at` of a file, if a good one is there.
pub fn read(file: u32, bytes: &[u8], at: usize, switches: &mut Switches) -> Option<Frame> {
    read_part(file, bytes, at, 0, switches)
}

/// The frame at `at` of a part of a file that lies at `base` in it; where it ends counts from the start of the part.
pub fn read_part(file: u32, bytes: &[u8], at: usize, base: u64, switches: &mut Switches) -> Option<Frame> {
    if bytes.get(at..at + 4)? != MAGIC {
        return None;
    }
    let len = word(bytes, at + 4)? as usize;
    if len > MAX_SEALED {
        return None;
    }
    let end = at + FRAME + len;
    let covered = bytes.get(at + 16..end)?;
    let mark = Position(u64::from_le_bytes(covered[..8].try_into().ok()?));
    let contents = word(bytes, at + 8)?;
    let sound = contents == crc32fast::hash(covered) ^ len as u32;
    if !sound && !switches.on(Hazard::ChecksumIgnored) {
        return None;
    }
    let segment = if len == 0 { None } else { Some(Segment::of_bytes(&covered[8..])?) };
    let first = segment.as_ref().map_or(Position(0), |segment| segment.header.first);
    let there = word(bytes, at + 12)? == place(file, base + at as u64, first, contents);
    (there || switches.on(Hazard::ChecksumWithoutAddress)).then_some(Frame { segment, mark, end, sound })
}

/// Where the next good frame after a bad one at `at` begins.
pub fn next_good(file: u32, bytes: &[u8], at: usize, switches: &mut Switches) -> Option<usize> {
    (at + 1..bytes.len().saturating_sub(FRAME - 1))
        .find(|&from| bytes[from..from + 4] == MAGIC && read(file, bytes, from, switches).is_some())
}
