//! The parts of a site's process put together, on any host.

use crate::config::NodeConfig;
use crate::core::{Ask, Core, Ended, Inbound};
use crate::frame::Hello;
use crate::host::{Clock, Disk, Listener, Net};
use crate::machine::Machine;
use crate::observe::Observer;
use crate::outbox::Outbox;
use crate::switches::Switches;
use crate::tasks::Tasks;
use crate::{incoming, outgoing};
use firedrill_model::SiteId;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// So many peers' messages may wait for the core; the peers' connections wait after that.
const MAX_MESSAGES: usize = 1024;
/// So many requests may wait for the core; more are refused as busy.
const MAX_ASKS: usize = 1024;

/// Who stops waits so long at most until answers are written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Who serves clients holds a strong one of these for each request that is under way, until its answer is written: who stops waits for that.
pub type UnderWay = mpsc::WeakSender<Infallible>;

/// A running site. Dropping it kills it where it stands, as far as a host can.
#[derive(Debug)]
pub struct Running {
    /// Where peers reach it.
    pub peer_addr: SocketAddr,
    /// Where clients reach it.
    pub http_addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    core: JoinHandle<Result<(), Ended>>,
    outboxes: Vec<Arc<Outbox>>,
    /// Ends with the last request that is under way.
    under_way: (mpsc::Sender<Infallible>, mpsc::Receiver<Infallible>),
    _tasks: Tasks,
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

/// Starts a site on a host. `serve` lets clients in on a listener, for as long as it is polled, and hands the core what they ask.
///
/// # Errors
/// As the network reports them.
pub fn start<N, C, D, M, O, S>(
    config: &NodeConfig,
    (net, clock, disk): (N, C, D),
    listeners: Listeners<N::Listener>,
    (machine, observer): (M, O),
    serve: impl FnOnce(N::Listener, (mpsc::Sender<Ask>, UnderWay), Switches) -> S,
) -> io::Result<Running>
where
    N: Net,
    C: Clock,
    D: Disk,
    M: Machine,
    O: Observer,
    S: Future<Output = ()> + Send + 'static,
{
    let sites = config.stack.sites.len();
    let (to_core, messages) = mpsc::channel(MAX_MESSAGES);
    let (asks_in, asks) = mpsc::channel(MAX_ASKS);
    let (peer_addr, http_addr) = (listeners.peers.local_addr()?, listeners.clients.local_addr()?);

    let switches = Switches::new(config.stack.hazards);
    let mut tasks = Tasks::default();
    let outboxes: Vec<Arc<Outbox>> = (0..sites).map(|_| Arc::new(Outbox::with(switches.clone()))).collect();
    for (index, addr) in config.peers.iter().enumerate().filter(|(index, _)| *index != config.me.index()) {
        let hello = Hello::new(config.me, SiteId(index as u8));
        let how = (clock.clone(), switches.clone());
        tasks.spawn(outgoing::deliver(net.clone(), how, addr.clone(), hello, outboxes[index].clone()));
    }
    tasks.spawn(incoming::accept(listeners.peers, (clock.clone(), switches.clone()), config.me, sites, to_core));
    let under_way = mpsc::channel(1);
    tasks.spawn(serve(listeners.clients, (asks_in, under_way.0.downgrade()), switches.clone()));

    let (stop, stopped) = oneshot::channel();
    let core = Core::new(machine, (clock, disk), observer, outboxes.clone(), switches);
    let core = tokio::spawn(core.run(Inbound { messages, asks }, stopped));
    Ok(Running { peer_addr, http_addr, stop: Some(stop), core, outboxes, under_way, _tasks: tasks })
}

impl Running {
    /// What waits for each peer, by site.
    pub fn outboxes(&self) -> &[Arc<Outbox>] {
        &self.outboxes
    }

    /// Stops it cleanly: waits until it has answered what it was asked, and its disk has done what it was told.
    ///
    /// # Errors
    /// If the core had ended before, or panicked.
    pub async fn stop(mut self) -> Result<(), String> {
        if let Some(stop) = self.stop.take() {
            // If the core has ended by itself, its own word is what counts.
            let _: Result<(), ()> = stop.send(());
        }
        let ended = self.ended().await;
        let (mine, mut others) = std::mem::replace(&mut self.under_way, mpsc::channel(1));
        drop(mine);
        // A client that does not take its answer is not waited for any longer than that.
        drop(tokio::time::timeout(LAST_WORDS, others.recv()).await);
        ended
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
