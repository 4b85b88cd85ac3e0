//! Properties of the disk against a plain model of it.

mod troubles;

use super::*;
use firedrill_model::Rng;
use std::collections::BTreeMap;

const SPEED: Speed = Speed { sync_min: 1_000_000, sync_max: 5_000_000, slower: 0 };

/// The disk with its own clock: runs what is under way.
struct Bench {
    disk: Disk,
    now: Time,
    under_way: Vec<(Time, Completion)>,
    answers: Vec<(Time, Input)>,
}

impl Bench {
    fn new(seed: u64) -> Bench {
        Bench { disk: Disk::new(seed, 0, SPEED), now: Time::ZERO, under_way: Vec::new(), answers: Vec::new() }
    }

    fn issue(&mut self, op: DiskOp) {
        self.under_way.extend(self.disk.issue(self.now, op));
    }

    fn write(&mut self, file: FileId, offset: u64, bytes: &[u8]) {
        self.issue(DiskOp::Write { file, offset, bytes: bytes.to_vec() });
    }

    fn sync(&mut self, file: FileId) {
        self.issue(DiskOp::Sync { file, token: DiskToken(0) });
    }

    fn sync_dir(&mut self) {
        self.issue(DiskOp::SyncDir { token: DiskToken(0) });
    }

    fn run_until(&mut self, until: Time) {
        while let Some(next) = (0..self.under_way.len()).min_by_key(|i| self.under_way[*i].0) {
            if self.under_way[next].0 > until {
                break;
            }
            let (at, completion) = self.under_way.remove(next);
            let (_, input) = self.disk.complete(completion);
            self.answers.push((at, input));
        }
        self.now = until;
    }

    fn settle(&mut self) {
        self.run_until(self.now + Duration::from_secs(60));
    }

    fn lose_power(&mut self) {
        self.disk.lose_power();
        self.under_way.clear();
    }

    fn read(&mut self, file: FileId) -> Option<Vec<u8>> {
        self.issue(DiskOp::Read { file, token: DiskToken(9) });
        self.settle();
        let bytes = self.answers.iter().find_map(|(_, input)| match input {
            Input::FileRead { result: Ok(bytes), .. } => Some(bytes.clone()),
            _ => None,
        });
        self.answers.clear();
        bytes.expect("a read is answered with bytes")
    }
}

/// Whatever is written and synced whenever: a loss of power leaves the state after some prefix of the operations, and that prefix has
/// everything in it that an answered sync covered.
#[test]
fn after_a_loss_of_power_synced_data_are_there_and_the_survivors_are_a_prefix() {
    let (mut lost_some, mut kept_unsynced) = (0, 0);
    for seed in 0..400 {
        let mut rng = Rng::new(seed, "disk");
        let mut bench = Bench::new(seed);
        let file = FileId::Log(1);
        bench.issue(DiskOp::Create { file });
        bench.sync_dir();
        bench.settle();
        // The file after each prefix of the operations; and how many operations the syncs under way cover.
        let mut states = vec![Vec::new()];
        let mut covered = Vec::new();
        bench.answers.clear();
        for round in 0..rng.between(1, 60) {
            let mut state = states.last().expect("there is a first state").clone();
            match rng.below(10) {
                0..=6 => {
                    let offset = if rng.chance(800) { state.len() as u64 } else { rng.below(state.len() as u64 + 9) };
                    let bytes = vec![round as u8 + 1; rng.between(1, 40) as usize];
                    state.resize(state.len().max(offset as usize + bytes.len()), 0);
                    state[offset as usize..offset as usize + bytes.len()].copy_from_slice(&bytes);
                    bench.write(file, offset, &bytes);
                    states.push(state);
                }
                7 => {
                    let len = rng.below(state.len() as u64 + 1);
                    state.truncate(len as usize);
                    bench.issue(DiskOp::Truncate { file, len });
                    states.push(state);
                }
                8 => {
                    bench.sync(file);
                    covered.push(states.len() - 1);
                }
                _ => {
                    let until = bench.now + Duration::from_millis(rng.below(8));
                    bench.run_until(until);
                }
            }
        }
        let synced = bench.answers.len().checked_sub(1).map_or(0, |last| covered[last]);
        bench.lose_power();
        let found = bench.read(file).expect("the file's name was synced");
        let survivors = (synced..states.len()).rev().find(|len| states[*len] == found);
        let survivors =
            survivors.unwrap_or_else(|| panic!("seed {seed}: {found:?} is no prefix that holds what was synced"));
        lost_some += usize::from(survivors < states.len() - 1);
        kept_unsynced += usize::from(survivors > synced);
    }
    assert!(lost_some > 100 && kept_unsynced > 100, "{lost_some} {kept_unsynced}");
}

