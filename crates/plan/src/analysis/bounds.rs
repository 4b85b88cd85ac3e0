//! The best recovery times and points that the plan's own figures allow, given twice: from parameters alone, and with the plan's claims.
//!
//! - *Recovery time* (of a service, after a failover): at least detection (the first failed check and its retries), the approval where a
//!   person must decide, and with the claims the successor's readiness. At most that, and the interval to the first check, a commit of the
//!   quorum for the decision, the fencing epoch and each promotion, and the lifetime of the DNS answers that clients hold. Without a
//!   failover: none. Without a quorum: no recovery.
//! - *Recovery point* (of a data class): nothing is lost where a majority, or a synchronous copy, survives; else what was written since
//!   the last shipment, the last sending, or, for corrupt data, the last backup.

use super::amount::{millis, seconds, time};
use super::model::{Class, Copies, Service};
use super::{Loss, Model, Situation};
use std::time::Duration;

/// From the best that can happen to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// It cannot be less.
    pub at_least: Duration,
    /// It cannot be more.
    pub at_most: Duration,
}

/// What the figures say about an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It takes so long, or loses so much.
    Within(Span),
    /// There is no recovery.
    Never,
    /// The plan does not say enough.
    Unstated,
}

/// Whether an objective is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// Even at the worst.
    Yes,
    /// The plan does not say enough.
    Unstated,
    /// It depends on the moment: at best yes, at worst no.
    Depends,
    /// Not even at best.
    No,
}

impl Bound {
    const NOTHING: Bound = Bound::Within(Span { at_least: Duration::ZERO, at_most: Duration::ZERO });

    /// Whether `objective` is met.
    pub fn meets(&self, objective: Duration) -> Met {
        match self {
            Bound::Within(span) if span.at_most <= objective => Met::Yes,
            Bound::Within(span) if span.at_least <= objective => Met::Depends,
            Bound::Within(_) | Bound::Never => Met::No,
            Bound::Unstated => Met::Unstated,
        }
    }

    fn longer_by(self, more: Option<Duration>) -> Bound {
        match (self, more) {
            (Bound::Within(span), Some(more)) => Bound::Within(Span {
                at_least: span.at_least.saturating_add(more),
                at_most: span.at_most.saturating_add(more),
            }),
            _ => self,
        }
    }
}

/// The two bounds on one objective after one loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From what the stack obeys.
    pub parameters: Bound,
    /// With what the plan claims.
    pub claims: Bound,
}

/// The decision, the fencing epoch.
const CONTROL_ENTRIES: u32 = 2;

/// Of a service's recovery time.
pub fn recovery_time(model: &Model, loss: &Loss, after: &Situation, place: usize) -> Bounds {
    let service = &model.services[place];
    match loss {
        Loss::Dependency(dependency) => {
            let dependency = &model.dependencies[*dependency];
            let needed = dependency.needed_by.contains(&place);
            let claims = match dependency.rto {
                _ if !needed => Bound::NOTHING,
                Some(rto) => Bound::Within(Span { at_least: Duration::ZERO, at_most: rto }),
                None => Bound::Unstated,
            };
            Bounds { parameters: if needed { Bound::Unstated } else { Bound::NOTHING }, claims }
        }
        Loss::Corruption => Bounds { parameters: Bound::Unstated, claims: restore_time(model) },
        Loss::Sites(_) | Loss::Link(..) | Loss::Cut(_) => {
            let parameters = takeover(model, after, service);
            let ready = after.leader.filter(|leader| *leader != 0).and_then(|leader| model.sites[leader].readiness);
            Bounds { parameters, claims: parameters.longer_by(ready) }
        }
    }
}

/// How long a takeover takes, readiness apart.
fn takeover(model: &Model, after: &Situation, service: &Service) -> Bound {
    if after.leader.is_none() {
        return Bound::Never;
    }
    if !after.failover() {
        return Bound::NOTHING;
    }
    let approval = if service.manual { model.approval } else { Some(Duration::ZERO) };
    let Some(approval) = approval else {
        return Bound::Unstated;
    };
    let at_least = model.detection.saturating_add(approval);
    let entries = service.after.saturating_add(1).saturating_add(CONTROL_ENTRIES);
    let commits = after.commit.unwrap_or_default().saturating_mul(entries);
    let more = [model.check_interval, commits, model.dns];
    let at_most = more.into_iter().fold(at_least, Duration::saturating_add);
    Bound::Within(Span { at_least, at_most })
}

