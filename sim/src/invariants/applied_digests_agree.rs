//! Whoever has applied the log up to an entry has come to the same state (Ongaro & Ousterhout 2014, figure 3: state machine safety).
//!
//! Compared are digests chained over entries and results, index by index. A site that applies more than the 1,024 entries whose digests it
//! keeps in one go is compared on the last of them; a chained digest then stands for those before.

use crate::chunks::Chunks;
use firedrill_model::LogIndex;

pub(crate) const NAME: &str = "applied-digests-agree";

/// The digest at each index, as the first site that applied it had it.
#[derive(Clone, Debug)]
pub(crate) struct AppliedDigestsAgree {
    /// From index 1 on; `None`: nobody kept it.
    digests: Chunks<Option<u64>>,
}

impl AppliedDigestsAgree {
    pub(crate) fn new() -> AppliedDigestsAgree {
        AppliedDigestsAgree { digests: Chunks::new() }
    }

    /// A site has applied up to `index` and has this digest there.
    pub(crate) fn applied(&mut self, index: LogIndex, digest: u64) -> Option<String> {
        let at = index.prev().0 as usize;
        match self.digests.get(at) {
            Some(Some(first)) if first != digest => {
                Some(format!("the state at {index} has digest {digest:016x}; another site had {first:016x}"))
            }
            Some(_) => None,
            None => {
                while self.digests.len() < at {
                    self.digests.push(None);
                }
                self.digests.push(Some(digest));
                None
            }
        }
    }
}
