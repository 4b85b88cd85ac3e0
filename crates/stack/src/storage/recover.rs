//! What a restarted site finds on its disk, and what it may still promise.
//!
//! Bad data after the last durable mark is a torn tail, which is cut, whatever lies behind it. Bad data before it is corruption: what follows the hole is not used, and
//! the site neither votes nor leads until the hole is refilled (Alagappan et al., Protocol-Aware Recovery, FAST'18). A bad stretch is no hole if a good record
//! follows what lies before it: such a record supersedes whatever stood there. A snapshot that is not good is a hole from the first entry on: no record after it
//! can be used either.

use super::format::{self, MetaView, RecordView};
use super::standing::Standing;
use crate::entry::Entry;
use crate::io::FileId;
use crate::log::Log;
use crate::snapshot::{Assembly, Image};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{LogIndex, StorageArea};

/// The files as they were read: both copies of the metadata, the snapshot that they name, the segments of the log. `None`: there is no such file.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// `meta.a`, `meta.b`.
    pub meta: [Option<Vec<u8>>; 2],
    /// The snapshot.
    pub snapshot: Option<Vec<u8>>,
    /// The segments from the first that counts on.
    pub segments: BTreeMap<u32, Vec<u8>>,
}

impl Found {
    /// What a disk with these files, and as many as `segments` of the log, holds.
    pub fn read(segments: impl Iterator<Item = u32>, read: impl Fn(FileId) -> Option<Vec<u8>>) -> Found {
        let meta = [read(FileId::MetaA), read(FileId::MetaB)];
        let (view, _) = recover_meta(&meta);
        let segments = segments.filter(|number| *number >= view.first_segment.max(1));
        let segments = segments.filter_map(|number| Some((number, read(FileId::Log(number))?))).collect();
        let snapshot = view.snapshot.and_then(|snapshot| read(FileId::Snapshot(snapshot.number)));
        Found { meta, snapshot, segments }
    }
}

/// What a disk holds.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The metadata, with what the site may still promise in view of all that was found.
    pub meta: MetaView,
    /// The copy of the metadata to be written over first: the bad one, or the older one.
    pub weaker: FileId,
    /// The state before the log.
    pub image: Option<Arc<Image>>,
    /// The log up to the first hole.
    pub log: Log,
    /// The position where the log's good part ends; what is behind it is torn and must be cut.
    pub log_end: u64,
    /// The position where the log ends.
    pub log_len: u64,
    /// The log was known to be synced up to here.
    pub durable_mark: u64,
    /// The good bytes behind that, by position. They may have been read from pages that a failed sync left clean: only writing them again makes a sync mean
    /// anything.
    pub unproven: Vec<(u64, Vec<u8>)>,
    /// The highest entry in each segment, up to the end.
    pub lasts: BTreeMap<u32, LogIndex>,
    /// Entries up to here, or further, were durable and are lost: the site abstains until it has again all that was committed.
    pub lost_to: Option<LogIndex>,
    /// What is lost, to be told.
    pub hole: Option<(StorageArea, LogIndex, LogIndex)>,
    /// The vote is lost: the site never votes again under this identity.
    pub vote_lost: bool,
    /// So many records of the log were read.
    pub records: u64,
}

impl PartialEq for Recovered {
    fn eq(&self, other: &Self) -> bool {
        (self.meta, self.log.last_index(), self.log_end, self.lost_to, self.vote_lost)
            == (other.meta, other.log.last_index(), other.log_end, other.lost_to, other.vote_lost)
    }
}

/// Reads what was found.
pub fn recover(found: Found) -> Recovered {
    let Found { meta: copies, snapshot, segments } = found;
    let (mut meta, weaker) = recover_meta(&copies);
    let image = meta.snapshot.map(|view| (view, read_snapshot(&view, snapshot.as_deref().unwrap_or_default())));
    let mut snapshot_hole = None;
    let mut replay = Replay { durable_mark: meta.log_synced, ..Replay::default() };
    let first = meta.first_segment.max(1);
    let mut next_segment = segments.last_key_value().map_or(first, |(last, _)| (*last).max(first));
    replay.good_end = format::position(first, 0);
    let image = match image {
        Some((view, None)) => {
            // No record can be used without the state before it: all is void, and the log begins anew in a segment of its own.
            snapshot_hole = Some((StorageArea::Snapshot, LogIndex(1), view.index));
            next_segment += 1;
            (meta.snapshot, meta.first_segment) = (None, next_segment);
            replay.good_end = format::position(next_segment, 0);
            None
        }
        image => image.and_then(|(_, image)| image),
    };
    if let Some(image) = &image {
        replay.log = Log::starting_after(image.head.index, image.head.term);
    }
    let mut log_len = replay.good_end;
    if snapshot_hole.is_none() {
        let mut expected = first;
        for (number, bytes) in &segments {
            if *number != expected {
                replay.wrong(format::position(expected, 0), LogIndex(0));
            }
            expected = number + 1;
            replay.run(*number, bytes);
            log_len = log_len.max(format::position(*number, bytes.len() as u64));
        }
    }
    let (mut lost_to, log_end) = replay.judge();
    let next = replay.log.last_index().next();
    let hole = snapshot_hole.or_else(|| lost_to.map(|to| (StorageArea::ReplicatedLog, next, to)));
    if snapshot_hole.is_some() {
        lost_to = snapshot_hole.map(|(_, _, to)| to);
        replay.durable_mark = log_end;
    }
    if meta.standing == Standing::Refilling {
        lost_to = lost_to.or(Some(next));
    }
    if lost_to.is_some() {
        meta.standing = meta.standing.max(Standing::Refilling);
    }
    if replay.log.last_term() > meta.term {
        meta.term = replay.log.last_term();
        meta.voted_for = None;
    }
    let durable_mark = replay.durable_mark.min(log_end);
    let mut lasts = replay.lasts;
    lasts.retain(|number, _| *number <= format::segment(log_end));
    lasts.entry(format::segment(log_end)).or_default();
    Recovered {
        meta,
        weaker,
        image,
        unproven: unproven(&segments, durable_mark, log_end),
        log: replay.log,
        log_end,
        log_len,
        durable_mark,
        lasts,
        lost_to,
        hole,
        vote_lost: meta.standing == Standing::Learner,
        records: replay.records,
    }
}