/// All data classes restored one beside the other: the slowest.
fn restore_time(model: &Model) -> Bound {
    let times: Option<Vec<Duration>> = model.classes.iter().map(|class| class.restore).collect();
    match times.as_deref().map(|times| times.iter().max()) {
        Some(Some(slowest)) => Bound::Within(Span { at_least: *slowest, at_most: *slowest }),
        _ => Bound::Unstated,
    }
}

/// Of a data class's recovery point.
pub fn recovery_point(model: &Model, loss: &Loss, after: &Situation, place: usize) -> Bounds {
    let class = &model.classes[place];
    match loss {
        Loss::Dependency(_) => Bounds { parameters: Bound::NOTHING, claims: Bound::NOTHING },
        Loss::Corruption => {
            let bound = class.backup.map_or(Bound::Unstated, up_to);
            Bounds { parameters: bound, claims: bound }
        }
        Loss::Sites(_) | Loss::Link(..) | Loss::Cut(_) => {
            let parameters = surviving(model, after, class);
            let lag = after.leader.filter(|leader| *leader != 0).and_then(|leader| model.sites[leader].lag);
            let kept = parameters == Bound::NOTHING;
            let claims = match (parameters, lag.filter(|_| !kept)) {
                (Bound::Within(span), Some(lag)) => up_to(span.at_most.max(lag)),
                (bound, _) => bound,
            };
            Bounds { parameters, claims }
        }
    }
}

fn up_to(most: Duration) -> Bound {
    Bound::Within(Span { at_least: Duration::ZERO, at_most: most })
}

/// What the survivors hold.
fn surviving(model: &Model, after: &Situation, class: &Class) -> Bound {
    let Some(leader) = after.leader else {
        return Bound::Never;
    };
    if leader == 0 {
        return Bound::NOTHING;
    }
    let way = model.round_trips[0][leader];
    match class.copies {
        Copies::Majority => Bound::NOTHING,
        Copies::Synchronous { copies, .. } if copies.iter().any(|copy| after.serving.contains(copy)) => Bound::NOTHING,
        Copies::Synchronous { send_interval, .. } => up_to(send_interval.saturating_add(way)),
        Copies::Periodic(interval) => up_to(interval.saturating_add(way)),
        Copies::Everywhere(after) => up_to(after),
        Copies::Unstated => Bound::Unstated,
    }
}

/// Capacity after a loss, in percent of the production load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Of all sites that serve.
    pub parameters: u32,
    /// Of those that are ready within the shortest recovery time objective.
    pub ready: u32,
    /// With what can be had beyond them.
    pub with_burst: u32,
    /// What must be carried.
    pub load: u32,
    /// What must be carried when all is shed that may be.
    pub degraded: u32,
}

/// The capacity after a loss; 0 without a quorum.
pub fn capacity(model: &Model, after: &Situation) -> Capacity {
    let rto = model.services.iter().map(|service| service.rto).min().unwrap_or_default();
    let sum = |ready: bool| {
        let places = after.serving.iter().map(|site| usize::from(site.0)).filter(|place| model.sites[*place].serves);
        let counts = places.filter(|place| {
            let late =
                model.sites[*place].readiness.is_some_and(|readiness| readiness.saturating_add(model.detection) > rto);
            !(ready && after.failover() && late)
        });
        counts.map(|place| model.sites[place].capacity_percent).sum::<u32>()
    };
    let (load, degraded) = (model.load_percent, model.degraded_percent.unwrap_or(model.load_percent));
    if after.leader.is_none() {
        return Capacity { parameters: 0, ready: 0, with_burst: 0, load, degraded };
    }
    let ready = sum(true);
    Capacity { parameters: sum(false), ready, with_burst: ready.max(model.burst_percent), load, degraded }
}

