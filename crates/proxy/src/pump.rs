//! One direction of one connection: reads the source, lets the chain decide, writes the sink.

use crate::chain::Chain;
use crate::metrics::Counter;
use crate::stage::{Item, Packet};
use crate::{alarm::Alarm, toxics::lock};
use bytes::{Buf, Bytes, BytesMut};
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Bytes read at once, and the size of the buffers that are allocated for it.
const BUFFER: usize = 256 * 1024;
/// A buffer with less free space than this is left to those who hold parts of it, and another is taken.
const WORTH_READING: usize = 64 * 1024;

/// The chain of one direction, shared by the pump that runs it and the API that changes it. A change holds for every byte that
/// is read after it.
#[derive(Debug, Default)]
pub(crate) struct Link {
    chain: Mutex<Chain>,
    changed: Notify,
}

impl Link {
    /// Changes the chain and tells the pump.
    pub fn alter(&self, change: impl FnOnce(&mut Chain)) {
        change(&mut lock(&self.chain));
        self.changed.notify_one();
    }

    fn look(&self, now: Instant, wants_item: bool) -> (Option<Item>, View) {
        let mut chain = lock(&self.chain);
        chain.advance(now);
        let next = if wants_item { chain.pop() } else { None };
        chain.advance(now);
        (next, View { has_room: chain.has_room(), is_reset: chain.is_reset(), deadline: chain.deadline() })
    }
}

struct View {
    has_room: bool,
    is_reset: bool,
    deadline: Option<Instant>,
}

/// How a direction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The source ended, or the sink takes no more; the other direction lives on.
    Half,
    /// The connection is to be closed.
    Close,
    /// The connection is to be reset.
    Reset,
}

/// One direction at work.
pub(crate) struct Pump {
    /// Read from.
    pub source: Arc<TcpStream>,
    /// Written to.
    pub sink: Arc<TcpStream>,
    /// What happens between.
    pub link: Arc<Link>,
    /// Where bytes are counted.
    pub counter: Arc<Counter>,
}

enum Write {
    /// There was nothing to write.
    Nothing,
    /// Something was written.
    Some,
    /// The sink takes nothing now.
    Blocked,
    /// The sink takes nothing any more; the other direction sees why.
    SinkGone,
}

impl Pump {
    /// Moves bytes until this direction has ended.
    pub async fn run(self) -> Ending {
        let mut alarm = Alarm::default();
        let mut buffer = BytesMut::new();
        let mut out = Bytes::new();
        loop {
            let (next, view) = self.link.look(Instant::now(), out.is_empty());
            match next {
                Some(Item::Data(bytes)) => out = bytes,
                Some(Item::End) => return self.end(),
                Some(Item::Close) => return Ending::Close,
                Some(Item::Reset) => return Ending::Reset,
                None => {}
            }
            let has_moved = match self.write(&mut out) {
                Write::Some => true,
                Write::SinkGone => return Ending::Half,
                // A reset doesn't wait for whoever doesn't read.
                Write::Blocked if view.is_reset => return Ending::Reset,
                Write::Nothing | Write::Blocked => view.has_room && self.read(&mut buffer),
            };
            if !has_moved {
                self.wait(&view, !out.is_empty(), &mut alarm).await;
            }
            tokio::task::coop::consume_budget().await;
        }
    }

    async fn wait(&self, view: &View, wants_to_write: bool, alarm: &mut Alarm) {
        tokio::select! {
            biased;
            () = self.link.changed.notified() => {}
            () = alarm.until(view.deadline) => {}
            _ = self.sink.writable(), if wants_to_write => {}
            _ = self.source.readable(), if view.has_room => {}
        }
    }

    fn write(&self, out: &mut Bytes) -> Write {
        if out.is_empty() {
            return Write::Nothing;
        }
        match self.sink.try_write(out) {
            Ok(written) => {
                out.advance(written);
                self.counter.sent(written);
                Write::Some
            }
            Err(error) if is_passing(error.kind()) => Write::Blocked,
            Err(_) => Write::SinkGone,
        }
    }

    /// True if the chain was given something.
    fn read(&self, buffer: &mut BytesMut) -> bool {
        if buffer.capacity() < WORTH_READING {
            buffer.reserve(BUFFER);
        }
        let item = match self.source.try_read_buf(buffer) {
            Ok(0) => Item::End,
            Ok(read) => {
                self.counter.received(read);
                Item::Data(buffer.split().freeze())
            }
            Err(error) if is_passing(error.kind()) => return false,
            Err(_) => Item::Reset,
        };
        lock(&self.link.chain).push(Packet { at: Instant::now(), item });
        true
    }

    fn end(&self) -> Ending {
        // Fails only if the sink is gone already, which the other direction sees.
        let _ = socket2::SockRef::from(&*self.sink).shutdown(std::net::Shutdown::Write);
        Ending::Half
    }
}

fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
