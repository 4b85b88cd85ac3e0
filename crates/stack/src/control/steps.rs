//! What the leader should propose next: the seed's steps in their order (§6.3): isolate, redirect, service failover, DNS, notification.

use super::Control;
use crate::entry::ControlCommand;
use crate::health::Health;
use alloc::vec::Vec;
use firedrill_model::{ServiceId, SiteId, StackConfig};

/// The services in the order in which they are promoted: those that a service depends on before it, and among those that could come next the one with the
/// lowest priority number, then the plan's order. Services that depend on each other in a circle come last.
pub fn promotion_order(config: &StackConfig) -> Vec<ServiceId> {
    let mut order: Vec<ServiceId> = Vec::new();
    while order.len() < config.services.len() {
        let waiting = |service: &ServiceId| !order.contains(service);
        let ready = |service: &ServiceId| {
            config.services[service.index()].depends_on.iter().all(|needed| order.contains(needed))
        };
        let all = || (0..config.services.len() as u8).map(ServiceId).filter(waiting);
        let by_priority = |service: &ServiceId| config.services[service.index()].priority;
        let next = all().filter(ready).min_by_key(by_priority).or_else(|| all().min_by_key(by_priority));
        order.extend(next);
    }
    order
}

/// The next entry that the state of the failover, or of the sites' health, calls for.
pub fn next_step(control: &Control, health: &Health, me: SiteId) -> Option<ControlCommand> {
    let Some(failover) = control.failover() else {
        return next_change_of_health(control, health, me);
    };
    let entry = failover.entry;
    // Whoever answers has told how far it holds the transaction log, if that is asked. Who does not answer is not waited for.
    let telling = |site: &SiteId| control.log().asks(*site) && (*site == me || health.answers(*site));
    if !failover.isolated && control.up().iter().any(|site| telling(&site)) {
        return None;
    }
    Some(if !failover.isolated {
        ControlCommand::RaiseEpoch { failover: entry }
    } else if failover.targets.is_none() {
        ControlCommand::PrepareRedirect { failover: entry }
    } else if let Some(service) = failover.waiting.first() {
        ControlCommand::Promote { failover: entry, service: *service }
    } else if !failover.dns_done {
        ControlCommand::UpdateDns { failover: entry }
    } else {
        ControlCommand::Complete { failover: entry }
    })
}

fn next_change_of_health(control: &Control, health: &Health, me: SiteId) -> Option<ControlCommand> {
    let up = control.up();
    // A site that the log calls down, and that answers (the leader itself always does), has returned. That comes first, or the last site that is up could be
    // declared down with nobody to take over.
    let sites = firedrill_model::SiteSet::first(control.sites());
    let returned = sites.iter().find(|site| !up.contains(*site) && (*site == me || health.answers(*site)));
    if let Some(site) = returned {
        return Some(ControlCommand::SiteReturned { site });
    }
    if control.log().resumes_at(up).is_some() {
        return Some(ControlCommand::ResumeLog { since: control.log().changed });
    }
    let down = up.iter().find(|site| *site != me && health.is_down(*site));
    down.map(|site| ControlCommand::DeclareDown { site })
}
