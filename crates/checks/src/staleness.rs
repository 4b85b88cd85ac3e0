//! `log-staleness`: how far the asynchronous copies of the transaction log are behind, at most.
//!
//! Bounded staleness (Terry et al., Session guarantees, 1994; here in time): a copy that holds the log up to position p at time t is behind by t minus the
//! acknowledgement of the first record after p. From what copies tell (`LogHeld`), at each telling and at the end, for sites that are up at the end.
//! The bound is the plan's; faults are no excuse: a copy that is cut off for longer than the bound exceeds it.
//!
//! Does not check what reads at a copy return.

use crate::facts::Facts;
use crate::facts::log::{Fate, LogFacts};
use crate::judgement::ObjectiveResult;
use crate::verdict::Verdict;
use firedrill_history::Event;
use firedrill_model::{Observation, Position, SiteId, Time};
use std::collections::BTreeMap;
use std::time::Duration;

/// One result per site that told of what it holds, if the plan has a bound and the run a log.
pub(crate) fn judge(facts: &Facts<'_>) -> Vec<ObjectiveResult> {
    let bound = facts.journal.manifest.objectives.log_staleness;
    let (Some(bound), Some(log)) = (bound, LogFacts::of(&facts.calls)) else {
        return Vec::new();
    };
    let config = facts.journal.manifest.config.transaction_log.as_ref();
    let is_copy = |site: &SiteId| site.0 > 0 && config.is_none_or(|config| !config.synchronous.contains(*site));
    let sites = (0..facts.sites()).filter_map(|site| u8::try_from(site).ok()).map(SiteId).filter(is_copy);
    sites.map(|site| judge_one(facts, site, bound, &acknowledged(&log))).collect()
}

/// By position: when the record was acknowledged.
fn acknowledged(log: &LogFacts<'_>) -> BTreeMap<Position, Time> {
    let fate = |append: &crate::facts::log::Append<'_>| match append.fate {
        Fate::Acknowledged(t, position) => Some((position, t)),
        Fate::Failed | Fate::Unknown => None,
    };
    log.appends.iter().filter_map(fate).collect()
}

fn judge_one(
    facts: &Facts<'_>,
    site: SiteId,
    bound: Duration,
    acknowledged: &BTreeMap<Position, Time>,
) -> ObjectiveResult {
    let mut held = Position(0);
    let (mut judged, mut worst) = (0, (Duration::ZERO, Time::ZERO));
    let mut look = |held: Position, t: Time| {
        let first = acknowledged.range(held.next()..).next().map(|(_, at)| *at).filter(|at| *at < t);
        let behind = first.map_or(Duration::ZERO, |at| t.since(at));
        worst = worst.max((behind, t));
    };
    for event in &facts.journal.events {
        if let Event::Observed { t, site: told, observation: Observation::LogHeld { position, .. }, .. } = event
            && *told == site
        {
            // Just before this telling it was furthest behind.
            look(held, *t);
            held = *position;
            judged += 1;
        }
    }
    let up = facts.finals.get(&site).is_some_and(|state| state.up);
    if up {
        look(held, facts.end);
    }
    let (behind, at) = worst;
    let name = facts.names.site(site);
    let (verdict, why) = match (up, judged) {
        _ if behind > bound => (Verdict::Fail, format!("{name} was {:.1} s behind at {at}", behind.as_secs_f64())),
        (_, 0) => (Verdict::Unknown, format!("{name} never told what it holds")),
        (false, _) => (Verdict::Unknown, format!("{name} is down at the end")),
        _ => (Verdict::Pass, format!("at most {:.1} s behind, at {at}", behind.as_secs_f64())),
    };
    ObjectiveResult {
        name: "staleness".to_owned(),
        subject: format!("transaction log at {name}"),
        target: bound.as_secs_f64(),
        achieved: (judged > 0).then_some(behind.as_secs_f64()),
        unit: "s".to_owned(),
        verdict,
        phases: Vec::new(),
        judged,
        why,
    }
}
