//! What the sites of the tests are told.

use firedrill_model::config::{HealthConfig, RaftConfig, ServiceConfig, SiteConfig};
use firedrill_model::{HazardSet, SiteId, StackConfig};
use firedrill_node::NodeConfig;
use std::time::Duration;

/// The configuration of a site on any free port, without addresses of peers.
pub fn config(me: u8, dir: &std::path::Path, run_start_ns: u64) -> NodeConfig {
    let site = |name: &str| SiteConfig { name: name.into(), capacity_percent: 100 };
    let stack = StackConfig {
        sites: ["new-york", "london", "singapore"].map(site).to_vec(),
        services: vec![ServiceConfig { name: "sessions".into(), priority: 0, depends_on: Vec::new() }],
        raft: RaftConfig {
            heartbeat: Duration::from_millis(100),
            election_timeout: Duration::from_millis(1000),
            pre_vote: true,
            check_quorum: true,
            max_batch: 64,
            max_in_flight: 16,
            snapshot_threshold: 10_000,
        },
        health: HealthConfig { interval: Duration::from_secs(5), timeout: Duration::from_secs(5), retries: 3 },
        transaction_log: None,
        notifications: Vec::new(),
        hazards: HazardSet::NONE,
    };
    NodeConfig {
        stack,
        me: SiteId(me),
        seed: 1,
        data_dir: dir.join(me.to_string()),
        peer_listen: "127.0.0.1:0".into(),
        http_listen: "127.0.0.1:0".into(),
        peers: vec![String::new(); 3],
        run_start_ns,
        log_key: None,
    }
}
