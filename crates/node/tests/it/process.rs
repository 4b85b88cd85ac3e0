//! The process: what it refuses to start with, and how it ends.

use crate::settings;
use firedrill_model::Hazard;
use firedrill_node::{NodeConfig, NodeError, RunArgs, run};
use rustix::process::{Signal, getpid, kill_process};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

fn config(dir: &std::path::Path) -> NodeConfig {
    settings::config(0, dir, firedrill_node::tokio_host::clock::monotonic_ns())
}

#[test]
fn hazards_are_refused_unless_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.stack.hazards = [Hazard::NoFencing].into_iter().collect();
    let refused = run(RunArgs { config, allow_hazards: false }).unwrap_err();
    assert!(matches!(&refused, NodeError::Hazards(names) if names == "no-fencing"), "{refused}");
    assert_eq!(refused.exit_code(), 75);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "it touched the disk before it refused");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let text = serde_json::to_string(&config(dir.path())).unwrap();
    NodeConfig::from_json(&text).unwrap();
    let wrong = [
        ("\"me\":0", "\"me\":3", "me: 3"),
        ("\"peers\":[\"\",\"\",\"\"]", "\"peers\":[]", "peers: 0 addresses for 3 sites"),
        ("\"seed\":1", "\"sede\":1", "sede"),
        ("{", "", "not a node's configuration"),
    ];
    for (right, wrong, told) in wrong {
        assert!(text.contains(right), "{text}");
        let error = NodeConfig::from_json(&text.replacen(right, wrong, 1)).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
    let mut ahead = config(dir.path());
    ahead.run_start_ns = u64::MAX;
    let refused = run(RunArgs { config: ahead, allow_hazards: false }).unwrap_err();
    assert_eq!(refused.exit_code(), 64, "{refused}");
}

#[test]
fn a_port_in_use_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = config(dir.path());
    config.http_listen = taken.local_addr().unwrap().to_string();
    let refused = run(RunArgs { config: config.clone(), allow_hazards: false }).unwrap_err();
    assert!(refused.to_string().contains(&config.http_listen), "{refused}");
}

#[test]
fn a_site_whose_disk_fails_it_ends_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    // To read a folder is an error, as it would be to read a file that the disk has lost.
    let config = config(dir.path());
    std::fs::create_dir_all(config.data_dir.join("meta.a")).unwrap();
    let ended = run(RunArgs { config, allow_hazards: false }).unwrap_err();
    assert!(matches!(&ended, NodeError::Ended(why) if why.contains("has stopped")), "{ended}");
    assert_eq!(ended.exit_code(), 70);
}

#[test]
fn sigterm_ends_it_cleanly() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    config.http_listen = port.to_string();
    let process = std::thread::spawn(move || run(RunArgs { config, allow_hazards: false }));
    let until = Instant::now() + PATIENCE;
    // It listens for signals before it listens for clients.
    while std::net::TcpStream::connect(port).is_err() {
        assert!(Instant::now() < until, "it does not listen");
        std::thread::yield_now();
    }
    kill_process(getpid(), Signal::TERM).unwrap();
    process.join().unwrap().unwrap();
}
