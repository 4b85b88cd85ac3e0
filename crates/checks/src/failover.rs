//! `failover`: the failovers that the scenario expects took place, each in the seed's order.
//!
//! Seed design §6.3 (execute_site_failover): isolate, redirect by weighted round robin, service
//! failover in order of priority and dependency, DNS records, notification. A failover is a site
//! declared down that was the primary, or where a service was promoted. Each step must be observed,
//! in this order; nothing may be moved to the failed site; fewer failovers than the scenario
//! expects test nothing, and are unknown. A failover that was decided less than the convergence
//! deadline before the end may be unfinished.
//!
//! Not listed where none was expected and none took place. Does not check how long the steps took
//! (`RTO` does).

use crate::facts::failovers::Failover;
use crate::facts::{At, Facts};
use crate::judgement::CheckResult;
use crate::verdict::Verdict;
use firedrill_model::{ServiceId, SiteId, SiteSet};
use std::collections::BTreeMap;

pub(crate) const NAME: &str = "failover";

/// Judges each failover.
pub(crate) fn judge(facts: &Facts<'_>) -> Option<CheckResult> {
    let expected = u64::from(facts.journal.manifest.objectives.failovers_expected);
    let mut placed = Placed::at_first(facts);
    let mut complete = 0;
    let mut judged = 0;
    let mut found: Vec<(Verdict, String)> = Vec::new();
    for failover in &facts.failovers {
        let moved = placed.leave(failover.failed);
        if moved.is_empty() && failover.failed != placed.primary {
            continue;
        }
        judged += 1;
        let wrong = steps(facts, failover, &moved, &placed).err();
        complete += u64::from(wrong.is_none());
        found.extend(wrong.map(|(verdict, why)| {
            let name = format!(
                "failover of {} (entry {}, decided at {})",
                facts.names.site(failover.failed),
                failover.entry.0,
                failover.decided.t
            );
            (verdict, format!("{name}: {why}"))
        }));
        placed.take(failover);
    }
    if judged == 0 && expected == 0 {
        return None;
    }
    if complete < expected {
        found.push((
            Verdict::Unknown,
            format!("{complete} of {expected} expected failovers took place: the drill tested too little"),
        ));
    }
    let verdict = Verdict::worst(found.iter().map(|(verdict, _)| *verdict));
    let first = found.into_iter().find(|(of, _)| *of == verdict && verdict != Verdict::Pass);
    let why = first.map_or_else(|| format!("{complete} took place in the plan's order"), |(_, why)| why);
    Some(CheckResult::client(NAME, verdict, judged, why))
}

/// Where services are, and which site is primary.
struct Placed {
    primary: SiteId,
    services: BTreeMap<ServiceId, SiteSet>,
    named: BTreeMap<ServiceId, SiteSet>,
}

impl Placed {
    /// Before the first failover: at the first site. What the first DNS records name, the journal
    /// does not say.
    fn at_first(facts: &Facts<'_>) -> Placed {
        let services = (0..facts.journal.manifest.config.services.len()).filter_map(|number| u8::try_from(number).ok());
        let first = SiteId(0);
        Placed {
            primary: first,
            services: services.map(|service| (ServiceId(service), SiteSet::only(first))).collect(),
            named: BTreeMap::new(),
        }
    }

    /// The services that must move when this site fails.
    fn leave(&self, failed: SiteId) -> Vec<ServiceId> {
        let there = self.services.iter().filter(|(_, sites)| in_set(**sites, failed));
        there.map(|(service, _)| *service).collect()
    }

    /// After this failover.
    fn take(&mut self, failover: &Failover<'_>) {
        if let Some((_, _, primary)) = failover.isolated {
            self.primary = primary;
        }
        self.services.extend(failover.promoted.iter().map(|(service, _, sites)| (*service, *sites)));
        self.named.extend(failover.named.iter().map(|(service, _, sites)| (*service, *sites)));
    }
}

/// A set holds at most 16 sites, and a journal may name any.
fn in_set(sites: SiteSet, site: SiteId) -> bool {
    site.index() < SiteSet::MAX_SITES && sites.contains(site)
}

type Wrong = (Verdict, String);

/// Goes through the steps in their order.
fn steps(facts: &Facts<'_>, failover: &Failover<'_>, moved: &[ServiceId], placed: &Placed) -> Result<(), Wrong> {
    let observed = |step: Option<At>, name: &str| step.ok_or_else(|| missing(facts, failover, name));
    let mut order = Order { last: failover.decided, name: "the decision".to_owned() };
    let isolated = observed(failover.isolated.map(|(at, ..)| at), "isolation")?;
    order.then(isolated, "isolation")?;
    if let Some((_, epoch, primary)) = failover.isolated.filter(|(_, _, primary)| *primary == failover.failed) {
        return Err((Verdict::Fail, format!("{epoch} has the failed {} as primary", facts.names.site(primary))));
    }
    order.then(observed(failover.redirected.map(|(at, _)| at), "redirection")?, "redirection")?;
    services(facts, failover, moved, &mut order)?;
    dns(facts, failover, moved, placed, &mut order)?;
    for channel in &facts.journal.manifest.config.notifications {
        let sent = failover.notified.iter().find(|(to, _)| to == channel).map(|(_, at)| *at);
        let name = format!("notification over {channel}");
        order.then(observed(sent, &name)?, &name)?;
    }
    order.then(observed(failover.completed, "completion")?, "completion")
}

