//! Whole runs with the fake world: phases, discipline of clients and probers, the same journal every time.

mod fake;
mod fixture;

use fake::Fake;
use firedrill_drill::{Drill, Go, Schedule, Sink, World, run, step};
use firedrill_history::{Event, Phase, Purpose};
use firedrill_model::{
    ClientId, FaultKind, HazardSet, Op, OpId, OpResult, Outcome, RegionId, ServiceId, SiteId, Time, Value,
};
use firedrill_plan::Scenario;
use firedrill_plan::scenario::Rollbacks;
use fixture::{calm, capabilities, draw, plan, secs, site_failure, swarm};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

fn journal(schedule: &Schedule) -> Vec<Event> {
    let mut events = Vec::new();
    let mut world = Fake::new(&schedule.setup);
    run(&mut world, Drill::new(Arc::new(schedule.clone())), &mut events, &mut |_| Go::On);
    events
}

fn run_scenario(scenario: &Scenario, seed: u64) -> Vec<Event> {
    journal(&draw(scenario, seed))
}

/// Why a run ended.
fn ending(events: &[Event]) -> &str {
    match events.last() {
        Some(Event::Ended { why, .. }) => why,
        other => panic!("the journal ends with {other:?}"),
    }
}

fn phase(events: &[Event], wanted: Phase) -> Time {
    let began = |event: &&Event| matches!(event, Event::PhaseBegan { phase, .. } if *phase == wanted);
    events.iter().find(began).map(Event::t).expect("every run has all phases")
}

/// What was invoked, with its outcome.
struct Operation<'a> {
    t: Time,
    client: ClientId,
    region: RegionId,
    service: ServiceId,
    purpose: Purpose,
    op: &'a Op,
    returned: Option<(Time, Option<SiteId>, &'a Outcome)>,
}

fn operations(events: &[Event]) -> BTreeMap<OpId, Operation<'_>> {
    let mut operations = BTreeMap::new();
    for event in events {
        match event {
            Event::Invoked { t, id, client, region, service, purpose, op } => {
                let (t, client, region, service, purpose) = (*t, *client, *region, *service, *purpose);
                let operation = Operation { t, client, region, service, purpose, op, returned: None };
                assert!(operations.insert(*id, operation).is_none(), "{id} was invoked twice");
            }
            Event::Returned { t, id, site, outcome, .. } => {
                let operation = operations.get_mut(id).expect("invoked before it returned");
                assert!(operation.returned.replace((*t, *site, outcome)).is_none(), "{id} returned twice");
            }
            _ => {}
        }
    }
    operations
}

#[test]
fn a_lost_site_is_failed_over_and_all_phases_are_gone_through() {
    let events = run_scenario(&site_failure(), 1);
    assert_eq!(ending(&events), "complete");
    let (hurt, heal) = (phase(&events, Phase::Hurt), phase(&events, Phase::Heal));
    assert_eq!(hurt, Time::from_secs(30));
    // 20 s of detection, up to 30 s of DNS, 60 s of proof.
    assert!((Time::from_secs(30 + 80)..Time::from_secs(30 + 140)).contains(&heal), "healed at {heal}");
    let began: Vec<_> = events.iter().filter(|event| matches!(event, Event::FaultBegan { .. })).collect();
    assert!(matches!(began[..], [Event::FaultBegan { struck: true, late: Duration::ZERO, mechanism: Some(_), .. }]));
    let ended = events.iter().find(|event| matches!(event, Event::FaultEnded { .. })).expect("rolled back");
    assert!(ended.t() >= heal);
    let states = events.iter().filter(|event| matches!(event, Event::FinalState { up: true, .. })).count();
    assert_eq!(states, 3, "reports of before the sites agreed are not journalled");
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Judged { .. })).count(), 1);
}

#[test]
fn a_run_without_faults_ends_soon_and_nothing_fails() {
    let events = run_scenario(&calm(), 1);
    assert_eq!(ending(&events), "complete");
    assert!(events.last().expect("some").t() < Time::from_secs(45), "{:?}", events.last());
    assert!(operations(&events).values().all(|operation| matches!(operation.returned, Some((_, _, Outcome::Ok(_))))));
}

