//! What faults do to a disk: each hits, says so, and does what it should.

use super::super::trouble::Trouble;
use super::*;
use firedrill_model::{FaultId, FileClass, IoMethod};

const LOG: FileId = FileId::Log(1);
const FAULT: FaultId = FaultId(7);

/// A disk with a log of these records, all synced, each written and synced by itself.
fn with_log(seed: u64, records: &[&[u8]]) -> Bench {
    let mut bench = Bench::new(seed);
    bench.issue(DiskOp::Create { file: LOG });
    bench.sync_dir();
    let mut end = 0;
    for record in records {
        bench.write(LOG, end, record);
        bench.sync(LOG);
        bench.settle();
        end += record.len() as u64;
    }
    bench.answers.clear();
    bench
}

fn struck(bench: &mut Bench) -> bool {
    bench.disk.take_struck() == [FAULT]
}

fn answers(bench: &mut Bench) -> Vec<Input> {
    bench.settle();
    std::mem::take(&mut bench.answers).into_iter().map(|(_, input)| input).collect()
}

#[test]
fn an_error_hits_its_method_and_its_files_only_and_does_nothing() {
    for (method, files, expected) in [
        (IoMethod::Read, FileClass::Log, [true, false, false]),
        (IoMethod::Write, FileClass::Any, [false, true, false]),
        (IoMethod::Fsync, FileClass::Log, [false, false, true]),
        (IoMethod::Write, FileClass::Metadata, [false, false, false]),
    ] {
        let mut bench = with_log(1, &[b"one"]);
        bench.disk.trouble(FAULT, files, Trouble::Error(method, 1000));
        bench.issue(DiskOp::Read { file: LOG, token: DiskToken(1) });
        bench.write(LOG, 3, b"two");
        bench.sync(LOG);
        let failed = |wanted: fn(&Input) -> bool, got: &[Input]| got.iter().any(wanted);
        let got = answers(&mut bench);
        let error = DiskError::Io;
        let found = [
            failed(|input| matches!(input, Input::FileRead { result: Err(DiskError::Io), .. }), &got),
            got.contains(&Input::WriteFailed { file: LOG, error }),
            got.contains(&Input::SyncFailed { token: DiskToken(0), error }),
        ];
        assert_eq!(found, expected, "{method:?} of {files:?}");
        assert_eq!(struck(&mut bench), expected.contains(&true));
        bench.disk.relieve(FAULT);
        let expected: &[u8] = if method == IoMethod::Write && files == FileClass::Any { b"one" } else { b"onetwo" };
        assert_eq!(bench.read(LOG).as_deref(), Some(expected));
    }
}

#[test]
fn an_error_by_chance_hits_as_often_as_it_should() {
    let mut bench = with_log(3, &[b"x"]);
    bench.disk.trouble(FAULT, FileClass::Any, Trouble::Error(IoMethod::Write, 200));
    (0..1_000).for_each(|_| bench.write(LOG, 0, b"y"));
    let failed = answers(&mut bench).len();
    assert!((150..250).contains(&failed), "{failed} of 1000 with 20 %");
    assert!(struck(&mut bench));
}

#[test]
fn a_full_disk_takes_no_growth_and_lets_be_overwritten() {
    let mut bench = with_log(1, &[b"abc"]);
    bench.disk.trouble(FAULT, FileClass::Any, Trouble::Full);
    bench.write(LOG, 1, b"x");
    bench.sync(LOG);
    assert_eq!(answers(&mut bench), [Input::Synced { token: DiskToken(0) }]);
    assert!(!struck(&mut bench), "nothing needed space");
    bench.write(LOG, 2, b"yz");
    bench.issue(DiskOp::Create { file: FileId::MetaA });
    let full = |file| Input::WriteFailed { file, error: DiskError::Full };
    assert_eq!(answers(&mut bench), [full(LOG), full(FileId::MetaA)]);
    assert!(struck(&mut bench));
    assert_eq!(bench.read(LOG).as_deref(), Some(&b"axc"[..]));
}

#[test]
fn nothing_changes_on_a_read_only_file_system_and_all_can_be_read() {
    let mut bench = with_log(1, &[b"abc"]);
    bench.disk.trouble(FAULT, FileClass::Any, Trouble::ReadOnly);
    bench.write(LOG, 0, b"x");
    bench.issue(DiskOp::Truncate { file: LOG, len: 0 });
    bench.issue(DiskOp::Delete { file: LOG });
    let error = DiskError::ReadOnly;
    assert_eq!(answers(&mut bench), vec![Input::WriteFailed { file: LOG, error }; 3]);
    assert!(struck(&mut bench));
    assert_eq!(bench.read(LOG).as_deref(), Some(&b"abc"[..]));
}

/// "Fsyncgate": after the failure the pages are clean, can be read, and a sync has nothing to write. Written again, they are written.
#[test]
fn after_a_failed_sync_the_next_succeeds_and_a_loss_of_power_takes_what_neither_wrote() {
    for again in [false, true] {
        let mut bench = with_log(1, &[b"one"]);
        bench.write(LOG, 3, b"two");
        bench.disk.trouble(FAULT, FileClass::Log, Trouble::FailedFsync(1000));
        bench.sync(LOG);
        assert_eq!(answers(&mut bench), [Input::SyncFailed { token: DiskToken(0), error: DiskError::Io }]);
        assert!(struck(&mut bench));
        bench.disk.relieve(FAULT);
        assert_eq!(bench.read(LOG).as_deref(), Some(&b"onetwo"[..]), "the page cache has it");
        if again {
            bench.write(LOG, 3, b"two");
        }
        bench.sync(LOG);
        assert_eq!(answers(&mut bench), [Input::Synced { token: DiskToken(0) }]);
        bench.lose_power();
        let expected: &[u8] = if again { b"onetwo" } else { b"one" };
        assert_eq!(bench.read(LOG).as_deref(), Some(expected));
    }
}

