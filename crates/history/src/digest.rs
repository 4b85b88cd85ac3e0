//! The canonical binary form of a journal, and its digest.
//!
//! The form is a sequence of frames, each a length (32 bits, little endian) and so many bytes: the
//! name and version of the format, the manifest, then every event in order, each in postcard's
//! encoding. The environment is not in it, so that the same seed has the same digest on any
//! machine.

use crate::event::Event;
use crate::manifest::{FORMAT, Manifest};
use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// Frames are gathered up to this many bytes before they are hashed: one long update costs less
/// than many short ones.
const GATHER: usize = 16 * 1024;

/// The SHA-256 of a journal's canonical form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadDigest;

impl fmt::Display for BadDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a journal's digest is 64 hexadecimal digits")
    }
}

impl std::error::Error for BadDigest {}

impl FromStr for Digest {
    type Err = BadDigest;

    /// From 64 hexadecimal digits, of either case.
    fn from_str(text: &str) -> Result<Digest, BadDigest> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(BadDigest);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let nibble = |digit: u8| char::from(digit).to_digit(16).ok_or(BadDigest);
            *byte = (nibble(pair[0])? * 16 + nibble(pair[1])?) as u8;
        }
        Ok(Digest(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Hashes a journal as it grows.
#[derive(Clone, Debug)]
pub struct EventHasher {
    hash: Sha256,
    gathered: Vec<u8>,
}

impl EventHasher {
    /// The hash of a journal with this manifest and no event yet.
    pub fn new(manifest: &Manifest) -> EventHasher {
        let mut hasher = EventHasher { hash: Sha256::new(), gathered: Vec::with_capacity(GATHER + 1024) };
        hasher.frame(&("firedrill journal", FORMAT));
        hasher.frame(manifest);
        hasher
    }

    /// Takes the next event in.
    pub fn push(&mut self, event: &Event) {
        self.frame(event);
    }

    /// The digest of all that was taken in so far. More may be taken in after.
    pub fn digest(&self) -> Digest {
        let mut hash = self.hash.clone();
        hash.update(&self.gathered);
        Digest(hash.finalize().into())
    }

    fn frame(&mut self, value: &impl Serialize) {
        let start = self.gathered.len();
        self.gathered.extend_from_slice(&[0; 4]);
        encode(value, &mut self.gathered);
        let length = u32::try_from(self.gathered.len() - start - 4).expect("a frame is below 4 GiB");
        self.gathered[start..start + 4].copy_from_slice(&length.to_le_bytes());
        if self.gathered.len() >= GATHER {
            self.hash.update(&self.gathered);
            self.gathered.clear();
        }
    }
}

/// Appends the canonical encoding of `value` to `out`.
pub(crate) fn encode(value: &impl Serialize, out: &mut Vec<u8>) {
    postcard::serialize_with_flavor(value, Appending(out))
        .expect("manifest and events have only types that postcard can encode");
}

/// Postcard's output, appended to a buffer that is used again.
struct Appending<'a>(&'a mut Vec<u8>);

impl Flavor for Appending<'_> {
    type Output = ();

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
