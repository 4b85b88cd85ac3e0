//! The clients' way in on simulated hosts: requests and answers as frames, numbered by the client, any number under way on one connection.

use crate::core::Ask;
use crate::frame::{self, Decoder};
use crate::host::{Clock, Listener};
use crate::shell::UnderWay;
use crate::switches::Switches;
use crate::tasks::Tasks;
use firedrill_model::{NotApplied, Request, Response};
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

/// A request without an answer from the core for so long is answered as unknown.
pub const DEADLINE: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const READ_BYTES: usize = 64 << 10;
/// So many answers of one connection may wait to be written; who asks for more waits with its next request.
const MAX_ANSWERS: usize = 1024;

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Its number for it, to be repeated in the answer.
    pub number: u64,
    /// What it asks.
    pub request: Request,
}

/// What it is sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The number of the request.
    pub number: u64,
    /// The answer.
    pub response: Response,
}

/// Lets clients in, for as long as it is polled.
pub async fn serve<L, C>(
    mut listener: L,
    (clock, switches): (C, Switches),
    (asks, under_way): (mpsc::Sender<Ask>, UnderWay),
) where
    L: Listener,
    L::Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    C: Clock,
{
    let mut connections = Tasks::default();
    loop {
        let Ok(stream) = listener.accept().await else {
            clock.sleep_until(clock.now() + ACCEPT_PAUSE).await;
            continue;
        };
        let (clock, asks) = (clock.clone(), (asks.clone(), under_way.clone()));
        let decoder = Decoder::with(switches.clone());
        connections.spawn(async move {
            // A connection that breaks the protocol is closed, which is all that the client can be told.
            let _: io::Result<()> = converse(stream, decoder, clock, asks).await;
        });
    }
}

async fn converse<S, C>(
    stream: S,
    mut decoder: Decoder,
    clock: C,
    (asks, under_way): (mpsc::Sender<Ask>, UnderWay),
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    C: Clock,
{
    let (mut from_client, mut to_client) = tokio::io::split(stream);
    let (answered, mut answers) = mpsc::channel(MAX_ANSWERS);
    let reading = async {
        let (mut buffer, mut waiting) = (vec![0; READ_BYTES], Tasks::default());
        loop {
            while let Some(payload) = decoder.next_payload().map_err(io::Error::other)? {
                let asked: Asked = postcard::from_bytes(payload).map_err(io::Error::other)?;
                let (answered, asks, clock) = (answered.clone(), asks.clone(), clock.clone());
                let under_way = under_way.upgrade();
                waiting.spawn(async move {
                    let response = ask(&asks, &clock, asked.request).await;
                    // The client may have gone.
                    drop(answered.send((Answer { number: asked.number, response }, under_way)).await);
                });
            }
            match from_client.read(&mut buffer).await? {
                0 => return Ok(()),
                count => decoder.push(&buffer[..count]),
            }
        }
    };
    let writing = async {
        while let Some((answer, _under_way)) = answers.recv().await {
            to_client.write_all(&frame::encode(&answer).map_err(io::Error::other)?).await?;
            to_client.flush().await?;
        }
        Ok(())
    };
    tokio::select! {
        biased;
        ended = writing => ended,
        ended = reading => ended,
    }
}

async fn ask<C: Clock>(asks: &mpsc::Sender<Ask>, clock: &C, request: Request) -> Response {
    let (reply, answer) = oneshot::channel();
    if let Err(TrySendError::Full(_) | TrySendError::Closed(_)) = asks.try_send(Ask::Request(request, reply)) {
        return Response::NotApplied(NotApplied::Busy);
    }
    tokio::select! {
        biased;
        // The core ended with the request in its hands: it may have been applied.
        response = answer => response.unwrap_or(Response::Unknown),
        () = clock.sleep_until(clock.now() + DEADLINE) => Response::Unknown,
    }
}
