//! A fencing epoch has one primary, whoever tells of it.
//!
//! Does not check that the others stop writing: what clients were answered shows that.

use firedrill_model::{Epoch, SiteId};
use std::collections::BTreeMap;

pub(crate) const NAME: &str = "one-writer-per-epoch";

/// Who writes in which epoch.
#[derive(Clone, Debug, Default)]
pub(crate) struct OneWriterPerEpoch {
    writers: BTreeMap<Epoch, SiteId>,
}

impl OneWriterPerEpoch {
    /// Somebody tells that an epoch has this primary.
    pub(crate) fn raised(&mut self, epoch: Epoch, primary: SiteId) -> Option<String> {
        let first = *self.writers.entry(epoch).or_insert(primary);
        (first != primary).then(|| format!("{epoch} has {primary} for a primary, and was told to have {first}"))
    }
}
