//! What a site may still promise, after what its disk lost. Kept in the metadata, so that a restart forgets nothing of it.

use serde::{Deserialize, Serialize};

/// What a site may still promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Standing {
    /// Everything.
    #[default]
    Full,
    /// It lost durable entries: it neither votes nor leads until it has again all that was committed. What it acknowledges counts, for that is
    /// on its disk now.
    Refilling,
    /// Its disk is new, and it is not known yet whether it is the site's first. Until then it is as a learner.
    Joining,
    /// It lost its term and vote, alone or with the whole disk: it never votes or leads again, and nothing that it acknowledges or accepts counts, for it can't know
    /// what it promised in which term. It only follows.
    Learner,
}

impl Standing {
    /// Neither votes nor leads.
    pub fn abstains(self) -> bool {
        self != Standing::Full
    }

    /// What it acknowledges and accepts counts towards a quorum.
    pub fn counts(self) -> bool {
        matches!(self, Standing::Full | Standing::Refilling)
    }

    /// As a byte of the metadata.
    pub(super) fn byte(self) -> u8 {
        self as u8
    }

    /// From a byte of the metadata.
    pub(super) fn from_byte(byte: u8) -> Option<Standing> {
        let all = [Standing::Full, Standing::Refilling, Standing::Joining, Standing::Learner];
        all.into_iter().find(|standing| standing.byte() == byte)
    }
}
