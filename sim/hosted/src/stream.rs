//! A connection as a process sees it: nothing is read or written while it is frozen; what is received is held back as long as its link
//! is slow; a cut that took bytes ends it, as a kernel would after its timeout; of a machine that lost its power no end is heard.

use crate::stage::Stage;
use firedrill_model::{Endpoint, Time};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// What a site's kernel waits for an acknowledgement (the node sets it on its connections). Turmoil's streams never repeat what was lost.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);
/// So much may be received ahead of the process.
const WINDOW: usize = 1 << 20;
const READ_BYTES: usize = 16 << 10;

/// Where the world reaches a connection.
pub(crate) struct Slot {
    pub(crate) ends: (Endpoint, Endpoint),
    wakers: Mutex<[Option<Waker>; 2]>,
    is_reset: AtomicBool,
}

impl Slot {
    pub(crate) fn wake(&self) {
        let wakers = std::mem::take(&mut *self.wakers.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    pub(crate) fn reset(&self) {
        self.is_reset.store(true, Ordering::SeqCst);
        self.wake();
    }

    fn keep(&self, which: usize, cx: &Context<'_>) {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)[which] = Some(cx.waker().clone());
    }
}

/// A connection of a site or a client.
pub(crate) struct Stream<S> {
    inner: S,
    stage: Stage,
    slot: Arc<Slot>,
    delays: bool,
    began: Time,
    held: VecDeque<(Time, Vec<u8>)>,
    waiting: usize,
    ended: Option<(Time, Option<io::ErrorKind>)>,
    last: Time,
    timer: Option<(Time, Pin<Box<Sleep>>)>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    /// `ends`: mine, and the other.
    pub(crate) fn new(inner: S, stage: &Stage, ends: (Endpoint, Endpoint), delays: bool) -> Stream<S> {
        let slot = Arc::new(Slot { ends, wakers: Mutex::default(), is_reset: AtomicBool::new(false) });
        stage.register(&slot);
        let began = stage.now();
        Stream {
            inner,
            stage: stage.clone(),
            slot,
            delays,
            began,
            held: VecDeque::new(),
            waiting: 0,
            ended: None,
            last: began,
            timer: None,
        }
    }

    /// When it ends because of a cut, if there was one.
    fn doom(&self) -> Option<Time> {
        let (me, peer) = self.slot.ends;
        self.stage.last_cut(me, peer).filter(|cut| *cut >= self.began).map(|cut| cut + UNACKNOWLEDGED)
    }

    fn broken(&self, now: Time) -> Option<io::Error> {
        if self.slot.is_reset.load(Ordering::SeqCst) {
            return Some(io::ErrorKind::ConnectionReset.into());
        }
        self.doom().filter(|doom| *doom <= now).map(|_| io::ErrorKind::TimedOut.into())
    }

    /// Whether the other machine can say that a connection has ended: without power it can't, and what is written goes nowhere.
    fn is_heard(&self) -> bool {
        self.stage.is_powered(self.slot.ends.1)
    }

    /// Takes in what the runtime has received.
    fn pull(&mut self, now: Time, cx: &mut Context<'_>) {
        let (me, peer) = self.slot.ends;
        while self.ended.is_none() && self.waiting < WINDOW {
            let mut buffer = vec![0; READ_BYTES];
            let mut into = ReadBuf::new(&mut buffer);
            let Poll::Ready(result) = Pin::new(&mut self.inner).poll_read(cx, &mut into) else { return };
            let len = into.filled().len();
            self.last = self.last.max(now + self.stage.delay(peer, me, self.delays));
            match result {
                Ok(()) if len > 0 => {
                    buffer.truncate(len);
                    self.waiting += len;
                    self.held.push_back((self.last, buffer));
                }
                result => self.ended = Some((self.last, result.err().map(|error| error.kind()))),
            }
        }
    }

    /// Gives what is due by now; `None`: nothing is.
    fn give(&mut self, now: Time, buf: &mut ReadBuf<'_>) -> Option<io::Result<()>> {
        if let Some((due, bytes)) = self.held.front_mut() {
            if *due > now {
                return None;
            }
            let count = self.stage.read_len(bytes.len().min(buf.remaining()));
            buf.put_slice(&bytes[..count]);
            bytes.drain(..count);
            self.waiting -= count;
            if bytes.is_empty() {
                self.held.pop_front();
            }
            return Some(Ok(()));
        }
        match self.ended {
            Some((due, how)) if due <= now && self.is_heard() => Some(how.map_or(Ok(()), |kind| Err(kind.into()))),
            _ => None,
        }
    }

    /// When there is something to do without anything being received.
    fn next(&self, now: Time) -> Option<Time> {
        let held = self.held.front().map(|(due, _)| *due).or(self.ended.map(|(due, _)| due));
        [held, self.doom()].into_iter().flatten().filter(|at| *at > now).min()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.slot.keep(0, cx);
        if this.stage.is_frozen(this.slot.ends.0) {
            return Poll::Pending;
        }
        loop {
            let now = this.stage.now();
            if let Some(error) = this.broken(now) {
                return Poll::Ready(Err(error));
            }
            this.pull(now, cx);
            if let Some(result) = this.give(now, buf) {
                return Poll::Ready(result);
            }
            let Some(next) = this.next(now) else {
                this.timer = None;
                return Poll::Pending;
            };
            if this.timer.as_ref().is_none_or(|(at, _)| *at != next) {
                this.timer = Some((next, Box::pin(tokio::time::sleep(next.since(now)))));
            }
            let Some((_, timer)) = &mut this.timer else { return Poll::Pending };
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            this.timer = None;
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.slot.keep(1, cx);
        if self.stage.is_frozen(self.slot.ends.0) {
            return Poll::Pending;
        }
        if let Some(error) = self.broken(self.stage.now()) {
            return Poll::Ready(Err(error));
        }
        match Pin::new(&mut self.inner).poll_write(cx, buf) {
            Poll::Ready(Err(_)) if !self.is_heard() => Poll::Ready(Ok(buf.len())),
            result => result,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.inner).poll_flush(cx) {
            Poll::Ready(Err(_)) if !self.is_heard() => Poll::Ready(Ok(())),
            result => result,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
