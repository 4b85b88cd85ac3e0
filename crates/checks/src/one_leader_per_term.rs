//! `one-leader-per-term`: at most one site leads in a term (Ongaro & Ousterhout 2014, figure 3:
//! election safety).
//!
//! From what sites tell of their roles alone. A site that leads, restarts and leads again in the
//! same term counts as two, for it must have voted twice. Does not check that a leader was rightly
//! elected, nor a leader that never told that it leads.

use crate::facts::Facts;
use crate::judgement::CheckResult;
use firedrill_history::Event;
use firedrill_model::{Observation, Role, SiteId, Term};
use std::collections::BTreeMap;

pub(crate) const NAME: &str = "one-leader-per-term";

/// Judges every leadership that was told.
pub(crate) fn judge(facts: &Facts<'_>) -> CheckResult {
    let mut leaders: BTreeMap<Term, (SiteId, u32)> = BTreeMap::new();
    let mut starts: BTreeMap<SiteId, u32> = BTreeMap::new();
    let mut judged = 0;
    let mut wrong = None;
    for event in &facts.journal.events {
        let Event::Observed { t, site, observation, .. } = event else {
            continue;
        };
        match observation {
            Observation::Started => *starts.entry(*site).or_default() += 1,
            Observation::RoleChanged { role: Role::Leader, term } => {
                judged += 1;
                let me = (*site, starts.get(site).copied().unwrap_or(0));
                let first = *leaders.entry(*term).or_insert(me);
                if first != me && wrong.is_none() {
                    let (name, other) = (facts.names.site(*site), facts.names.site(first.0));
                    let again = if first.0 == *site { ", after a restart" } else { "" };
                    wrong = Some(format!("in {term}, {name} leads at {t} after {other} did{again}"));
                }
            }
            _ => {}
        }
    }
    crate::sites_insides::result(NAME, judged, wrong, || format!("{} terms had a leader each", leaders.len()))
}
