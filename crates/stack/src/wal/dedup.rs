//! By which a retried append is known: the last operation of each client session, as the latest records say. It is made of the records themselves, so every
//! copy of the log knows it, and it is bounded by how many records it looks back, so every copy forgets the same.

use crate::pages::Pages;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{Position, SessionId};

/// A retry is known if no more records than that were appended since.
pub const WINDOW: u64 = 1 << 16;
const CHUNK: usize = 256;

/// The last operation of a session: its number, and where its record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) seq: u64,
    pub(super) position: Position,
}

/// The operations of the latest records.
#[derive(Clone, Debug, Default)]
pub(super) struct Dedup {
    sessions: Pages<SessionId, Last>,
    /// Of the records from `first` on.
    recent: VecDeque<Arc<Vec<(SessionId, u64)>>>,
    /// The position before that of the first in `recent`.
    after: Position,
    end: Position,
}

impl Dedup {
    /// Of a log that goes on after this record, nothing being known of the records before.
    pub(super) fn begin_at(after: Position) -> Dedup {
        Dedup { after, end: after, ..Dedup::default() }
    }

    /// The last operation of a session, if it is not too long ago.
    pub(super) fn last(&self, session: SessionId) -> Option<Last> {
        self.sessions.get(&session).copied()
    }

    /// About how many bytes are in memory.
    pub(super) fn memory(&self) -> usize {
        let recent = self.recent.len() * CHUNK * size_of::<(SessionId, u64)>();
        recent + self.sessions.len() * size_of::<(SessionId, Last)>()
    }

    /// The next record.
    pub(super) fn push(&mut self, session: SessionId, seq: u64) {
        self.end = self.end.next();
        if self.recent.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.recent.push_back(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let Some(chunk) = self.recent.back_mut() {
            Arc::make_mut(chunk).push((session, seq));
        }
        self.sessions.insert(session, Last { seq, position: self.end });
        if self.end.0 - self.after.0 > WINDOW + CHUNK as u64 {
            self.forget_chunk();
        }
    }

    fn forget_chunk(&mut self) {
        let Some(chunk) = self.recent.pop_front() else {
            return;
        };
        for (session, _) in chunk.iter() {
            self.after = self.after.next();
            if self.last(*session).is_some_and(|last| last.position <= self.after) {
                self.sessions.remove(session);
            }
        }
    }

    /// The records after a position are no more.
    pub(super) fn cut(&mut self, after: Position) {
        if after >= self.end {
            return;
        }
        if after <= self.after {
            *self = Dedup::begin_at(after);
            return;
        }
        let keep = (after.0 - self.after.0) as usize;
        self.recent.truncate(keep.div_ceil(CHUNK));
        if let Some(chunk) = self.recent.back_mut()
            && !keep.is_multiple_of(CHUNK)
        {
            Arc::make_mut(chunk).truncate(keep % CHUNK);
        }
        self.end = after;
        self.sessions = Pages::default();
        let mut position = self.after;
        for (session, seq) in self.recent.iter().flat_map(|chunk| chunk.iter()) {
            position = position.next();
            self.sessions.insert(*session, Last { seq: *seq, position });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_or_too_long_ago_is_forgotten() {
        let mut dedup = Dedup::default();
        for seq in 1..=3 {
            dedup.push(SessionId(7), seq);
        }
        dedup.cut(Position(2));
        assert_eq!(dedup.last(SessionId(7)), Some(Last { seq: 2, position: Position(2) }));
        for seq in 0..WINDOW + 2 * CHUNK as u64 {
            dedup.push(SessionId(8 + seq % 1000), seq);
        }
        assert_eq!(dedup.last(SessionId(7)), None);
        assert!(dedup.recent.len() <= (WINDOW as usize).div_ceil(CHUNK) + 2);
        assert!(dedup.last(SessionId(8)).is_some());
    }
}
