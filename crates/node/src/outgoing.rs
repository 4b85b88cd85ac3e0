//! One direction of a link: this site's messages to one peer, over a connection of its own, on which the peer never speaks.
//! (One connection per direction, so that a fault can strike one and leave the other.)

use crate::frame::{self, Hello};
use crate::host::{Clock, Net};
use crate::outbox::Outbox;
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
pub async fn deliver<N: Net, C: Clock>(net: N, clock: C, addr: String, hello: Hello, outbox: Arc<Outbox>) {
    let Ok(greeting) = frame::encode(&hello) else {
        return;
    };
    let mut back_off = FIRST_BACK_OFF;
    loop {
        if let Ok(stream) = within(&clock, CONNECT_DEADLINE, net.connect(&addr)).await {
            // What waited for a connection is stale by now: the machine has timed out on it and will say it anew.
            outbox.clear();
            let began = clock.now();
            // Why it ended does not matter: each reason is answered by a new connection.
            let _: io::Error = write_all(stream, &clock, &greeting, &outbox).await;
            if clock.now().since(began) > LONGEST_BACK_OFF {
                back_off = FIRST_BACK_OFF;
            }
        }
        clock.sleep_until(clock.now() + back_off).await;
        back_off = (back_off * 2).min(LONGEST_BACK_OFF);
    }
}

async fn write_all<N, C: Clock>(stream: N, clock: &C, greeting: &[u8], outbox: &Outbox) -> io::Error
where
    N: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send,
{
    let (mut from_peer, mut to_peer) = tokio::io::split(stream);
    let writing = async {
        if let Err(error) = within(clock, WRITE_DEADLINE, to_peer.write_all(greeting)).await {
            return error;
        }
        loop {
            let frame = outbox.next().await;
            let write = async {
                to_peer.write_all(&frame).await?;
                to_peer.flush().await
            };
            if let Err(error) = within(clock, WRITE_DEADLINE, write).await {
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

async fn within<C: Clock, T>(
    clock: &C,
    deadline: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    tokio::select! {
        biased;
        result = work => result,
        () = clock.sleep_until(clock.now() + deadline) => Err(io::ErrorKind::TimedOut.into()),
    }
}
