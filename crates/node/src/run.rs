//! The process of a site.

use crate::config::NodeConfig;
use crate::core::Ask;
use crate::http::{self, Front};
use crate::observe::Lines;
use crate::shell::{self, Listeners};
use crate::tokio_host::clock::monotonic_ns;
use crate::tokio_host::net::TokioListener;
use crate::tokio_host::{DiskThread, MonotonicClock, TokioNet};
use firedrill_model::{Rng, Time};
use firedrill_stack::{Input, Site};
use std::fmt;
use std::sync::{Arc, Mutex};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// What [`run`] is told.
#[derive(Clone, Debug)]
pub struct RunArgs {
    /// The configuration.
    pub config: NodeConfig,
    /// Run with hazards on, if the configuration has some.
    pub allow_hazards: bool,
}

/// Why a site's process can't start, or ended.
#[derive(Debug)]
pub enum NodeError {
    /// The configuration switches hazards on, and they were not allowed.
    Hazards(String),
    /// The configuration makes no sense here.
    Config(String),
    /// A port, a directory, a runtime.
    Io(String),
    /// The core ended by itself.
    Ended(String),
}

impl NodeError {
    /// The exit code of a process that ends so: 75 refused for safety, 64 bad input, 70 our own error.
    pub fn exit_code(&self) -> u8 {
        match self {
            NodeError::Hazards(_) => 75,
            NodeError::Config(_) | NodeError::Io(_) => 64,
            NodeError::Ended(_) => 70,
        }
    }
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeError::Hazards(names) => {
                write!(f, "hazards are on ({names}), which break their promises on purpose: give --allow-hazards")
            }
            NodeError::Config(why) | NodeError::Io(why) | NodeError::Ended(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for NodeError {}

/// Runs a site until SIGTERM or SIGINT. What it observes goes to standard output.
///
/// # Errors
/// See [`NodeError`].
pub fn run(args: RunArgs) -> Result<(), NodeError> {
    refuse_hazards(&args)?;
    // One thread, beside the disk's: a hand-over between threads costs more than what is handed over (docs/adr/0012).
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| NodeError::Io(format!("no runtime: {error}")))?;
    runtime.block_on(run_until_signal(&args.config))
}

fn refuse_hazards(args: &RunArgs) -> Result<(), NodeError> {
    let hazards = args.config.stack.hazards;
    if hazards.is_empty() || args.allow_hazards {
        return Ok(());
    }
    Err(NodeError::Hazards(hazards.iter().map(|hazard| hazard.name()).collect::<Vec<_>>().join(", ")))
}

async fn run_until_signal(config: &NodeConfig) -> Result<(), NodeError> {
    let on = |kind| signal(kind).map_err(|error| NodeError::Io(format!("no signal handler: {error}")));
    let (mut terminate, mut interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
    let mut running = start(config, std::io::stdout()).await?;
    tokio::select! {
        biased;
        ended = running.ended() => return Err(NodeError::Ended(ended.err().unwrap_or_else(|| "the core ended".into()))),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.stop().await.map_err(NodeError::Ended)
}

/// Starts a site in this process, on tokio; what it observes is written to `out`.
///
/// # Errors
/// See [`NodeError`].
pub async fn start(
    config: &NodeConfig,
    out: impl std::io::Write + Send + 'static,
) -> Result<shell::Running, NodeError> {
    let listeners = shell::listen(&TokioNet, config).await.map_err(|error| NodeError::Io(error.to_string()))?;
    start_on(config, listeners, out)
}

/// The same with listeners that are already there. Must be called within a runtime.
///
/// # Errors
/// See [`NodeError`].
pub fn start_on(
    config: &NodeConfig,
    listeners: Listeners<TokioListener>,
    out: impl std::io::Write + Send + 'static,
) -> Result<shell::Running, NodeError> {
    let now = monotonic_ns();
    if config.run_start_ns > now {
        let start = config.run_start_ns;
        return Err(NodeError::Config(format!(
            "run_start_ns: {start} lies ahead; the machine's monotonic clock is at {now}"
        )));
    }
    let dir = &config.data_dir;
    let disk = DiskThread::open(dir).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => NodeError::Io(format!("{}: another process uses it", dir.display())),
        _ => NodeError::Io(format!("{}: {error}", dir.display())),
    })?;
    let clock = MonotonicClock { run_start_ns: config.run_start_ns };
    // A process that comes back must not draw what it drew before: two sites in step would stay in step.
    let draws = |label| Rng::new(config.seed ^ now, label).split(u64::from(config.me.0));
    let mut site = Site::new(Arc::new(config.stack.clone()), config.me, draws("site"));
    if let Some(key) = &config.log_key {
        site.handle(Time::ZERO, Input::KeyGiven { key: key.clone() });
    }
    let observer = Lines { out, run_start_ns: config.run_start_ns };
    let serve = |listener, (asks, _), _| {
        let clients = http::serve::serve(listener, clock, http::router(front(config, asks, clock, draws("sessions"))));
        async move { drop(clients.await) }
    };
    shell::start(config, (TokioNet, clock, disk), listeners, (site, observer), serve)
        .map_err(|error| NodeError::Io(error.to_string()))
}

/// What the handlers share. `rng` makes up sessions for clients that have none.
fn front(config: &NodeConfig, asks: mpsc::Sender<Ask>, clock: MonotonicClock, rng: Rng) -> Front<MonotonicClock> {
    let services = config.stack.services.iter().map(|service| service.name.clone()).collect();
    let name = config.stack.sites.get(config.me.index()).map_or("", |site| &site.name).into();
    Front { asks, services, me: config.me, name, clock, fresh: Arc::new(Mutex::new(rng)) }
}
