//! The sites' containers and disks, and what is wrong with them just now.

use crate::engine::network;
use crate::error::LiveError;
use crate::host::disk::Disk;
use bollard::Docker;
use bollard::errors::Error;
use bollard::models::ContainerState;
use bollard::query_parameters::{InspectContainerOptions, KillContainerOptionsBuilder, StartContainerOptions};
use firedrill_model::{FaultId, SiteId};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};

/// A process that is told to end answers what it was asked, for two seconds at most. One that takes this long hangs.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

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
    /// Told when it was started again.
    pub restarted: Notify,
    /// Its own file system, if it has one.
    pub(super) disk: Option<Disk>,
    docker: Docker,
    address: Ipv4Addr,
    hurt: Mutex<Hurt>,
}

/// All of them, by site.
#[derive(Debug)]
pub struct Sites(Vec<Site>);

impl Sites {
    /// In containers of these names and addresses, with these disks.
    pub(super) fn new(docker: &Docker, sites: Vec<(String, Ipv4Addr, Option<Disk>)>) -> Sites {
        let site = |(container, address, disk)| Site {
            container,
            restarted: Notify::new(),
            disk,
            docker: docker.clone(),
            address,
            hurt: Mutex::default(),
        };
        Sites(sites.into_iter().map(site).collect())
    }

    /// That one, if there is one.
    pub fn get(&self, site: SiteId) -> Option<&Site> {
        self.0.get(site.index())
    }

    /// Whether a site's container runs, and is not frozen.
    pub(super) async fn run(&self, site: SiteId) -> Result<bool, LiveError> {
        let Some(site) = self.get(site) else { return Ok(false) };
        let state = site.state().await?;
        Ok(state.running == Some(true) && state.paused != Some(true))
    }
}

impl Site {
    /// Whether it is dead because we killed it.
    pub async fn is_killed(&self) -> bool {
        !self.hurt.lock().await.killed_by.is_empty()
    }

    /// The number of its process here; `None` if none runs.
    pub(super) async fn pid(&self) -> Result<Option<i64>, LiveError> {
        Ok(self.state().await?.pid.filter(|pid| *pid > 0))
    }

    async fn state(&self) -> Result<ContainerState, LiveError> {
        let found = self.docker.inspect_container(&self.container, None::<InspectContainerOptions>).await;
        let doing = LiveError::engine(format!("inspecting {}", self.container));
        Ok(found.map_err(doing)?.state.unwrap_or_default())
    }

    /// Kills it for a fault.
    pub(super) async fn kill(&self, id: FaultId) -> Result<(), LiveError> {
        self.signal(id, "SIGKILL").await?;
        self.wait_until_dead().await
    }

    /// Tells it to end, for a fault, and waits until it has.
    pub(super) async fn shut_down(&self, id: FaultId) -> Result<(), LiveError> {
        self.signal(id, "SIGTERM").await?;
        self.wait_until_ended().await
    }

    /// Sends it a signal of which it ends; until the fault is over nobody else starts it.
    async fn signal(&self, id: FaultId, signal: &str) -> Result<(), LiveError> {
        let mut hurt = self.hurt.lock().await;
        hurt.killed_by.insert(id);
        let options = KillContainerOptionsBuilder::new().signal(signal).build();
        let sent = self.docker.kill_container(&self.container, Some(options)).await;
        unless_idle(sent, || format!("sending {signal} to {}", self.container))
    }

    /// Waits until it has ended after it was told to.
    async fn wait_until_ended(&self) -> Result<(), LiveError> {
        let ended = tokio::time::timeout(ENDS_WITHIN, self.wait_until_dead()).await;
        ended.unwrap_or_else(|_| {
            let within = ENDS_WITHIN.as_secs();
            Err(LiveError::Site(format!("{} did not end within {within} s of SIGTERM", self.container)))
        })
    }

    /// The engine answers before the process is gone.
    async fn wait_until_dead(&self) -> Result<(), LiveError> {
        while self.state().await?.running == Some(true) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Starts it again, unless another fault keeps it dead; whether it did.
    pub(super) async fn restart(&self, id: FaultId) -> Result<bool, LiveError> {
        let mut hurt = self.hurt.lock().await;
        if !hurt.killed_by.remove(&id) || !hurt.killed_by.is_empty() {
            return Ok(false);
        }
        // It may be ending still.
        self.wait_until_ended().await?;
        self.start().await
    }

    /// Starts it again if it is dead and no fault keeps it so; whether it did.
    pub(super) async fn revive(&self) -> Result<bool, LiveError> {
        let hurt = self.hurt.lock().await;
        if !hurt.killed_by.is_empty() || self.state().await?.running == Some(true) {
            return Ok(false);
        }
        self.start().await
    }

    async fn start(&self) -> Result<bool, LiveError> {
        let started = self.docker.start_container(&self.container, None::<StartContainerOptions>).await;
        unless_idle(started, || format!("starting {}", self.container))?;
        self.restarted.notify_one();
        let address = network::address(&self.docker, &self.container, &self.container).await?;
        if address == self.address {
            return Ok(true);
        }
        Err(LiveError::Site(format!("{} came back at {address}, and was at {}", self.container, self.address)))
    }

    /// Freezes it for a fault.
    pub(super) async fn freeze(&self, id: FaultId) -> Result<(), LiveError> {
        let mut hurt = self.hurt.lock().await;
        hurt.frozen_by.insert(id);
        let paused = self.docker.pause_container(&self.container).await;
        unless_idle(paused, || format!("pausing {}", self.container))
    }

    /// Thaws it, unless another fault keeps it frozen.
    pub(super) async fn thaw(&self, id: FaultId) -> Result<(), LiveError> {
        let mut hurt = self.hurt.lock().await;
        if !hurt.frozen_by.remove(&id) || !hurt.frozen_by.is_empty() {
            return Ok(());
        }
        // It may have been killed and come back in the meantime, and is then not paused.
        if self.state().await?.paused != Some(true) {
            return Ok(());
        }
        let doing = LiveError::engine(format!("unpausing {}", self.container));
        self.docker.unpause_container(&self.container).await.map_err(doing)
    }

    /// Does something with its disk that blocks.
    pub(super) async fn with_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Disk) -> Result<T, String> + Send + 'static,
    ) -> Result<T, LiveError> {
        let Some(disk) = self.disk.clone() else {
            return Err(LiveError::Host(format!("{} has no file system of its own", self.container)));
        };
        let done = tokio::task::spawn_blocking(move || work(&disk)).await;
        done.unwrap_or_else(|panic| Err(panic.to_string())).map_err(LiveError::Host)
    }
}

/// It is no failure if the engine says that there was nothing to do: the container was not running, or was already.
fn unless_idle(result: Result<(), Error>, doing: impl FnOnce() -> String) -> Result<(), LiveError> {
    match result {
        Ok(()) | Err(Error::DockerResponseServerError { status_code: 304 | 409, .. }) => Ok(()),
        Err(error) => Err(LiveError::engine(doing())(error)),
    }
}