/// What lies between two positions.
fn unproven(segments: &BTreeMap<u32, Vec<u8>>, from: u64, to: u64) -> Vec<(u64, Vec<u8>)> {
    let mut parts = Vec::new();
    for (number, bytes) in segments.range(format::segment(from)..=format::segment(to)) {
        let start = if *number == format::segment(from) { format::offset(from) as usize } else { 0 };
        let end = if *number == format::segment(to) { format::offset(to) as usize } else { bytes.len() };
        if let Some(part) = bytes.get(start..end).filter(|part| !part.is_empty()) {
            parts.push((format::position(*number, start as u64), part.to_vec()));
        }
    }
    parts
}

/// The state in a snapshot's file; `None` if it is not whole and not that of the entry.
fn read_snapshot(view: &format::SnapshotView, bytes: &[u8]) -> Option<Arc<Image>> {
    let mut assembly = Assembly::new();
    let mut at = 0;
    while assembly.next().is_some() {
        let (piece, end) = format::decode_frame(view.number, bytes, at)?;
        if !assembly.take(piece) {
            return None;
        }
        at = end;
    }
    let image = assembly.finish()?;
    ((image.head.index, image.head.term) == (view.index, view.term)).then_some(image)
}

/// The newer good copy, and which copy is the weaker. Both copies are synced, one after the other, before anything is promised on their contents; so one bad copy loses
/// nothing, and an empty one says that nothing was ever promised on this disk.
pub(super) fn recover_meta(copies: &[Option<Vec<u8>>; 2]) -> (MetaView, FileId) {
    let [a, b] = copies.each_ref().map(|copy| copy.as_deref().unwrap_or_default());
    let good = [format::decode_meta(FileId::MetaA, a), format::decode_meta(FileId::MetaB, b)];
    match good {
        [Some(a), Some(b)] if a.version <= b.version => (b, FileId::MetaA),
        [None, Some(b)] => (b, FileId::MetaA),
        [Some(a), _] => (a, FileId::MetaB),
        [None, None] => {
            let lost = !a.is_empty() && !b.is_empty();
            let standing = if lost { Standing::Learner } else { Standing::Joining };
            let meta = MetaView { standing, ..MetaView::default() };
            (meta, FileId::MetaA)
        }
    }
}

/// Replays the records of a log.
#[derive(Default)]
struct Replay {
    log: Log,
    durable_mark: u64,
    /// The last good record ends here.
    good_end: u64,
    /// What is wrong since the last record that was taken: where it begins, and the highest entry that was found behind it.
    gap: Option<(u64, LogIndex)>,
    /// The highest entry in each segment.
    lasts: BTreeMap<u32, LogIndex>,
    records: u64,
}

impl Replay {
    fn run(&mut self, segment: u32, bytes: &[u8]) {
        let base = format::position(segment, 0);
        let mut at = 0;
        self.lasts.entry(segment).or_default();
        while at < bytes.len() {
            if let Some((view, payload)) = format::decode_record_at(bytes, at, base + at as u64) {
                self.records += 1;
                self.durable_mark = self.durable_mark.max(view.durable);
                self.take(&view, payload, base + at as u64);
                let last = self.lasts.entry(segment).or_default();
                *last = view.index.max(*last);
                at = view.end;
                self.good_end = base + at as u64;
            } else {
                self.wrong(base + at as u64, LogIndex(0));
                match format::next_good_record(bytes, at, base) {
                    Some(next) => at = next,
                    None => break,
                }
            }
        }
    }

    /// A record that does not follow what was read before it lies behind a hole. One that does supersedes all that may stand before it. What the snapshot covers is
    /// passed over.
    fn take(&mut self, view: &RecordView, payload: &[u8], at: u64) {
        let prev = view.index.prev();
        if view.index > LogIndex(0) && view.index <= self.log.base() {
            self.gap = None;
            self.log.truncate(self.log.base());
            return;
        }
        let follows = view.index > LogIndex(0) && self.log.term(prev) == Some(view.prev_term);
        let payload = format::decode_payload(payload).filter(|_| follows && view.term >= view.prev_term);
        let Some(payload) = payload else {
            return self.wrong(at, view.index);
        };
        self.gap = None;
        self.log.truncate(prev);
        self.log.push(Entry { index: view.index, term: view.term, payload });
    }

    fn wrong(&mut self, at: u64, index: LogIndex) {
        let gap = self.gap.get_or_insert((at, index));
        gap.1 = gap.1.max(index);
    }

    /// How far durable entries are lost, and where the log ends.
    fn judge(&self) -> (Option<LogIndex>, u64) {
        let next = self.log.last_index().next();
        match self.gap {
            Some((at, index)) if at < self.durable_mark => (Some(index.max(next)), self.good_end),
            Some((at, _)) => (None, at),
            None if self.good_end < self.durable_mark => (Some(next), self.good_end),
            None => (None, self.good_end),
        }
    }
}
