//! `monotonic-writes`: a site that has served a client's write serves, of every session, nothing older than that client's
//! writes before it (Terry et al. 1994: writes of a session are ordered in every copy).
//!
//! A site is known by what it served: once it returned a write to anybody, it holds what that client had acknowledged before
//! it invoked that write.
//!
//! Does not check what a site holds and never served, nor what several sites served against each other.

use super::floors::Floors;
use super::versions::{Version, Versions};
use super::{Answer, Guarantee};

#[derive(Default)]
pub(super) struct MonotonicWrites {
    floors: Floors,
}

impl Guarantee for MonotonicWrites {
    const NAME: &'static str = "monotonic-writes";

    fn binds(&self, read: &Answer, versions: &Versions<'_>) -> Option<Version> {
        self.floors.of(read, versions)
    }

    fn returned(&mut self, answer: &Answer, versions: &Versions<'_>) {
        if answer.is_read {
            self.floors.served(answer, versions);
        } else {
            self.floors.precedes(answer, versions);
        }
    }
}
