//! One direction of a link against a peer that does not do its part.

use firedrill_model::SiteId;
use firedrill_node::frame::{Decoder, Hello};
use firedrill_node::outbox::{MAX_BYTES, Outbox};
use firedrill_node::outgoing::deliver;
use firedrill_node::switches::Switches;
use firedrill_node::tokio_host::{MonotonicClock, TokioNet};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

const PATIENCE: Duration = Duration::from_secs(20);
const MESSAGE: usize = 1 << 20;

async fn link() -> (TcpListener, Arc<Outbox>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let outbox = Arc::new(Outbox::default());
    let clock = MonotonicClock { run_start_ns: 0 };
    let hello = Hello::new(SiteId(0), SiteId(1));
    let task = tokio::spawn(deliver(TokioNet, (clock, Switches::default()), addr, hello, outbox.clone()));
    (listener, outbox, task)
}

async fn accept(listener: &TcpListener) -> TcpStream {
    tokio::time::timeout(PATIENCE, listener.accept()).await.expect("it connects").unwrap().0
}

#[tokio::test]
async fn a_deaf_peer_costs_no_more_than_the_queue_and_is_left_after_the_deadline() {
    let (listener, outbox, task) = link().await;
    let _deaf = accept(&listener).await;
    for _ in 0..100 {
        outbox.push(vec![0; MESSAGE]);
        tokio::task::yield_now().await;
    }
    let held = MAX_BYTES / MESSAGE;
    assert!(outbox.dropped() as usize >= 100 - held - 16, "{} of 100 were dropped", outbox.dropped());
    // It gives the connection up and makes a new one.
    accept(&listener).await;
    task.abort();
}

#[tokio::test]
async fn a_peer_that_hangs_up_is_called_again_and_greeted_again() {
    let (listener, outbox, task) = link().await;
    for _ in 0..3 {
        let mut stream = accept(&listener).await;
        let mut decoder = Decoder::default();
        let mut buffer = [0; 256];
        let hello = loop {
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "it hung up before it said hello");
            decoder.push(&buffer[..count]);
            if let Some(payload) = decoder.next_payload().unwrap() {
                break Hello::read(payload, SiteId(1), 3).unwrap();
            }
        };
        assert_eq!(hello.from, SiteId(0));
    }
    outbox.push(vec![1]);
    task.abort();
}

#[tokio::test]
async fn what_waited_without_a_connection_is_not_sent_late() {
    let (listener, outbox, task) = link().await;
    drop(accept(&listener).await);
    outbox.push(b"stale".to_vec());
    drop(accept(&listener).await);
    let mut stream = accept(&listener).await;
    let mut seen = Vec::new();
    while !seen.ends_with(b"fresh") {
        let mut byte = [0];
        let read = stream.read_exact(&mut byte);
        tokio::time::timeout(PATIENCE, read).await.expect("it goes on").unwrap();
        if seen.is_empty() {
            // It has greeted: the connection is in use.
            outbox.push(b"fresh".to_vec());
        }
        seen.push(byte[0]);
    }
    assert!(!seen.windows(5).any(|window| window == b"stale"));
    task.abort();
}