#[test]
fn a_lying_sync_leaves_all_in_a_cache_that_a_loss_of_power_takes_and_an_honest_one_writes() {
    let (mut lost, mut kept) = (0, 0);
    for seed in 0..40 {
        let honest = seed % 4 == 0;
        let mut bench = with_log(seed, &[b"one"]);
        bench.disk.trouble(FAULT, FileClass::Any, Trouble::LyingFsync);
        bench.write(LOG, 3, b"two");
        bench.sync(LOG);
        assert_eq!(answers(&mut bench), [Input::Synced { token: DiskToken(0) }]);
        assert!(struck(&mut bench));
        assert_eq!(bench.disk.durable(LOG).map(Content::to_vec).as_deref(), Some(&b"onetwo"[..]), "so it was told");
        bench.disk.relieve(FAULT);
        if honest {
            bench.sync(LOG);
            bench.settle();
        }
        bench.lose_power();
        let found = bench.read(LOG).expect("the name is durable");
        assert!(found == b"one" && !honest || found == b"onetwo", "{found:?}");
        if !honest {
            lost += usize::from(found == b"one");
            kept += usize::from(found == b"onetwo");
        }
    }
    assert!(lost > 5 && kept > 5, "{lost} {kept}");
}

#[test]
fn a_torn_write_is_there_in_part() {
    let (mut torn, mut sectors) = (0, 0);
    let long: Vec<u8> = (0..4_000_u32).map(|byte| byte as u8 | 1).collect();
    for seed in 0..200 {
        let mut bench = with_log(seed, &[b"one"]);
        bench.disk.trouble(FAULT, FileClass::Log, Trouble::TornWrite);
        bench.write(LOG, 3, &long);
        bench.lose_power();
        let hit = struck(&mut bench);
        let found = bench.read(LOG).expect("the name is durable");
        assert_eq!(found[..3], *b"one", "what was synced stays");
        let whole = found.len() == 3 + long.len() && found[3..] == long[..];
        assert_eq!(hit, !whole, "without another write it is this one that is lost, and torn");
        torn += usize::from(hit);
        sectors += usize::from(hit && found.len() == 3 + long.len());
    }
    assert!(torn > 60 && sectors > 15 && torn - sectors > 15, "{torn} {sectors}");
}

#[test]
fn a_misdirected_write_shows_when_the_power_fails() {
    let mut bench = with_log(1, &[b"one", b"two", b"six"]);
    bench.disk.trouble(FAULT, FileClass::Log, Trouble::Misdirected(1000));
    bench.write(LOG, 9, b"ten");
    bench.disk.relieve(FAULT);
    bench.sync(LOG);
    assert_eq!(answers(&mut bench), [Input::Synced { token: DiskToken(0) }]);
    assert_eq!(bench.read(LOG).as_deref(), Some(&b"onetwosixten"[..]), "the cache has what was written");
    bench.lose_power();
    let found = bench.read(LOG).expect("the name is durable");
    let one_of: [&[u8]; 3] = [b"tentwosix", b"onetensix", b"onetwoten"];
    assert!(one_of.contains(&&found[..]), "{found:?}");
}

#[test]
fn a_write_of_the_only_place_of_its_file_lands_in_another_of_its_class_or_where_it_should() {
    for other in [false, true] {
        let mut bench = Bench::new(1);
        for file in [FileId::MetaA, FileId::MetaB] {
            if file == FileId::MetaA || other {
                bench.issue(DiskOp::Create { file });
                bench.write(file, 0, b"old");
                bench.sync(file);
            }
        }
        bench.sync_dir();
        bench.settle();
        bench.disk.trouble(FAULT, FileClass::Metadata, Trouble::Misdirected(1000));
        bench.write(FileId::MetaA, 0, b"new");
        assert_eq!(struck(&mut bench), other, "where there is no other place nothing is misdirected");
        bench.disk.relieve(FAULT);
        bench.sync(FileId::MetaA);
        bench.settle();
        bench.lose_power();
        let expected: &[u8] = if other { b"old" } else { b"new" };
        assert_eq!(bench.read(FileId::MetaA).as_deref(), Some(expected));
        assert_eq!(bench.read(FileId::MetaB).as_deref(), other.then_some(&b"new"[..]));
    }
}

#[test]
fn rot_flips_bits_that_are_durable_and_of_logs_only_those_known_to_be() {
    for seed in 0..50 {
        let before = b"onetwosix".to_vec();
        let mut bench = with_log(seed, &[b"one", b"two", b"six"]);
        assert_eq!(bench.disk.rot(FileClass::Metadata, 3), 0, "there is none");
        assert_eq!(bench.disk.rot(FileClass::Log, 1), 1);
        bench.lose_power();
        let found = bench.read(LOG).expect("the name is durable");
        let flipped: Vec<usize> = (0..before.len()).filter(|at| found[*at] != before[*at]).collect();
        assert_eq!(flipped.len(), 1);
        assert!(flipped[0] < 6, "the last record was written when only six bytes were known to be durable");
        let difference = found[flipped[0]] ^ before[flipped[0]];
        assert_eq!(difference.count_ones(), 1);
    }
}

#[test]
fn a_lost_disk_is_empty() {
    let mut bench = with_log(1, &[b"one"]);
    assert!(bench.disk.wipe());
    assert!(!bench.disk.wipe(), "there is nothing left to lose");
    assert_eq!(bench.read(LOG), None);
}