/// The sums behind a service's bounds, a line each.
pub fn time_in_words(model: &Model, loss: &Loss, after: &Situation, place: usize) -> Vec<String> {
    let service = &model.services[place];
    let bounds = recovery_time(model, loss, after, place);
    let mut lines = quorum_in_words(model, after);
    if let (Bound::Within(span), true) = (bounds.parameters, after.failover()) {
        let approval = if service.manual { model.approval.unwrap_or_default() } else { Duration::ZERO };
        let entries = service.after.saturating_add(1).saturating_add(CONTROL_ENTRIES);
        let by_hand = if service.manual { format!(" + approval {}", seconds(approval)) } else { String::new() };
        lines.push(format!("at least: detection {}{by_hand} = {}", seconds(model.detection), seconds(span.at_least)));
        lines.push(format!(
            "at most: {} + check interval {} + {entries} commits of {} + DNS lifetime {} = {}",
            seconds(span.at_least),
            seconds(model.check_interval),
            millis(after.commit.unwrap_or_default()),
            seconds(model.dns),
            seconds(span.at_most)
        ));
        if let (Some(ready), Bound::Within(claims)) =
            (after.leader.and_then(|leader| model.sites[leader].readiness), bounds.claims)
        {
            let leader = after.leader.map_or("", |leader| model.sites[leader].name.as_str());
            lines.push(format!(
                "with the claimed readiness of {leader}, {}: {} to {}",
                time(ready),
                seconds(claims.at_least),
                seconds(claims.at_most)
            ));
        }
    }
    match (loss, bounds.claims) {
        (Loss::Dependency(dependency), Bound::Within(span)) => {
            let name = &model.dependencies[*dependency].name;
            lines.push(if span.at_most.is_zero() {
                format!("{} does not need {name}, as far as the plan says", service.name)
            } else {
                format!("{name} is claimed to be back after {}", time(span.at_most))
            });
        }
        (Loss::Corruption, Bound::Unstated) => {
            lines.push("the plan says for no data class how long a restore takes".to_owned());
        }
        (Loss::Corruption, Bound::Within(span)) => lines.push(format!("restore: {}", time(span.at_most))),
        _ => {}
    }
    lines.push(format!("objective: {}", seconds(service.rto)));
    lines
}

/// The sums behind a class's bounds, a line each.
pub fn point_in_words(model: &Model, loss: &Loss, after: &Situation, place: usize) -> Vec<String> {
    let class = &model.classes[place];
    let bounds = recovery_point(model, loss, after, place);
    let mut lines = if *loss == Loss::Corruption { Vec::new() } else { quorum_in_words(model, after) };
    lines.push(match (loss, bounds.parameters) {
        (Loss::Corruption, Bound::Within(span)) => {
            format!("what was written since the last backup is lost: up to {}", seconds(span.at_most))
        }
        (Loss::Corruption, _) => "the plan names no backup of it".to_owned(),
        (_, Bound::Never) => "nobody may take over; what the survivors hold is not known to be all".to_owned(),
        (_, Bound::Unstated) => "the plan does not say how it is copied".to_owned(),
        (_, Bound::Within(span)) if span.at_most.is_zero() && !after.failover() => "the primary keeps all".to_owned(),
        (_, Bound::Within(span)) if span.at_most.is_zero() => match class.copies {
            Copies::Majority => "a survivor of every majority holds what was acknowledged".to_owned(),
            _ => "a synchronous copy survives".to_owned(),
        },
        (_, Bound::Within(span)) if matches!(class.copies, Copies::Everywhere(_)) => {
            format!("every copy has it after {}", seconds(span.at_most))
        }
        (_, Bound::Within(span)) => {
            let leader = after.leader.unwrap_or_default();
            let way = model.round_trips[0][leader];
            let interval = span.at_most.saturating_sub(way);
            format!("sent every {} + on its way up to {} = {}", seconds(interval), millis(way), seconds(span.at_most))
        }
    });
    if bounds.claims != bounds.parameters
        && let Bound::Within(span) = bounds.claims
    {
        lines.push(format!("with the claimed lag of the successor: {}", seconds(span.at_most)));
    }
    lines.push(format!("objective: {}", seconds(class.rpo)));
    lines
}

fn quorum_in_words(model: &Model, after: &Situation) -> Vec<String> {
    let votes = model.voters(model.all()).len();
    let who = match after.leader {
        None => "nobody may take over".to_owned(),
        Some(0) => format!("{} goes on", model.sites[0].name),
        Some(leader) => format!("{} takes over", model.sites[leader].name),
    };
    let mut lines = vec![format!("{} of {votes} votes are left, a quorum is {}: {who}", after.votes, model.majority())];
    if let Some(commit) = after.commit {
        lines.push(format!("commit at p50: at least {}, over the links of the quorum", millis(commit)));
    }
    lines
}
