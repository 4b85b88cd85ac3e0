//! What a restarted site finds on its disk, and what it may still promise.
//!
//! Bad data after the last durable mark is a torn tail, which is cut, whatever lies behind it. Bad data before it is corruption: what follows the hole is not used, and
//! the site neither votes nor leads until the hole is refilled (Alagappan et al., Protocol-Aware Recovery, FAST'18). A bad stretch is no hole if a good record
//! follows what lies before it: such a record supersedes whatever stood there.

use super::format::{self, MetaView, RecordView};
use super::standing::Standing;
use crate::entry::Entry;
use crate::io::FileId;
use crate::log::Log;
use alloc::vec::Vec;
use firedrill_model::LogIndex;

/// The files as they were read: both copies of the metadata, and the log. `None`: there is no such file.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// `meta.a`, `meta.b`, the log.
    pub files: [Option<Vec<u8>>; 3],
}

/// What a disk holds.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The metadata, with what the site may still promise in view of all that was found.
    pub meta: MetaView,
    /// The copy of the metadata to be written over first: the bad one, or the older one.
    pub weaker: FileId,
    /// The log up to the first hole.
    pub log: Log,
    /// The log's good part ends here, in bytes; what is behind it is torn and must be cut.
    pub log_end: u64,
    /// The log's length, in bytes.
    pub log_len: u64,
    /// So many bytes of the log were known to be synced.
    pub durable_mark: u64,
    /// The good bytes behind that. They may have been read from pages that a failed sync left clean: only writing them again makes a sync mean anything.
    pub unproven: Vec<u8>,
    /// Entries up to here, or further, were durable and are lost: the site abstains until it has again all that was committed.
    pub lost_to: Option<LogIndex>,
    /// The vote is lost: the site never votes again under this identity.
    pub vote_lost: bool,
}

impl PartialEq for Recovered {
    fn eq(&self, other: &Self) -> bool {
        (self.meta, self.log.last_index(), self.log_end, self.lost_to, self.vote_lost)
            == (other.meta, other.log.last_index(), other.log_end, other.lost_to, other.vote_lost)
    }
}

/// Reads what was found.
pub fn recover(found: Found) -> Recovered {
    let [a, b, log] = found.files.map(Option::unwrap_or_default);
    let (mut meta, weaker) = recover_meta(&a, &b);
    let mut replay = Replay { durable_mark: meta.log_synced, ..Replay::default() };
    replay.run(&log);
    let (mut lost_to, log_end) = replay.judge();
    let next = replay.log.last_index().next();
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
    let unproven = log.get(durable_mark as usize..log_end as usize).unwrap_or_default().to_vec();
    Recovered {
        meta,
        weaker,
        log: replay.log,
        log_end,
        log_len: log.len() as u64,
        durable_mark,
        unproven,
        lost_to,
        vote_lost: meta.standing == Standing::Learner,
    }
}

/// The newer good copy, and which copy is the weaker. Both copies are synced, one after the other, before anything is promised on their contents; so one bad copy loses
/// nothing, and an empty one says that nothing was ever promised.
fn recover_meta(a: &[u8], b: &[u8]) -> (MetaView, FileId) {
    let good = [format::decode_meta(FileId::MetaA, a), format::decode_meta(FileId::MetaB, b)];
    match good {
        [Some(a), Some(b)] if a.version <= b.version => (b, FileId::MetaA),
        [None, Some(b)] => (b, FileId::MetaA),
        [Some(a), _] => (a, FileId::MetaB),
        [None, None] => {
            let lost = !a.is_empty() && !b.is_empty();
            let standing = if lost { Standing::Learner } else { Standing::Full };
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
}

impl Replay {
    fn run(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            if let Some((view, payload)) = format::decode_record(bytes, at) {
                self.durable_mark = self.durable_mark.max(view.durable);
                self.take(&view, payload, at as u64);
                at = view.end;
                self.good_end = at as u64;
            } else {
                self.wrong(at as u64, LogIndex(0));
                match format::next_good_record(bytes, at) {
                    Some(next) => at = next,
                    None => break,
                }
            }
        }
    }

    /// A record that does not follow what was read before it lies behind a hole. One that does supersedes all that may stand before it.
    fn take(&mut self, view: &RecordView, payload: &[u8], at: u64) {
        let prev = view.index.prev();
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
