//! Tells the proxy what its entries should be like, through Toxiproxy's interface. The client library blocks, so it has a thread of
//! its own.

use super::effect::{State, Stream};
use crate::error::LiveError;
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use toxiproxy_rust::client::Client;
use toxiproxy_rust::proxy::{Proxy, ProxyPack};
use toxiproxy_rust::toxic::ToxicPack;

const START_DEADLINE: Duration = Duration::from_secs(10);
const START_PAUSE: Duration = Duration::from_millis(10);
const CONNECT_DEADLINE: Duration = Duration::from_secs(1);

/// A new entry.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Its name.
    pub name: String,
    /// Where the proxy listens for it.
    pub listen: String,
    /// Where it connects to.
    pub upstream: String,
    /// What it should be like.
    pub state: State,
}

/// A change of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of this name.
    pub name: String,
    /// It is like this.
    pub from: State,
    /// It should be like this.
    pub to: State,
}

enum Order {
    Populate(Vec<NewEntry>),
    Change(Vec<Change>),
    Break(Vec<String>),
}

/// The thread that speaks with the proxy. It ends when this is dropped.
#[derive(Debug)]
pub struct Control {
    orders: Sender<(Order, oneshot::Sender<Result<(), String>>)>,
}

impl Control {
    /// Starts the thread. The proxy at `addr` need not answer yet.
    ///
    /// # Errors
    /// If there can't be a thread.
    pub fn start(addr: SocketAddr) -> Result<Control, LiveError> {
        let (orders, to_do) = channel();
        let thread = std::thread::Builder::new().name("proxy-control".into()).spawn(move || work(addr, &to_do));
        thread.map_err(|error| LiveError::Proxy(error.to_string()))?;
        Ok(Control { orders })
    }

    /// Waits until the proxy answers, and makes entries.
    ///
    /// # Errors
    /// If it does not answer in time, or does not do it.
    pub async fn populate(&self, entries: Vec<NewEntry>) -> Result<(), LiveError> {
        self.order(Order::Populate(entries)).await
    }

    /// Changes entries.
    ///
    /// # Errors
    /// If the proxy does not do it.
    pub async fn change(&self, changes: Vec<Change>) -> Result<(), LiveError> {
        self.order(Order::Change(changes)).await
    }

    /// Ends all connections of the entries of these names, and lets new ones be made.
    ///
    /// # Errors
    /// If the proxy does not do it.
    pub async fn end_connections(&self, names: Vec<String>) -> Result<(), LiveError> {
        self.order(Order::Break(names)).await
    }

    async fn order(&self, order: Order) -> Result<(), LiveError> {
        let (done, result) = oneshot::channel();
        let gone = || LiveError::Proxy("the thread that speaks with it has ended".to_owned());
        self.orders.send((order, done)).map_err(|_| gone())?;
        result.await.map_err(|_| gone())?.map_err(LiveError::Proxy)
    }
}

fn work(addr: SocketAddr, orders: &Receiver<(Order, oneshot::Sender<Result<(), String>>)>) {
    let mut client = Client::new(addr);
    while let Ok((order, done)) = orders.recv() {
        // The library panics where the proxy can't be reached, and its lock is of no use after that.
        let result = catch_unwind(AssertUnwindSafe(|| carry_out(addr, &client, order)));
        let result = result.unwrap_or_else(|_| {
            client = Client::new(addr);
            Err("it can't be reached".to_owned())
        });
        // Nobody waits for it any more: it is done all the same.
        drop(done.send(result));
    }
}

fn carry_out(addr: SocketAddr, client: &Client, order: Order) -> Result<(), String> {
    match order {
        Order::Populate(entries) => populate(addr, client, entries),
        Order::Change(changes) => changes.iter().try_for_each(|change| apply(client, change)),
        Order::Break(names) => names.iter().try_for_each(|name| {
            let proxy = client.find_proxy(name)?;
            // One that refuses has no connections.
            if !proxy.proxy_pack.enabled {
                return Ok(());
            }
            proxy.disable()?;
            proxy.enable()
        }),
    }
}

