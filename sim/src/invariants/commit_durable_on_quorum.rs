//! An entry that is newly committed lies on the disks of a quorum, so that no loss of power takes it back.
//!
//! Looked at whenever a leader's commit index advances, and whenever any site's passes all others'; the entries before the newest follow from it, since a log is
//! durable from its start. A disk that told that it had the entry, and was damaged or lost since, counts: what was promised on it was true. Does not check whether the leader was entitled to commit: `electable-implies-complete` does.

use super::durable::Disks;
use firedrill_model::{LogIndex, SiteId, Term};

pub(crate) const NAME: &str = "commit-durable-on-quorum";

/// A site's commit index has advanced to an entry.
pub(crate) fn committed(disks: &Disks, index: LogIndex, term: Term) -> Option<String> {
    let holders: Vec<SiteId> =
        disks.iter().filter(|(_, disk)| disk.promised(index, term)).map(|(site, _)| site).collect();
    (holders.len() < disks.quorum()).then(|| {
        format!("{index} of {term} is committed and durable only at {holders:?}; a quorum is {}", disks.quorum())
    })
}
