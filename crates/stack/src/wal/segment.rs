//! Sealed segments: what leaves the process and what lies on the disk.
//!
//! Header, little endian: magic, version, flags (1: deflated, else stored), the key's number, epoch, incarnation, the segment's number, the incarnation of the
//! record before, the position of the first record, how many there are, the time of sealing by the writer's clock, the lengths of plain and sealed text. The records
//! follow, in a gzip member, encrypted with AES-256-GCM, the header authenticated with them.
//!
//! *The nonce* is epoch (3 bytes), incarnation (5 bytes) and number (4 bytes), big endian. It is never used twice: the *incarnation* is the index of the
//! control entry by which a writer's process opened the log. The entry names the process by a token of its own, so no two processes share one; the index of a
//! committed entry never returns, whatever becomes of a disk; a process numbers its segments from 1 and opens anew before the number ends. Only
//! the writer seals; copies keep and pass on what it sealed, byte for byte.

use super::gzip::{self, Gzip};
use super::key::Cipher;
use crate::entry::LIMIT;
use aes_gcm::AeadInOut as _;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{Epoch, LogIndex, Position, SessionId, Time, Value};
use serde::{Deserialize, Serialize};

const MAGIC: [u8; 4] = *b"FDS1";
const VERSION: u8 = 1;
const DEFLATED: u8 = 1;
/// The length of the header, in bytes.
pub const HEADER: usize = 4 + 1 + 1 + 4 + 5 * 8 + 4 + 8 + 4 + 4;
const TAG: usize = 16;
/// A segment holds no more bytes of records than this, unless a single record is larger.
pub const MAX_BATCH: usize = 256 << 10;
/// No segment's plain text is longer than this, in bytes.
pub const MAX_PLAIN: usize = 2 << 20;
/// No sealed segment is longer than this, in bytes.
pub const MAX_SEALED: usize = HEADER + MAX_PLAIN + (64 << 10);

/// A record of the transaction log, without its position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The client's session.
    pub session: SessionId,
    /// The operation's number in it, by which a retry is known.
    pub seq: u64,
    /// What was appended.
    pub value: Value,
}

/// Which process of which epoch's writer wrote: incarnations rise along the log, and say by themselves where two logs agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Incarnation(pub LogIndex);

/// A segment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether the records are deflated.
    pub deflated: bool,
    /// The number of the key.
    pub key: u32,
    /// The fencing epoch.
    pub epoch: Epoch,
    /// The writer's incarnation.
    pub incarnation: Incarnation,
    /// The segment's number within it, from 1 on.
    pub number: u64,
    /// The incarnation of the record before the first.
    pub before: Incarnation,
    /// The first record's position.
    pub first: Position,
    /// How many records there are; at least one.
    pub count: u32,
    /// When it was sealed, by the writer's clock.
    pub at: Time,
    plain: u32,
    sealed: u32,
}

impl Header {
    /// The last record's position.
    pub fn last(&self) -> Position {
        Position(self.first.0 + u64::from(self.count) - 1)
    }

