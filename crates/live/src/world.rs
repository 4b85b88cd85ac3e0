//! The world: what the drill steps.

use crate::cleanup;
use crate::client::Pool;
use crate::clock::RunClock;
use crate::engine::labels::Labels;
use crate::engine::{self, containers, sweep};
use crate::error::LiveError;
use crate::events::{Events, ends_step};
use crate::faults::Faults;
use crate::faults::mechanism::{Means, Storage};
use crate::halt::Halt;
use crate::hands::Hands;
use crate::host::disk::Disk;
use crate::host::rights;
use crate::links::entries::CLIENTS_PORT;
use crate::logs;
use crate::start::{self, Made};
use bollard::Docker;
use firedrill_drill::world::{Capabilities, Command, Happened, Setup, Step, World, WorldEvent};
use firedrill_model::fault::Endpoint;
use firedrill_model::{FaultKind, RegionId, SiteId, Time};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use tokio::runtime::Runtime;

/// The runtime's own threads get so long to end when a run is over.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// How a run in containers is to be made.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// The program that runs in the containers; it must have the subcommands `node` and `proxy` of `firedrill`.
    pub binary: PathBuf,
    /// The run's name: letters, digits, `-`, `_` and `.`, at most 40. It is part of the names of all that is made.
    pub run: String,
    /// Where sites keep their data ([`Storage::for_faults`]), or the next best that this machine lets us have.
    pub storage: Storage,
    /// Stops the run.
    pub halt: Halt,
}

impl LiveOptions {
    /// What the run will have to do faults with.
    pub(crate) fn means(&self) -> Means {
        let rights = rights();
        Means { rights, storage: self.storage.with(rights) }
    }
}

impl Default for LiveOptions {
    /// This program, under a name that no other run has.
    fn default() -> LiveOptions {
        // The kernel's name for it works even if the file was replaced meanwhile, as a build does. (Not `self`, which would be `ldd`.)
        let binary = PathBuf::from(format!("/proc/{}/exe", std::process::id()));
        let run = format!("{}-{}", std::process::id(), crate::clock::monotonic_ns() / 1_000_000);
        LiveOptions { binary, run, storage: Storage::default(), halt: Halt::default() }
    }
}

/// What containers can do on this machine, whether there are any or not.
pub fn capabilities() -> Capabilities {
    let rights = rights();
    let means = Means { rights, storage: Storage::FailingDisks.with(rights) };
    capabilities_of(means)
}

fn capabilities_of(means: Means) -> Capabilities {
    let faults = FaultKind::ALL.into_iter().filter(|kind| means.of_kind(*kind).is_some()).collect();
    Capabilities { world: "live", faults, deterministic: false, invariants: Vec::new() }
}

/// Sites in containers. When it is dropped, all that was made is removed.
#[derive(Debug)]
pub struct Live {
    // `None` once it is closed.
    up: Option<Up>,
    events: Receiver<Happened>,
    clock: RunClock,
    now: Time,
    means: Means,
    halt: Halt,
}

#[derive(Debug)]
struct Up {
    runtime: Runtime,
    docker: Docker,
    hands: Hands,
    run: String,
    containers: Vec<containers::Container>,
    disks: Vec<Disk>,
}

impl Live {
    /// Removes what dead runs left, and brings a run up: returns when every site answers. The run's time begins then.
    ///
    /// # Errors
    /// Why not. What was made is removed before.
    pub fn start(setup: &Setup, options: LiveOptions) -> Result<Live, LiveError> {
        check_run(&options.run)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("live")
            .enable_all()
            .build()
            .map_err(|error| LiveError::NoEngine(format!("no runtime: {error}")))?;
        let (docker, made) = runtime.block_on(bring_up_or_remove(setup, &options))?;
        let disks = made.disks.iter().flatten().cloned().collect();
        let clock = RunClock::starting_now();
        let (to, events) = channel();
        let telling = Events::new(to, clock);
        let (hands, containers) = {
            let _entered = runtime.enter();
            attach(setup, &options, &docker, made, &telling)
        };
        let means = options.means();
        let up = Up { runtime, docker, hands, run: options.run, containers, disks };
        Ok(Live { up: Some(up), events, clock, now: Time::ZERO, means, halt: options.halt })
    }

    /// Ends the run and removes all that it made. (Dropping does the same, and can only print what goes wrong.)
    ///
    /// # Errors
    /// What could not be removed.
    pub fn close(mut self) -> Result<(), LiveError> {
        self.take_down()
    }