#[test]
fn after_the_heal_every_service_is_seen_to_be_up_from_every_region() {
    for scenario in [site_failure(), calm(), swarm()] {
        let events = run_scenario(&scenario, 1);
        let heal = phase(&events, Phase::Heal);
        let good = |operation: &&Operation<'_>| {
            let probe = operation.purpose == Purpose::Probe && operation.t >= heal;
            probe && matches!(operation.returned, Some((_, _, Outcome::Ok(_))))
        };
        let operations = operations(&events);
        let seen: BTreeSet<_> = operations.values().filter(good).map(|it| (it.service, it.region)).collect();
        assert_eq!(seen.len(), 4, "{}: {seen:?}", scenario.title);
    }
}

#[test]
fn without_rollbacks_what_is_lost_stays_lost_and_need_not_agree() {
    let events = run_scenario(&Scenario { rollbacks: Rollbacks::None, ..site_failure() }, 1);
    assert_eq!(ending(&events), "complete");
    assert!(!events.iter().any(|event| matches!(event, Event::FaultEnded { .. })));
    let down = |event: &&Event| matches!(event, Event::FinalState { site: SiteId(0), up: false, .. });
    assert_eq!(events.iter().filter(down).count(), 1);
}

#[test]
fn a_majority_that_stays_lost_is_waited_for_until_the_deadlines_and_no_longer() {
    let mut scenario = Scenario { rollbacks: Rollbacks::None, ..site_failure() };
    let fault = [SiteId(0), SiteId(1)].into_iter().collect();
    scenario.method[0].fault = firedrill_plan::scenario::FaultSpec::SiteLoss(fault);
    let events = run_scenario(&scenario, 1);
    assert_eq!(ending(&events), "deadline");
    let heal = phase(&events, Phase::Heal);
    let patience = secs(30 + 15 * 60 + 60);
    assert!(heal >= Time::ZERO + patience && heal <= Time::ZERO + patience + secs(1), "{heal}");
    assert!(events.last().expect("some").t() <= heal + secs(300 + 30));
    assert!(operations(&events).values().all(|operation| operation.returned.is_some()));
}

#[test]
fn events_are_in_order_of_time_and_operations_in_order_of_invocation() {
    for scenario in [site_failure(), swarm()] {
        let events = run_scenario(&scenario, 3);
        assert!(events.is_sorted_by_key(Event::t));
        let invoked =
            events.iter().filter_map(|event| if let Event::Invoked { id, .. } = event { Some(id.0) } else { None });
        assert!(invoked.eq(0..operations(&events).len() as u64));
    }
}

#[test]
fn clients_are_single_threaded_and_every_operation_returns() {
    for seed in 0..5 {
        let events = run_scenario(&swarm(), seed);
        let mut busy = BTreeSet::new();
        let mut whose = BTreeMap::new();
        for event in &events {
            match event {
                Event::Invoked { id, client, .. } => {
                    assert!(busy.insert(*client), "{client} has two operations under way");
                    whose.insert(*id, *client);
                }
                Event::Returned { id, .. } => assert!(busy.remove(&whose[id])),
                _ => {}
            }
        }
        assert!(busy.is_empty(), "{busy:?} never returned");
    }
}

#[test]
fn written_values_are_unique_and_keys_bounded() {
    for seed in 0..5 {
        let events = run_scenario(&swarm(), seed);
        let (mut values, mut used) = (BTreeSet::<&Value>::new(), BTreeMap::<_, (u32, u32)>::new());
        let (mut unknowns, mut abandoned) = (0, BTreeSet::new());
        for operation in operations(&events).values() {
            if let Op::Write { value, .. } | Op::Cas { value, .. } = operation.op {
                assert!(values.insert(value), "{value:?} was written twice");
            }
            if operation.purpose == Purpose::Scan {
                continue;
            }
            let unknown = matches!(operation.returned, Some((_, _, Outcome::Unknown)));
            unknowns += u32::from(unknown);
            let (ops, doubts) = used.entry(operation.op.key()).or_default();
            *ops += 1;
            *doubts += u32::from(unknown && operation.purpose == Purpose::Workload);
            assert!(*ops <= 100 && *doubts <= 8, "{:?}: {ops} operations, {doubts} unknowns", operation.op.key());
            if operation.purpose == Purpose::Workload {
                let use_of = (operation.client, operation.op.key());
                assert!(!abandoned.contains(&use_of), "{use_of:?} was abandoned");
                if unknown {
                    abandoned.insert(use_of);
                }
            }
        }
        assert!(unknowns > 0, "a swarm without an unknown tests nothing here");
    }
}

