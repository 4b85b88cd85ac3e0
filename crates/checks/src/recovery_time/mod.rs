//! The recovery time achieved, per service and region.
//!
//! DESIGN.md: an *outage* of a service for a region is an interval in which the service level is
//! violated: from the fault's onset (or the first violation) to the first operation from which the
//! level holds; overlapping outages merge; no violation is an outage of 0. The *RTO achieved* is
//! the longest outage. Still open at the end: failed if past the target, else unknown. An outage
//! that ends only when a fault is healed is not a recovery, and fails unless the scenario says that
//! it must wait.
//!
//! - `outage`: finds the outages
//! - `phases`: what the longest was spent on
//!
//! Does not check what happened before the first fault (that is `steady-state`), what operations
//! returned (`linearizable`), or operations other than probes.

pub(crate) mod outage;
pub(crate) mod phases;

use crate::facts::Facts;
use crate::judgement::{ClaimResult, ClaimVerdict, ObjectiveResult};
use crate::level::{AllSeries, Series};
use crate::verdict::Verdict;
use firedrill_model::{RegionId, ServiceObjective, Time};
use outage::Outage;
use std::time::Duration;

/// An objective's result, and what the combined verdict has to know besides.
pub(crate) struct Recovery {
    pub(crate) result: ObjectiveResult,
    /// The outages that are no pass: the first onset, and whether all were still open at the end.
    blamed: Option<(Time, bool)>,
    target: Duration,
}

impl Recovery {
    /// Whether it is no pass only because of what was destroyed at `since`: the outages never
    /// ended, and when it was destroyed the target could still have been met.
    pub(crate) fn explained_by(&self, since: Time) -> bool {
        self.blamed.is_some_and(|(from, open)| open && since.since(from) <= self.target)
    }

    /// The same where the scenario does not judge the RTO: a figure of the plan beside what was
    /// measured.
    pub(crate) fn into_claim(self) -> ClaimResult {
        let ObjectiveResult { name, subject, target, achieved, unit, .. } = self.result;
        ClaimResult {
            name: format!("{name} of {subject}"),
            claimed: target,
            measured: achieved,
            unit,
            verdict: match achieved {
                None => ClaimVerdict::Unknown,
                Some(achieved) if achieved <= target => ClaimVerdict::Held,
                Some(_) => ClaimVerdict::Refuted,
            },
        }
    }
}

/// One result per service and region.
pub(crate) fn judge(facts: &Facts<'_>, all: &AllSeries) -> Vec<Recovery> {
    let objectives = &facts.journal.manifest.objectives;
    let subject = |service| all.iter().filter(move |((of, _), _)| *of == service);
    let of_service = |objective| {
        move |((_, region), series): (&(_, RegionId), &Series)| judge_one(facts, objective, *region, series)
    };
    let services = objectives.services.iter();
    services.flat_map(|objective| subject(objective.service).map(of_service(objective))).collect()
}

fn judge_one(facts: &Facts<'_>, objective: &ServiceObjective, region: RegionId, series: &Series) -> Recovery {
    let from = facts.hurt_from().unwrap_or(Time::ZERO);
    let outages = outage::find(series, &facts.strikes, from);
    let judged = series.probes.iter().filter(|probe| probe.returned >= from).count();
    let verdicts: Vec<(Verdict, String)> = outages.iter().map(|outage| weigh(facts, objective, outage)).collect();
    let worst = Verdict::worst(verdicts.iter().map(|(verdict, _)| *verdict));
    let longest = outages.iter().max_by_key(|outage| (outage.shortest(), std::cmp::Reverse(outage.from)));
    let blamed = || outages.iter().zip(&verdicts).filter(|(_, (verdict, _))| *verdict != Verdict::Pass);
    let (verdict, why) = if judged == 0 {
        (Verdict::Unknown, "no probe after the first fault".to_owned())
    } else if let Some((_, (_, why))) = blamed().find(|(_, (verdict, _))| *verdict == worst) {
        (worst, why.clone())
    } else {
        (Verdict::Pass, longest.map_or_else(|| "no outage".to_owned(), Outage::describe))
    };
    let any_open = outages.iter().any(|outage| outage.until.is_none());
    let achieved = (judged > 0 && !any_open).then(|| longest.map_or(Duration::ZERO, Outage::shortest).as_secs_f64());
    let result = ObjectiveResult {
        name: "RTO".to_owned(),
        subject: facts.names.pair(objective.service, region),
        target: objective.rto.as_secs_f64(),
        achieved,
        unit: "s".to_owned(),
        verdict,
        phases: longest.map_or_else(Vec::new, |outage| phases::split(facts, objective.service, series, outage)),
        judged: judged as u64,
        why,
    };
    let open = blamed().all(|(outage, _)| outage.until.is_none());
    let blamed = blamed().map(|(outage, _)| outage.from).min().map(|from| (from, open));
    Recovery { result, blamed, target: objective.rto }
}

/// What one outage comes to.
fn weigh(facts: &Facts<'_>, objective: &ServiceObjective, outage: &Outage) -> (Verdict, String) {
    let may_wait = facts.journal.manifest.objectives.recovery_may_wait_for_heal;
    let target = objective.rto.as_secs_f64();
    if outage.until.is_none() {
        // It lasted at least until the first probe from which the level might hold, or else until the end.
        let least = outage.might_end.map_or_else(|| facts.end.since(outage.from), |end| end.since(outage.from));
        let shape = format!("out from {}, still open at the end ({})", outage.from, facts.end);
        return if least > objective.rto {
            (Verdict::Fail, format!("{shape}, past the target of {target} s"))
        } else {
            (Verdict::Unknown, format!("{shape}: the run ended before the level had held for long enough"))
        };
    }
    if outage.shortest() > objective.rto {
        return (Verdict::Fail, format!("{}, past the target of {target} s", outage.describe()));
    }
    if let (Some((fault, healed)), false) = (outage.healed, may_wait) {
        let why =
            format!("{}, which ended only after {fault} was healed at {healed}: not a recovery", outage.describe());
        return (Verdict::Fail, why);
    }
    (Verdict::Pass, String::new())
}
