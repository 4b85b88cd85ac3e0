//! The sites of Firedrill on madsim: its executor picks tasks at random by the seed, and its time jumps from event to event.
//!
//! - [`Madsim`]: the host; [`world`]: a world on it
//!
//! A world takes a thread of its own ([`on_its_own_thread`]): what madsim draws for hashing is drawn once a thread.
//! Links of madsim have one latency for all; so bytes are held back where they are received.
#![forbid(unsafe_code)]
#![cfg(madsim)]

use firedrill_drill::remote::wire::Begin;
use firedrill_drill::world::{Capabilities, Command, Step, World};
use firedrill_hosted::wires::{Wires, ip};
use firedrill_hosted::{Host, Hosted, Stage, clients, site, world as hosted};
use firedrill_model::{Endpoint, RegionId, SiteId, Time};
use madsim::net::{NetSim, TcpListener, TcpStream};
use madsim::runtime::{NodeHandle, Runtime};
use madsim::task::NodeId;
use madsim::time::TimeHandle;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedSender};

/// The name of the world.
pub const NAME: &str = "madsim";

/// What this host can do.
pub fn capabilities() -> Capabilities {
    hosted::capabilities(NAME)
}

/// Madsim's streams.
#[derive(Clone, Copy, Debug)]
pub struct MadsimWires;

impl Wires for MadsimWires {
    type Stream = TcpStream;
    type Listener = TcpListener;
    const DELAYS: bool = false;

    async fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(to).await
    }

    async fn listen(&self, port: u16) -> io::Result<TcpListener> {
        TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], port))).await
    }

    async fn accept(listener: &mut TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        listener.accept().await
    }

    fn now() -> u64 {
        u64::try_from(TimeHandle::current().elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// A runtime with a node for each site and region.
pub struct Madsim {
    runtime: Runtime,
    stage: Stage,
    nodes: BTreeMap<Endpoint, NodeId>,
    started: Vec<bool>,
    now: Time,
    // Nodes live as long as their handles.
    _regions: Vec<NodeHandle>,
}

/// A world on madsim. To be called on a thread on which there was none before.
pub fn world(begin: &Begin) -> Hosted<Madsim> {
    let mut config = madsim::Config::default();
    config.net.send_latency = Duration::ZERO..Duration::from_nanos(1);
    let runtime = Runtime::with_seed_and_config(begin.seed, config);
    let stage = Stage::new(begin, MadsimWires::now);
    let mut nodes = BTreeMap::new();
    let mut handles = Vec::new();
    let mut regions: Vec<UnboundedSender<clients::Order>> = Vec::new();
    for site in 0..begin.config.sites.len() {
        let end = Endpoint::Site(SiteId(site as u8));
        nodes.insert(end, runtime.create_node().ip(ip(end)).build().id());
    }
    for number in 0..begin.regions.len() {
        let region = RegionId(number as u8);
        let end = Endpoint::Region(region);
        let node = runtime.create_node().ip(ip(end)).build();
        let (orders, to_do) = mpsc::unbounded_channel();
        regions.push(orders);
        node.spawn(clients::run(stage.clone(), MadsimWires, region, to_do));
        nodes.insert(end, node.id());
        handles.push(node);
    }
    let started = vec![false; begin.config.sites.len()];
    let host = Madsim { runtime, stage: stage.clone(), nodes, started, now: Time::ZERO, _regions: handles };
    Hosted::new(NAME, host, stage, regions)
}

impl Host for Madsim {
    fn now(&self) -> Time {
        self.now
    }

    fn advance(&mut self, until: Time, due: Time) -> bool {
        if self.now >= until {
            return false;
        }
        let (stage, target) = (self.stage.clone(), until.min(due.max(self.now)));
        let now = self.runtime.block_on(async move {
            let left = target.since(Time::from_nanos(MadsimWires::now()));
            tokio::select! {
                biased;
                () = stage.until_something_comes_up() => {}
                () = tokio::time::sleep(left) => {}
            }
            Time::from_nanos(MadsimWires::now())
        });
        self.now = self.now.max(now);
        true
    }

    fn start(&mut self, site: SiteId) {
        let Some(id) = self.nodes.get(&Endpoint::Site(site)).copied() else { return };
        if std::mem::replace(&mut self.started[site.index()], true) {
            self.runtime.handle().restart(id);
        }
        let stage = self.stage.clone();
        if let Some(node) = self.runtime.handle().get_node(id) {
            node.spawn(async move {
                if let Err(error) = site::run(stage, MadsimWires, site).await {
                    panic!("{site}: {error}");
                }
            });
        }
    }

    fn kill(&mut self, site: SiteId) {
        if let Some(id) = self.nodes.get(&Endpoint::Site(site)).copied() {
            self.runtime.handle().kill(id);
        }
    }

    fn link(&mut self, from: Endpoint, to: Endpoint, open: bool) {
        let (Some(&from), Some(&to)) = (self.nodes.get(&from), self.nodes.get(&to)) else { return };
        self.runtime.block_on(async move {
            let net = NetSim::current();
            if open { net.unclog_link(from, to) } else { net.clog_link(from, to) }
        });
    }
}

/// A world on a thread of its own.
pub struct Threaded {
    asks: Sender<(Time, Vec<Command>)>,
    steps: Receiver<Step>,
}

/// Makes a world on a thread of its own.
pub fn on_its_own_thread(begin: &Begin) -> Threaded {
    let begin = begin.clone();
    let (asks, to_do) = channel::<(Time, Vec<Command>)>();
    let (tell, steps) = channel();
    std::thread::spawn(move || {
        let mut world = world(&begin);
        while let Ok((until, commands)) = to_do.recv() {
            if tell.send(world.step(until, &commands)).is_err() {
                return;
            }
        }
    });
    Threaded { asks, steps }
}

impl World for Threaded {
    fn capabilities(&self) -> Capabilities {
        capabilities()
    }

    fn step(&mut self, until: Time, commands: &[Command]) -> Step {
        self.asks.send((until, commands.to_vec())).expect("the world's thread lives");
        self.steps.recv().expect("the world's thread lives")
    }
}