#[test]
fn every_written_key_is_scanned_once_after_the_heal() {
    let events = run_scenario(&site_failure(), 2);
    let operations = operations(&events);
    let written: BTreeSet<_> = operations.values().filter(|it| !it.op.is_read()).map(|it| it.op.key()).collect();
    let scans: Vec<_> = operations.values().filter(|operation| operation.purpose == Purpose::Scan).collect();
    assert_eq!(scans.iter().map(|scan| scan.op.key()).collect::<BTreeSet<_>>(), written);
    assert_eq!(scans.len(), written.len());
    let heal = phase(&events, Phase::Heal);
    assert!(scans.iter().all(|scan| scan.t >= heal && matches!(scan.returned, Some((_, _, Outcome::Ok(_))))));
    let last =
        operations.values().filter(|it| it.purpose == Purpose::Workload).filter_map(|it| it.returned).map(|it| it.0);
    let first = scans.iter().map(|scan| scan.t).min();
    assert!(last.max() <= first, "the workload stops before the scan begins");
}

/// Probes of one service and region that were sent in a stretch, and how many of them write.
fn probes(events: &[Event], from: Time, to: Time) -> (usize, usize) {
    let operations = operations(events);
    let probes = operations.values().filter(|operation| {
        let its =
            operation.purpose == Purpose::Probe && operation.service == ServiceId(1) && operation.region == RegionId(1);
        its && (from..to).contains(&operation.t)
    });
    let probes: Vec<_> = probes.collect();
    (probes.len(), probes.iter().filter(|probe| !probe.op.is_read()).count())
}

#[test]
fn probers_hurry_from_ten_seconds_before_the_fault_until_every_outage_has_closed() {
    let events = run_scenario(&site_failure(), 1);
    let at = Time::from_secs;
    assert_eq!(probes(&events, at(0), at(20)).0, 20, "calm: one a second");
    let (around, writes) = probes(&events, at(20), at(90));
    assert!((1399..=1401).contains(&around), "{around} probes in 70 s");
    assert!((69..=71).contains(&writes), "every 20th writes: {writes}");
}

#[test]
fn a_probe_is_sent_once_and_given_up_after_a_second() {
    let events = run_scenario(&site_failure(), 1);
    let (mut unknown, mut failed) = (0, 0);
    for operation in operations(&events).values().filter(|operation| operation.purpose == Purpose::Probe) {
        let (t, _, outcome) = operation.returned.expect("returned");
        assert!(t.since(operation.t) <= secs(1));
        match outcome {
            Outcome::Unknown => {
                unknown += 1;
                assert_eq!(t.since(operation.t), secs(1));
            }
            Outcome::Failed(_) => failed += 1,
            Outcome::Ok(_) => {}
        }
    }
    assert!(unknown > 100, "a lost site neither answers nor refuses");
    assert_eq!(failed, 0);
    let twice = events.iter().filter(|event| matches!(event, Event::Returned { attempts: 2.., .. })).count();
    assert!(twice > 0, "clients do try again");
}

#[test]
fn after_an_unknown_write_a_prober_takes_a_new_key() {
    let events = run_scenario(&site_failure(), 1);
    let operations = operations(&events);
    let probes = || operations.values().filter(|operation| operation.purpose == Purpose::Probe);
    let mut unknown = 0;
    for write in probes().filter(|probe| !probe.op.is_read()) {
        if let Some((returned, _, Outcome::Unknown)) = write.returned {
            unknown += 1;
            // What was handed over before the write was given up is not called back.
            let later = probes().filter(|probe| probe.t > returned + Duration::from_millis(100));
            assert!(later.into_iter().all(|probe| probe.op.key() != write.op.key()), "{:?}", write.op.key());
        }
    }
    assert!(unknown > 10, "{unknown}");
}