fn populate(addr: SocketAddr, client: &Client, entries: Vec<NewEntry>) -> Result<(), String> {
    let deadline = Instant::now() + START_DEADLINE;
    // The library would wait for minutes where nothing answers at all.
    while TcpStream::connect_timeout(&addr, CONNECT_DEADLINE).is_err() {
        if Instant::now() > deadline {
            return Err(format!(
                "it does not answer within {} s; containers must be reachable from here by their addresses, as they are where the \
                 engine runs on this machine, and not in a virtual or another one",
                START_DEADLINE.as_secs()
            ));
        }
        std::thread::sleep(START_PAUSE);
    }
    let pack = |entry: &NewEntry| ProxyPack::new(entry.name.clone(), entry.listen.clone(), entry.upstream.clone());
    let made = client.populate(entries.iter().map(pack).collect())?;
    if made.len() != entries.len() {
        return Err(format!("of {} entries it made {}", entries.len(), made.len()));
    }
    entries.into_iter().try_for_each(|entry| {
        let change = Change { name: entry.name, from: State::default(), to: entry.state };
        apply(client, &change)
    })
}

/// Makes an entry what it should be. What is only added is added in place; else all is taken away and put back, since the library
/// has no word for changing one toxic: for a millisecond or two the entry then has no latency.
fn apply(client: &Client, change: &Change) -> Result<(), String> {
    let proxy = client.find_proxy(&change.name)?;
    match (change.from.refused, change.to.refused) {
        (false, true) => proxy.disable()?,
        (true, false) => proxy.enable()?,
        _ => {}
    }
    let streams = [("upstream", change.from.up, change.to.up), ("downstream", change.from.down, change.to.down)];
    let only_added = streams.iter().all(|(_, from, to)| {
        let untouched =
            (from.latency_ms, from.jitter_ms) == (to.latency_ms, to.jitter_ms) || *from == Stream::default();
        untouched && (to.stalled || !from.stalled) && (from.rate_kb == to.rate_kb || from.rate_kb == 0)
    });
    if !only_added {
        proxy.delete_all_toxics()?;
    }
    for (name, from, to) in streams {
        let there = if only_added { from } else { Stream::default() };
        // The stall first: what was to be held back must not slip through meanwhile.
        if to.stalled && !there.stalled {
            proxy.with_timeout(name.to_owned(), 0, 1.0);
        }
        let late = to.latency_ms > 0 || to.jitter_ms > 0;
        if late && (there.latency_ms, there.jitter_ms) != (to.latency_ms, to.jitter_ms) {
            proxy.with_latency(name.to_owned(), to.latency_ms, to.jitter_ms, 1.0);
        }
        if to.rate_kb > 0 && there.rate_kb != to.rate_kb {
            proxy.with_bandwidth(name.to_owned(), to.rate_kb, 1.0);
        }
    }
    verify(&client.find_proxy(&change.name)?, change)
}

/// The library does not look at the proxy's answers, so the proxy is asked.
fn verify(proxy: &Proxy, change: &Change) -> Result<(), String> {
    if proxy.proxy_pack.enabled == change.to.refused {
        return Err(format!("entry {}: it should refuse connections: {}", change.name, change.to.refused));
    }
    let toxics = &proxy.proxy_pack.toxics;
    for (name, stream) in [("upstream", change.to.up), ("downstream", change.to.down)] {
        let of = |kind: &str| toxics.iter().find(|toxic| toxic.stream == name && toxic.r#type == kind);
        let attribute = |kind: &str, attribute: &str| {
            of(kind).and_then(|toxic: &ToxicPack| toxic.attributes.get(attribute).copied())
        };
        let found = Stream {
            latency_ms: attribute("latency", "latency").unwrap_or(0),
            jitter_ms: attribute("latency", "jitter").unwrap_or(0),
            rate_kb: attribute("bandwidth", "rate").unwrap_or(0),
            stalled: of("timeout").is_some(),
        };
        if found != stream {
            return Err(format!("entry {}, {name}: it should be {stream:?} and is {found:?}", change.name));
        }
    }
    Ok(())
}
