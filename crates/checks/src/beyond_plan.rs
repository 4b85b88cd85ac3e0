//! Whether more was destroyed than the plan claims to survive.
//!
//! DESIGN.md, verdicts: *beyond_plan*: more was destroyed than the plan claims to survive; the
//! report shows what was lost. That is so once sites that were lost and never came back leave no
//! quorum. It explains that service did not return after that: an outage since then that was open
//! at the end, no convergence, a failover that was not finished, a run that ended at its deadline.
//! It explains no wrong answer and no violated invariant.
//!
//! Does not see disks that lie or rot, for no such fault is built.

use crate::facts::Facts;
use firedrill_model::{Fault, SiteSet, Time};

/// The instant since which sites that are gone for good leave no quorum; `None` if they leave one.
pub(crate) fn since(facts: &Facts<'_>) -> Option<Time> {
    let mut gone = SiteSet::EMPTY;
    for strike in facts.strikes.iter().filter(|strike| strike.struck() && strike.ended.is_none()) {
        let Some(Fault::SiteLoss { sites }) = strike.scheduled.map(|scheduled| &scheduled.fault) else {
            continue;
        };
        gone = sites.iter().fold(gone, SiteSet::with);
        let left = facts.sites().saturating_sub(gone.len());
        if left < facts.quorum() {
            return Some(strike.began);
        }
    }
    None
}
