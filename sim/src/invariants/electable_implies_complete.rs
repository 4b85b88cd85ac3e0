//! No site that lacks the last committed entry could win an election from what is durable now (Ongaro & Ousterhout 2014, 5.4: leader
//! completeness; the situation of figure 8).
//!
//! Imagines that the power of all sites fails: who could then be voted for by a quorum? A site that knows that its disk lost something neither
//! votes nor stands for election. Looked at after each commit and each restart.

use super::durable::{Disks, Durable};
use firedrill_model::{LogIndex, Term};

pub(crate) const NAME: &str = "electable-implies-complete";

/// Looks at what is durable, given the last entry that any site knew to be committed.
pub(crate) fn judge(disks: &Disks, index: LogIndex, term: Term) -> Option<String> {
    let (site, disk) = disks.iter().find(|(_, disk)| !disk.has(index, term) && electable(disks, disk))?;
    let (last_term, last_index) = disk.last();
    Some(format!(
        "{site}, whose durable log ends at {last_index} of {last_term}, could be elected and lacks {index} of {term}, which is committed"
    ))
}

fn electable(disks: &Disks, candidate: &Durable) -> bool {
    let votes = disks.iter().filter(|(_, voter)| voter.votes() && candidate.last() >= voter.last());
    candidate.votes() && votes.count() >= disks.quorum()
}
