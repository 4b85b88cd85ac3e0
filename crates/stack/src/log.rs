//! The replicated log in memory: chunks behind `Arc`, so that a clone costs a reference count per chunk.

use crate::entry::Entry;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{LogIndex, Term};

const CHUNK: usize = 128;

/// The log, from the entry after its base on.
#[derive(Clone, Debug, Default)]
pub struct Log {
    chunks: VecDeque<Arc<Vec<Entry>>>,
    /// The first chunk begins after this entry.
    origin: usize,
    /// What came before is dropped; of this entry only the term is known.
    base: LogIndex,
    base_term: Term,
    /// The last entry.
    len: usize,
    last_term: Term,
}

impl Log {
    /// An empty log that goes on after an entry.
    pub fn starting_after(base: LogIndex, base_term: Term) -> Log {
        let at = base.index();
        Log { chunks: VecDeque::new(), origin: at, base, base_term, len: at, last_term: base_term }
    }

    /// What was dropped ends here; 0 if nothing was.
    pub fn base(&self) -> LogIndex {
        self.base
    }

    /// The last entry's place; 0 if there is none.
    pub fn last_index(&self) -> LogIndex {
        LogIndex(self.len as u64)
    }

    /// The last entry's term; 0 if there is none.
    pub fn last_term(&self) -> Term {
        self.last_term
    }

    /// An entry, if it was not dropped.
    pub fn get(&self, index: LogIndex) -> Option<&Entry> {
        if index <= self.base {
            return None;
        }
        let at = index.index().checked_sub(self.origin + 1)?;
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    /// The term of an entry; 0 for the place before the first.
    pub fn term(&self, index: LogIndex) -> Option<Term> {
        if index == LogIndex(0) {
            Some(Term(0))
        } else if index == self.base {
            Some(self.base_term)
        } else {
            self.get(index).map(|entry| entry.term)
        }
    }

    /// About how many bytes the entries take in memory.
    pub fn memory(&self) -> usize {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).map(Entry::weight).sum()
    }

    /// Appends an entry, which must be the next.
    pub fn push(&mut self, entry: Entry) {
        assert_eq!(entry.index, self.last_index().next(), "the log has no gaps");
        assert!(entry.term >= self.last_term, "terms never fall along the log");
        self.last_term = entry.term;
        if (self.len - self.origin).is_multiple_of(CHUNK) {
            self.chunks.push_back(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let Some(chunk) = self.chunks.back_mut() {
            Arc::make_mut(chunk).push(entry);
        }
        self.len += 1;
    }

    /// Drops every entry after `index`, which is not before the base.
    pub fn truncate(&mut self, index: LogIndex) {
        if index >= self.last_index() {
            return;
        }
        assert!(index >= self.base, "what was dropped does not come back");
        self.len = index.index();
        let held = self.len - self.origin;
        self.chunks.truncate(held.div_ceil(CHUNK));
        let rest = held % CHUNK;
        if rest > 0
            && let Some(chunk) = self.chunks.back_mut()
        {
            Arc::make_mut(chunk).truncate(rest);
        }
        self.last_term = self.term(index).unwrap_or_default();
    }

    /// Drops every entry up to `index`, which is not beyond the last.
    pub fn compact(&mut self, index: LogIndex) {
        if index <= self.base {
            return;
        }
        let Some(term) = self.term(index) else {
            return;
        };
        (self.base, self.base_term) = (index, term);
        while self.origin + CHUNK <= index.index() && self.chunks.pop_front().is_some() {
            self.origin += CHUNK;
        }
    }

    /// At most `most` entries after `index`, and no more than fit into `bytes`, but one in any case.
    pub fn after(&self, index: LogIndex, most: usize, bytes: usize) -> Vec<Entry> {
        let end = self.len.min(index.index().saturating_add(most));
        let mut left = bytes;
        let mut entries: Vec<Entry> = Vec::new();
        for at in index.index()..end {
            let Some(entry) = self.get(LogIndex(at as u64 + 1)) else {
                break;
            };
            if entry.weight() > left && !entries.is_empty() {
                break;
            }
            left = left.saturating_sub(entry.weight());
            entries.push(entry.clone());
        }
        entries
    }

    /// The last entry at or before `index` whose term is not above `term`; 0 if there is none, or it was dropped.
    pub fn last_up_to(&self, index: LogIndex, term: Term) -> LogIndex {
        // Terms never fall along the log, so halving finds it.
        let (mut low, mut high) = (self.base.index(), self.len.min(index.index()));
        if low > high || self.base_term > term {
            return LogIndex(0);
        }
        while low < high {
            let middle = (low + high).div_ceil(2);
            if self.term(LogIndex(middle as u64)).is_some_and(|at| at <= term) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        LogIndex(low as u64)
    }
}
