//! The sites of Firedrill on turmoil: real tokio tasks, one paused runtime a machine, on turmoil's network.
//!
//! - [`Turmoil`]: the host; [`world`]: a world on it
//!
//! Time goes in ticks; what is sent in one arrives in a later one, never earlier than the link's latency.
#![forbid(unsafe_code)]

use firedrill_drill::remote::wire::Begin;
use firedrill_drill::world::Capabilities;
use firedrill_hosted::wires::{Wires, ip};
use firedrill_hosted::{Host, Hosted, Stage, clients, site, world as hosted};
use firedrill_model::{Endpoint, RegionId, SiteId, Time};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc::{self, UnboundedSender};
use turmoil::net::{TcpListener, TcpStream};

/// The name of the world.
pub const NAME: &str = "turmoil";
/// Turmoil's default.
pub const TICK: Duration = Duration::from_millis(1);
/// Longer than any run.
const FOR_EVER: Duration = Duration::from_secs(1 << 32);
/// So many segments may be under way on a connection.
const WINDOW: usize = 4096;

/// What this host can do.
pub fn capabilities() -> Capabilities {
    hosted::capabilities(NAME)
}

/// Turmoil's streams.
#[derive(Clone, Copy, Debug)]
pub struct TurmoilWires;

impl Wires for TurmoilWires {
    type Stream = TcpStream;
    type Listener = TcpListener;
    const DELAYS: bool = true;

    async fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(to).await
    }

    async fn listen(&self, port: u16) -> io::Result<TcpListener> {
        TcpListener::bind(("0.0.0.0", port)).await
    }

    async fn accept(listener: &mut TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        listener.accept().await
    }

    fn now() -> u64 {
        let now = turmoil::sim_elapsed().unwrap_or_default();
        u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// A simulation with a machine for each site and region.
pub struct Turmoil {
    sim: turmoil::Sim<'static>,
    stage: Stage,
    tick: Duration,
    registered: Vec<bool>,
    ends: Vec<Endpoint>,
}

/// A world on turmoil, in ticks of such a length.
pub fn world(begin: &Begin, tick: Duration) -> Hosted<Turmoil> {
    let stage = Stage::new(begin, TurmoilWires::now);
    let mut sim = turmoil::Builder::new()
        .tick_duration(tick)
        .simulation_duration(FOR_EVER)
        .epoch(SystemTime::UNIX_EPOCH)
        .rng_seed(begin.seed)
        .tcp_capacity(WINDOW)
        .build();
    let mut regions: Vec<UnboundedSender<clients::Order>> = Vec::new();
    let mut ends = Vec::new();
    for number in 0..begin.regions.len() {
        let region = RegionId(number as u8);
        let (orders, to_do) = mpsc::unbounded_channel();
        regions.push(orders);
        let stage = stage.clone();
        sim.client(ip(Endpoint::Region(region)), async move {
            clients::run(stage, TurmoilWires, region, to_do).await;
            Ok(())
        });
        ends.push(Endpoint::Region(region));
    }
    let registered = vec![false; begin.config.sites.len()];
    let host = Turmoil { sim, stage: stage.clone(), tick, registered, ends };
    Hosted::new(NAME, host, stage, regions)
}

impl Turmoil {
    /// A machine was registered: its links get their latencies.
    fn set_latencies(&mut self, new: Endpoint) {
        for &other in &self.ends {
            // What is sent in a tick counts as sent at its end, and is delivered at the beginning of one.
            let latency = self.stage.latency(new, other) + self.tick;
            self.sim.set_link_latency(ip(new), ip(other), latency);
        }
        self.ends.push(new);
    }
}

impl Host for Turmoil {
    fn now(&self) -> Time {
        Time::from_nanos(u64::try_from(self.sim.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn advance(&mut self, until: Time, _: Time) -> bool {
        if self.now() + self.tick > until {
            return false;
        }
        if let Err(error) = self.sim.step() {
            // A site's process ends only if its runtime fails it.
            panic!("turmoil: {error}");
        }
        true
    }

    fn start(&mut self, site: SiteId) {
        let end = Endpoint::Site(site);
        if std::mem::replace(&mut self.registered[site.index()], true) {
            return self.sim.bounce(ip(end));
        }
        let stage = self.stage.clone();
        self.sim.host(ip(end), move || {
            let stage = stage.clone();
            async move { Ok(site::run(stage, TurmoilWires, site).await?) }
        });
        self.set_latencies(end);
    }

    fn kill(&mut self, site: SiteId) {
        self.sim.crash(ip(Endpoint::Site(site)));
    }

    fn link(&mut self, from: Endpoint, to: Endpoint, open: bool) {
        if open { self.sim.repair_oneway(ip(from), ip(to)) } else { self.sim.partition_oneway(ip(from), ip(to)) }
    }
}
