//! What does each fault, and what undoes it.

use crate::engine::network;
use crate::error::LiveError;
use crate::links::control::{Change, Control};
use crate::links::effect::{self, State};
use crate::links::entries::Entry;
use bollard::Docker;
use bollard::errors::Error;
use bollard::models::ContainerState;
use bollard::query_parameters::{InspectContainerOptions, KillContainerOptionsBuilder, StartContainerOptions};
use firedrill_model::fault::Endpoint;
use firedrill_model::{Fault, FaultId, FaultKind, SiteId};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use tokio::sync::{Mutex, Notify};

/// The kinds of faults that have a mechanism here.
pub const KINDS: [FaultKind; 6] = [
    FaultKind::SiteLoss,
    FaultKind::Crash,
    FaultKind::Freeze,
    FaultKind::Partition,
    FaultKind::PartitionOneWay,
    FaultKind::Latency,
];

/// What does a fault of this kind; `None`: nothing does.
pub const fn mechanism(kind: FaultKind) -> Option<&'static str> {
    match kind {
        FaultKind::SiteLoss => Some("containers killed (SIGKILL; not a power loss: the page cache survives)"),
        FaultKind::Crash => Some(
            "container killed (SIGKILL, at once; the page cache survives), connections refused by the proxy in its place",
        ),
        FaultKind::Freeze => Some("container paused"),
        FaultKind::Partition => Some("streams held in the proxy, both ways; delivered once mended, as TCP would"),
        FaultKind::PartitionOneWay => Some("streams held in the proxy, one way; delivered once mended, as TCP would"),
        FaultKind::Latency => Some("latency of the streams in the proxy"),
        _ => None,
    }
}

/// What is wrong with a site's container just now.
#[derive(Debug, Default)]
struct Hurt {
    killed_by: BTreeSet<FaultId>,
    frozen_by: BTreeSet<FaultId>,
}

/// A site's container.
#[derive(Debug)]
pub struct Site {
    /// Its name.
    pub container: String,
    address: Ipv4Addr,
    /// Told when it was started again.
    pub restarted: Notify,
    hurt: Mutex<Hurt>,
}

#[derive(Debug, Default)]
struct Links {
    faults: BTreeMap<FaultId, Fault>,
    states: Vec<State>,
}

/// The faults of a run.
#[derive(Debug)]
pub struct Faults {
    docker: Docker,
    sites: Vec<Site>,
    control: Control,
    entries: Vec<Entry>,
    links: Mutex<Links>,
    begun: std::sync::Mutex<BTreeMap<FaultId, Fault>>,
}

impl Faults {
    /// None yet, on sites in containers of these names and addresses, and the entries of the proxy.
    pub fn new(docker: Docker, sites: Vec<(String, Ipv4Addr)>, control: Control, entries: Vec<Entry>) -> Faults {
        let site = |(container, address)| Site { container, address, restarted: Notify::new(), hurt: Mutex::default() };
        let states = entries.iter().map(|entry| effect::state(entry, [])).collect();
        Faults {
            docker,
            sites: sites.into_iter().map(site).collect(),
            control,
            entries,
            links: Mutex::new(Links { states, faults: BTreeMap::new() }),
            begun: std::sync::Mutex::default(),
        }
    }

    /// The sites' containers, by site.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Whether a site's container is dead because we killed it.
    pub async fn is_killed(&self, site: SiteId) -> bool {
        match self.sites.get(site.index()) {
            Some(site) => !site.hurt.lock().await.killed_by.is_empty(),
            None => false,
        }
    }

    /// Whether a site's machine is lost, so that nobody gets an answer or a refusal from it.
    pub fn is_lost(&self, site: SiteId) -> bool {
        let loses = |fault: &Fault| matches!(fault, Fault::SiteLoss { sites } if sites.contains(site));
        self.begun().values().any(loses)
    }

    /// Whether a fault would take effect on something that is there.
    ///
    /// # Errors
    /// If the engine can't tell.
    pub async fn would_strike(&self, fault: &Fault) -> Result<bool, LiveError> {
        match fault {
            Fault::SiteLoss { sites } => any(join_all(sites.iter().map(|site| self.runs(site))).await),
            Fault::Crash { site, .. } | Fault::Freeze { site } => self.runs(*site).await,
            Fault::Partition { .. } | Fault::Latency { .. } => Ok(self.entries.iter().any(|entry| {
                let to = Endpoint::Site(entry.to);
                let back = matches!(entry.from, Endpoint::Region(_)) && effect::strikes(fault, to, entry.from);
                back || effect::strikes(fault, entry.from, to)
            })),
            _ => Ok(false),
        }
    }

    /// Begins a fault, if it has a mechanism.
    ///
    /// # Errors
    /// If its mechanism fails.
    pub async fn begin(&self, id: FaultId, fault: &Fault) -> Result<(), LiveError> {
        self.begun().insert(id, fault.clone());
        match fault {
            Fault::SiteLoss { sites } => all(join_all(sites.iter().map(|site| self.kill(id, site))).await),
            Fault::Crash { site, .. } => {
                self.kill(id, *site).await?;
                self.change_links(id, Some(fault)).await
            }
            Fault::Freeze { site } => self.freeze(id, *site).await,
            Fault::Partition { .. } | Fault::Latency { .. } => self.change_links(id, Some(fault)).await,
            _ => Ok(()),
        }
    }

