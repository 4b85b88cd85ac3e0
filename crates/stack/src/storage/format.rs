//! How metadata and log lie on the disk.
//!
//! *Log*: segments of bounded size, each a file of records one after the other, never overwritten. A *position* in the log is a segment and an offset in its file, as
//! one number that grows along the log. A record with index i supersedes every earlier record with an index of i or more, so a
//! conflict is resolved by appending. Header, little endian: magic, payload length, checksum, index, term, term of the entry before, and the *durable
//! mark*: the position up to which the log was known to be synced when the record was written. The checksum (CRC-32) covers position, header and payload.
//!
//! *Snapshots*: files of frames, one for each piece of the state. Header, little endian: magic, payload length, checksum (over file, offset and payload). Which
//! snapshot counts, and from which segment on the log does, the metadata says.
//!
//! *Metadata*: two files with one record each; the one with the higher version counts.

use super::identity::{DiskId, Register};
use super::standing::Standing;
use crate::entry::{Entry, LIMIT, Payload};
use crate::io::FileId;
use alloc::vec::Vec;
use firedrill_model::{Epoch, LogIndex, SiteId, SiteSet, Term};

const LOG_MAGIC: u32 = u32::from_le_bytes(*b"FDL1");
const SNAPSHOT_MAGIC: u32 = u32::from_le_bytes(*b"FDS1");
const META_MAGIC: u32 = u32::from_le_bytes(*b"FDM3");
const HEADER: usize = 4 + 4 + 4 + 8 + 8 + 8 + 8;
const FRAME: usize = 4 + 4 + 4;
const META: usize = 4 + 4 + 8 + 8 + 1 + 8 + 8 + 1 + 4 + 4 + 8 + 8 + 8 + DISKS;
const DISKS: usize = 8 * SiteSet::MAX_SITES;
const OFFSET_BITS: u32 = 40;
const NOBODY: u8 = u8::MAX;

/// The largest payload of a record, in bytes.
pub const MAX_PAYLOAD: usize = 4 << 20;

/// The metadata of a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetaView {
    /// Rises with each change.
    pub version: u64,
    /// The site's term.
    pub term: Term,
    /// The site's vote in that term.
    pub voted_for: Option<SiteId>,
    /// The highest fencing epoch that the site has accepted.
    pub epoch: Epoch,
    /// The log was known to be synced up to this position.
    pub log_synced: u64,
    /// What the site may still promise.
    pub standing: Standing,
    /// The log before this segment is dropped, or void. (0 and 1 say that nothing is.)
    pub first_segment: u32,
    /// The state before the log, if there is any: as of this entry, in this file.
    pub snapshot: Option<SnapshotView>,
    /// The name of this disk.
    pub disk: DiskId,
    /// The first disks of the other sites.
    pub register: Register,
}

/// A snapshot, as the metadata names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotView {
    /// The number of its file.
    pub number: u32,
    /// The last entry that it covers.
    pub index: LogIndex,
    /// That entry's term.
    pub term: Term,
}

/// A record of the log, without its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordView {
    /// The entry's place.
    pub index: LogIndex,
    /// The entry's term.
    pub term: Term,
    /// The term of the entry before.
    pub prev_term: Term,
    /// The durable mark.
    pub durable: u64,
    /// The offset past it.
    pub end: usize,
}

/// The first segment of the log.
pub const LOG_FILE: FileId = FileId::Log(1);

/// The position of an offset in a segment.
pub fn position(segment: u32, offset: u64) -> u64 {
    (u64::from(segment.max(1) - 1) << OFFSET_BITS) + offset
}

/// The segment of a position.
pub fn segment(position: u64) -> u32 {
    u32::try_from(position >> OFFSET_BITS).unwrap_or(u32::MAX - 1) + 1
}

/// The offset in its segment of a position.
pub fn offset(position: u64) -> u64 {
    position & ((1 << OFFSET_BITS) - 1)
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The checksum of a record: over where it lies and what it says.
fn checksum(file: u64, offset: u64, after_checksum: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&file.to_le_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(after_checksum);
    hasher.finalize()
}

/// Appends the record of an entry to `out`; it will lie at this position.
pub fn encode_record(out: &mut Vec<u8>, offset: u64, entry: &Entry, prev_term: Term, durable: u64) {
    let start = out.len();
    out.extend_from_slice(&LOG_MAGIC.to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    for field in [entry.index.0, entry.term.0, prev_term.0, durable] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    *out = postcard::to_extend(&entry.payload, core::mem::take(out)).expect("integers, text and bytes always encode");
    let len = (out.len() - start - HEADER) as u32;
    out[start + 4..start + 8].copy_from_slice(&len.to_le_bytes());
    let sum = checksum(1, offset, &out[start + 12..]) ^ len;
    out[start + 8..start + 12].copy_from_slice(&sum.to_le_bytes());
}

/// The record at `at` in the first segment, if there is a good one.
pub fn decode_record(log: &[u8], at: usize) -> Option<(RecordView, &[u8])> {
    decode_record_at(log, at, at as u64)
}

/// The record at `at` of a part of a segment, which lies at position `offset`.
pub fn decode_record_at(part: &[u8], at: usize, offset: u64) -> Option<(RecordView, &[u8])> {
    if word(part, at)? != LOG_MAGIC {
        return None;
    }
    let len = word(part, at + 4)?;
    if len as usize > MAX_PAYLOAD {
        return None;
    }
    let end = at + HEADER + len as usize;
    let covered = part.get(at + 12..end)?;
    if word(part, at + 8)? != checksum(1, offset, covered) ^ len {
        return None;
    }
    if number(part, at + 12)?.max(number(part, at + 20)?) >= LIMIT {
        return None;
    }
    let view = RecordView {
        index: LogIndex(number(part, at + 12)?),
        term: Term(number(part, at + 20)?),
        prev_term: Term(number(part, at + 28)?),
        durable: number(part, at + 36)?,
        end,
    };
    Some((view, part.get(at + HEADER..end)?))
}

/// The entry in a record's payload; `None` if it isn't one.
pub fn decode_payload(payload: &[u8]) -> Option<Payload> {
    postcard::from_bytes(payload).ok()
}

/// The good records of the first segment from its start; ends at the first bad one.
pub fn decode_log(bytes: &[u8]) -> impl Iterator<Item = RecordView> + '_ {
    decode_log_part(bytes, 0)
}

/// The good records of a part of a segment that lies at position `base`; `end` counts from the start of the part.
pub fn decode_log_part(part: &[u8], base: u64) -> impl Iterator<Item = RecordView> + '_ {
    let mut at = 0;
    core::iter::from_fn(move || {
        let (view, _) = decode_record_at(part, at, base + at as u64)?;
        at = view.end;
        Some(view)
    })
}

