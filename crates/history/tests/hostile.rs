//! No file makes the reader panic, take memory without bound, or take a damaged journal for a whole
//! one.

mod arbitrary;

use firedrill_history::{Journal, ReadError, ReadProblem};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::io::{Read, Write};

fn compressed(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).expect("a vector takes all")
}

fn read(bytes: &[u8]) -> Result<Journal, ReadError> {
    Journal::read_from(bytes, "test")
}

fn sample() -> (Journal, Vec<u8>, String) {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let trees = std::iter::repeat_with(|| arbitrary::journal(30).new_tree(&mut runner));
    let journals = trees.map(|tree| tree.expect("nothing is filtered out").current());
    let journal = journals.into_iter().find(|journal| journal.events.len() > 10).expect("most are long enough");
    let mut bytes = Vec::new();
    journal.write_to(&mut bytes).expect("a vector takes all");
    let text = zstd::decode_all(bytes.as_slice()).expect("it was just written");
    (journal, bytes, String::from_utf8(text).expect("JSON is text"))
}

/// The error of a journal whose text was changed.
fn error_of(change: impl FnOnce(&mut Vec<String>)) -> ReadError {
    let (_, _, text) = sample();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    read(&compressed(text.as_bytes())).expect_err("it was changed")
}

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_it() {
    let path = std::env::temp_dir().join("firedrill-no-such-journal.jsonl.zst");
    let error = Journal::read(&path).expect_err("there is none");
    assert!(matches!(error.problem, ReadProblem::Io(_)));
    assert!(error.to_string().contains("firedrill-no-such-journal"), "{error}");
}

#[test]
fn a_changed_figure_is_found_by_the_digest() {
    let error = error_of(|lines| lines[0] = lines[0].replacen("\"time_scale\":1", "\"time_scale\":2", 1));
    assert!(matches!(error.problem, ReadProblem::Digest { .. }), "{error}");
}

#[test]
fn a_line_taken_out_is_found_by_the_digest() {
    let error = error_of(|lines| drop(lines.remove(5)));
    assert!(matches!(error.problem, ReadProblem::Digest { .. }), "{error}");
}

#[test]
fn a_line_that_is_no_event_is_named() {
    let error = error_of(|lines| lines[6] = "{\"exploded\":{\"t\":1}}".to_owned());
    assert_eq!(error.line, Some(7));
    assert!(matches!(error.problem, ReadProblem::Malformed(_)), "{error}");
}

#[test]
fn another_version_is_told_even_if_its_manifest_is_otherwise_different() {
    let error = error_of(|lines| lines[0] = "{\"manifest\":{\"format\":2,\"moon\":true}}".to_owned());
    assert!(matches!(error.problem, ReadProblem::Version(2)), "{error}");
    assert!(error.to_string().contains("version of Firedrill that wrote it"), "{error}");
}

#[test]
fn a_journal_without_its_digest_or_with_more_after_it_is_refused() {
    let error = error_of(|lines| drop(lines.pop()));
    assert!(matches!(error.problem, ReadProblem::Truncated), "{error}");
    let error = error_of(|lines| lines.push(lines[4].clone()));
    assert!(matches!(error.problem, ReadProblem::Trailing), "{error}");
}

#[test]
fn other_files_are_not_journals() {
    for bytes in [&b""[..], b"{\"manifest\":{}}\n", b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd"] {
        let error = read(bytes).expect_err("it is none");
        let plain = matches!(error.problem, ReadProblem::Truncated | ReadProblem::Compression(_));
        assert!(plain, "{error}");
    }
    let error = read(&compressed(b"hello\n")).expect_err("it is none");
    assert!(matches!(error.problem, ReadProblem::NotAJournal), "{error}");
}

#[test]
fn a_file_that_asks_for_a_huge_window_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("an encoder");
    encoder.window_log(27).expect("zstd can");
    encoder.write_all(&vec![b'x'; 1 << 20]).expect("vector");
    let error = read(&encoder.finish().expect("vector")).expect_err("the window is too large");
    assert!(matches!(error.problem, ReadProblem::Compression(_)), "{error}");
}

#[test]
fn a_line_without_end_is_refused_before_it_fills_memory() {
    let endless = std::io::repeat(b'x').take(64 << 20);
    let bytes = zstd::encode_all(endless, 3).expect("vector");
    let error = read(&bytes).expect_err("no line is that long");
    assert!(matches!(error.problem, ReadProblem::LineTooLong(_)), "{error}");
}

#[test]
fn a_file_that_decompresses_to_far_more_than_a_journal_would_is_refused() {
    let (_, _, text) = sample();
    let mut lines = text.lines();
    let head = format!("{}\n{}\n", lines.next().expect("manifest"), lines.next().expect("environment"));
    let event = "{\"fault-ended\":{\"t\":1,\"fault\":0}}\n".repeat(100_000);
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("an encoder");
    encoder.write_all(head.as_bytes()).expect("vector");
    for _ in 0..40 {
        encoder.write_all(event.as_bytes()).expect("vector");
    }
    let error = read(&encoder.finish().expect("vector")).expect_err("it is a bomb");
    assert!(matches!(error.problem, ReadProblem::Bomb(_)), "{error}");
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let (_, bytes, _) = sample();
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "cut to {length} of {} bytes", bytes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read(&bytes).is_err());
        prop_assert!(read(&compressed(&bytes)).is_err());
        let framed = [b"\x28\xb5\x2f\xfd".as_slice(), &bytes].concat();
        prop_assert!(read(&framed).is_err());
    }

    #[test]
    fn a_changed_byte_of_the_file_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let (journal, mut bytes, _) = sample();
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        // Some bits of zstd's frame header say nothing about what is in the frame.
        if let Ok(read) = read(&bytes) {
            prop_assert_eq!(read, journal);
        }
    }

    #[test]
    fn a_changed_byte_of_the_text_is_noticed(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (journal, _, text) = sample();
        let mut text = text.into_bytes();
        let place = at.index(text.len());
        text[place] = byte;
        // The environment is not in the digest; and a space where there was one is no change.
        if let Ok(read) = read(&compressed(&text)) {
            prop_assert_eq!(read.digest(), journal.digest());
            prop_assert_eq!(read.events, journal.events);
        }
    }
}
