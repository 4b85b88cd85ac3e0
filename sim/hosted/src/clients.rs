//! Clients of a region: connections to the sites, kept and shared; requests on them, numbered.
//!
//! A connection on which nothing was heard for a while after a request gets no new ones, whether or not anybody still waits for the answer, as a client
//! library's pool would have it; what is under way on it may still be answered.

use crate::clock::world_reaches;
use crate::net::SiteNet;
use crate::stage::Stage;
use crate::wires::{CLIENTS, Wires, ip};
use firedrill_drill::world::{RequestId, WorldEvent};
use firedrill_model::{Endpoint, RegionId, Request, SiteId, Time};
use firedrill_node::frame::{self, Decoder};
use firedrill_node::framed::{Answer, Asked};
use firedrill_node::host::Net;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};

const OVERDUE: Duration = Duration::from_secs(3);
const READ_BYTES: usize = 16 << 10;

/// What clients are told.
#[derive(Debug)]
pub enum Order {
    /// Send a request.
    Send {
        /// Then.
        due: Time,
        /// Named so.
        id: RequestId,
        /// To this site.
        site: SiteId,
        /// This.
        request: Request,
    },
    /// No longer wait for an answer.
    Forget(RequestId),
}

struct Clients<W> {
    stage: Stage,
    net: SiteNet<W>,
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    waiting: BTreeSet<RequestId>,
    pool: BTreeMap<SiteId, Arc<Connection>>,
    /// Where each request is under way.
    on: BTreeMap<RequestId, Arc<Connection>>,
}

struct Connection {
    asked: mpsc::UnboundedSender<Asked>,
    under_way: Mutex<BTreeSet<RequestId>>,
    /// When an answer came last.
    heard: Mutex<Time>,
    /// It is to end when nothing is under way any more.
    ends: Notify,
}

/// Runs the clients of a region, for as long as it is polled.
pub async fn run<W: Wires>(stage: Stage, wires: W, region: RegionId, mut orders: mpsc::UnboundedReceiver<Order>) {
    let net = SiteNet { wires, stage: stage.clone(), me: Endpoint::Region(region) };
    let clients = Arc::new(Clients { stage, net, desk: Mutex::default() });
    while let Some(order) = orders.recv().await {
        match order {
            Order::Forget(id) => clients.forget(id),
            Order::Send { due, id, site, request } => {
                clients.desk().waiting.insert(id);
                let clients = clients.clone();
                tokio::spawn(async move {
                    world_reaches(&clients.stage, due).await;
                    clients.send(id, site, request).await;
                });
            }
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<W: Wires> Clients<W> {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        held(&self.desk)
    }

    fn forget(&self, id: RequestId) {
        self.desk().waiting.remove(&id);
        let connection = self.desk().on.remove(&id);
        if let Some(connection) = connection {
            held(&connection.under_way).remove(&id);
            connection.ends.notify_one();
        }
    }

    async fn send(self: &Arc<Self>, id: RequestId, site: SiteId, request: Request) {
        if !self.desk().waiting.contains(&id) {
            return;
        }
        let pooled = self.desk().pool.get(&site).cloned();
        let connection = pooled.unwrap_or_else(|| self.open(site));
        held(&connection.under_way).insert(id);
        self.desk().on.insert(id, connection.clone());
        // If it has ended meanwhile, that is told when it is taken down.
        drop(connection.asked.send(Asked { number: id.0, request }));
        let sent = self.stage.now();
        tokio::time::sleep(OVERDUE).await;
        let heard = *held(&connection.heard);
        if heard < sent {
            self.retire(site, &connection);
        }
    }

    fn retire(&self, site: SiteId, connection: &Arc<Connection>) {
        let mut desk = self.desk();
        if desk.pool.get(&site).is_some_and(|pooled| Arc::ptr_eq(pooled, connection)) {
            desk.pool.remove(&site);
        }
        connection.ends.notify_one();
    }

    fn is_pooled(&self, site: SiteId, connection: &Arc<Connection>) -> bool {
        self.desk().pool.get(&site).is_some_and(|pooled| Arc::ptr_eq(pooled, connection))
    }

    fn open(self: &Arc<Self>, site: SiteId) -> Arc<Connection> {
        let (asked, to_ask) = mpsc::unbounded_channel();
        let connection = Arc::new(Connection {
            asked,
            under_way: Mutex::default(),
            heard: Mutex::new(Time::ZERO),
            ends: Notify::new(),
        });
        self.desk().pool.insert(site, connection.clone());
        let (clients, mine) = (self.clone(), connection.clone());
        tokio::spawn(async move {
            let error = tokio::select! {
                biased;
                error = clients.converse(site, to_ask, &mine) => error,
                () = clients.until_unused(site, &mine) => return,
            };
            clients.ended(site, &mine, &error);
        });
        connection
    }

    async fn until_unused(&self, site: SiteId, connection: &Arc<Connection>) {
        loop {
            connection.ends.notified().await;
            if !self.is_pooled(site, connection) && held(&connection.under_way).is_empty() {
                return;
            }
        }
    }

    async fn converse(
        &self,
        site: SiteId,
        mut to_ask: mpsc::UnboundedReceiver<Asked>,
        connection: &Connection,
    ) -> io::Error {
        let stream = match self.net.connect(&format!("{}:{CLIENTS}", ip(Endpoint::Site(site)))).await {
            Ok(stream) => stream,
            Err(error) => return error,
        };
        let (mut from_site, mut to_site) = tokio::io::split(stream);
        let asking = async {
            while let Some(asked) = to_ask.recv().await {
                to_site.write_all(&frame::encode(&asked).map_err(io::Error::other)?).await?;
                to_site.flush().await?;
            }
            Ok(())
        };
        let listening = async {
            let (mut decoder, mut buffer) = (Decoder::default(), vec![0; READ_BYTES]);
            loop {
                while let Some(payload) = decoder.next_payload().map_err(io::Error::other)? {
                    *held(&connection.heard) = self.stage.now();
                    self.answered(postcard::from_bytes(payload).map_err(io::Error::other)?);
                }
                match from_site.read(&mut buffer).await? {
                    0 => return Ok(()),
                    count => decoder.push(&buffer[..count]),
                }
            }
        };
        let ended: io::Result<()> = tokio::select! {
            biased;
            ended = listening => ended,
            ended = asking => ended,
        };
        ended.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn answered(&self, answer: Answer) {
        let id = RequestId(answer.number);
        if self.take(id) {
            self.stage.tell(WorldEvent::Answered { id, response: answer.response });
        }
    }

    /// A request has its fate; false: nobody waits for it.
    fn take(&self, id: RequestId) -> bool {
        let mut desk = self.desk();
        if let Some(connection) = desk.on.remove(&id) {
            held(&connection.under_way).remove(&id);
            connection.ends.notify_one();
        }
        desk.waiting.remove(&id)
    }

    fn ended(&self, site: SiteId, connection: &Arc<Connection>, error: &io::Error) {
        self.retire(site, connection);
        let refused = error.kind() == io::ErrorKind::ConnectionRefused;
        let under_way = std::mem::take(&mut *held(&connection.under_way));
        for id in under_way {
            if self.take(id) {
                let event = if refused { WorldEvent::Refused { id } } else { WorldEvent::Broken { id } };
                self.stage.tell(event);
            }
        }
    }
}