#[test]
fn an_answer_beyond_the_bound_keeps_an_outage_open() {
    let mut scenario = calm();
    let delay = Duration::from_millis(200);
    let a = vec![firedrill_model::Endpoint::Region(RegionId(0))];
    let b = vec![firedrill_model::Endpoint::Site(SiteId(0))];
    let (direction, jitter) = (firedrill_model::Direction::Both, Duration::ZERO);
    let fault = firedrill_plan::scenario::FaultSpec::Latency { a, b, direction, delay, jitter };
    scenario.method = vec![firedrill_plan::scenario::Step { fault, ..site_failure().method[0].clone() }];
    let events = run_scenario(&scenario, 1);
    assert!(operations(&events).values().all(|operation| matches!(operation.returned, Some((_, _, Outcome::Ok(_))))));
    let heal = phase(&events, Phase::Heal);
    assert!(heal > Time::from_secs(900), "healed at {heal}, though no answer came within the bound");
    assert_eq!(ending(&events), "complete");
}

#[test]
fn after_the_heal_nobody_stops_before_the_level_is_shown() {
    let mut scenario = site_failure();
    let all = (0..3).map(SiteId).collect();
    scenario.method[0].fault = firedrill_plan::scenario::FaultSpec::SiteLoss(all);
    let events = run_scenario(&scenario, 1);
    let heal = phase(&events, Phase::Heal);
    let operations = operations(&events);
    let scans = operations.values().filter(|operation| operation.purpose == Purpose::Scan);
    let first = scans.map(|scan| scan.t).min().expect("a scan");
    assert!(first > heal + secs(60), "healed at {heal}, scanned at {first}");
    let work = operations.values().filter(|operation| operation.purpose == Purpose::Workload).map(|work| work.t).max();
    assert!(work > Some(heal + secs(59)), "the last real work was at {work:?}");
    assert_eq!(ending(&events), "complete");
}

#[test]
fn a_scan_that_its_deadline_cuts_short_is_no_complete_run() {
    let mut scenario = calm();
    scenario.workload.keys = 2000;
    scenario.workload.rate_per_client = 20.0;
    scenario.warmup = secs(120);
    scenario.objectives.convergence_deadline = secs(5);
    let events = run_scenario(&scenario, 1);
    assert_eq!(ending(&events), "deadline");
    assert_eq!(events.iter().filter(|event| matches!(event, Event::FinalState { up: true, .. })).count(), 3);
}

/// A world whose sites can't be reached from one instant to another.
struct Deaf(Fake, std::ops::Range<Time>);

impl World for Deaf {
    fn capabilities(&self) -> firedrill_drill::Capabilities {
        self.0.capabilities()
    }

    fn step(&mut self, until: Time, commands: &[firedrill_drill::world::Command]) -> firedrill_drill::world::Step {
        use firedrill_drill::world::{Action::Send, Command};
        let lost = |command: &&Command| matches!(command.action, Send { .. }) && self.1.contains(&command.due);
        let heard: Vec<Command> = commands.iter().filter(|command| !lost(command)).cloned().collect();
        self.0.step(until, &heard)
    }
}

/// The journal of a run in which the sites can't be reached for 15 s, from so long before or after the heal phase begins.
fn deaf_around_heal(scenario: &Scenario, after: i64) -> Vec<Event> {
    let heal = phase(&run_scenario(scenario, 1), Phase::Heal);
    let schedule = draw(scenario, 1);
    let from = heal.offset_by(after * 1_000_000);
    let mut world = Deaf(Fake::new(&schedule.setup), from..from + secs(15));
    let mut events = Vec::new();
    run(&mut world, Drill::new(Arc::new(schedule)), &mut events, &mut |_| Go::On);
    assert_eq!(phase(&events, Phase::Heal), heal, "what went wrong was not seen before");
    events
}

