//! Any journal: strategies for manifests and events.

use firedrill_history::{Environment, Event, Journal, Manifest, Phase, Purpose, ScheduledFault, manifest::FORMAT};
use firedrill_model::{
    ClientId, Direction, Endpoint, Epoch, Fault, FaultId, Hazard, HealthConfig, Key, LogIndex, NotApplied, Objectives,
    Observation, Op, OpId, OpResult, Outcome, RaftConfig, RegionId, Role, ServiceConfig, ServiceId, ServiceLevel,
    ServiceObjective, SiteConfig, SiteId, SiteSet, StackConfig, Term, Time, Value,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::time::Duration;

/// Any journal of at most so many events.
pub fn journal(events: usize) -> impl Strategy<Value = Journal> {
    (manifest(), environment(), vec(event(), 0..events)).prop_map(|(manifest, environment, events)| Journal {
        manifest,
        environment,
        events,
    })
}

/// Any event.
pub fn event() -> impl Strategy<Value = Event> {
    prop_oneof![operation(), fault_event(), frame()]
}

fn operation() -> impl Strategy<Value = Event> {
    let ids = (any::<u64>(), any::<u32>(), any::<u8>(), any::<u8>());
    let invoked = (time(), ids, purpose(), op());
    let invoked = invoked.prop_map(|(t, (id, client, region, service), purpose, op)| {
        let (id, client) = (OpId(id), ClientId(client));
        let (region, service) = (RegionId(region), ServiceId(service));
        Event::Invoked { t, id, client, region, service, purpose, op }
    });
    let returned = (time(), any::<u64>(), option::of(site()), any::<u32>(), outcome());
    let returned = returned.prop_map(|(t, id, site, attempts, outcome)| Event::Returned {
        t,
        id: OpId(id),
        site,
        attempts,
        outcome,
    });
    prop_oneof![invoked, returned]
}

fn fault_event() -> impl Strategy<Value = Event> {
    let fault = || any::<u16>().prop_map(FaultId);
    let began = (time(), fault(), any::<bool>(), option::of(".{0,12}"), duration());
    let began =
        began.prop_map(|(t, fault, struck, mechanism, late)| Event::FaultBegan { t, fault, struck, mechanism, late });
    prop_oneof![began, (time(), fault()).prop_map(|(t, fault)| Event::FaultEnded { t, fault })]
}

/// What is neither an operation nor a fault.
fn frame() -> impl Strategy<Value = Event> {
    let phase = prop_oneof![Just(Phase::Warmup), Just(Phase::Hurt), Just(Phase::Heal)];
    let text = || ".{0,12}";
    prop_oneof![
        (time(), site(), time(), observation())
            .prop_map(|(t, site, site_t, observation)| { Event::Observed { t, site, site_t, observation } }),
        (time(), phase).prop_map(|(t, phase)| Event::PhaseBegan { t, phase }),
        (time(), text(), option::of(site()), text())
            .prop_map(|(t, invariant, site, detail)| { Event::Violated { t, invariant, site, detail } }),
        (time(), text(), any::<u64>()).prop_map(|(t, invariant, times)| Event::Judged { t, invariant, times }),
        (time(), site(), any::<bool>(), any::<u64>(), any::<u64>()).prop_map(|(t, site, up, applied, digest)| {
            Event::FinalState { t, site, up, applied: LogIndex(applied), digest, log_digest: digest / 2 }
        }),
        (time(), text()).prop_map(|(t, why)| Event::Ended { t, why }),
    ]
}

fn time() -> impl Strategy<Value = Time> {
    any::<u64>().prop_map(Time::from_nanos)
}

fn duration() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_nanos)
}

fn site() -> impl Strategy<Value = SiteId> {
    any::<u8>().prop_map(SiteId)
}

fn sites() -> impl Strategy<Value = SiteSet> {
    vec((0..16_u8).prop_map(SiteId), 0..5).prop_map(|sites| sites.into_iter().collect())
}

fn purpose() -> impl Strategy<Value = Purpose> {
    prop_oneof![Just(Purpose::Workload), Just(Purpose::Probe), Just(Purpose::Scan)]
}

fn value() -> impl Strategy<Value = Value> {
    vec(any::<u8>(), 0..6).prop_map(|bytes| Value::new(&bytes))
}

fn op() -> impl Strategy<Value = Op> {
    let key = || ".{0,6}".prop_map(|text| Key::new(&text));
    prop_oneof![
        key().prop_map(|key| Op::Read { key }),
        (key(), value()).prop_map(|(key, value)| Op::Write { key, value }),
        (key(), option::of(value()), value()).prop_map(|(key, expected, value)| Op::Cas { key, expected, value }),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        option::of(value()).prop_map(|value| Outcome::Ok(OpResult::Value(value))),
        Just(Outcome::Ok(OpResult::Written)),
        any::<bool>().prop_map(|swapped| Outcome::Ok(OpResult::Cas { swapped })),
        Just(Outcome::Failed(NotApplied::NotPromoted)),
        Just(Outcome::Failed(NotApplied::NoAddress)),
        Just(Outcome::Unknown),
    ]
}

