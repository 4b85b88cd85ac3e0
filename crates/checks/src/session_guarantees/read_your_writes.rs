//! `read-your-writes`: a client's read of a session returns nothing older than its own last acknowledged write of it (Terry et
//! al. 1994).
//!
//! Does not check reads that were invoked before the write returned, nor writes without a known outcome.

use super::versions::{Version, Versions};
use super::{Answer, Guarantee};
use std::collections::BTreeMap;

/// By session and client: what it wrote last.
#[derive(Default)]
pub(super) struct ReadYourWrites {
    written: BTreeMap<(u32, u32), Version>,
}

impl Guarantee for ReadYourWrites {
    const NAME: &'static str = "read-your-writes";

    fn binds(&self, read: &Answer, _: &Versions<'_>) -> Option<Version> {
        self.written.get(&(read.key, read.client)).copied()
    }

    fn returned(&mut self, answer: &Answer, versions: &Versions<'_>) {
        if !answer.is_read {
            let written = self.written.entry((answer.key, answer.client)).or_insert(answer.version);
            *written = versions.newer(answer.version, *written);
        }
    }
}