#[test]
fn a_scan_is_tried_until_the_heal_must_be_over() {
    let mut scenario = site_failure();
    scenario.workload.keys = 500;
    let events = deaf_around_heal(&scenario, 3000);
    let operations = operations(&events);
    let scans: Vec<_> = operations.values().filter(|operation| operation.purpose == Purpose::Scan).collect();
    assert!(scans.iter().all(|scan| matches!(scan.returned, Some((_, _, Outcome::Ok(_))))));
    let longest = scans.iter().filter_map(|scan| Some(scan.returned?.0.since(scan.t))).max();
    assert!(longest > Some(secs(10)), "the sites were out of reach while nobody scanned: {longest:?}");
}

#[test]
fn an_outage_that_is_seen_only_after_the_heal_is_waited_out() {
    let mut scenario = site_failure();
    scenario.workload.rate_per_client = 20.0;
    let events = deaf_around_heal(&scenario, -20);
    let heal = phase(&events, Phase::Heal);
    let operations = operations(&events);
    let scans = operations.values().filter(|operation| operation.purpose == Purpose::Scan);
    let first = scans.map(|scan| scan.t).min().expect("a scan");
    assert!(first > heal + secs(14 + 60), "healed at {heal}, scanned at {first}");
    assert_eq!(ending(&events), "complete");
}

#[test]
fn after_fifteen_minutes_without_a_success_probers_tire() {
    let mut scenario = Scenario { rollbacks: Rollbacks::None, ..site_failure() };
    let fault = [SiteId(0), SiteId(1)].into_iter().collect();
    scenario.method[0].fault = firedrill_plan::scenario::FaultSpec::SiteLoss(fault);
    let events = run_scenario(&scenario, 1);
    let at = Time::from_secs;
    assert_eq!(probes(&events, at(910), at(920)).0, 200);
    assert_eq!(probes(&events, at(940), at(950)).0, 10);
}

#[test]
fn clients_that_ignore_the_dns_lifetime_stay_with_the_first_site() {
    let mut scenario = site_failure();
    scenario.workload.ignore_dns_ttl_percent = 10;
    let events = run_scenario(&scenario, 1);
    let (heal, mut asked) = (phase(&events, Phase::Heal), BTreeMap::new());
    for operation in operations(&events).values().filter(|operation| operation.purpose == Purpose::Workload) {
        if operation.t > Time::from_secs(90)
            && operation.t < heal
            && let Some((_, Some(site), _)) = operation.returned
        {
            asked.entry(operation.client).or_insert_with(BTreeSet::new).insert(site);
        }
    }
    assert_eq!(asked.len(), 6, "two regions of three clients");
    let stuck: Vec<_> =
        asked.iter().filter(|(_, sites)| sites.contains(&SiteId(0))).map(|(client, _)| client.0).collect();
    assert_eq!(stuck, [0], "a tenth of six, rounded up; the others follow the record");
}

#[test]
fn the_same_seed_gives_the_same_journal_and_another_seed_another() {
    for scenario in [site_failure(), swarm()] {
        assert_eq!(run_scenario(&scenario, 5), run_scenario(&scenario, 5));
        assert_ne!(run_scenario(&scenario, 5), run_scenario(&scenario, 6));
    }
}

#[test]
fn a_forked_run_goes_on_as_the_first() {
    let schedule = draw(&swarm(), 9);
    let (mut world, mut drill) = (Fake::new(&schedule.setup), Drill::new(Arc::new(schedule)));
    let mut events: Vec<Event> = Vec::new();
    while drill.now() < Time::from_secs(60) {
        step(&mut world, &mut drill, &mut events, &mut |_| Go::On);
    }
    let mut forked = events.clone();
    run(&mut world.clone(), drill.clone(), &mut forked, &mut |_| Go::On);
    run(&mut world, drill, &mut events, &mut |_| Go::On);
    assert_eq!(forked, events);
}

#[test]
fn swarms_end_with_service_and_agreement() {
    for seed in 0..30 {
        let events = run_scenario(&swarm(), seed);
        assert_eq!(ending(&events), "complete", "seed {seed}");
        let unread = operations(&events).values().any(|operation| {
            operation.purpose == Purpose::Scan && !matches!(operation.returned, Some((_, _, Outcome::Ok(_))))
        });
        assert!(!unread, "seed {seed}");
    }
}

