//! `one-writer-per-epoch`: a fencing epoch has one primary, and epochs rise (DESIGN.md,
//! "Authority"; Kleppmann, "How to do distributed locking").
//!
//! From what sites tell as they apply the log: the same epoch has the same primary wherever and
//! whenever it is told, and at each site epochs rise from one to the next since its process
//! started. Does not check that acceptors refuse older epochs; a writer that is not fenced is seen
//! by `linearizable`.

use crate::facts::Facts;
use crate::judgement::CheckResult;
use firedrill_history::Event;
use firedrill_model::{Epoch, Observation, SiteId};
use std::collections::BTreeMap;

pub(crate) const NAME: &str = "one-writer-per-epoch";

/// Judges every epoch that was told.
pub(crate) fn judge(facts: &Facts<'_>) -> CheckResult {
    let mut primaries: BTreeMap<Epoch, (SiteId, SiteId)> = BTreeMap::new();
    let mut highest: BTreeMap<SiteId, Epoch> = BTreeMap::new();
    let mut judged = 0;
    let mut wrong = None;
    for event in &facts.journal.events {
        let Event::Observed { t, site, observation, .. } = event else {
            continue;
        };
        match observation {
            Observation::Started => {
                highest.remove(site);
            }
            Observation::EpochRaised { epoch, primary } => {
                judged += 1;
                let (first, told_by) = *primaries.entry(*epoch).or_insert((*primary, *site));
                let before = highest.insert(*site, *epoch);
                let name = |site: SiteId| facts.names.site(site);
                if first != *primary {
                    let (site, other) = (name(*site), name(told_by));
                    let (primary, first) = (name(*primary), name(first));
                    wrong.get_or_insert(format!(
                        "{epoch} has primary {primary} says {site} at {t}, and {first} said {other}"
                    ));
                } else if let Some(before) = before.filter(|before| before >= epoch) {
                    wrong.get_or_insert(format!("{} raised to {epoch} at {t} after {before}", name(*site)));
                }
            }
            _ => {}
        }
    }
    crate::sites_insides::result(NAME, judged, wrong, || format!("{} epochs had a primary each", primaries.len()))
}