fn observation() -> impl Strategy<Value = Observation> {
    let index = || any::<u64>().prop_map(LogIndex);
    prop_oneof![
        Just(Observation::Started),
        (index(), any::<u64>(), any::<bool>()).prop_map(|(last_index, term, damaged)| {
            Observation::Recovered { last_index, term: Term(term), damaged }
        }),
        any::<u64>().prop_map(|term| Observation::RoleChanged { role: Role::Leader, term: Term(term) }),
        (index(), any::<u64>()).prop_map(|(index, digest)| Observation::AppliedDigest { index, digest }),
        (any::<u64>(), site()).prop_map(|(epoch, primary)| Observation::EpochRaised { epoch: Epoch(epoch), primary }),
        (any::<u8>(), sites())
            .prop_map(|(service, sites)| Observation::ServicePromoted { service: ServiceId(service), sites }),
        (any::<u8>(), vec(any::<u32>(), 0..4), any::<u64>()).prop_map(|(service, weights, serial)| {
            Observation::WeightsSwitched { service: ServiceId(service), weights, serial }
        }),
        (".{0,9}", index()).prop_map(|(channel, entry)| Observation::NotificationSent { channel, entry }),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        sites().prop_map(|sites| Fault::SiteLoss { sites }),
        (site(), any::<u32>()).prop_map(|(site, after_outputs)| Fault::Crash { site, after_outputs }),
        (site(), any::<u8>()).prop_map(|(site, region)| Fault::Partition {
            a: vec![Endpoint::Site(site)],
            b: vec![Endpoint::Region(RegionId(region))],
            direction: Direction::To,
        }),
        (site(), any::<i64>()).prop_map(|(site, offset_nanos)| Fault::ClockSkew { site, offset_nanos }),
    ]
}

fn schedule() -> impl Strategy<Value = Vec<ScheduledFault>> {
    let one = (any::<u16>(), ".{0,9}", fault(), time(), option::of(time()), any::<bool>());
    let scheduled = one.prop_map(|(id, name, fault, begin, end, fixed)| ScheduledFault {
        id: FaultId(id),
        name,
        fault,
        begin,
        end,
        fixed,
    });
    vec(scheduled, 0..4)
}

fn environment() -> impl Strategy<Value = Environment> {
    (".{0,9}", ".{0,9}", any::<u64>(), any::<u64>()).prop_map(|(version, host, began_unix_s, wall_ms)| Environment {
        version,
        host,
        began_unix_s,
        wall_ms,
    })
}

fn manifest() -> impl Strategy<Value = Manifest> {
    let texts = (".{0,20}", "(?s).{0,40}", "(?s).{0,40}");
    (texts, any::<u64>(), any::<bool>(), schedule(), vec(".{0,9}", 0..3), duration()).prop_map(
        |((title, scenario, plan), seed, hazard, schedule, left_out, rto)| Manifest {
            format: FORMAT,
            title,
            scenario_path: "scenarios/weekly/site-failure.toml".to_owned(),
            scenario,
            plan,
            seed,
            world: "sim".to_owned(),
            hazards: hazard.then_some(Hazard::NoFencing).into_iter().collect(),
            time_scale: 1,
            config: config(),
            schedule,
            left_out,
            objectives: objectives(rto),
        },
    )
}

fn config() -> StackConfig {
    StackConfig {
        sites: vec![SiteConfig { name: "new-york".to_owned(), capacity_percent: 100 }],
        services: vec![ServiceConfig { name: "core".to_owned(), priority: 0, depends_on: Vec::new() }],
        raft: RaftConfig {
            heartbeat: Duration::from_millis(150),
            election_timeout: Duration::from_secs(5),
            pre_vote: true,
            check_quorum: false,
            max_batch: 64,
            max_in_flight: 16,
            snapshot_threshold: 10_000,
        },
        health: HealthConfig { interval: Duration::from_secs(30), timeout: Duration::from_secs(30), retries: 3 },
        transaction_log: None,
        notifications: vec!["email".to_owned()],
        hazards: Default::default(),
    }
}

fn objectives(rto: Duration) -> Objectives {
    Objectives {
        sites: vec!["new-york".to_owned()],
        regions: vec!["us-east".to_owned()],
        services: vec![ServiceObjective { service: ServiceId(0), name: "core".to_owned(), rto }],
        classes: Vec::new(),
        judge_rpo: false,
        log_staleness: None,
        judge_rto: true,
        level: ServiceLevel {
            sustain: Duration::from_secs(60),
            probes: 1000,
            success_per_mille: 999,
            latency_bound: vec![vec![Duration::from_millis(300)]],
        },
        recovery_may_wait_for_heal: false,
        convergence_deadline: Duration::from_secs(120),
        latency_claim: None,
        failovers_expected: 0,
    }
}
