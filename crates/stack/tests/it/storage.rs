//! The disk: what a restarted site finds after a loss of power at any byte, a changed byte anywhere, or with anything at all in its files.

use crate::cluster::disk::Disk;
use firedrill_model::{Key, LogIndex, Op, Rng, SessionId, SiteId, Term, Value};
use firedrill_stack::entry::{Entry, Payload, SessionCommand};
use firedrill_stack::storage::Storage;
use firedrill_stack::storage::format::{self, LOG_FILE, MetaView};
use firedrill_stack::storage::recover::{Found, Recovered, recover};
use firedrill_stack::storage::standing::Standing;
use firedrill_stack::switches::Switches;
use firedrill_stack::{DiskOp, DiskToken, FileId, Output};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;

/// What is appended: how far back it supersedes, how many terms later, and how long it is.
#[derive(Clone, Debug)]
struct Append {
    back: u64,
    terms: u64,
    value: Vec<u8>,
    /// Everything is synced after it.
    sync: bool,
}

fn append() -> impl Strategy<Value = Append> {
    let back = prop_oneof![6 => Just(0_u64), 1 => 1..5_u64];
    let value = prop::collection::vec(any::<u8>(), 0..40);
    (back, 0..2_u64, value, prop::bool::weighted(0.3)).prop_map(|(back, terms, value, sync)| Append {
        back,
        terms: if back > 0 { terms + 1 } else { terms },
        value,
        sync,
    })
}

/// A log file, and what it says after each of its records.
#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    /// After so many bytes the log is this.
    models: Vec<(usize, Vec<Entry>)>,
    /// So many bytes are synced, and the metadata and later records say so.
    synced: usize,
}

impl Written {
    fn new(appends: &[Append]) -> Written {
        let mut written = Written { models: vec![(0, Vec::new())], ..Written::default() };
        for append in appends {
            written.append(append);
        }
        written
    }

    fn log(&self) -> Vec<Entry> {
        self.models.last().map(|(_, log)| log.clone()).unwrap_or_default()
    }

    fn append(&mut self, append: &Append) {
        let mut log = self.log();
        let before = log.last().map_or(Term(0), |entry| entry.term);
        log.truncate(log.len().saturating_sub(append.back as usize));
        let prev_term = log.last().map_or(Term(0), |entry| entry.term);
        let command = SessionCommand {
            session: SessionId(1),
            seq: 1,
            op: Op::Write { key: Key::new("k"), value: Value::new(&append.value) },
        };
        let entry = Entry {
            index: LogIndex(log.len() as u64 + 1),
            term: Term((before.0 + append.terms).max(1)),
            payload: Payload::Session(Arc::new(command)),
        };
        let (at, mark) = (self.bytes.len() as u64, self.synced as u64);
        format::encode_record(&mut self.bytes, at, &entry, prev_term, mark);
        log.push(entry);
        self.models.push((self.bytes.len(), log));
        if append.sync {
            self.synced = self.bytes.len();
        }
    }

    /// The log as it was after so many bytes.
    fn model_at(&self, bytes: usize) -> &[Entry] {
        let fit = |(end, _): &&(usize, Vec<Entry>)| *end <= bytes;
        self.models.iter().rev().find(fit).map_or(&[], |(_, log)| log)
    }

    fn meta(&self) -> MetaView {
        MetaView {
            version: 3,
            term: Term(1000),
            voted_for: Some(SiteId(1)),
            log_synced: self.synced as u64,
            ..MetaView::default()
        }
    }

    fn found(&self, log: Vec<u8>) -> Found {
        let copy = |file| Some(format::encode_meta(file, &self.meta()));
        found([copy(FileId::MetaA), copy(FileId::MetaB), Some(log)])
    }
}

/// Both copies of the metadata, and the first segment of the log.
fn found([a, b, log]: [Option<Vec<u8>>; 3]) -> Found {
    let segments = log.into_iter().map(|log| (1, log)).collect();
    Found { meta: [a, b], snapshot: None, segments }
}