    fn take_down(&mut self) -> Result<(), LiveError> {
        let Some(up) = self.up.take() else { return Ok(()) };
        let removed = up.runtime.block_on(async {
            // What is left after this is found by its labels.
            drop(futures_util::future::join_all(up.containers.into_iter().map(containers::Container::rm)).await);
            let disks = up.disks;
            drop(tokio::task::spawn_blocking(move || disks.iter().for_each(Disk::close)).await);
            sweep::remove_run(&up.docker, &up.run).await?.all()
        });
        up.runtime.shutdown_timeout(SHUTDOWN);
        removed.map(drop)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Err(error) = self.take_down() {
            eprintln!("{error}");
        }
    }
}

impl World for Live {
    fn capabilities(&self) -> Capabilities {
        capabilities_of(self.means)
    }

    fn step(&mut self, until: Time, commands: &[Command]) -> Step {
        if let Some(up) = &self.up {
            let _entered = up.runtime.enter();
            commands.iter().for_each(|command| up.hands.take(command.clone()));
        }
        let mut events = Vec::new();
        loop {
            events.extend(self.events.try_iter());
            let now = self.clock.now();
            if self.halt.is_halted() {
                events.push(Happened { t: now, event: WorldEvent::Failed { error: LiveError::Halted.to_string() } });
            }
            if now >= until || events.iter().any(|happened| ends_step(&happened.event)) {
                break;
            }
            match self.events.recv_timeout(until.since(now)) {
                Ok(happened) => events.push(happened),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let error = "the run is over".to_owned();
                    events.push(Happened { t: now, event: WorldEvent::Failed { error } });
                }
            }
        }
        events.sort_by_key(|happened| happened.t);
        self.now = self.now.max(self.clock.now());
        Step { now: self.now, events }
    }
}

fn check_run(run: &str) -> Result<(), LiveError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let begins_well = run.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins_well && run.len() <= 40 && run.chars().all(allowed) {
        return Ok(());
    }
    Err(LiveError::Plan(format!(
        "the run's name {run:?} must be letters, digits, '-', '_' and '.', at most 40, and begin with one of the first two"
    )))
}

async fn bring_up_or_remove(setup: &Setup, options: &LiveOptions) -> Result<(Docker, Made), LiveError> {
    let docker = engine::connect().await?;
    cleanup::sweep_leftovers(&docker, false).await?.0.all()?;
    let labels = Labels::of_run(&options.run);
    match start::bring_up(&docker, setup, options, &labels).await {
        Ok(made) => Ok((docker, made)),
        Err(error) => {
            let removed = sweep::remove_run(&docker, &options.run).await.and_then(sweep::Swept::all);
            Err(match removed {
                Ok(_) => error,
                Err(leftovers) => LiveError::Site(format!("{error}\n{leftovers}")),
            })
        }
    }
}

/// Puts to work all that the run needs while it lasts.
fn attach(
    setup: &Setup,
    options: &LiveOptions,
    docker: &Docker,
    made: Made,
    events: &Events,
) -> (Hands, Vec<containers::Container>) {
    let names: Vec<String> = setup.plan.sites.iter().map(|site| site.name.clone()).collect();
    let pool = |region: usize, site: usize| {
        let from = Endpoint::Region(RegionId(region as u8));
        let entry = made.entries.iter().find(|entry| entry.from == from && entry.to.index() == site);
        Pool::new(SocketAddr::from((made.proxy, entry.map_or(0, |entry| entry.port))))
    };
    let clients = (0..setup.plan.regions.len()).map(|region| (0..names.len()).map(|site| pool(region, site)).collect());
    let clients = clients.collect();
    let sites = made.sites.iter().map(|address| Pool::new(SocketAddr::from((*address, CLIENTS_PORT)))).collect();
    let containers = names.iter().map(|name| containers::name_of(&options.run, name));
    let containers = containers.zip(made.sites).zip(made.disks).map(|((name, address), disk)| (name, address, disk));
    let (means, seed) = (options.means(), setup.seed);
    let faults = Arc::new(Faults::new(docker, containers.collect(), made.control, made.entries, means, seed));
    let site_clock = RunClock { start_ns: made.sites_start_ns };
    for index in 0..names.len() {
        tokio::spawn(logs::follow(docker.clone(), SiteId(index as u8), faults.clone(), events.clone(), site_clock));
    }
    tokio::spawn(logs::watch_proxy(docker.clone(), containers::name_of(&options.run, "proxy"), events.clone()));
    let (halt, telling) = (options.halt.clone(), events.clone());
    tokio::spawn(async move {
        // Wakes a step that waits; the step sees for itself why.
        halt.halted().await;
        telling.tell(WorldEvent::Failed { error: LiveError::Halted.to_string() });
    });
    let services = setup.config.services.iter().map(|service| service.name.clone()).collect();
    (Hands::new(events.clone(), services, clients, sites, faults), made.containers)
}
