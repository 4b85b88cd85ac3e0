//! The parts of a site's process put together, on any host.

use crate::config::NodeConfig;
use crate::core::{Ask, Core, Ended, Inbound};
use crate::frame::Hello;
use crate::host::{Clock, Disk, Listener, Net};
use crate::http::{self, Front};
use crate::machine::Machine;
use crate::observe::Observer;
use crate::outbox::Outbox;
use crate::{incoming, outgoing};
use firedrill_model::{Rng, SiteId};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

/// So many peers' messages may wait for the core; the peers' connections wait after that.
const MAX_MESSAGES: usize = 1024;
/// So many requests may wait for the core; more are refused as busy.
const MAX_ASKS: usize = 1024;

/// A running site. Dropping it kills it where it stands, as far as a host can.
#[derive(Debug)]
pub struct Running {
    /// Where peers reach it.
    pub peer_addr: SocketAddr,
    /// Where clients reach it.
    pub http_addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    core: JoinHandle<Result<(), Ended>>,
    _tasks: JoinSet<()>,
}

/// Where the two listeners of a site listen.
#[derive(Debug)]
pub struct Listeners<L> {
    /// For peers.
    pub peers: L,
    /// For clients.
    pub clients: L,
}

/// Listens as configured.
///
/// # Errors
/// As the network reports them, with the address.
pub async fn listen<N: Net>(net: &N, config: &NodeConfig) -> io::Result<Listeners<N::Listener>> {
    let at = |addr: &str| {
        let addr = addr.to_owned();
        move |error: io::Error| io::Error::new(error.kind(), format!("{addr}: {error}"))
    };
    Ok(Listeners {
        peers: net.listen(&config.peer_listen).await.map_err(at(&config.peer_listen))?,
        clients: net.listen(&config.http_listen).await.map_err(at(&config.http_listen))?,
    })
}

/// Starts a site on a host. `rng` makes up sessions for clients that have none.
///
/// # Errors
/// As the network reports them.
pub fn start<N, C, D, M, O>(
    config: &NodeConfig,
    (net, clock, disk): (N, C, D),
    listeners: Listeners<N::Listener>,
    (machine, observer): (M, O),
    rng: Rng,
) -> io::Result<Running>
where
    N: Net,
    N::Listener: Unpin,
    C: Clock,
    D: Disk,
    M: Machine,
    O: Observer,
{
    let sites = config.stack.sites.len();
    let (to_core, messages) = mpsc::channel(MAX_MESSAGES);
    let (asks_in, asks) = mpsc::channel(MAX_ASKS);
    let (peer_addr, http_addr) = (listeners.peers.local_addr()?, listeners.clients.local_addr()?);

    let mut tasks = JoinSet::new();
    let outboxes: Vec<Arc<Outbox>> = (0..sites).map(|_| Arc::default()).collect();
    for (index, addr) in config.peers.iter().enumerate().filter(|(index, _)| *index != config.me.index()) {
        let hello = Hello::new(config.me, SiteId(index as u8));
        tasks.spawn(outgoing::deliver(net.clone(), clock.clone(), addr.clone(), hello, outboxes[index].clone()));
    }
    tasks.spawn(incoming::accept(listeners.peers, clock.clone(), config.me, sites, to_core));
    let front = front(config, asks_in, clock.clone(), rng);
    let clients = http::serve::serve(listeners.clients, clock.clone(), http::router(front));
    tasks.spawn(async move { drop(clients.await) });

    let (stop, stopped) = oneshot::channel();
    let core = Core::new(machine, clock, disk, observer, outboxes);
    let core = tokio::spawn(core.run(Inbound { messages, asks }, stopped));
    Ok(Running { peer_addr, http_addr, stop: Some(stop), core, _tasks: tasks })
}

fn front<C: Clock>(config: &NodeConfig, asks: mpsc::Sender<Ask>, clock: C, rng: Rng) -> Front<C> {
    let services = config.stack.services.iter().map(|service| service.name.clone()).collect();
    let name = config.stack.sites.get(config.me.index()).map_or("", |site| &site.name).into();
    Front { asks, services, me: config.me, name, clock, fresh: Arc::new(Mutex::new(rng)) }
}

impl Running {
    /// Stops it cleanly, and waits until its disk has done what it was told.
    ///
    /// # Errors
    /// If the core had ended before, or panicked.
    pub async fn stop(mut self) -> Result<(), String> {
        if let Some(stop) = self.stop.take() {
            // If the core has ended by itself, its own word is what counts.
            let _: Result<(), ()> = stop.send(());
        }
        self.ended().await
    }

    /// Waits until the core ends by itself.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn ended(&mut self) -> Result<(), String> {
        match (&mut self.core).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(ended)) => Err(ended.to_string()),
            Err(panic) => Err(format!("the core's task ended: {panic}")),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.core.abort();
    }
}