fn entries(recovered: &Recovered) -> Vec<Entry> {
    let last = recovered.log.last_index().0;
    (1..=last).filter_map(|index| recovered.log.get(LogIndex(index)).cloned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// The power fails, and of what was not synced any number of bytes has arrived: all that was synced is there, and nothing is there by half.
    #[test]
    fn a_loss_of_power_cuts_the_log_at_a_record(appends in prop::collection::vec(append(), 1..24)) {
        let written = Written::new(&appends);
        for len in written.synced..=written.bytes.len() {
            let recovered = recover(written.found(written.bytes[..len].to_vec()));
            prop_assert_eq!(&entries(&recovered), written.model_at(len));
            prop_assert!(recovered.lost_to.is_none() && !recovered.vote_lost);
            prop_assert_eq!(recovered.meta.term, Term(1000).max(recovered.log.last_term()));
        }
    }

    /// Of what was not synced, any pieces have arrived, in any order: all that was synced is there, what else is there was written, and the site is not
    /// taken for damaged.
    #[test]
    fn pieces_of_what_was_not_synced_are_no_damage(
        appends in prop::collection::vec(append(), 1..24),
        seed in any::<u64>(),
    ) {
        let written = Written::new(&appends);
        let mut disk = Disk::default();
        disk.write(LOG_FILE, 0, &written.bytes);
        disk.synced.insert(LOG_FILE, written.bytes[..written.synced].to_vec());
        disk.tear_unsynced(&mut Rng::new(seed, "torn"));
        let recovered = recover(written.found(disk.written[&LOG_FILE].clone()));
        let found = entries(&recovered);
        prop_assert!(recovered.lost_to.is_none());
        let possible = |(end, log): &(usize, Vec<Entry>)| *end >= written.synced && *log == found;
        prop_assert!(written.models.iter().any(possible), "{found:?}");
        // What is left is all good, and once synced it is found again.
        let mut left = disk.written[&LOG_FILE].clone();
        left.truncate(recovered.log_end as usize);
        let synced = Written { synced: left.len(), ..Written::default() };
        let again = recover(synced.found(left));
        prop_assert!(again.lost_to.is_none());
        prop_assert_eq!(entries(&again), found);
    }

    /// One byte of a synced log changes: never a panic, never an entry that was not written there, and the loss is noticed: if it lies before the durable
    /// mark, the site is damaged or has all that the log said.
    #[test]
    fn a_changed_byte_is_noticed(
        appends in prop::collection::vec(append(), 1..24),
        at in any::<prop::sample::Index>(),
        change in 1..=255_u8,
    ) {
        let written = Written::new(&appends);
        let at = at.index(written.bytes.len());
        let mut bytes = written.bytes.clone();
        bytes[at] ^= change;
        let recovered = recover(written.found(bytes));
        let found = entries(&recovered);
        let whole = written.log();
        let known = written.models.iter().flat_map(|(_, log)| log).collect::<Vec<_>>();
        prop_assert!(found.iter().all(|entry| known.contains(&entry)));
        if at < written.synced {
            let damaged = recovered.lost_to.is_some();
            prop_assert!(damaged || found == whole, "{found:?} of {whole:?}");
            prop_assert_eq!(damaged, recovered.meta.standing == Standing::Refilling);
        }
    }

    /// What is cut off before the durable mark is noticed.
    #[test]
    fn a_log_that_is_too_short_is_damaged(
        appends in prop::collection::vec(append(), 1..24),
        cut in any::<prop::sample::Index>(),
    ) {
        let written = Written::new(&appends);
        prop_assume!(written.synced > 0);
        let len = cut.index(written.synced);
        let recovered = recover(written.found(written.bytes[..len].to_vec()));
        prop_assert!(recovered.lost_to > Some(recovered.log.last_index()));
    }

    /// After a loss was noticed it stays on record, whatever is cut off or appended, until the site says that it is refilled.
    #[test]
    fn a_loss_stays_on_record(appends in prop::collection::vec(append(), 1..24)) {
        let written = Written::new(&appends);
        let meta = MetaView { standing: Standing::Refilling, ..written.meta() };
        let copy = |file| Some(format::encode_meta(file, &meta));
        let files = [copy(FileId::MetaA), copy(FileId::MetaB), Some(written.bytes.clone())];
        let recovered = recover(found(files));
        prop_assert!(recovered.lost_to.is_some());
    }

    /// A hole that was refilled raises no alarm again.
    #[test]
    fn a_refilled_hole_is_no_damage(
        appends in prop::collection::vec(append(), 1..24),
        at in any::<prop::sample::Index>(),
    ) {
        let mut written = Written::new(&appends);
        written.synced = written.bytes.len();
        let at = at.index(written.bytes.len());
        written.bytes[at] ^= 0xff;
        let damaged = recover(written.found(written.bytes.clone()));
        prop_assume!(damaged.lost_to.is_some());
        // The leader sends everything from where the logs differ.
        let mut bytes = written.bytes.clone();
        bytes.truncate(damaged.log_end as usize);
        let (left, whole) = (entries(&damaged), written.log());
        let same = left.iter().zip(&whole).take_while(|(a, b)| a == b).count();
        prop_assume!(same < whole.len());
        let mut prev_term = damaged.log.term(LogIndex(same as u64)).unwrap_or_default();
        for entry in &whole[same..] {
            let offset = bytes.len() as u64;
            format::encode_record(&mut bytes, offset, entry, prev_term, offset);
            prev_term = entry.term;
        }
        written.synced = bytes.len();
        let recovered = recover(written.found(bytes));
        prop_assert!(recovered.lost_to.is_none());
        prop_assert_eq!(entries(&recovered), whole);
    }

    /// A good record at another place, or in another file, is no record.
    #[test]
    fn a_misdirected_record_is_refused(
        appends in prop::collection::vec(append(), 1..8),
        shift in 1..200_usize,
    ) {
        let written = Written::new(&appends);
        let mut moved = vec![0; shift];
        moved.extend_from_slice(&written.bytes);
        prop_assert!(format::decode_record(&written.bytes, 0).is_some());
        prop_assert!((0..moved.len()).all(|at| format::decode_record(&moved, at).is_none()));
        let a = format::encode_meta(FileId::MetaA, &written.meta());
        prop_assert!(format::decode_meta(FileId::MetaB, &a).is_none());
        let files = [Some(written.bytes.clone()), Some(a), Some(vec![])];
        let recovered = recover(found(files));
        prop_assert!(recovered.vote_lost, "neither copy is where it belongs");
    }

    /// Anything at all in the files: no panic, and what comes out is a log.
    #[test]
    fn anything_in_the_files_can_be_read(
        a in prop::option::of(prop::collection::vec(any::<u8>(), 0..60)),
        b in prop::option::of(prop::collection::vec(any::<u8>(), 0..60)),
        log in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
        at in 0..400_usize,
    ) {
        let bytes = log.clone().unwrap_or_default();
        prop_assert!(format::decode_record(&bytes, at).is_none());
        let _ = format::decode_payload(&bytes);
        prop_assert_eq!(format::decode_log(&bytes).count(), 0);
        let recovered = recover(found([a, b, log]));
        prop_assert_eq!(recovered.log.last_index(), LogIndex(0));
        prop_assert_eq!(recovered.log_end, 0);
    }

    /// Numbers in good records that no site can have had: they are not believed.
    #[test]
    fn good_checksums_over_impossible_numbers_are_refused(
        index in prop_oneof![Just(u64::MAX), Just(0), any::<u64>()],
        term in prop_oneof![Just(u64::MAX), any::<u64>()],
        prev_term in any::<u64>(),
        durable in any::<u64>(),
    ) {
        let entry = Entry { index: LogIndex(index), term: Term(term), payload: Payload::Noop };
        let mut bytes = Vec::new();
        format::encode_record(&mut bytes, 0, &entry, Term(prev_term), durable);
        let written = Written::default();
        let recovered = recover(written.found(bytes));
        prop_assert!(recovered.log.last_index() <= LogIndex(1));
        prop_assert!(recovered.meta.term < Term(firedrill_stack::entry::LIMIT));
        let meta = MetaView { version: u64::MAX, term: Term(term), ..MetaView::default() };
        let copy = format::encode_meta(FileId::MetaA, &meta);
        prop_assert!(format::decode_meta(FileId::MetaA, &copy).is_none());
    }
}

/// A storage whose writes and syncs the test lets through.
#[derive(Default)]
struct Driven {
    storage: Storage,
    log: Vec<Entry>,
    file: Vec<u8>,
    synced: usize,
    /// Syncs of the log under way, with what they cover, and syncs of other things.
    waiting: VecDeque<(DiskToken, Option<usize>)>,
}

impl Driven {
    fn new() -> Driven {
        let mut driven = Driven::default();
        let mut out = VecDeque::new();
        driven.storage.start(&mut out);
        let reads: Vec<Output> = out.drain(..).collect();
        for read in reads {
            match read {
                Output::Disk(DiskOp::Read { token, .. }) => drop(driven.storage.file_read(token, Ok(None), &mut out)),
                Output::Disk(DiskOp::List { token }) => {
                    drop(driven.storage.files_listed(token, Ok(vec![]), &mut out));
                }
                _ => {}
            }
        }
        driven.perform(out);
        driven
    }

    fn perform(&mut self, mut out: VecDeque<Output>) {
        self.storage.flush(&mut out);
        for output in out {
            match output {
                Output::Disk(DiskOp::Write { file: LOG_FILE, offset, bytes }) => {
                    assert_eq!(offset, self.file.len() as u64, "the log is only appended to");
                    self.file.extend(bytes);
                }
                Output::Disk(DiskOp::Sync { file: LOG_FILE, token }) => {
                    self.waiting.push_back((token, Some(self.file.len())));
                }
                Output::Disk(DiskOp::Sync { token, .. } | DiskOp::SyncDir { token }) => {
                    self.waiting.push_back((token, None));
                }
                _ => {}
            }
        }
    }

    fn append(&mut self, append: &Append) {
        let before = self.log.last().map_or(Term(0), |entry| entry.term);
        self.log.truncate(self.log.len().saturating_sub(append.back as usize));
        let prev_term = self.log.last().map_or(Term(0), |entry| entry.term);
        let entry = Entry {
            index: LogIndex(self.log.len() as u64 + 1),
            term: Term((before.0 + append.terms).max(1)),
            payload: Payload::Noop,
        };
        self.storage.append(&entry, prev_term, &mut Switches::default());
        self.log.push(entry);
    }

    fn sync_one(&mut self) {
        if let Some((token, covers)) = self.waiting.pop_front() {
            self.synced = covers.unwrap_or(self.synced);
            self.storage.synced(token);
            self.perform(VecDeque::new());
        }
    }

    /// So much of the log as it is now would be there after a loss of power.
    fn durable(&self) -> usize {
        let files = [None, None, Some(self.file[..self.synced].to_vec())];
        let found = entries(&recover(found(files)));
        self.log.iter().zip(&found).take_while(|(a, b)| a == b).count()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Never is more said to be durable than a loss of power would leave; and in the end all is.
    #[test]
    fn no_more_is_called_durable_than_is(
        steps in prop::collection::vec((append(), 0..3_u8, any::<bool>()), 1..40),
    ) {
        let mut driven = Driven::new();
        for (append, syncs, flush) in steps {
            driven.append(&append);
            if flush {
                driven.perform(VecDeque::new());
            }
            prop_assert!(driven.storage.durable_index().index() <= driven.durable());
            for _ in 0..syncs {
                driven.sync_one();
                prop_assert!(driven.storage.durable_index().index() <= driven.durable());
            }
        }
        driven.perform(VecDeque::new());
        while !driven.waiting.is_empty() {
            driven.sync_one();
        }
        prop_assert_eq!(driven.storage.durable_index().index(), driven.log.len());
        prop_assert_eq!(driven.durable(), driven.log.len());
    }
}

fn copies(a: Option<Vec<u8>>, b: Option<Vec<u8>>) -> Recovered {
    recover(found([a, b, None]))
}

fn meta(version: u64, term: u64) -> MetaView {
    MetaView { version, term: Term(term), voted_for: Some(SiteId(2)), ..MetaView::default() }
}

#[test]
fn one_bad_copy_of_the_metadata_loses_nothing_and_two_lose_the_vote() {
    let view = meta(4, 9);
    let good = [FileId::MetaA, FileId::MetaB].map(|file| format::encode_meta(file, &view));
    for byte in 0..good[0].len() {
        let bad = good.clone().map(|mut copy| {
            copy[byte] ^= 1;
            copy
        });
        let [bad_a, bad_b] = bad;
        let left = copies(Some(bad_a.clone()), Some(good[1].clone()));
        assert_eq!((left.meta, left.weaker), (view, FileId::MetaA));
        let right = copies(Some(good[0].clone()), Some(bad_b.clone()));
        assert_eq!((right.meta, right.weaker), (view, FileId::MetaB));
        let none = copies(Some(bad_a), Some(bad_b));
        assert!(none.vote_lost && none.meta.standing == Standing::Learner);
    }
}

#[test]
fn the_newer_copy_counts_and_the_older_is_written_first() {
    let older = format::encode_meta(FileId::MetaA, &meta(4, 8));
    let newer = format::encode_meta(FileId::MetaB, &meta(5, 9));
    let found = copies(Some(older), Some(newer));
    assert_eq!((found.meta, found.weaker), (meta(5, 9), FileId::MetaA));
}

#[test]
fn an_empty_copy_says_that_nothing_was_promised() {
    let torn = format::encode_meta(FileId::MetaA, &meta(1, 1))[..10].to_vec();
    for (a, b) in [(None, None), (Some(vec![]), Some(vec![])), (Some(torn.clone()), Some(vec![])), (Some(torn), None)] {
        let found = copies(a, b);
        assert!(!found.vote_lost);
        assert_eq!(found.meta, MetaView { standing: Standing::Joining, ..MetaView::default() });
    }
}

#[test]
fn a_lost_vote_stays_lost() {
    let lost = MetaView { standing: Standing::Learner, ..meta(7, 9) };
    let copy = |file| Some(format::encode_meta(file, &lost));
    assert!(copies(copy(FileId::MetaA), copy(FileId::MetaB)).vote_lost);
}
