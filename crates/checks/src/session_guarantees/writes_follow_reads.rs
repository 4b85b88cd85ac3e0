//! `writes-follow-reads`: a site that has served a client's write serves, of every session, nothing older than what that client
//! had read before it wrote (Terry et al. 1994: a write is ordered after what its author had seen, in every copy).
//!
//! A site is known by what it served, as for `monotonic-writes`.
//!
//! Does not check what a site holds and never served, nor what several sites served against each other.

use super::floors::Floors;
use super::versions::{Version, Versions};
use super::{Answer, Guarantee};

#[derive(Default)]
pub(super) struct WritesFollowReads {
    floors: Floors,
}

impl Guarantee for WritesFollowReads {
    const NAME: &'static str = "writes-follow-reads";

    fn binds(&self, read: &Answer, versions: &Versions<'_>) -> Option<Version> {
        self.floors.of(read, versions)
    }

    fn returned(&mut self, answer: &Answer, versions: &Versions<'_>) {
        if answer.is_read {
            self.floors.served(answer, versions);
            self.floors.precedes(answer, versions);
        }
    }
}
