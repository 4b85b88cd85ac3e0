//! What the seed's plan resolves to: what the stack is told, what runs must prove, which time scales it allows.

use firedrill_model::{HazardSet, ServiceId};
use firedrill_plan::{Plan, Scenario, load, load_plan};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

fn scenarios(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(file)
}

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    load_plan(&scenarios("plans/erlmcp-v3.toml")).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
});

fn plan() -> Plan {
    PLAN.clone()
}

fn scenario(file: &str) -> (Plan, Scenario) {
    load(&scenarios(file)).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn the_stack_is_told_the_seeds_figures() {
    let config = plan().stack_config();
    let sites: Vec<_> = config.sites.iter().map(|site| (site.name.as_str(), site.capacity_percent)).collect();
    assert_eq!(sites, [("new-york", 100), ("london", 80), ("singapore", 50)]);
    assert_eq!((config.raft.heartbeat, config.raft.election_timeout), (ms(1000), ms(5000)));
    assert_eq!(config.raft.snapshot_threshold, 10_000);
    assert!(config.raft.pre_vote && config.raft.check_quorum);
    assert_eq!((config.health.interval, config.health.timeout, config.health.retries), (ms(5000), ms(30_000), 3));
    assert_eq!(config.notifications, ["pagerduty", "slack", "email"]);
    assert_eq!(config.hazards, HazardSet::NONE);
    let services: Vec<_> = config
        .services
        .iter()
        .map(|service| (service.name.as_str(), service.priority, service.depends_on.as_slice()))
        .collect();
    let core = [ServiceId(0)];
    assert_eq!(services, [("core-mcp", 0, &[][..]), ("session-manager", 0, &core[..]), ("registry", 1, &core[..])]);
}

#[test]
fn dependencies_never_promote_a_service_before_a_more_important_one() {
    let plan = plan();
    for service in &plan.services {
        for needed in &service.depends_on {
            assert!(
                plan.services[*needed].priority <= service.priority,
                "{} waits for {}",
                service.name,
                plan.services[*needed].name
            );
        }
    }
}

#[test]
fn bounds_are_the_round_trips_that_the_worst_leader_needs() {
    let (plan, scenario) = scenario("weekly/site-failure.toml");
    let objectives = plan.objectives(&scenario);
    // To the leader and, if its nearest other site is lost, from it to the farthest and back. New York asked: 0 + 250, 80 + 170 or
    // 250 + 250; London: 80 + 250, 0 + 170 or 170 + 250; Singapore: 250 + 250, 170 + 170 or 0 + 250.
    let worst = [500, 420, 500];
    let client = [[10, 90, 260], [90, 10, 180], [260, 180, 10]];
    let expected = client.map(|to| [0, 1, 2].map(|site| ms(to[site] + worst[site] + 50)).to_vec()).to_vec();
    assert_eq!(objectives.level.latency_bound, expected);
    assert_eq!(objectives.latency_claim, Some(ms(200)));
    assert!(objectives.judge_rto);
    assert_eq!(objectives.failovers_expected, 1);
    assert!(objectives.services.iter().all(|service| service.rto == Duration::from_secs(900)));
    assert_eq!(objectives.level.success_per_mille, 999);
}

#[test]
fn assumptions_are_named() {
    let plan = plan();
    let named =
        |section: &str, key: &str| plan.assumptions.iter().any(|ours| ours.section == section && ours.key == key);
    assert!(named("[[link]] london, singapore", "round_trip_ms"));
    assert!(!named("[[link]] new-york, london", "round_trip_ms"));
    assert!(named("[dns]", "lifetime_s") && named("[[region]] apac", "round_trip_ms"));
}

#[test]
fn some_clients_of_the_frozen_primary_ignore_dns() {
    let (plan, scenario) = scenario("weekly/frozen-primary.toml");
    let workload = &scenario.workload;
    assert!(workload.clients_per_region * workload.ignore_dns_ttl_percent / 100 >= 1);
    let [freeze, cut] = scenario.method.as_slice() else { panic!("{:?}", scenario.method) };
    let lasts = freeze.lasts.unwrap();
    let detection = plan.detection.timeout * (plan.detection.retries + 1) + plan.detection.interval;
    assert!(lasts.low > detection, "others must have taken over before the thaw");
    let (first_thaw, last_thaw) = (freeze.at.low + lasts.low, freeze.at.high + lasts.high);
    assert!(cut.at.high < first_thaw, "links must be cut before the thaw");
    assert!(cut.at.low + cut.lasts.unwrap().low >= last_thaw + Duration::from_secs(30));
}

#[test]
fn the_scale_of_live_runs_is_allowed_and_the_next_that_breaks_an_order_is_not() {
    let plan = plan();
    // 4 x 30 s / 11 = 10,909 ms are more than 2 x 5,000 + 2 x 250 = 10,500 ms; 4 x 30 s / 12 = 10,000 ms are not.
    assert!(plan.scaled(11).is_ok());
    let refused = plan.scaled(12).unwrap_err();
    assert_eq!(refused.largest, 11);
    let told = refused.to_string();
    for part in [
        "time scale 12 is refused",
        "4 x 2500 ms = 10000 ms",
        "2 x 5000 ms + 2 x 250 ms = 10500 ms",
        "this plan allows is 11",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(plan.scaled(0).unwrap_err().largest, 1);
    assert_eq!(plan.scaled(u32::MAX).unwrap_err().largest, 11);
}

/// Each order at its edge: as much as must be is enough, one less is not; detection must take *longer* than an election.
#[test]
fn orders_hold_up_to_their_edge() {
    let text = std::fs::read_to_string(scenarios("plans/erlmcp-v3.toml")).unwrap();
    let told = |from: &str, to: &str| {
        assert!(text.contains(from));
        Plan::parse("edge.toml", &text.replace(from, to)).err().map(|diagnostics| diagnostics.to_string())
    };
    let timeout = |to: &str| told("timeout_ms = 30000", to);
    assert_eq!(timeout("timeout_ms = 2625.25"), None);
    assert!(
        timeout("timeout_ms = 2625")
            .unwrap()
            .contains("4 x 2625 ms = 10500 ms, an election up to 2 x 5000 ms + 2 x 250 ms = 10500 ms")
    );
    let election = |to: &str| told("election_timeout_ms = 5000", to);
    assert_eq!(election("election_timeout_ms = 2000"), None);
    assert!(
        election("election_timeout_ms = 1999")
            .unwrap()
            .contains("1999 ms, less than 2 x the heartbeat interval of 1000 ms = 2000 ms")
    );
    let quick = text.replace("heartbeat_interval_ms = 1000", "heartbeat_interval_ms = 100");
    let voting = |to: &str| {
        Plan::parse("edge.toml", &quick.replace("election_timeout_ms = 5000", to))
            .err()
            .map(|diagnostics| diagnostics.to_string())
    };
    assert_eq!(voting("election_timeout_ms = 1000"), None);
    assert!(
        voting("election_timeout_ms = 999")
            .unwrap()
            .contains("999 ms, less than 4 x the longest round trip of 250 ms = 1000 ms")
    );
    let patient =
        quick.replace("election_timeout_ms = 5000", "election_timeout_ms = 1000").replace("retries = 3", "retries = 9");
    let check = |to: &str| {
        Plan::parse("edge.toml", &patient.replace("timeout_ms = 30000", to))
            .err()
            .map(|diagnostics| diagnostics.to_string())
    };
    assert_eq!(check("timeout_ms = 1000"), None);
    assert!(check("timeout_ms = 999").unwrap().contains("a check waits 999 ms, less than 4 x the longest round trip"));
}

#[test]
fn a_scale_divides_what_is_marked_scalable_and_nothing_else() {
    let plan = plan();
    let scaled = plan.scaled(10).unwrap();
    assert_eq!((scaled.detection.interval, scaled.detection.timeout, scaled.dns_ttl), (ms(500), ms(3000), ms(3000)));
    assert!(scaled.services.iter().all(|service| service.rto == Duration::from_secs(90)));
    let mut back = scaled.clone();
    back.detection.interval *= 10;
    back.detection.timeout *= 10;
    back.dns_ttl *= 10;
    back.services.iter_mut().for_each(|service| service.rto *= 10);
    back.time_scale = 1;
    assert_eq!(back, plan);
    let marked: Vec<_> =
        firedrill_plan::figures::FIGURES.iter().filter(|figure| figure.scalable).map(|figure| figure.key).collect();
    assert_eq!(marked, ["rto_s", "interval_ms", "timeout_ms", "lifetime_s"]);
}

#[test]
fn an_unscaled_plan_stays_as_it_is() {
    assert_eq!(plan().scaled(1).as_ref(), Ok(&plan()));
}

proptest! {
    /// What `largest` promises is so: all factors up to it are allowed, and none beyond.
    #[test]
    fn the_largest_scale_is_the_largest(timeout in 1_u64..200_000, retries in 0_u32..6, election in 1_u64..20_000, trip in 1_u64..400, factor in 1_u32..400) {
        let mut plan = plan();
        plan.detection.timeout = ms(timeout);
        plan.detection.retries = retries;
        plan.raft.election_timeout = ms(election);
        plan.raft.heartbeat = ms(election / 5);
        plan.links.iter_mut().flatten().filter(|link| !link.round_trip.is_zero()).for_each(|link| link.round_trip = ms(trip));
        match plan.scaled(factor) {
            Ok(scaled) => {
                prop_assert_eq!(scaled.time_scale, factor);
                let total = scaled.detection.timeout * (retries + 1);
                prop_assert!(total > 2 * ms(election) + 2 * ms(trip) && scaled.detection.timeout >= 4 * ms(trip));
                if factor > 1 { prop_assert!(plan.scaled(factor - 1).is_ok()); }
            }
            Err(refused) => {
                prop_assert!(!refused.reasons.is_empty() && refused.largest < factor.max(2));
                prop_assert!(plan.scaled(refused.largest).is_ok() || refused.largest == 1);
                prop_assert!(plan.scaled(refused.largest + 1).is_err());
            }
        }
    }

    /// Scaling twice is scaling by the product, as long as everything divides.
    #[test]
    fn scales_multiply(a in 1_u32..4, b in 1_u32..4) {
        let twice = plan().scaled(a).unwrap().scaled(b);
        prop_assert_eq!(twice, plan().scaled(a * b));
    }
}
