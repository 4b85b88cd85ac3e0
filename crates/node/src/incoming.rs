//! The other direction of each link: peers' messages to this site.

use crate::frame::{Decoder, FrameError, Hello};
use crate::host::{Clock, Listener};
use crate::switches::Switches;
use crate::tasks::Tasks;
use firedrill_model::SiteId;
use firedrill_stack::message::Message;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{Notify, Semaphore, mpsc};

/// A stranger must say hello within this.
const HELLO_DEADLINE: Duration = Duration::from_secs(5);
/// So many connections at a time, strangers included; more wait.
const MAX_CONNECTIONS: usize = 64;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const READ_BYTES: usize = 64 << 10;

/// A message, and who sent it.
pub type FromPeer = (SiteId, Message);

/// Which connection of a peer is the newest. An older one ends when a newer one says hello, so that a peer whose end was never
/// noticed does not leave a connection behind each time.
#[derive(Debug)]
pub struct Newest {
    serials: Vec<(AtomicU64, Notify)>,
}

impl Newest {
    /// For so many sites.
    pub fn new(sites: usize) -> Newest {
        Newest { serials: (0..sites).map(|_| (AtomicU64::new(0), Notify::new())).collect() }
    }

    fn begin(&self, peer: SiteId) -> u64 {
        let (serial, changed) = &self.serials[peer.index()];
        let mine = serial.fetch_add(1, Ordering::SeqCst) + 1;
        changed.notify_waiters();
        mine
    }

    async fn superseded(&self, peer: SiteId, mine: u64) {
        let (serial, changed) = &self.serials[peer.index()];
        loop {
            let change = changed.notified();
            if serial.load(Ordering::SeqCst) != mine {
                return;
            }
            change.await;
        }
    }
}

/// Accepts connections and passes on what peers say on them, for as long as it is polled. A full `messages` makes the peers wait.
pub async fn accept<L, C>(
    mut listener: L,
    (clock, switches): (C, Switches),
    me: SiteId,
    sites: usize,
    messages: mpsc::Sender<FromPeer>,
) where
    L: Listener,
    L::Stream: AsyncRead + Unpin + Send + 'static,
    C: Clock,
{
    let newest = Arc::new(Newest::new(sites));
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = Tasks::default();
    loop {
        let Ok(permit) = permits.clone().acquire_owned().await else {
            return;
        };
        let Ok(stream) = listener.accept().await else {
            // Out of descriptors, for instance: waiting is all that helps.
            clock.sleep_until(clock.now() + ACCEPT_PAUSE).await;
            continue;
        };
        let (newest, messages, clock) = (newest.clone(), messages.clone(), clock.clone());
        let decoder = Decoder::with(switches.clone());
        connections.spawn(async move {
            let _permit = permit;
            // A connection that breaks the protocol is closed, which is all the peer can be told.
            let _: io::Result<()> = listen_to((stream, decoder), clock, me, sites, &newest, &messages).await;
        });
    }
}

async fn listen_to<S, C>(
    (stream, decoder): (S, Decoder),
    clock: C,
    me: SiteId,
    sites: usize,
    newest: &Newest,
    messages: &mpsc::Sender<FromPeer>,
) -> io::Result<()>
where
    S: AsyncRead + Unpin + Send,
    C: Clock,
{
    let mut reader = Reader { stream, decoder, buffer: vec![0; READ_BYTES] };
    let hello = tokio::select! {
        biased;
        hello = reader.next(|payload| Hello::read(payload, me, sites)) => hello?,
        () = clock.sleep_until(clock.now() + HELLO_DEADLINE) => return Err(io::ErrorKind::TimedOut.into()),
    };
    let mine = newest.begin(hello.from);
    let reading = async {
        loop {
            let message =
                reader.next(|payload| postcard::from_bytes(payload).map_err(|_| FrameError::Malformed)).await?;
            if messages.send((hello.from, message)).await.is_err() {
                return Ok(());
            }
        }
    };
    tokio::select! {
        biased;
        () = newest.superseded(hello.from, mine) => Ok(()),
        ended = reading => ended,
    }
}

struct Reader<S> {
    stream: S,
    decoder: Decoder,
    buffer: Vec<u8>,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    async fn next<T>(&mut self, read: impl Fn(&[u8]) -> Result<T, FrameError>) -> io::Result<T> {
        loop {
            if let Some(payload) = self.decoder.next_payload().map_err(io::Error::other)? {
                return read(payload).map_err(io::Error::other);
            }
            match self.stream.read(&mut self.buffer).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.decoder.push(&self.buffer[..count]),
            }
        }
    }
}
