//! What a fork costs: clones a world of three sites with 10,000 sessions and a log of as many entries.
//!
//!     cargo run --release -p firedrill-sim --example fork

use firedrill_drill::world::{Action, Command, Physics, RequestId, Setup, World};
use firedrill_model::{Key, Op, RegionId, Request, ServiceId, SessionId, SiteId, Time, Value};
use firedrill_sim::Sim;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

const SESSIONS: u64 = 10_000;

fn main() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/plans/erlmcp-v3.toml");
    let plan = firedrill_plan::load_plan(&path).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let config = plan.stack_config();
    let physics = Physics {
        sync_min: Duration::from_millis(1),
        sync_max: Duration::from_millis(3),
        jitter_per_mille: 50,
        loss_per_mille: 0,
    };
    let mut world = Sim::new(&Setup { plan, config, seed: 1, physics });
    let commands: Vec<Command> = (0..SESSIONS).map(write).collect();
    let mut now = world.step(Time::ZERO, &commands).now;
    while now < Time::from_secs(60) {
        now = world.step(Time::from_secs(60), &[]).now;
    }
    for site in (0..3).map(SiteId) {
        let process = world.process(site).expect("every site is up");
        println!("{site}: {} sessions, log up to {}", process.sessions(), process.last_index());
        let mut took: Vec<Duration> = (0..1_000).map(|_| timed(|| process.clone())).collect();
        println!("  clone: {:?}", median(&mut took));
    }
    let mut took: Vec<Duration> = (0..1_000).map(|_| timed(|| world.clone())).collect();
    println!("world: clone {:?}", median(&mut took));
    // A fork is of use once it has gone on: that is when shared pages are copied.
    let mut gone_on: Vec<Duration> = (0..200)
        .map(|_| {
            timed(|| {
                let mut fork = world.clone();
                fork.step(Time::from_secs(62), &[]);
                fork
            })
        })
        .collect();
    println!("world: clone and two virtual seconds more {:?}", median(&mut gone_on));
}

fn write(number: u64) -> Command {
    let op = Op::Write { key: Key::new(&format!("session-{number}")), value: Value::new(&[7; 64]) };
    let request = Request { session: SessionId(number), seq: 1, service: ServiceId(0), op };
    let (id, region, site) = (RequestId(number), RegionId(0), SiteId(0));
    Command { due: Time::from_millis(20_000 + number * 2), action: Action::Send { id, region, site, request } }
}

/// How long it takes to make something; what it takes to drop it is not counted.
fn timed<T>(make: impl FnOnce() -> T) -> Duration {
    let begun = Instant::now();
    let made = black_box(make());
    let took = begun.elapsed();
    drop(made);
    took
}

fn median(took: &mut [Duration]) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}
