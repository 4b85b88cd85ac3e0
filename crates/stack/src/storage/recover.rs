//! What a restarted site finds on its disk, and what it may still promise.
//!
//! Bad data after the last durable mark is a torn tail, which is cut. Bad data before it is corruption: what follows the hole is not used, and
//! the site neither votes nor leads until the hole is refilled (Alagappan et al., Protocol-Aware Recovery, FAST'18).

use super::format::{self, MetaView, RecordView};
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
    /// The metadata.
    pub meta: MetaView,
    /// The log up to the first hole.
    pub log: Log,
    /// The log's good part ends here, in bytes; what is behind it is torn and must be cut.
    pub log_end: u64,
    /// The log's length, in bytes.
    pub log_len: u64,
    /// Entries up to here were durable and are lost: the site abstains until it has them again.
    pub lost_to: Option<LogIndex>,
    /// The vote is lost: the site never votes again under this identity.
    pub vote_lost: bool,
}

impl PartialEq for Recovered {
    fn eq(&self, other: &Self) -> bool {
        (
            self.meta,
            self.log.last_index(),
            self.log_end,
            self.lost_to,
            self.vote_lost,
        ) == (
            other.meta,
            other.log.last_index(),
            other.log_end,
            other.lost_to,
            other.vote_lost,
        )
    }
}

/// Reads what was found.
pub fn recover(found: Found) -> Recovered {
    let [a, b, log] = found.files.map(Option::unwrap_or_default);
    let (meta, vote_lost) = recover_meta(&a, &b);
    let mut replay = Replay::default();
    let log_end = replay.run(&log, meta.log_synced);
    let mut meta = meta;
    if replay.log.last_term() > meta.term {
        meta.term = replay.log.last_term();
        meta.voted_for = None;
    }
    Recovered {
        meta,
        log: replay.log,
        log_end,
        log_len: log.len() as u64,
        lost_to: replay.lost_to,
        vote_lost,
    }
}

/// The newer good copy. Both copies are synced, one after the other, before anything is promised on their contents; so one bad copy loses nothing, and
/// an empty one says that nothing was ever promised.
fn recover_meta(a: &[u8], b: &[u8]) -> (MetaView, bool) {
    let good = [
        format::decode_meta(FileId::MetaA, a),
        format::decode_meta(FileId::MetaB, b),
    ];
    match good.into_iter().flatten().max_by_key(|meta| meta.version) {
        Some(meta) => (meta, false),
        None => (MetaView::default(), !a.is_empty() && !b.is_empty()),
    }
}

/// Replays the records of a log.
#[derive(Default)]
struct Replay {
    log: Log,
    lost_to: Option<LogIndex>,
    durable_mark: u64,
    /// Offsets of bad stretches.
    bad: Vec<u64>,
}

impl Replay {
    /// Returns where the good part ends.
    fn run(&mut self, bytes: &[u8], meta_mark: u64) -> u64 {
        self.durable_mark = meta_mark;
        let (mut at, mut end) = (0, 0);
        while at < bytes.len() {
            let Some((view, payload)) = format::decode_record(bytes, at) else {
                self.bad.push(at as u64);
                match format::next_good_record(bytes, at) {
                    Some(next) => at = next,
                    None => break,
                }
                continue;
            };
            self.durable_mark = self.durable_mark.max(view.durable);
            self.take(&view, payload);
            at = view.end;
            end = at;
        }
        let rotten =
            self.bad.iter().any(|bad| *bad < self.durable_mark) || (end as u64) < meta_mark;
        if rotten && self.lost_to.is_none() {
            self.lost_to = Some(self.log.last_index().next());
        }
        end as u64
    }

    /// A record that does not follow what was read before it lies behind a hole.
    fn take(&mut self, view: &RecordView, payload: &[u8]) {
        let prev = view.index.prev();
        let follows = view.index > LogIndex(0) && self.log.term(prev) == Some(view.prev_term);
        let payload =
            format::decode_payload(payload).filter(|_| follows && view.term >= view.prev_term);
        let Some(payload) = payload else {
            self.lost_to = self.lost_to.max(Some(view.index));
            return;
        };
        self.log.truncate(prev);
        self.log.push(Entry {
            index: view.index,
            term: view.term,
            payload,
        });
        if self.lost_to.is_some_and(|lost| lost <= view.index) {
            self.lost_to = None;
        }
    }
}
