//! `monotonic-reads`: a client's read of a session returns nothing older than its earlier reads of it did (Terry et al. 1994).
//!
//! Does not check reads that overlapped, nor those of several sessions against each other.

use super::versions::{Version, Versions};
use super::{Answer, Guarantee};
use std::collections::BTreeMap;

/// By session and client: the newest that it read.
#[derive(Default)]
pub(super) struct MonotonicReads {
    read: BTreeMap<(u32, u32), Version>,
}

impl Guarantee for MonotonicReads {
    const NAME: &'static str = "monotonic-reads";

    fn binds(&self, read: &Answer, _: &Versions<'_>) -> Option<Version> {
        self.read.get(&(read.key, read.client)).copied()
    }

    fn returned(&mut self, answer: &Answer, versions: &Versions<'_>) {
        if answer.is_read {
            let read = self.read.entry((answer.key, answer.client)).or_insert(answer.version);
            *read = versions.newer(answer.version, *read);
        }
    }
}
