//! At most one process leads in a term (Ongaro & Ousterhout 2014, figure 3: election safety).
//!
//! A site that leads, restarts, and leads again in the same term counts as two: it must have voted twice.
//! Does not check that a leader was rightly elected.

use firedrill_model::{SiteId, Term};
use std::collections::BTreeMap;

pub(crate) const NAME: &str = "one-leader-per-term";

/// Who led in which term.
#[derive(Clone, Debug, Default)]
pub(crate) struct OneLeaderPerTerm {
    leaders: BTreeMap<Term, (SiteId, u32)>,
}

impl OneLeaderPerTerm {
    /// A process of a site leads in a term.
    pub(crate) fn leads(&mut self, site: SiteId, process: u32, term: Term) -> Option<String> {
        let (first, its_process) = *self.leaders.entry(term).or_insert((site, process));
        let same = (first, its_process) == (site, process);
        (!same)
            .then(|| format!("in {term}, {site} (process {process}) leads after {first} (process {its_process}) did"))
    }
}
