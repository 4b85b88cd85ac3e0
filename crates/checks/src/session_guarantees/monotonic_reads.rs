//! `monotonic-reads`: a client's read of a session returns nothing older than its earlier reads of it did (Terry et al. 1994).
//!
//! Does not check reads that overlapped, nor those of several sessions against each other.

use super::newest::Newest;
use super::versions::{Version, Versions};
use super::{Answer, Guarantee};

/// Of what each client read.
#[derive(Default)]
pub(super) struct MonotonicReads {
    read: Newest,
}

impl Guarantee for MonotonicReads {
    const NAME: &'static str = "monotonic-reads";

    fn binds(&self, read: &Answer, _: &Versions<'_>) -> Option<Version> {
        self.read.of(read)
    }

    fn returned(&mut self, answer: &Answer, versions: &Versions<'_>) {
        if answer.is_read {
            self.read.learn(answer, versions);
        }
    }
}
