//! The audit log: whole, changed, cut, rewritten, and without anybody who could tell.

use firedrill_checks::audit_chain::{Entry, GENESIS, Hash, Head, hashed, judge};
use firedrill_checks::{CheckResult, Verdict};

/// Good enough to tell small changes: four rounds of FNV-1a.
fn hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    for (round, part) in (1_u64..).zip(hash.chunks_mut(8)) {
        let start = round.wrapping_mul(0xcbf2_9ce4_8422_2325);
        let end = bytes.iter().fold(start, |h, byte| (h ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        part.copy_from_slice(&end.to_be_bytes());
    }
    hash
}

fn log(texts: &[&str]) -> Vec<Entry> {
    let mut previous = GENESIS;
    let entry = |(number, text): (u64, &&str)| {
        let text = text.as_bytes().to_vec();
        let hash = hash(&hashed(number, &previous, &text));
        Entry { number, previous: std::mem::replace(&mut previous, hash), text, hash }
    };
    (1..).zip(texts).map(entry).collect()
}

fn head(log: &[Entry]) -> Vec<Head> {
    log.last().map(|entry| Head { number: entry.number, hash: entry.hash }).into_iter().collect()
}

#[track_caller]
fn assert_fails(result: &CheckResult, why: &str) {
    assert_eq!(result.verdict, Verdict::Fail);
    assert!(result.why.contains(why), "{}", result.why);
}

#[test]
fn a_whole_chain_up_to_the_head_that_was_kept_passes() {
    let log = log(&["a", "b", "c"]);
    let result = judge(&log, &head(&log), hash);
    assert_eq!((result.verdict, result.judged), (Verdict::Pass, 3), "{}", result.why);
    assert_eq!(judge(&log, &head(&log[..2]), hash).verdict, Verdict::Pass);
}

#[test]
fn what_was_changed_taken_out_cut_off_or_rewritten_fails() {
    let whole = log(&["a", "b", "c"]);
    let mut changed = whole.clone();
    changed[1].text = b"B".to_vec();
    assert_fails(&judge(&changed, &head(&whole), hash), "entry 2 does not have its own hash");
    changed[1].hash = hash(&hashed(2, &changed[1].previous, b"B"));
    assert_fails(&judge(&changed, &head(&whole), hash), "entry 3 does not follow the one before");
    let mut missing = whole.clone();
    missing.remove(1);
    assert_fails(&judge(&missing, &head(&whole), hash), "entry 3 stands where entry 2 is to be");
    assert_fails(&judge(&whole[..2], &head(&whole), hash), "ends at entry 2, though it once had entry 3");
    assert_fails(&judge(&log(&["a", "B", "c"]), &head(&whole), hash), "the log was rewritten");
}

#[test]
fn without_an_entry_or_a_head_it_is_unknown() {
    assert_eq!(judge(&[], &[], hash).verdict, Verdict::Unknown);
    assert_eq!(judge(&log(&["a"]), &[], hash).verdict, Verdict::Unknown);
}

/// What a log comes to beside the head of another one.
pub fn of(texts: &[&str], kept: &[&str]) -> Verdict {
    judge(&log(texts), &head(&log(kept)), hash).verdict
}
