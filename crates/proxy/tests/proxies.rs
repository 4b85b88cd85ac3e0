//! Proxies through Toxiproxy's client: populate, reset, enable, disable, and what becomes of their connections.

mod stage;

use stage::*;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

#[test]
fn the_client_finds_a_server_and_its_version() {
    let stage = Stage::new();
    assert!(stage.client.is_running());
    assert!(stage.client.version().unwrap().contains("firedrill"));
    assert!(stage.client.all().unwrap().is_empty());
    assert!(stage.client.find_proxy("nobody").is_err());
}

#[test]
fn populating_again_leaves_connections_and_toxics_alone() {
    let stage = Stage::new();
    let upstream = echo();
    let proxy = stage.proxy("same", upstream);
    assert!(!proxy.proxy_pack.listen.ends_with(":0"), "the real port is told");
    proxy.with_latency("downstream".into(), 1, 0, 1.0);
    let mut stream = dial(&proxy);
    ping(&mut stream).unwrap();
    let again = stage.proxy("same", upstream);
    assert_eq!(again.proxy_pack.listen, proxy.proxy_pack.listen);
    let by_port = stage.populate(pack("same", &proxy.proxy_pack.listen, upstream));
    assert_eq!(by_port.proxy_pack.toxics.len(), 1);
    ping(&mut stream).unwrap();
    assert_eq!(stage.client.all().unwrap().len(), 1);
}

#[test]
fn populating_with_another_upstream_replaces() {
    let stage = Stage::new();
    let proxy = stage.proxy("moves", echo());
    let mut stream = dial(&proxy);
    ping(&mut stream).unwrap();
    let moved = stage.populate(pack("moves", &proxy.proxy_pack.listen, fountain(3)));
    assert_eq!(moved.proxy_pack.listen, proxy.proxy_pack.listen);
    assert!(ping(&mut stream).is_err(), "the old connection is ended");
    assert_eq!(dial(&moved).read_to_end(&mut Vec::new()).unwrap(), 3);
}

#[test]
fn disabling_ends_live_connections_and_refuses_new_ones() {
    let stage = Stage::new();
    let proxy = stage.proxy("down", echo());
    let mut stream = dial(&proxy);
    ping(&mut stream).unwrap();
    proxy
        .with_down(|| {
            assert!(ping(&mut stream).is_err());
            let start = Instant::now();
            let error = TcpStream::connect(&proxy.proxy_pack.listen).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            assert!(start.elapsed() < Duration::from_millis(500));
            assert!(!stage.client.find_proxy("down").unwrap().proxy_pack.enabled);
        })
        .unwrap();
    ping(&mut dial(&proxy)).unwrap();
    assert!(stage.client.find_proxy("down").unwrap().proxy_pack.enabled);
}

#[test]
fn an_idle_connection_sees_the_end_when_its_proxy_is_disabled() {
    let stage = Stage::new();
    let proxy = stage.proxy("idle", echo());
    let mut stream = dial(&proxy);
    ping(&mut stream).unwrap();
    proxy.disable().unwrap();
    assert_eq!(ending(&mut stream), Ok(()));
}

#[test]
fn reset_enables_all_and_removes_every_toxic() {
    let stage = Stage::new();
    let down = stage.proxy("down", echo());
    let slow = stage.proxy("slow", echo());
    down.disable().unwrap();
    let mut stream = dial(&slow);
    slow.with_timeout("upstream".into(), 0, 1.0).with_latency("downstream".into(), 60_000, 0, 1.0);
    stream.write_all(b"x").unwrap();
    stage.client.reset().unwrap();
    stream.read_exact(&mut [0]).unwrap();
    ping(&mut dial(&down)).unwrap();
    assert!(
        stage
            .client
            .all()
            .unwrap()
            .values()
            .all(|proxy| { proxy.proxy_pack.enabled && proxy.proxy_pack.toxics.is_empty() })
    );
}

#[test]
fn find_and_reset_and_apply_work_as_the_client_means_them() {
    let stage = Stage::new();
    stage.proxy("one", echo()).with_latency("upstream".into(), 5, 1, 1.0);
    let proxy = stage.client.find_and_reset_proxy("one").unwrap();
    assert!(proxy.toxics().unwrap().is_empty());
    proxy
        .with_slicer("downstream".into(), 2048, 128, 0, 0.8)
        .with_bandwidth("downstream".into(), 32, 0.5)
        .with_limit_data("upstream".into(), 9, 0.0)
        .with_slow_close("upstream".into(), 9, 0.0)
        .apply(|| {
            let toxics = proxy.toxics().unwrap();
            let names: Vec<_> = toxics.iter().map(|toxic| toxic.name.as_str()).collect();
            let expected = ["slicer_downstream", "bandwidth_downstream", "limit_data_upstream", "slow_close_upstream"];
            assert_eq!(names, expected);
            assert_eq!((toxics[0].toxicity, toxics[0].attributes["size_variation"]), (0.8, 128));
        })
        .unwrap();
    assert!(proxy.toxics().unwrap().is_empty());
    proxy.delete().unwrap();
    assert!(stage.client.find_proxy("one").is_err());
}

#[test]
fn a_half_closed_connection_stays_open_the_other_way() {
    let stage = Stage::new();
    let answers_at_the_end = upstream(|mut stream| {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        stream.write_all(&all).unwrap();
    });
    let mut stream = dial(&stage.proxy("half", answers_at_the_end));
    stream.write_all(b"question").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "question");
}

#[test]
fn a_client_is_closed_at_once_when_the_upstream_is_not_there() {
    let stage = Stage::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut stream = dial(&stage.proxy("gone", nobody));
    let start = Instant::now();
    assert_eq!(ending(&mut stream), Ok(()));
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_reset_of_the_upstream_reaches_the_client_behind_the_bytes() {
    let stage = Stage::new();
    let rude = upstream(|mut stream| {
        stream.write_all(b"bye").unwrap();
        // Closing with a byte unread makes the kernel send a reset.
        stream.peek(&mut [0]).unwrap();
    });
    let proxy = stage.proxy("rude", rude);
    proxy.with_latency("downstream".into(), 100, 0, 1.0);
    let mut stream = dial(&proxy);
    stream.write_all(b"x").unwrap();
    let mut bye = [0; 3];
    stream.read_exact(&mut bye).unwrap();
    assert_eq!(&bye, b"bye");
    assert_eq!(ending(&mut stream), Err(ErrorKind::ConnectionReset));
}

#[test]
fn two_servers_know_nothing_of_each_other_and_stop_cleanly() {
    let (one, two) = (Stage::new(), Stage::new());
    let proxy = one.proxy("same name", echo());
    two.proxy("same name", fountain(1));
    let mut stream = dial(&proxy);
    ping(&mut stream).unwrap();
    one.server.stop().unwrap();
    assert!(ping(&mut stream).is_err());
    assert!(TcpStream::connect(&proxy.proxy_pack.listen).is_err());
    assert!(!one.client.is_running());
    assert_eq!(two.client.all().unwrap().len(), 1);
}
