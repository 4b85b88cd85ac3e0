//! The plan that the suite runs: three sites near each other, two regions, one service. Detection takes 120 s, and no test that long, so that no
//! failover disturbs it.

use crate::world::{Physics, Setup};
use firedrill_plan::Plan;
use firedrill_plan::plan::{Detection, Level, Link, Raft, Region, Service, Site};
use std::sync::Arc;
use std::time::Duration;

/// Round trips between sites, by site and site, in milliseconds.
const LINKS_MS: [[u64; 3]; 3] = [[0, 20, 40], [20, 0, 30], [40, 30, 0]];
/// Round trips between regions and sites, by region and site, in milliseconds.
const REGIONS_MS: [[u64; 3]; 2] = [[10, 30, 50], [60, 40, 20]];

/// What a world of the suite is made from: the plan, one seed, even disks and links without jitter or loss.
pub fn setup() -> Setup {
    let plan = plan();
    let config = plan.stack_config();
    let sync = Duration::from_millis(1);
    let physics = Physics { sync_min: sync, sync_max: sync, jitter_per_mille: 0, loss_per_mille: 0 };
    Setup { plan, config, seed: 1, physics }
}

fn plan() -> Plan {
    let site = |name: &str, role: &str| Site { name: name.into(), role: role.into(), capacity_percent: 100 };
    let row = |row: [u64; 3]| row.map(Duration::from_millis);
    let region = |name: &str, place: usize| Region { name: name.into(), round_trips: row(REGIONS_MS[place]).to_vec() };
    Plan {
        title: "conformance".into(),
        text: String::new(),
        sites: vec![site("first", "primary"), site("second", "secondary"), site("third", "tertiary")],
        links: LINKS_MS.map(|links| row(links).map(|round_trip| Link { round_trip }).to_vec()).to_vec(),
        regions: vec![region("near", 0), region("far", 1)],
        services: vec![Service {
            name: "store".into(),
            tier: "tier 1".into(),
            priority: 0,
            depends_on: Vec::new(),
            rto: Duration::from_secs(15 * 60),
        }],
        raft: Raft {
            heartbeat: Duration::from_millis(100),
            election_timeout: Duration::from_secs(1),
            snapshot_threshold: 10_000,
            max_batch: 64,
            max_in_flight: 16,
        },
        detection: Detection { interval: Duration::from_secs(30), timeout: Duration::from_secs(30), retries: 3 },
        notifications: Vec::new(),
        dns_ttl: Duration::from_secs(30),
        level: Level {
            sustain: Duration::from_secs(60),
            probes: 1000,
            success_per_mille: 999,
            bound_margin: Duration::from_millis(50),
        },
        latency_claim: None,
        transaction_log: None,
        sessions_rpo: None,
        time_scale: 1,
        assumptions: Vec::new(),
        document: Arc::default(),
    }
}
