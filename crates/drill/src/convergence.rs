//! Whether all sites ended with the same state, from what they report.

use firedrill_model::{LogIndex, SiteId, SiteSet};

/// The sites' last report.
#[derive(Clone, Debug)]
pub(crate) struct Convergence {
    /// By site: up, applied up to, digests of what was applied and of the transaction log; `None`: not told yet.
    told: Vec<Option<(bool, LogIndex, [u64; 2])>>,
}

impl Convergence {
    pub(crate) fn new(sites: usize) -> Convergence {
        Convergence { told: vec![None; sites] }
    }

    /// Asks anew.
    pub(crate) fn clear(&mut self) {
        self.told.fill(None);
    }

    pub(crate) fn told(&mut self, site: SiteId, up: bool, applied: LogIndex, digests: [u64; 2]) {
        if let Some(told) = self.told.get_mut(site.index()) {
            *told = Some((up, applied, digests));
        }
    }

    /// Whether every site has told.
    pub(crate) fn is_complete(&self) -> bool {
        self.told.iter().all(Option::is_some)
    }

    /// Whether every site but those that are kept down is up, and all that are up have the same state.
    pub(crate) fn agree(&self, kept_down: SiteSet) -> bool {
        let sites = (0_u8..).map(SiteId).zip(&self.told);
        let missing = sites.filter(|(site, told)| !kept_down.contains(*site) && !matches!(told, Some((true, ..))));
        let mut states =
            self.told.iter().flatten().filter(|(up, ..)| *up).map(|(_, applied, digests)| (applied, digests));
        let first = states.next();
        missing.count() == 0 && states.all(|state| Some(state) == first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(states: [(bool, u64, u64); 3]) -> Convergence {
        let mut convergence = Convergence::new(3);
        for (site, (up, applied, digest)) in (0..).map(SiteId).zip(states) {
            convergence.told(site, up, LogIndex(applied), [digest, 1]);
        }
        convergence
    }

    #[test]
    fn the_same_state_everywhere_is_agreement() {
        assert!(told([(true, 9, 5); 3]).agree(SiteSet::EMPTY));
    }

    #[test]
    fn another_digest_another_length_or_a_site_that_is_down_is_not() {
        assert!(!told([(true, 9, 5), (true, 9, 5), (true, 9, 6)]).agree(SiteSet::EMPTY));
        assert!(!told([(true, 9, 5), (true, 8, 5), (true, 9, 5)]).agree(SiteSet::EMPTY));
        assert!(!told([(false, 0, 0), (true, 9, 5), (true, 9, 5)]).agree(SiteSet::EMPTY));
        assert!(!Convergence::new(3).agree(SiteSet::EMPTY), "nobody has told");
        let mut another_log = told([(true, 9, 5); 3]);
        another_log.told(SiteId(2), true, LogIndex(9), [5, 2]);
        assert!(!another_log.agree(SiteSet::EMPTY), "the same state, and another transaction log");
    }

    #[test]
    fn a_site_that_is_kept_down_need_not_agree() {
        let states = told([(false, 0, 0), (true, 9, 5), (true, 9, 5)]);
        assert!(states.agree(SiteSet::only(SiteId(0))));
        assert!(!states.agree(SiteSet::only(SiteId(1))), "another one is down");
    }
}
