//! A gzip member (RFC 1952) around DEFLATE (RFC 1951): what is small, or does not shrink, is stored.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output};
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// Identification, method, no flags, no time, no extra flags, operating system unknown.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The checksum and the length behind the data.
const TRAILER: usize = 8;
/// Fewer bytes than this are stored.
const WORTH: usize = 512;
/// The longest stored block.
const BLOCK: usize = 0xffff;
/// Raw DEFLATE by a short search for matches.
const FLAGS: u32 = 32;

/// A compressor. Its state, some 300 KiB, is made when it is first needed and used again; a clone makes its own.
#[derive(Default)]
pub(super) struct Gzip(Option<Box<CompressorOxide>>);

impl Clone for Gzip {
    fn clone(&self) -> Gzip {
        Gzip(None)
    }
}

impl fmt::Debug for Gzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gzip")
    }
}

impl Gzip {
    /// Appends a gzip member that holds `plain` to `out`. True if it is deflated, false if stored.
    pub(super) fn pack(&mut self, plain: &[u8], out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(&HEADER);
        let start = out.len();
        let deflated = plain.len() >= WORTH && self.deflate(plain, out) && out.len() - start < plain.len();
        if !deflated {
            out.truncate(start);
            store(plain, out);
        }
        out.extend_from_slice(&crc32fast::hash(plain).to_le_bytes());
        out.extend_from_slice(&(plain.len() as u32).to_le_bytes());
        deflated
    }

    fn deflate(&mut self, plain: &[u8], out: &mut Vec<u8>) -> bool {
        let state = self.0.get_or_insert_with(|| Box::new(CompressorOxide::new(FLAGS)));
        state.reset();
        let put = |bytes: &[u8]| {
            out.extend_from_slice(bytes);
            true
        };
        compress_to_output(state, plain, TDEFLFlush::Finish, put).0 == TDEFLStatus::Done
    }
}

fn store(plain: &[u8], out: &mut Vec<u8>) {
    let mut blocks = plain.chunks(BLOCK).peekable();
    if blocks.peek().is_none() {
        out.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let len = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&(!len).to_le_bytes());
        out.extend_from_slice(block);
    }
}

/// What a gzip member as [`Gzip::pack`] makes it holds, if that is exactly `len` bytes.
pub(super) fn unpack(packed: &[u8], len: usize) -> Option<Vec<u8>> {
    let body = packed.strip_prefix(&HEADER)?;
    let (data, trailer) = body.split_at_checked(body.len().checked_sub(TRAILER)?)?;
    let plain = match stored(data, len) {
        Some(plain) => plain,
        None => decompress_to_vec_with_limit(data, len).ok()?,
    };
    let (crc, size) = trailer.split_at(4);
    let good = plain.len() == len && crc == crc32fast::hash(&plain).to_le_bytes() && size == (len as u32).to_le_bytes();
    good.then_some(plain)
}

/// The contents of a single stored block, which is what a small segment is.
fn stored(data: &[u8], len: usize) -> Option<Vec<u8>> {
    let (header, block) = data.split_at_checked(5)?;
    let size = u16::from_le_bytes([header[1], header[2]]);
    let check = u16::from_le_bytes([header[3], header[4]]);
    (header[0] == 1 && check == !size && block.len() == usize::from(size) && block.len() == len).then(|| block.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(plain: &[u8]) -> (usize, bool) {
        let (mut gzip, mut out) = (Gzip::default(), Vec::new());
        // Twice, so that the state is used again.
        gzip.pack(b"before".repeat(200).as_slice(), &mut out);
        out.clear();
        let deflated = gzip.pack(plain, &mut out);
        assert_eq!(unpack(&out, plain.len()).as_deref(), Some(plain));
        assert_eq!(unpack(&out, plain.len() + 1), None, "another length is no match");
        (out.len(), deflated)
    }

    #[test]
    fn what_is_packed_comes_back() {
        assert_eq!(there_and_back(b""), (10 + 5 + 8, false));
        assert_eq!(there_and_back(b"a small segment"), (10 + 5 + 15 + 8, false));
        let (len, deflated) = there_and_back(&b"abcdefgh".repeat(20_000));
        assert!(deflated && len < 10_000, "{len}");
        let mut rng = firedrill_model::Rng::new(1, "gzip");
        let noise: Vec<u8> = (0..200_000).map(|_| rng.bits() as u8).collect();
        assert!(!there_and_back(&noise).1, "what does not shrink is stored, in several blocks");
    }
}
