//! `applied-digests-agree`: sites that applied up to the same entry have the same digest (Ongaro &
//! Ousterhout 2014, figure 3: state machine safety).
//!
//! From the digests that sites tell at every 64th entry and at the end. Judged is each digest after
//! the first of its entry; a site that replays its log after a restart is compared with what it
//! told before. Does not check entries between those.

use crate::facts::Facts;
use crate::judgement::CheckResult;
use firedrill_history::Event;
use firedrill_model::{LogIndex, Observation, SiteId, Time};
use std::collections::BTreeMap;

pub(crate) const NAME: &str = "applied-digests-agree";

/// Judges every digest that can be compared.
pub(crate) fn judge(facts: &Facts<'_>) -> CheckResult {
    let mut first: BTreeMap<LogIndex, (u64, SiteId, Time)> = BTreeMap::new();
    let mut judged = 0;
    let mut wrong = None;
    for event in &facts.journal.events {
        let (t, site, index, digest) = match event {
            Event::Observed { t, site, observation: Observation::AppliedDigest { index, digest }, .. } => {
                (*t, *site, *index, *digest)
            }
            Event::FinalState { t, site, up: true, applied, digest, .. } => (*t, *site, *applied, *digest),
            _ => continue,
        };
        let Some((expected, other, at)) = first.get(&index).copied() else {
            first.insert(index, (digest, site, t));
            continue;
        };
        judged += 1;
        if digest != expected && wrong.is_none() {
            let (site, other) = (facts.names.site(site), facts.names.site(other));
            let text = format!(
                "up to {index}, {site} has digest {digest:016x} at {t}, and {other} had {expected:016x} at {at}"
            );
            wrong = Some(text);
        }
    }
    crate::sites_insides::result(NAME, judged, wrong, || format!("at {} entries", first.len()))
}
