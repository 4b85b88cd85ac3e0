//! `read-your-writes`: a client's read of a session returns nothing older than its own last acknowledged write of it (Terry et
//! al. 1994).
//!
//! Does not check reads that were invoked before the write returned, nor writes without a known outcome.

use super::newest::Newest;
use super::versions::{Version, Versions};
use super::{Answer, Guarantee};

/// Of what each client wrote.
#[derive(Default)]
pub(super) struct ReadYourWrites {
    written: Newest,
}

impl Guarantee for ReadYourWrites {
    const NAME: &'static str = "read-your-writes";

    fn binds(&self, read: &Answer, _: &Versions<'_>) -> Option<Version> {
        self.written.of(read)
    }

    fn returned(&mut self, answer: &Answer, versions: &Versions<'_>) {
        if !answer.is_read {
            self.written.learn(answer, versions);
        }
    }
}