/// Each service that must move, in order of priority and dependency, each with its weights.
fn services(facts: &Facts<'_>, failover: &Failover<'_>, moved: &[ServiceId], order: &mut Order) -> Result<(), Wrong> {
    for service in promotion_order(facts, moved) {
        let name = format!("promotion of {}", facts.names.service(service));
        let promoted = failover.promoted.iter().find(|(of, ..)| *of == service);
        let Some((_, at, sites)) = promoted else {
            return Err(missing(facts, failover, &name));
        };
        order.then(*at, &name)?;
        if sites.is_empty() || in_set(*sites, failover.failed) {
            return Err((Verdict::Fail, format!("{name} to {}", facts.names.site_set(*sites))));
        }
        let name = format!("switch of the weights of {}", facts.names.service(service));
        let weighted = failover.weighted.iter().find(|(of, _)| *of == service).map(|(_, at)| *at);
        let Some(at) = weighted else {
            return Err(missing(facts, failover, &name));
        };
        if at < order.last {
            return Err(out_of_order(&name, &order.name));
        }
    }
    let last = failover.weighted.iter().map(|(_, at)| *at).max();
    order.last = order.last.max(last.unwrap_or(order.last));
    Ok(())
}

/// The record of each service that moved; one that named just the right sites before need not
/// change.
fn dns(
    facts: &Facts<'_>,
    failover: &Failover<'_>,
    moved: &[ServiceId],
    placed: &Placed,
    order: &mut Order,
) -> Result<(), Wrong> {
    let mut last = order.last;
    for service in moved {
        let promoted = failover.promoted.iter().find(|(of, ..)| of == service).map(|(_, _, sites)| *sites);
        let name = format!("change of the DNS record of {}", facts.names.service(*service));
        match failover.named.iter().find(|(of, ..)| of == service) {
            None if promoted.is_some() && placed.named.get(service).copied() == promoted => {}
            None => return Err(missing(facts, failover, &name)),
            Some((_, at, _)) if *at < order.last => return Err(out_of_order(&name, &order.name)),
            Some((_, _, sites)) if Some(*sites) != promoted => {
                return Err((
                    Verdict::Fail,
                    format!("{name} to {}, where it is not promoted", facts.names.site_set(*sites)),
                ));
            }
            Some((_, at, _)) => last = last.max(*at),
        }
    }
    order.last = last;
    "the DNS records".clone_into(&mut order.name);
    Ok(())
}

/// The seed's order: what a service depends on comes before it, and else the lowest priority
/// number, then the plan's order. Services that depend on each other in a circle come as if they
/// did not.
fn promotion_order(facts: &Facts<'_>, moved: &[ServiceId]) -> Vec<ServiceId> {
    let config = &facts.journal.manifest.config.services;
    let mut waiting: Vec<ServiceId> =
        (0..config.len()).filter_map(|number| u8::try_from(number).ok()).map(ServiceId).collect();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let ready =
            |service: &&ServiceId| config[service.index()].depends_on.iter().all(|needed| !waiting.contains(needed));
        let by_priority = |service: &&ServiceId| (config[service.index()].priority, **service);
        let next =
            waiting.iter().filter(ready).min_by_key(by_priority).or_else(|| waiting.iter().min_by_key(by_priority));
        let Some(next) = next.copied() else { break };
        waiting.retain(|service| *service != next);
        order.push(next);
    }
    order.retain(|service| moved.contains(service));
    order
}

/// A step that was not observed: wrong if there was time for it.
fn missing(facts: &Facts<'_>, failover: &Failover<'_>, step: &str) -> Wrong {
    let time = facts.end.since(failover.decided.t);
    let due = time > facts.journal.manifest.objectives.convergence_deadline;
    let why = format!("no {step} was observed in the {:.3} s until the end", time.as_secs_f64());
    (if due { Verdict::Fail } else { Verdict::Unknown }, why)
}

fn out_of_order(step: &str, after: &str) -> Wrong {
    (Verdict::Fail, format!("{step} came before {after}"))
}

/// The step that came last.
struct Order {
    last: At,
    name: String,
}

impl Order {
    fn then(&mut self, at: At, name: &str) -> Result<(), Wrong> {
        if at < self.last {
            return Err(out_of_order(name, &self.name));
        }
        self.last = at;
        name.clone_into(&mut self.name);
        Ok(())
    }
}