#[test]
fn a_sync_covers_what_was_issued_before_it_and_nothing_after() {
    let mut lost = 0;
    for seed in 0..50 {
        let mut bench = Bench::new(seed);
        let file = FileId::Log(1);
        bench.issue(DiskOp::Create { file });
        bench.sync_dir();
        bench.write(file, 0, b"before");
        bench.sync(file);
        bench.write(file, 6, b" after");
        bench.settle();
        bench.lose_power();
        let found = bench.read(file).expect("the name was synced");
        assert!(found == b"before" || found == b"before after", "{found:?}");
        lost += usize::from(found == b"before");
    }
    assert!((5..45).contains(&lost), "{lost} of 50 lost what no sync covered");
}

#[test]
fn a_sync_under_way_when_the_power_fails_promises_nothing() {
    let lost = (0..50).filter(|seed| {
        let mut bench = Bench::new(*seed);
        let file = FileId::MetaA;
        bench.issue(DiskOp::Create { file });
        bench.sync_dir();
        bench.settle();
        bench.write(file, 0, b"x");
        bench.sync(file);
        bench.lose_power();
        bench.read(file) == Some(Vec::new())
    });
    assert!((5..45).contains(&lost.count()));
}

#[test]
fn names_that_were_not_synced_may_vanish_and_those_that_were_do_not() {
    let mut vanished = BTreeMap::new();
    for seed in 0..60 {
        let mut bench = Bench::new(seed);
        bench.issue(DiskOp::Create { file: FileId::MetaA });
        bench.sync_dir();
        bench.issue(DiskOp::Create { file: FileId::MetaB });
        // The contents are synced; only the name is not.
        bench.write(FileId::MetaB, 0, b"b");
        bench.sync(FileId::MetaB);
        bench.settle();
        bench.lose_power();
        assert_eq!(bench.read(FileId::MetaA), Some(Vec::new()));
        let found = bench.read(FileId::MetaB);
        assert!(found.is_none() || found.as_deref() == Some(b"b"));
        *vanished.entry(found.is_none()).or_insert(0) += 1;
        assert_eq!(bench.disk.durable(FileId::MetaB).is_some(), found.is_some());
    }
    assert!(vanished[&true] > 10 && vanished[&false] > 10, "{vanished:?}");
}

#[test]
fn a_renaming_or_deletion_takes_effect_at_once_and_lasts_once_synced() {
    let mut bench = Bench::new(1);
    let (a, b) = (FileId::MetaA, FileId::MetaB);
    bench.issue(DiskOp::Create { file: a });
    bench.write(a, 0, b"1");
    bench.sync(a);
    bench.issue(DiskOp::Rename { from: a, to: b });
    assert_eq!(bench.read(a), None);
    assert_eq!(bench.read(b).as_deref(), Some(&b"1"[..]));
    bench.sync_dir();
    bench.settle();
    bench.lose_power();
    assert_eq!(bench.read(b).as_deref(), Some(&b"1"[..]));
    bench.issue(DiskOp::Delete { file: b });
    bench.sync_dir();
    bench.settle();
    bench.lose_power();
    assert_eq!(bench.read(b), None);
}

#[test]
fn what_cannot_be_done_is_answered_with_an_error() {
    let mut bench = Bench::new(1);
    bench.write(FileId::MetaA, 0, b"x");
    bench.sync(FileId::MetaA);
    bench.issue(DiskOp::Delete { file: FileId::MetaA });
    bench.issue(DiskOp::Rename { from: FileId::MetaA, to: FileId::MetaB });
    bench.issue(DiskOp::Create { file: FileId::MetaB });
    bench.write(FileId::MetaB, u64::MAX, b"x");
    bench.settle();
    let failed = |file, error| Input::WriteFailed { file, error };
    let answers: Vec<Input> = bench.answers.into_iter().map(|(_, input)| input).collect();
    assert_eq!(
        answers,
        [
            failed(FileId::MetaA, DiskError::Io),
            Input::SyncFailed { token: DiskToken(0), error: DiskError::Io },
            failed(FileId::MetaA, DiskError::Io),
            failed(FileId::MetaA, DiskError::Io),
            failed(FileId::MetaB, DiskError::Full),
        ]
    );
}

#[test]
fn syncs_are_served_one_after_another_and_slower_while_a_fault_lasts() {
    let mut bench = Bench::new(5);
    bench.issue(DiskOp::Create { file: FileId::MetaA });
    for _ in 0..20 {
        bench.sync(FileId::MetaA);
    }
    bench.settle();
    let mut before = Time::ZERO;
    for (at, _) in std::mem::take(&mut bench.answers) {
        let took = at.since(before);
        assert!((Duration::from_millis(1)..=Duration::from_millis(5)).contains(&took), "{took:?}");
        before = at;
    }
    bench.disk.slow_down(1_000_000_000);
    let begun = bench.now;
    bench.sync(FileId::MetaA);
    bench.disk.slow_down(0);
    bench.settle();
    assert!(bench.answers[0].0.since(begun) >= Duration::from_secs(1));
}
