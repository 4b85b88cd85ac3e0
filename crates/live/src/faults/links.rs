//! Faults of links: on the proxy's entries, and in the packet filters of the sites.

use super::mechanism::{Means, OnLinks};
use super::sites::Sites;
use crate::error::LiveError;
use crate::host::filter::{self, Rule};
use crate::links::control::{Change, Control};
use crate::links::effect::{self, State};
use crate::links::entries::Entry;
use firedrill_model::fault::Endpoint;
use firedrill_model::{Fault, FaultId, SiteId};
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// The links of a run.
#[derive(Debug)]
pub(super) struct Links {
    means: Means,
    control: Control,
    entries: Vec<Entry>,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    faults: BTreeMap<FaultId, Fault>,
    states: Vec<State>,
}

impl Links {
    pub(super) fn new(means: Means, control: Control, entries: Vec<Entry>) -> Links {
        let states = entries.iter().map(|entry| effect::state(entry, [])).collect();
        Links { means, control, entries, now: Mutex::new(Now { faults: BTreeMap::new(), states }) }
    }

    /// Whether there are links that a fault is about.
    pub(super) fn has_any_of(&self, fault: &Fault) -> bool {
        self.entries.iter().any(|entry| is_about(fault, entry))
    }

    /// Puts a fault on the links, or takes it off.
    pub(super) async fn change(&self, sites: &Sites, id: FaultId, fault: Option<&Fault>) -> Result<(), LiveError> {
        let mut now = self.now.lock().await;
        let changed = match fault {
            Some(fault) => {
                now.faults.insert(id, fault.clone());
                Some(fault.clone())
            }
            None => now.faults.remove(&id),
        };
        let Some(changed) = changed else { return Ok(()) };
        if self.means.on_links(&changed) == OnLinks::Filter {
            return self.set_filters(sites, &now.faults, changed.sites().iter()).await;
        }
        let by_proxy = |fault: &&Fault| self.means.on_links(fault) == OnLinks::Proxy;
        let wanted: Vec<State> =
            self.entries.iter().map(|entry| effect::state(entry, now.faults.values().filter(by_proxy))).collect();
        let changes = self.entries.iter().zip(now.states.iter().zip(&wanted)).filter(|(_, (from, to))| from != to);
        let change =
            |(entry, (from, to)): (&Entry, (&State, &State))| Change { name: entry.name.clone(), from: *from, to: *to };
        self.control.change(changes.map(change).collect()).await?;
        now.states = wanted;
        Ok(())
    }

    /// Sets a site's filter anew: it came back, and its rules had vanished with the namespace that they were in.
    pub(super) async fn filter_again(&self, sites: &Sites, site: SiteId) -> Result<(), LiveError> {
        let now = self.now.lock().await;
        let filters = now.faults.values().any(|fault| self.means.on_links(fault) == OnLinks::Filter);
        if filters { self.set_filters(sites, &now.faults, [site]).await } else { Ok(()) }
    }

    async fn set_filters(
        &self,
        sites: &Sites,
        faults: &BTreeMap<FaultId, Fault>,
        of: impl IntoIterator<Item = SiteId>,
    ) -> Result<(), LiveError> {
        for site in of {
            // One that is dead has no namespace; its filter is set when it comes back.
            let Some(pid) = pid(sites, site).await? else { continue };
            unless_dead(pid, filter::apply(pid, &self.rules(faults, site)).await)?;
        }
        Ok(())
    }

    /// The rules of a site's filter: about what it sends, to each other site by a port of its own.
    fn rules(&self, faults: &BTreeMap<FaultId, Fault>, site: SiteId) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (id, fault) in faults {
            let theirs =
                self.entries.iter().filter(|entry| entry.from == Endpoint::Site(site) && is_about(fault, entry));
            match fault {
                Fault::Loss { per_mille, .. } => {
                    rules.extend(theirs.map(|entry| Rule::loss(id.0, entry.port, *per_mille)))
                }
                Fault::Partition { .. } if self.means.on_links(fault) == OnLinks::Filter => {
                    rules.extend(theirs.map(|entry| Rule::cut(entry.port)));
                }
                _ => {}
            }
        }
        rules
    }

    /// Whether the rules of a loss have dropped anything yet.
    pub(super) async fn has_lost(&self, sites: &Sites, id: FaultId, fault: &Fault) -> Result<bool, LiveError> {
        for site in fault.sites().iter() {
            let Some(pid) = pid(sites, site).await? else { continue };
            // It may have died meanwhile, and its rules with it.
            if filter::dropped(pid, id.0).await.is_ok_and(|packets| packets > 0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Resets the connections that a fault is about; whether there were any that could be counted, or clients' that could not.
    pub(super) async fn reset(&self, sites: &Sites, fault: &Fault) -> Result<bool, LiveError> {
        let (mut by_proxy, mut broken) = (Vec::new(), 0);
        for entry in self.entries.iter().filter(|entry| is_about(fault, entry)) {
            match entry.from {
                Endpoint::Site(from) if self.means.rights.reset => {
                    if let Some(pid) = pid(sites, from).await? {
                        broken += unless_dead(pid, filter::reset(pid, entry.port).await)?.unwrap_or(0);
                    }
                }
                _ => by_proxy.push(entry.name.clone()),
            }
        }
        let struck = broken > 0 || !by_proxy.is_empty();
        self.control.end_connections(by_proxy).await?;
        Ok(struck)
    }
}

/// Whether a fault is about an entry, in any of its directions.
fn is_about(fault: &Fault, entry: &Entry) -> bool {
    let to = Endpoint::Site(entry.to);
    let back = matches!(entry.from, Endpoint::Region(_)) && effect::strikes(fault, to, entry.from);
    back || effect::strikes(fault, entry.from, to)
}

/// What was done in a process's network namespace; `None`: it could not be, for the process has died meanwhile, and the namespace with it.
fn unless_dead<T>(pid: i64, done: Result<T, String>) -> Result<Option<T>, LiveError> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(_) if !filter::is_there(pid) => Ok(None),
        Err(error) => Err(LiveError::Host(error)),
    }
}

async fn pid(sites: &Sites, site: SiteId) -> Result<Option<i64>, LiveError> {
    match sites.get(site) {
        Some(site) => site.pid().await,
        None => Ok(None),
    }
}