/// Where the next good record of a segment that begins at position `base` after a bad one at `at` begins.
pub fn next_good_record(log: &[u8], at: usize, base: u64) -> Option<usize> {
    let magic = LOG_MAGIC.to_le_bytes();
    (at + 1..log.len().saturating_sub(HEADER - 1))
        .find(|&from| log[from..from + 4] == magic && decode_record_at(log, from, base + from as u64).is_some())
}

/// The bytes of a copy of the metadata.
pub fn encode_meta(file: FileId, meta: &MetaView) -> Vec<u8> {
    let mut out = Vec::with_capacity(META);
    out.extend_from_slice(&META_MAGIC.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&meta.version.to_le_bytes());
    out.extend_from_slice(&meta.term.0.to_le_bytes());
    out.push(meta.voted_for.map_or(NOBODY, |site| site.0));
    out.extend_from_slice(&meta.epoch.0.to_le_bytes());
    out.extend_from_slice(&meta.log_synced.to_le_bytes());
    out.push(meta.standing.byte());
    let snapshot = meta.snapshot.unwrap_or_default();
    out.extend_from_slice(&meta.first_segment.to_le_bytes());
    out.extend_from_slice(&snapshot.number.to_le_bytes());
    out.extend_from_slice(&snapshot.index.0.to_le_bytes());
    out.extend_from_slice(&snapshot.term.0.to_le_bytes());
    for disk in core::iter::once(meta.disk).chain(meta.register.disks()) {
        out.extend_from_slice(&disk.0.to_le_bytes());
    }
    let sum = checksum(meta_address(file), 0, &out[8..]);
    out[4..8].copy_from_slice(&sum.to_le_bytes());
    out
}

/// Where a copy of the metadata lies, for its checksum.
fn meta_address(file: FileId) -> u64 {
    if file == FileId::MetaA { u64::from(b'a') << 32 } else { u64::from(b'b') << 32 }
}

/// The metadata in a copy that lies in `file`; `None` if it is not good.
pub fn decode_meta(file: FileId, bytes: &[u8]) -> Option<MetaView> {
    if bytes.len() != META || word(bytes, 0)? != META_MAGIC {
        return None;
    }
    if word(bytes, 4)? != checksum(meta_address(file), 0, &bytes[8..]) {
        return None;
    }
    let vote = bytes[24];
    let snapshot =
        SnapshotView { number: word(bytes, 46)?, index: LogIndex(number(bytes, 50)?), term: Term(number(bytes, 58)?) };
    let meta = MetaView {
        version: number(bytes, 8)?,
        term: Term(number(bytes, 16)?),
        voted_for: (vote != NOBODY).then_some(SiteId(vote)),
        epoch: Epoch(number(bytes, 25)?),
        log_synced: number(bytes, 33)?,
        standing: Standing::from_byte(bytes[41])?,
        first_segment: word(bytes, 42)?,
        snapshot: (snapshot.number > 0).then_some(snapshot),
        disk: DiskId(number(bytes, 66)?),
        register: Register::of((74..META).step_by(8).filter_map(|at| number(bytes, at)).map(DiskId)),
    };
    let largest = meta.version.max(meta.term.0).max(meta.epoch.0).max(snapshot.index.0).max(snapshot.term.0);
    let plausible = largest < LIMIT && meta.first_segment.max(snapshot.number) < MOST_FILES;
    plausible.then_some(meta)
}

/// Segments and snapshots have smaller numbers than this.
pub const MOST_FILES: u32 = 1 << 22;

/// The frame of a piece that will lie at an offset of a snapshot's file.
pub fn encode_frame(file: u32, offset: u64, piece: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(FRAME + piece.len());
    out.extend_from_slice(&SNAPSHOT_MAGIC.to_le_bytes());
    out.extend_from_slice(&(piece.len() as u32).to_le_bytes());
    let sum = checksum(snapshot_address(file), offset, piece) ^ piece.len() as u32;
    out.extend_from_slice(&sum.to_le_bytes());
    out.extend_from_slice(piece);
    out
}

/// The piece in the frame at an offset of a snapshot's file, and the offset past it; `None` if the frame is not good.
pub fn decode_frame(file: u32, bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    if word(bytes, at)? != SNAPSHOT_MAGIC {
        return None;
    }
    let len = word(bytes, at + 4)?;
    let start = at + FRAME;
    let end = start.checked_add(len as usize)?;
    let piece = bytes.get(start..end)?;
    let good = word(bytes, at + 8)? == checksum(snapshot_address(file), at as u64, piece) ^ len;
    good.then_some((piece, end))
}

/// Where a snapshot lies, for its checksums.
fn snapshot_address(file: u32) -> u64 {
    u64::from(b's') << 32 | u64::from(file)
}
