//! One direction of a link: this site's messages to one peer, over a connection of its own, on which the peer never speaks.
//! (One connection per direction, so that a fault can strike one and leave the other.)

use crate::frame::{self, Hello};
use crate::host::{Clock, Net};
use crate::outbox::Outbox;
use crate::switches::Switches;
use firedrill_model::Hazard;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const CONNECT_DEADLINE: Duration = Duration::from_secs(2);
const WRITE_DEADLINE: Duration = Duration::from_secs(5);
const FIRST_BACK_OFF: Duration = Duration::from_millis(50);
const LONGEST_BACK_OFF: Duration = Duration::from_millis(800);

/// Delivers what is put into `outbox` to the peer at `addr`, for as long as it is polled: connects, says who it is, writes; and
/// after a failure, again, with twice the pause each time.
pub async fn deliver<N, C>(net: N, (clock, switches): (C, Switches), addr: String, hello: Hello, outbox: Arc<Outbox>)
where
    N: Net,
    C: Clock,
{
    let Ok(greeting) = frame::encode(&hello) else {
        return;
    };
    let patience = Patience { clock: clock.clone(), switches: switches.clone() };
    let mut back_off = FIRST_BACK_OFF;
    loop {
        if let Ok(stream) = patience.lasts(CONNECT_DEADLINE, net.connect(&addr)).await {
            // What waited for a connection is stale by now: the machine has timed out on it and will say it anew.
            outbox.clear();
            let began = clock.now();
            // Why it ended does not matter: each reason is answered by a new connection.
            let _: io::Error = write_all(stream, &patience, &greeting, &outbox).await;
            if switches.on(Hazard::NoReconnect) {
                return;
            }
            if clock.now().since(began) > LONGEST_BACK_OFF {
                back_off = FIRST_BACK_OFF;
            }
        }
        clock.sleep_until(clock.now() + back_off).await;
        back_off = (back_off * 2).min(LONGEST_BACK_OFF);
    }
}

async fn write_all<N, C: Clock>(stream: N, patience: &Patience<C>, greeting: &[u8], outbox: &Outbox) -> io::Error
where
    N: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send,
{
    let (mut from_peer, mut to_peer) = tokio::io::split(stream);
    let writing = async {
        if let Err(error) = patience.lasts(WRITE_DEADLINE, to_peer.write_all(greeting)).await {
            return error;
        }
        loop {
            let frame = outbox.next().await;
            let write = async {
                to_peer.write_all(&frame).await?;
                to_peer.flush().await
            };
            if let Err(error) = patience.lasts(WRITE_DEADLINE, write).await {
                return error;
            }
        }
    };
    // The peer never speaks here, so anything that can be read is the end; writing alone would notice it one message late.
    let ended = async {
        match from_peer.read(&mut [0; 1]).await {
            Ok(_) => io::ErrorKind::UnexpectedEof.into(),
            Err(error) => error,
        }
    };
    tokio::select! {
        biased;
        error = ended => error,
        error = writing => error,
    }
}

/// What is asked of a peer, to connect or to take bytes, is waited for so long and no longer.
struct Patience<C> {
    clock: C,
    switches: Switches,
}

impl<C: Clock> Patience<C> {
    async fn lasts<T>(&self, deadline: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let mut work = std::pin::pin!(work);
        tokio::select! {
            biased;
            result = &mut work => result,
            () = self.clock.sleep_until(self.clock.now() + deadline) => {
                if self.switches.on(Hazard::NoDeadline) {
                    return work.await;
                }
                Err(io::ErrorKind::TimedOut.into())
            }
        }
    }
}