    /// Ends a fault, if it had begun.
    ///
    /// # Errors
    /// If its mechanism fails.
    pub async fn end(&self, id: FaultId) -> Result<(), LiveError> {
        let begun = self.begun().remove(&id);
        match begun {
            Some(Fault::SiteLoss { sites }) => all(join_all(sites.iter().map(|site| self.restart(id, site))).await),
            Some(Fault::Crash { site, .. }) => {
                self.restart(id, site).await?;
                self.change_links(id, None).await
            }
            Some(Fault::Freeze { site }) => self.thaw(id, site).await,
            Some(Fault::Partition { .. } | Fault::Latency { .. }) => self.change_links(id, None).await,
            _ => Ok(()),
        }
    }

    async fn runs(&self, site: SiteId) -> Result<bool, LiveError> {
        let Some(site) = self.sites.get(site.index()) else { return Ok(false) };
        let state = self.state(site).await?;
        Ok(state.running == Some(true) && state.paused != Some(true))
    }

    async fn state(&self, site: &Site) -> Result<ContainerState, LiveError> {
        let found = self.docker.inspect_container(&site.container, None::<InspectContainerOptions>).await;
        let doing = LiveError::engine(format!("inspecting {}", site.container));
        Ok(found.map_err(doing)?.state.unwrap_or_default())
    }

    async fn kill(&self, id: FaultId, site: SiteId) -> Result<(), LiveError> {
        let Some(site) = self.sites.get(site.index()) else { return Ok(()) };
        let mut hurt = site.hurt.lock().await;
        hurt.killed_by.insert(id);
        let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
        let killed = self.docker.kill_container(&site.container, Some(options)).await;
        unless_idle(killed, || format!("killing {}", site.container))
    }

    async fn restart(&self, id: FaultId, site: SiteId) -> Result<(), LiveError> {
        let Some(site) = self.sites.get(site.index()) else { return Ok(()) };
        let mut hurt = site.hurt.lock().await;
        if !hurt.killed_by.remove(&id) || !hurt.killed_by.is_empty() {
            return Ok(());
        }
        let started = self.docker.start_container(&site.container, None::<StartContainerOptions>).await;
        unless_idle(started, || format!("starting {}", site.container))?;
        site.restarted.notify_one();
        let address = network::address(&self.docker, &site.container, &site.container).await?;
        if address == site.address {
            return Ok(());
        }
        Err(LiveError::Site(format!("{} came back at {address}, and was at {}", site.container, site.address)))
    }

    async fn freeze(&self, id: FaultId, site: SiteId) -> Result<(), LiveError> {
        let Some(site) = self.sites.get(site.index()) else { return Ok(()) };
        let mut hurt = site.hurt.lock().await;
        hurt.frozen_by.insert(id);
        let paused = self.docker.pause_container(&site.container).await;
        unless_idle(paused, || format!("pausing {}", site.container))
    }

    async fn thaw(&self, id: FaultId, site: SiteId) -> Result<(), LiveError> {
        let Some(site) = self.sites.get(site.index()) else { return Ok(()) };
        let mut hurt = site.hurt.lock().await;
        if !hurt.frozen_by.remove(&id) || !hurt.frozen_by.is_empty() {
            return Ok(());
        }
        // It may have been killed and come back in the meantime, and is then not paused.
        if self.state(site).await?.paused != Some(true) {
            return Ok(());
        }
        let doing = LiveError::engine(format!("unpausing {}", site.container));
        self.docker.unpause_container(&site.container).await.map_err(doing)
    }

    /// Puts a fault on the links, or takes it off.
    async fn change_links(&self, id: FaultId, fault: Option<&Fault>) -> Result<(), LiveError> {
        let mut links = self.links.lock().await;
        match fault {
            Some(fault) => drop(links.faults.insert(id, fault.clone())),
            None => drop(links.faults.remove(&id)),
        }
        let wanted: Vec<State> = self.entries.iter().map(|entry| effect::state(entry, links.faults.values())).collect();
        let changes = self.entries.iter().zip(links.states.iter().zip(&wanted)).filter(|(_, (from, to))| from != to);
        let change =
            |(entry, (from, to)): (&Entry, (&State, &State))| Change { name: entry.name.clone(), from: *from, to: *to };
        self.control.change(changes.map(change).collect()).await?;
        links.states = wanted;
        Ok(())
    }

    fn begun(&self) -> std::sync::MutexGuard<'_, BTreeMap<FaultId, Fault>> {
        self.begun.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Whether one at least is true.
fn any(done: Vec<Result<bool, LiveError>>) -> Result<bool, LiveError> {
    let done = done.into_iter().collect::<Result<Vec<bool>, LiveError>>()?;
    Ok(done.contains(&true))
}

fn all(done: Vec<Result<(), LiveError>>) -> Result<(), LiveError> {
    done.into_iter().collect()
}

/// It is no failure if the engine says that there was nothing to do: the container was not running, or was already.
fn unless_idle(result: Result<(), Error>, doing: impl FnOnce() -> String) -> Result<(), LiveError> {
    match result {
        Ok(()) | Err(Error::DockerResponseServerError { status_code: 304 | 409, .. }) => Ok(()),
        Err(error) => Err(LiveError::engine(doing())(error)),
    }
}
