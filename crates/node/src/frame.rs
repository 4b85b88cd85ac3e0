//! Frames on a stream between sites: 4 bytes of length, 4 bytes of CRC-32 over the payload (both little-endian), the payload.
//!
//! A sender that reconnects in the middle of a frame, or a proxy that drops bytes, must never be read as a message; so a frame
//! that is too long or does not match its checksum ends the connection.

use crate::switches::Switches;
use firedrill_model::{Hazard, SiteId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest payload, in bytes: 64 entries of the largest value (1 MiB each), and some.
pub const MAX_PAYLOAD: usize = 72 << 20;
/// Bytes before the payload.
pub const HEADER: usize = 8;
/// The version of the protocol between sites. Others are refused.
pub const VERSION: u16 = 1;
const MAGIC: [u8; 4] = *b"fdrl";

/// The first frame of every connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    magic: [u8; 4],
    version: u16,
    /// Who speaks.
    pub from: SiteId,
    /// Whom it means to speak to. A site that is not meant closes the connection: addresses get mixed up.
    pub to: SiteId,
}

impl Hello {
    /// A hello of this version.
    pub fn new(from: SiteId, to: SiteId) -> Hello {
        Hello { magic: MAGIC, version: VERSION, from, to }
    }

    /// Reads the hello of a peer that must speak this version and mean `me`.
    ///
    /// # Errors
    /// If it does not.
    pub fn read(payload: &[u8], me: SiteId, sites: usize) -> Result<Hello, FrameError> {
        let hello: Hello = postcard::from_bytes(payload).map_err(|_| FrameError::Foreign)?;
        if hello.magic != MAGIC || hello.to != me || hello.from == me || hello.from.index() >= sites {
            return Err(FrameError::Foreign);
        }
        if hello.version != VERSION {
            return Err(FrameError::Version(hello.version));
        }
        Ok(hello)
    }
}

/// Why a connection must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A frame claims, or a payload has, more than [`MAX_PAYLOAD`] bytes.
    TooLong(usize),
    /// The payload does not match its checksum.
    Checksum,
    /// The payload is not what should be there.
    Malformed,
    /// Not a peer, or not one that means this site.
    Foreign,
    /// A peer of another version.
    Version(u16),
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::TooLong(len) => write!(f, "a frame of {len} bytes; at most {MAX_PAYLOAD} are allowed"),
            FrameError::Checksum => f.write_str("a frame that does not match its checksum"),
            FrameError::Malformed => f.write_str("a frame that is no message"),
            FrameError::Foreign => f.write_str("not a peer, or one that means another site"),
            FrameError::Version(theirs) => {
                write!(f, "a peer of protocol version {theirs}; this is {VERSION}")
            }
        }
    }
}

impl std::error::Error for FrameError {}

/// The frame of something.
///
/// # Errors
/// If it is too long.
pub fn encode<T: Serialize>(content: &T) -> Result<Vec<u8>, FrameError> {
    let mut frame = postcard::to_extend(content, vec![0; HEADER]).map_err(|_| FrameError::Malformed)?;
    let len = frame.len() - HEADER;
    if len > MAX_PAYLOAD {
        return Err(FrameError::TooLong(len));
    }
    let crc = crc32fast::hash(&frame[HEADER..]);
    frame[..4].copy_from_slice(&(len as u32).to_le_bytes());
    frame[4..HEADER].copy_from_slice(&crc.to_le_bytes());
    Ok(frame)
}

/// Cuts a stream of bytes into payloads. Holds at most one frame and what came with it; a length that is only claimed takes no memory.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    taken: usize,
    switches: Switches,
}

impl Decoder {
    /// One that makes the mistakes that are switched on.
    pub fn with(switches: Switches) -> Decoder {
        Decoder { switches, ..Decoder::default() }
    }

    /// Takes in the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        if !self.bytes.is_empty() && self.switches.on(Hazard::SplitFrameDropped) {
            self.bytes.clear();
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole payload, if it is there.
    ///
    /// # Errors
    /// If the stream cannot be one of ours; it must be closed then.
    pub fn next_payload(&mut self) -> Result<Option<&[u8]>, FrameError> {
        let rest = &self.bytes[self.taken..];
        let Some((header, rest)) = rest.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let [l0, l1, l2, l3, c0, c1, c2, c3] = *header;
        let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if len > MAX_PAYLOAD {
            return Err(FrameError::TooLong(len));
        }
        let Some(payload) = rest.get(..len) else {
            return Ok(None);
        };
        if crc32fast::hash(payload) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return Err(FrameError::Checksum);
        }
        self.taken += HEADER + len;
        Ok(Some(payload))
    }
}
