//! What does each fault, and what undoes it.

use crate::engine::network;
use crate::error::LiveError;
use crate::links::control::{Change, Control};
use crate::links::effect::{self, State};
use crate::links::entries::Entry;
use bollard::Docker;
use bollard::errors::Error;
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
        FaultKind::PowerLoss | FaultKind::SlowFsync | FaultKind::ClockSkew => None,
    }
}

/// What came of the beginning of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    /// Whether it took effect on something that was there.
    pub struck: bool,
    /// What did it.
    pub mechanism: Option<&'static str>,
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

    /// Begins a fault.
    ///
    /// # Errors
    /// If its mechanism fails.
    pub async fn begin(&self, id: FaultId, fault: &Fault) -> Result<Began, LiveError> {
        self.begun().insert(id, fault.clone());
        let struck = match fault {
            Fault::SiteLoss { sites } => any(join_all(sites.iter().map(|site| self.kill(id, site))).await)?,
            Fault::Crash { site, .. } => {
                let struck = self.kill(id, *site).await?;
                self.change_links(id, Some(fault)).await?;
                struck
            }
            Fault::Freeze { site } => self.freeze(id, *site).await?,
            Fault::Partition { .. } | Fault::Latency { .. } => self.change_links(id, Some(fault)).await?,
            Fault::PowerLoss { .. } | Fault::SlowFsync { .. } | Fault::ClockSkew { .. } => false,
        };
        Ok(Began { struck, mechanism: mechanism(fault.kind()) })
    }

    /// Ends a fault, if it had begun.
    ///
    /// # Errors
    /// If its mechanism fails.
    pub async fn end(&self, id: FaultId) -> Result<(), LiveError> {
        let begun = self.begun().remove(&id);
        match begun {
            Some(Fault::SiteLoss { sites }) => {
                any(join_all(sites.iter().map(|site| self.restart(id, site))).await).map(drop)
            }
            Some(Fault::Crash { site, .. }) => {
                self.restart(id, site).await?;
                self.change_links(id, None).await.map(drop)
            }
            Some(Fault::Freeze { site }) => self.thaw(id, site).await,
            Some(Fault::Partition { .. } | Fault::Latency { .. }) => self.change_links(id, None).await.map(drop),
            Some(Fault::PowerLoss { .. } | Fault::SlowFsync { .. } | Fault::ClockSkew { .. }) | None => Ok(()),
        }
    }

    async fn kill(&self, id: FaultId, site: SiteId) -> Result<bool, LiveError> {
        let Some(site) = self.sites.get(site.index()) else { return Ok(false) };
        let mut hurt = site.hurt.lock().await;
        hurt.killed_by.insert(id);
        let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
        let killed = self.docker.kill_container(&site.container, Some(options)).await;
        unless_conflict(killed, || format!("killing {}", site.container))
    }

    async fn restart(&self, id: FaultId, site: SiteId) -> Result<bool, LiveError> {
        let Some(site) = self.sites.get(site.index()) else { return Ok(false) };
        let mut hurt = site.hurt.lock().await;
        if !hurt.killed_by.remove(&id) || !hurt.killed_by.is_empty() {
            return Ok(false);
        }
        let started = self.docker.start_container(&site.container, None::<StartContainerOptions>).await;
        let started = unless_conflict(started, || format!("starting {}", site.container))?;
        let address = network::address(&self.docker, &site.container, &site.container).await?;
        if address != site.address {
            return Err(LiveError::Site(format!(
                "{} came back at {address}, and was at {}",
                site.container, site.address
            )));
        }
        site.restarted.notify_one();
        Ok(started)
    }

    async fn freeze(&self, id: FaultId, site: SiteId) -> Result<bool, LiveError> {
        let Some(site) = self.sites.get(site.index()) else { return Ok(false) };
        let mut hurt = site.hurt.lock().await;
        hurt.frozen_by.insert(id);
        let paused = self.docker.pause_container(&site.container).await;
        unless_conflict(paused, || format!("pausing {}", site.container))
    }

    async fn thaw(&self, id: FaultId, site: SiteId) -> Result<(), LiveError> {
        let Some(site) = self.sites.get(site.index()) else { return Ok(()) };
        let mut hurt = site.hurt.lock().await;
        if !hurt.frozen_by.remove(&id) || !hurt.frozen_by.is_empty() {
            return Ok(());
        }
        let doing = |verb: &str| LiveError::engine(format!("{verb} {}", site.container));
        // It may have been killed and come back in the meantime, and is then not paused.
        let found = self.docker.inspect_container(&site.container, None::<InspectContainerOptions>).await;
        if found.map_err(doing("inspecting"))?.state.and_then(|state| state.paused) != Some(true) {
            return Ok(());
        }
        self.docker.unpause_container(&site.container).await.map_err(doing("unpausing"))
    }

    /// Puts a fault of links on, or takes it off. True if there is a link that it strikes.
    async fn change_links(&self, id: FaultId, fault: Option<&Fault>) -> Result<bool, LiveError> {
        let mut links = self.links.lock().await;
        let struck = match fault {
            Some(fault) => {
                links.faults.insert(id, fault.clone());
                let strikes = |entry: &Entry| {
                    let to = Endpoint::Site(entry.to);
                    effect::strikes(fault, entry.from, to)
                        || (matches!(entry.from, Endpoint::Region(_)) && effect::strikes(fault, to, entry.from))
                };
                self.entries.iter().any(strikes)
            }
            None => links.faults.remove(&id).is_some(),
        };
        let wanted: Vec<State> = self.entries.iter().map(|entry| effect::state(entry, links.faults.values())).collect();
        let changes = self.entries.iter().zip(links.states.iter().zip(&wanted)).filter(|(_, (from, to))| from != to);
        let change =
            |(entry, (from, to)): (&Entry, (&State, &State))| Change { name: entry.name.clone(), from: *from, to: *to };
        self.control.change(changes.map(change).collect()).await?;
        links.states = wanted;
        Ok(struck)
    }

    fn begun(&self) -> std::sync::MutexGuard<'_, BTreeMap<FaultId, Fault>> {
        self.begun.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Whether something was done to one site at least.
fn any(done: Vec<Result<bool, LiveError>>) -> Result<bool, LiveError> {
    let done = done.into_iter().collect::<Result<Vec<bool>, LiveError>>()?;
    Ok(done.contains(&true))
}

/// False if the engine says that there was nothing to do: the container was not running, or was already.
fn unless_conflict(result: Result<(), Error>, doing: impl FnOnce() -> String) -> Result<bool, LiveError> {
    match result {
        Ok(()) => Ok(true),
        Err(Error::DockerResponseServerError { status_code: 304 | 409, .. }) => Ok(false),
        Err(error) => Err(LiveError::engine(doing())(error)),
    }
}
