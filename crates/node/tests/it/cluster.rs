//! Three sites in one process, on loopback, with real disks: they elect, write and read; one is killed and comes back.

use crate::support::{Cluster, Http};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_write_read_and_survive_one() {
    let mut cluster = Cluster::start().await;
    let written = cluster.until_done(PATIENCE, 0, &Http::put("a", b"1")).await;
    assert_eq!((written.status, written.result.as_str()), (200, "written"));
    let read = cluster.until_done(PATIENCE, 0, &Http::get("a")).await;
    assert_eq!((read.status, read.result.as_str(), read.body.as_slice()), (200, "value", &b"1"[..]));

    let absent = cluster.until_done(PATIENCE, 0, &Http::get("nobody")).await;
    assert_eq!((absent.status, absent.result.as_str()), (404, "absent"));
    let swap = |expected: &str| Http::cas("a", &format!(r#"{{"expected":{expected},"value":{{"base64":"Mg=="}}}}"#));
    let swapped = cluster.until_done(PATIENCE, 0, &swap("\"1\"")).await;
    assert_eq!((swapped.status, swapped.result.as_str()), (200, "swapped"));
    let not_swapped = cluster.until_done(PATIENCE, 0, &swap("\"1\"")).await;
    assert_eq!((not_swapped.status, not_swapped.result.as_str()), (409, "not-swapped"));

    // A retry under the same name applies once.
    let named = Http::put("b", b"x").named(5, 1);
    assert_eq!(cluster.until_done(PATIENCE, 0, &named).await.status, 200);
    assert_eq!(cluster.until_done(PATIENCE, 0, &Http::put("b", b"y").named(6, 1)).await.status, 200);
    assert_eq!(cluster.until_done(PATIENCE, 0, &named).await.status, 200);
    assert_eq!(cluster.until_done(PATIENCE, 0, &Http::get("b")).await.body, b"y");

    // A follower dies and comes back with its disk: it catches up.
    cluster.kill(2);
    assert_eq!(cluster.until_done(PATIENCE, 0, &Http::put("c", b"while away")).await.status, 200);
    cluster.restart(2, PATIENCE).await;
    cluster.until_applied_alike(PATIENCE).await;

    let (leader, observed) = cluster.until_observed(PATIENCE, "\"role\":\"leader\"").await;
    assert!(observed.contains("\"t_ns\""), "{observed}");

    // The leader dies: the others go on, as far as the log is concerned.
    cluster.kill(leader);
    let other = (leader + 1) % 3;
    cluster.until_leader(PATIENCE, other).await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_are_refused() {
    let mut cluster = Cluster::start().await;
    cluster.until_done(PATIENCE, 0, &Http::put("a", b"1")).await;
    let wrong = [
        Http::put("a", b"1").with_service("no-such"),
        Http::put(&"k".repeat(256), b"1"),
        Http::get("%FF"),
        Http::cas("a", "{"),
        Http::cas("a", r#"{"expected":null}"#),
        Http::cas("a", r#"{"expected":null,"value":{"base64":"???"}}"#),
        Http::cas("a", r#"{"expected":null,"value":"x","extra":1}"#),
        Http::put("a", b"1").with_header("firedrill-session: 1"),
        Http::put("a", b"1").with_header("firedrill-session: one").with_header("firedrill-seq: 1"),
        Http::put("a", &vec![0; (1 << 20) + 1]),
    ];
    for request in wrong {
        let answer = cluster.ask(0, &request).await.unwrap();
        let seen = (answer.status, answer.result.as_str());
        assert_eq!(seen, (400, "not-applied"), "{request:?}: {}", String::from_utf8_lossy(&answer.body));
        assert!(String::from_utf8_lossy(&answer.body).contains("\"reason\":\"invalid\""));
    }
    let largest = cluster.until_done(PATIENCE, 0, &Http::put("a", &vec![7; 1 << 20])).await;
    assert_eq!(largest.status, 200);
    assert_eq!(cluster.ask(0, &Http::get("/v1/other").raw()).await.unwrap().result, "");
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_peer_costs_nobody_anything() {
    // The third site accepts connections and never reads a byte.
    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut cluster = Cluster::start().await;
    // A group of three begins with all three.
    assert_eq!(cluster.until_done(PATIENCE, 0, &Http::put("k", b"1")).await.status, 200);
    cluster.replace_third(deaf.local_addr().unwrap(), PATIENCE).await;
    let value = vec![1; 64 << 10];
    for number in 0..50 {
        let put = Http::put(&format!("k{}", number % 4), &value);
        assert_eq!(cluster.until_done(PATIENCE, 0, &put).await.status, 200);
    }
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_garbage_are_shut_out() {
    let mut cluster = Cluster::start().await;
    cluster.until_done(PATIENCE, 0, &Http::put("a", b"1")).await;
    let garbage: [&[u8]; 3] = [b"GET / HTTP/1.1\r\n\r\n", &[0xff; 64], &[0; 8]];
    for bytes in garbage {
        assert!(cluster.is_shut_out(0, bytes, PATIENCE).await, "{bytes:?}");
    }
    assert_eq!(cluster.until_done(PATIENCE, 0, &Http::get("a")).await.status, 200);
    cluster.stop().await;
}