#[test]
fn a_halt_ends_the_journal_with_everything_returned() {
    let schedule = draw(&site_failure(), 1);
    let mut events = Vec::new();
    let mut world = Fake::new(&schedule.setup);
    let halt_at = Time::from_secs(40);
    let mut control = |now: Time| if now >= halt_at { Go::Halt } else { Go::On };
    let end = run(&mut world, Drill::new(Arc::new(schedule)), &mut events, &mut control);
    assert_eq!(ending(&events), "halted");
    assert!(end >= halt_at && end < halt_at + secs(1));
    assert!(operations(&events).values().all(|operation| operation.returned.is_some()));
    assert!(events.is_sorted_by_key(Event::t));
}

/// A world that fails at an instant.
struct Failing(Fake, Time);

impl World for Failing {
    fn capabilities(&self) -> firedrill_drill::Capabilities {
        self.0.capabilities()
    }

    fn step(&mut self, until: Time, commands: &[firedrill_drill::world::Command]) -> firedrill_drill::world::Step {
        let mut step = self.0.step(until, commands);
        if step.now >= self.1 {
            let event = firedrill_drill::world::WorldEvent::Failed { error: "out of containers".into() };
            step.events.push(firedrill_drill::world::Happened { t: step.now, event });
        }
        step
    }
}

#[test]
fn a_world_that_fails_ends_the_run_with_its_error() {
    let schedule = draw(&site_failure(), 1);
    let mut world = Failing(Fake::new(&schedule.setup), Time::from_secs(35));
    let mut events = Vec::new();
    run(&mut world, Drill::new(Arc::new(schedule)), &mut events, &mut |_| Go::On);
    assert_eq!(ending(&events), "out of containers");
}

#[test]
fn a_fault_without_a_mechanism_is_journalled_so_and_never_ended() {
    let can = capabilities(&[FaultKind::Crash]);
    let schedule = Schedule::draw(&plan(), &site_failure(), "test.toml", 1, &can, HazardSet::NONE);
    let mut world = Fake::limited(&schedule.setup, &can.faults);
    let mut events = Vec::new();
    run(&mut world, Drill::new(Arc::new(schedule)), &mut events, &mut |_| Go::On);
    let began = |event: &&Event| matches!(event, Event::FaultBegan { mechanism: None, struck: false, .. });
    assert_eq!(events.iter().filter(began).count(), 1);
    assert!(!events.iter().any(|event| matches!(event, Event::FaultEnded { .. })));
    assert_eq!(ending(&events), "complete");
}

/// Counts, and keeps nothing.
struct Counter(u64);

impl Sink for Counter {
    fn push(&mut self, _: Event) {
        self.0 += 1;
    }
}

#[test]
fn events_stream_to_a_sink_while_the_run_goes_on() {
    let schedule = draw(&calm(), 1);
    let (mut world, mut drill) = (Fake::new(&schedule.setup), Drill::new(Arc::new(schedule)));
    let mut counter = Counter(0);
    while drill.now() < Time::from_secs(10) {
        step(&mut world, &mut drill, &mut counter, &mut |_| Go::On);
    }
    assert!(counter.0 > 500, "{} events in 10 s", counter.0);
}

#[test]
fn what_is_appended_is_scanned_to_the_end_of_the_log() {
    let mut scenario = calm();
    scenario.workload.append_percent = 30;
    let events = run_scenario(&scenario, 3);
    let (mut appended, mut scanned) = (BTreeSet::new(), BTreeSet::new());
    for operation in operations(&events).values() {
        match (operation.purpose, operation.op, operation.returned) {
            (Purpose::Workload, Op::Append { record }, Some((_, _, Outcome::Ok(_)))) => {
                assert!(appended.insert(record.clone()), "{record:?} was appended twice");
            }
            (Purpose::Scan, Op::Scan { .. }, Some((_, _, Outcome::Ok(OpResult::Records { records, .. })))) => {
                scanned.extend(records.iter().cloned());
            }
            _ => {}
        }
    }
    assert!(appended.len() > 50, "{} records were appended", appended.len());
    assert!(appended.is_subset(&scanned));
    assert_eq!(ending(&events), "complete");
}