    /// The position before the first record.
    pub fn after(&self) -> Position {
        Position(self.first.0 - 1)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[VERSION, if self.deflated { DEFLATED } else { 0 }]);
        out.extend_from_slice(&self.key.to_le_bytes());
        let numbers = [self.epoch.0, self.incarnation.0.0, self.number, self.before.0.0, self.first.0];
        numbers.into_iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.at.as_nanos().to_le_bytes());
        out.extend_from_slice(&self.plain.to_le_bytes());
        out.extend_from_slice(&self.sealed.to_le_bytes());
    }

    /// The header at the start of these bytes, if it is one that a writer could have made.
    pub fn read(bytes: &[u8]) -> Option<Header> {
        let mut rest = bytes.get(..HEADER)?;
        if take::<4>(&mut rest)? != MAGIC {
            return None;
        }
        let [version, flags] = take::<2>(&mut rest)?;
        if version != VERSION || flags & !DEFLATED != 0 {
            return None;
        }
        let key = u32::from_le_bytes(take(&mut rest)?);
        let mut number = || Some(u64::from_le_bytes(take(&mut rest)?));
        let (epoch, incarnation, segment, before, first) = (number()?, number()?, number()?, number()?, number()?);
        let count = u32::from_le_bytes(take(&mut rest)?);
        let at = u64::from_le_bytes(take(&mut rest)?);
        let (plain, sealed) = (u32::from_le_bytes(take(&mut rest)?), u32::from_le_bytes(take(&mut rest)?));
        let header = Header {
            deflated: flags & DEFLATED != 0,
            key,
            epoch: Epoch(epoch),
            incarnation: Incarnation(LogIndex(incarnation)),
            number: segment,
            before: Incarnation(LogIndex(before)),
            first: Position(first),
            count,
            at: Time::from_nanos(at),
            plain,
            sealed,
        };
        let numbers = epoch.max(incarnation).max(segment).max(first) < LIMIT && before <= incarnation;
        let sizes = plain as usize <= MAX_PLAIN && (TAG..=MAX_SEALED - HEADER).contains(&(sealed as usize));
        (numbers && sizes && first > 0 && (1..=plain).contains(&count)).then_some(header)
    }

    /// `None` if a number does not fit any more: then the writer must open anew, or for good stop.
    fn nonce(&self) -> Option<[u8; 12]> {
        let (epoch, incarnation) = (self.epoch.0.to_be_bytes(), self.incarnation.0.0.to_be_bytes());
        let number = u32::try_from(self.number).ok()?.to_be_bytes();
        if self.epoch.0 >> 24 != 0 || self.incarnation.0.0 >> 40 != 0 {
            return None;
        }
        let mut nonce = [0; 12];
        nonce[..3].copy_from_slice(&epoch[5..]);
        nonce[3..8].copy_from_slice(&incarnation[3..]);
        nonce[8..].copy_from_slice(&number);
        Some(nonce)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

/// A sealed segment: its header, and all its bytes, the header's included. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The header.
    pub header: Header,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

impl Segment {
    /// A segment that is exactly these bytes. Whether they are what was sealed is only known when it is opened.
    pub fn of_bytes(bytes: &[u8]) -> Option<Segment> {
        Segment::of(Arc::from(bytes))
    }

    /// The same, of bytes that are shared.
    pub fn of(bytes: Arc<[u8]>) -> Option<Segment> {
        let header = Header::read(&bytes)?;
        (bytes.len() == HEADER + header.sealed as usize).then_some(Segment { header, bytes })
    }
}

/// What a writer says of a segment that it seals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    pub(super) epoch: Epoch,
    pub(super) incarnation: Incarnation,
    pub(super) number: u64,
    pub(super) before: Incarnation,
    pub(super) first: Position,
    pub(super) at: Time,
}

/// Seals records, of which there must be at least one and not more than fit. `None` if the nonce would not be unique.
pub(super) fn seal(cipher: &Cipher, gzip: &mut Gzip, label: Label, records: &[Record]) -> Option<Segment> {
    let plain = postcard::to_allocvec(records).expect("integers and bytes always encode");
    assert!(!records.is_empty() && plain.len() <= MAX_PLAIN, "a segment holds at least one record, and only so many");
    let mut packed = Vec::with_capacity(plain.len() / 2 + 64);
    let deflated = gzip.pack(&plain, &mut packed);
    let header = Header {
        deflated,
        key: cipher.id,
        epoch: label.epoch,
        incarnation: label.incarnation,
        number: label.number,
        before: label.before,
        first: label.first,
        count: records.len() as u32,
        at: label.at,
        plain: plain.len() as u32,
        sealed: (packed.len() + TAG) as u32,
    };
    let nonce = header.nonce()?;
    let mut bytes = Vec::with_capacity(HEADER + packed.len() + TAG);
    header.write(&mut bytes);
    let tag = cipher.aes.encrypt_inout_detached(&nonce.into(), &bytes, packed.as_mut_slice().into()).ok()?;
    bytes.extend_from_slice(&packed);
    bytes.extend_from_slice(&tag);
    Some(Segment { header, bytes: bytes.into() })
}

/// The records of a segment; `None` if it was not sealed with this key, or not one of its bytes is as it was.
pub(super) fn open(cipher: &Cipher, segment: &Segment) -> Option<Vec<Record>> {
    let header = &segment.header;
    if header.key != cipher.id {
        return None;
    }
    let nonce = header.nonce()?;
    let (head, sealed) = segment.bytes.split_at_checked(HEADER)?;
    let (packed, tag) = sealed.split_last_chunk::<TAG>()?;
    let mut packed = packed.to_vec();
    cipher.aes.decrypt_inout_detached(&nonce.into(), head, packed.as_mut_slice().into(), &(*tag).into()).ok()?;
    let plain = gzip::unpack(&packed, header.plain as usize)?;
    let records: Vec<Record> = postcard::from_bytes(&plain).ok()?;
    (records.len() == header.count as usize).then_some(records)
}
