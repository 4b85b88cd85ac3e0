//! What is written is read back, whole or in a stream; and what the digest covers.

mod arbitrary;

use firedrill_history::manifest::FORMAT;
use firedrill_history::{Digest, Environment, Event, EventHasher, Journal, Recorder, StreamWriter};
use firedrill_model::{Observation, SiteId, Time};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use sha2::{Digest as _, Sha256};

fn written(journal: &Journal) -> (Vec<u8>, Digest) {
    let mut bytes = Vec::new();
    let digest = journal.write_to(&mut bytes).expect("a vector takes all");
    (bytes, digest)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_journal_comes_back_from_its_file(journal in arbitrary::journal(40)) {
        let (bytes, digest) = written(&journal);
        let read = Journal::read_from(bytes.as_slice(), "test").expect("it was just written");
        prop_assert_eq!(read.digest(), digest);
        prop_assert_eq!(&read, &journal);
        prop_assert_eq!(journal.digest(), digest);
    }

    #[test]
    fn a_recorder_and_a_stream_have_the_digest_of_the_whole(journal in arbitrary::journal(40)) {
        let mut recorder = Recorder::new(journal.manifest.clone());
        let mut out = Vec::new();
        let mut stream = StreamWriter::new(&mut out, &journal.manifest, &journal.environment).expect("vector");
        for event in &journal.events {
            recorder.push(event.clone());
            stream.append(event).expect("vector");
            stream.flush().expect("vector");
            prop_assert_eq!(recorder.digest(), stream.digest());
        }
        let digest = stream.finish().expect("vector").0;
        let (recorded, of_recorder) = recorder.finish(journal.environment.clone());
        prop_assert_eq!(of_recorder, digest);
        prop_assert_eq!(&recorded, &journal);
        prop_assert_eq!(Journal::read_from(out.as_slice(), "test").expect("it was just written"), journal);
    }

    #[test]
    fn the_canonical_form_of_an_event_can_be_read_back(event in arbitrary::event()) {
        let bytes = postcard::to_allocvec(&event).expect("it can be encoded");
        prop_assert_eq!(postcard::from_bytes::<Event>(&bytes).expect("it was just encoded"), event);
    }

    #[test]
    fn the_digest_is_that_of_the_frames(journal in arbitrary::journal(12)) {
        let mut hash = Sha256::new();
        let mut frame = |bytes: Vec<u8>| {
            hash.update((bytes.len() as u32).to_le_bytes());
            hash.update(&bytes);
        };
        frame(postcard::to_allocvec(&("firedrill journal", FORMAT)).expect("it can be encoded"));
        frame(postcard::to_allocvec(&journal.manifest).expect("it can be encoded"));
        for event in &journal.events {
            frame(postcard::to_allocvec(event).expect("it can be encoded"));
        }
        prop_assert_eq!(journal.digest(), Digest(hash.finalize().into()));
    }

    #[test]
    fn every_event_and_its_place_count(journal in arbitrary::journal(12), from in any::<prop::sample::Index>()) {
        prop_assume!(journal.events.len() > 1);
        let place = from.index(journal.events.len());
        let without: Vec<Event> = [&journal.events[..place], &journal.events[place + 1..]].concat();
        let mut moved = without.clone();
        moved.insert(if place == 0 { moved.len() } else { 0 }, journal.events[place].clone());
        let digest = |events: Vec<Event>| Journal { events, ..journal.clone() }.digest();
        prop_assert_ne!(digest(without), journal.digest());
        if moved != journal.events {
            prop_assert_ne!(digest(moved), journal.digest());
        }
    }

    #[test]
    fn a_digest_is_read_as_it_is_shown(bytes in any::<[u8; 32]>()) {
        let digest = Digest(bytes);
        prop_assert_eq!(digest.to_string().len(), 64);
        prop_assert_eq!(digest.to_string().parse(), Ok(digest));
    }

    #[test]
    fn what_is_not_a_digest_is_refused(text in "\\PC{0,70}") {
        let hexadecimal = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        prop_assert_eq!(text.parse::<Digest>().is_ok(), hexadecimal);
    }
}

fn sample() -> Journal {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let tree = arbitrary::journal(8).new_tree(&mut runner).expect("nothing is filtered out");
    tree.current()
}

#[test]
fn the_environment_is_not_in_the_digest_and_the_manifest_is() {
    let journal = sample();
    let elsewhere = Environment { host: "another".to_owned(), ..journal.environment.clone() };
    assert_eq!(Journal { environment: elsewhere, ..journal.clone() }.digest(), journal.digest());
    let mut other_seed = journal.clone();
    other_seed.manifest.seed ^= 1;
    assert_ne!(other_seed.digest(), journal.digest());
}

/// The canonical form may not drift: others compare digests over years. If this fails on purpose,
/// raise the format's version.
#[test]
fn the_canonical_form_of_an_observation_is_fixed() {
    let event = Event::Observed {
        t: Time::from_nanos(300),
        site: SiteId(2),
        site_t: Time::from_nanos(1),
        observation: Observation::PeerDown { peer: SiteId(1) },
    };
    // Variant 4; 300 and 1 as varints around the site; the observation's variant 5 and the peer.
    assert_eq!(postcard::to_allocvec(&event).expect("it can be encoded"), [4, 0xac, 2, 2, 1, 5, 1]);
}

#[test]
fn a_digest_may_be_asked_for_at_any_time() {
    let journal = sample();
    let mut hasher = EventHasher::new(&journal.manifest);
    for event in &journal.events {
        let _ = hasher.digest();
        hasher.push(event);
    }
    assert_eq!(hasher.digest(), journal.digest());
}
