//! No site that lacks the last committed entry could win an election from what is durable now (Ongaro & Ousterhout 2014, 5.4: leader
//! completeness; the situation of figure 8).
//!
//! Imagines that the power of all sites fails: who could then be voted for by a quorum? Looked at after each commit and each restart.

use super::durable::{Disks, Durable};
use firedrill_model::{LogIndex, Term};

pub(crate) const NAME: &str = "electable-implies-complete";

/// Looks at what is durable, given the last entry that any site knew to be committed.
pub(crate) fn judge(disks: &Disks, index: LogIndex, term: Term) -> Option<String> {
    let electable = |candidate: &Durable| {
        disks
            .iter()
            .filter(|(_, voter)| candidate.last() >= voter.last())
            .count()
            >= disks.quorum()
    };
    let (site, disk) = disks
        .iter()
        .find(|(_, disk)| !disk.has(index, term) && electable(disk))?;
    let (last_term, last_index) = disk.last();
    Some(format!(
        "{site}, whose durable log ends at {last_index} of {last_term}, could be elected and lacks {index} of {term}, which is committed"
    ))
}
