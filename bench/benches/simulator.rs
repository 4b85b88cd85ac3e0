//! How fast the simulator is, on one core: virtual seconds per wall second (criterion's "elements"), and what a fork costs.
//!
//!     cargo bench -p firedrill-bench --bench simulator

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use firedrill_bench::{run, shipped};
use firedrill_checks::Verdict;
use firedrill_drill::world::{Action, Command, Physics, RequestId, Setup, World};
use firedrill_model::{Key, Op, RegionId, Request, ServiceId, SessionId, SiteId, Time, Value};
use firedrill_sim::Sim;
use std::time::Duration;

const SESSIONS: u64 = 10_000;

/// Whole runs of a scenario: world, stack, drill, journal, digest and judges.
fn scenarios(c: &mut Criterion) {
    let mut group = c.benchmark_group("virtual seconds");
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    let (plan, full) = shipped("weekly/site-failure.toml");
    let mut calm = full.clone();
    calm.workload.probe_rate = 1;
    let (crash_plan, crashes) = shipped("daily/node-crashes.toml");
    let cases = [
        ("site-failure, probers at full rate", &plan, &full),
        ("site-failure, probers held at 1 a second", &plan, &calm),
        ("node-crashes", &crash_plan, &crashes),
    ];
    for (name, plan, scenario) in cases {
        let (end, judgement) = run(plan, scenario, 1);
        let held = scenario.workload.probe_rate == 1;
        assert!(held || judgement.verdict == Verdict::Pass, "only a run that passes is worth measuring");
        group.throughput(Throughput::Elements(end.as_nanos() / 1_000_000_000));
        group.bench_function(name, |bencher| bencher.iter(|| run(plan, scenario, 1)));
    }
    group.finish();
}

/// A world of three sites with 10,000 sessions and a log of as many entries.
fn long_world() -> Sim {
    let (plan, _) = shipped("weekly/site-failure.toml");
    let config = plan.stack_config();
    let (sync_min, sync_max) = (Duration::from_millis(1), Duration::from_millis(3));
    let physics = Physics { sync_min, sync_max, jitter_per_mille: 50, loss_per_mille: 0 };
    let mut world = Sim::new(&Setup { plan, config, seed: 1, physics });
    let commands: Vec<Command> = (0..SESSIONS).map(write).collect();
    let mut now = world.step(Time::ZERO, &commands).now;
    while now < Time::from_secs(60) {
        now = world.step(Time::from_secs(60), &[]).now;
    }
    world
}

fn write(number: u64) -> Command {
    let op = Op::Write { key: Key::new(&format!("session-{number}")), value: Value::new(&[7; 64]) };
    let request = Request { session: SessionId(number), seq: 1, service: ServiceId(0), op };
    let (id, region, site) = (RequestId(number), RegionId(0), SiteId(0));
    Command { due: Time::from_millis(20_000 + number * 2), action: Action::Send { id, region, site, request } }
}

fn forks(c: &mut Criterion) {
    let world = long_world();
    let leader = world.process(SiteId(0)).expect("every site is up");
    assert_eq!(leader.sessions() as u64, SESSIONS, "the sessions are there");
    let mut group = c.benchmark_group("fork");
    group.bench_function("a site with 10,000 sessions", |bencher| bencher.iter_with_large_drop(|| leader.clone()));
    group.bench_function("a world of three", |bencher| bencher.iter_with_large_drop(|| world.clone()));
    // A fork is of use once it has gone on: that is when shared pages are copied.
    group.bench_function("a world, and two virtual seconds more", |bencher| {
        bencher.iter_batched_ref(|| world.clone(), |fork| fork.step(Time::from_secs(62), &[]), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, scenarios, forks);
criterion_main!(benches);
