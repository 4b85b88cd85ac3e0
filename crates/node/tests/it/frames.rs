//! Framing: whatever arrives in whatever pieces, what is read is what was written, or the connection ends.

use firedrill_model::SiteId;
use firedrill_node::frame::{Decoder, FrameError, HEADER, Hello, MAX_PAYLOAD, VERSION, encode};
use proptest::prelude::*;

/// Reads all of `stream`, cut at `cuts`, and returns the payloads before the end or the first error.
fn read(stream: &[u8], cuts: &[usize]) -> (Vec<Vec<u8>>, Option<FrameError>) {
    let mut decoder = Decoder::default();
    let mut payloads = Vec::new();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
    cuts.extend([0, stream.len()]);
    cuts.sort_unstable();
    for piece in cuts.windows(2) {
        decoder.push(&stream[piece[0]..piece[1]]);
        loop {
            match decoder.next_payload() {
                Ok(Some(payload)) => payloads.push(payload.to_vec()),
                Ok(None) => break,
                Err(error) => return (payloads, Some(error)),
            }
        }
    }
    (payloads, None)
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_le_bytes().to_vec();
    frame.extend(crc32fast::hash(payload).to_le_bytes());
    frame.extend(payload);
    frame
}

proptest! {
    #[test]
    fn any_split_gives_the_same_payloads(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8),
        cuts in prop::collection::vec(any::<usize>(), 0..20),
    ) {
        let stream: Vec<u8> = payloads.iter().flat_map(|payload| frame(payload)).collect();
        prop_assert_eq!(read(&stream, &cuts), (payloads, None));
    }

    #[test]
    fn a_flipped_bit_never_gives_a_wrong_payload(
        payload in prop::collection::vec(any::<u8>(), 1..300),
        bit in any::<prop::sample::Index>(),
    ) {
        let mut stream = frame(&payload);
        let bit = bit.index(stream.len() * 8);
        stream[bit / 8] ^= 1 << (bit % 8);
        // Either the end, or it waits for more, as with a length that grew.
        prop_assert_eq!(read(&stream, &[]).0, Vec::<Vec<u8>>::new());
    }

    #[test]
    fn garbage_does_not_panic(stream in prop::collection::vec(any::<u8>(), 0..2000), cuts in prop::collection::vec(any::<usize>(), 0..8)) {
        let (payloads, _) = read(&stream, &cuts);
        for payload in payloads {
            prop_assert!(Hello::read(&payload, SiteId(0), 3).is_err() || payload.len() > 4);
        }
    }
}

#[test]
fn a_frame_survives_the_way() {
    let hello = Hello::new(SiteId(1), SiteId(0));
    let (payloads, error) = read(&encode(&hello).unwrap(), &[3, 9]);
    assert_eq!(error, None);
    assert_eq!(Hello::read(&payloads[0], SiteId(0), 3), Ok(hello));
}

#[test]
fn an_oversized_frame_is_refused_before_it_is_there() {
    let mut decoder = Decoder::default();
    decoder.push(&(MAX_PAYLOAD as u32 + 1).to_le_bytes());
    decoder.push(&[0; 4]);
    assert_eq!(decoder.next_payload(), Err(FrameError::TooLong(MAX_PAYLOAD + 1)));
    // As a string, since a sequence of that many bytes is encoded one by one.
    let too_long = "x".repeat(MAX_PAYLOAD + 1);
    assert_eq!(encode(&too_long), Err(FrameError::TooLong(MAX_PAYLOAD + 5)));
}

#[test]
fn a_hello_for_another_or_of_another_version_is_refused() {
    let payload = |hello: &Hello| encode(hello).unwrap()[HEADER..].to_vec();
    let meant_for_two = payload(&Hello::new(SiteId(1), SiteId(2)));
    assert_eq!(Hello::read(&meant_for_two, SiteId(0), 3), Err(FrameError::Foreign));
    let from_nobody = payload(&Hello::new(SiteId(9), SiteId(0)));
    assert_eq!(Hello::read(&from_nobody, SiteId(0), 3), Err(FrameError::Foreign));
    let from_itself = payload(&Hello::new(SiteId(0), SiteId(0)));
    assert_eq!(Hello::read(&from_itself, SiteId(0), 3), Err(FrameError::Foreign));
    // The version follows the four bytes of magic.
    let mut newer = payload(&Hello::new(SiteId(1), SiteId(0)));
    newer[4] += 1;
    assert_eq!(Hello::read(&newer, SiteId(0), 3), Err(FrameError::Version(VERSION + 1)));
}
