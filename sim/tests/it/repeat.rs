//! The same seed and commands give the same events: twice in a process, in a fork, in every build and on every machine.

use crate::support::*;
use firedrill_drill::world::{Command, Happened, World};
use firedrill_model::{Direction, Endpoint, Fault, RegionId, SiteId, SiteSet, Time};
use firedrill_sim::Sim;
use firedrill_sim::process::Process;
use std::time::Duration;

/// FNV-1a over the events as text.
fn digest(told: &[Happened]) -> u64 {
    let text = format!("{told:?}");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Every kind of fault, overlapping, under load.
fn faults() -> Vec<Command> {
    [of_sites(), of_links()].concat()
}

fn of_sites() -> Vec<Command> {
    let (crash, freeze) = (Fault::Crash { site: NEW_YORK, after_outputs: 17 }, Fault::Freeze { site: LONDON });
    let slow = Fault::SlowFsync { site: LONDON, delay: millis(50) };
    let skew = Fault::ClockSkew { site: SINGAPORE, offset_nanos: 300_000_000 };
    let loss = Fault::SiteLoss { sites: SiteSet::only(SINGAPORE) };
    vec![
        begin(at(15_000), 0, crash),
        begin(at(18_000), 1, slow),
        end(at(20_000), 0),
        begin(at(22_000), 2, freeze),
        begin(at(23_000), 3, skew),
        end(at(30_000), 2),
        begin(at(33_000), 4, Fault::PowerLoss { sites: SiteSet::first(2) }),
        end(at(35_000), 1),
        end(at(36_000), 4),
        end(at(57_000), 3),
        begin(at(58_000), 7, loss),
        report(at(75_000)),
    ]
}

fn of_links() -> Vec<Command> {
    let a = vec![Endpoint::Site(NEW_YORK)];
    let b = vec![Endpoint::Site(SINGAPORE), Endpoint::Region(US_EAST)];
    let (direction, delay, jitter) = (Direction::Both, millis(30), millis(20));
    let cut = Fault::Partition { a: a.clone(), b: b.clone(), direction: Direction::To };
    vec![
        begin(at(45_000), 5, cut),
        begin(at(46_000), 6, Fault::Latency { a, b, direction, delay, jitter }),
        end(at(55_000), 5),
        end(at(56_000), 6),
    ]
}

fn load() -> Vec<Command> {
    let ask = |n: u64| {
        let op = if n.is_multiple_of(3) { read("k") } else { write("k", &n.to_string()) };
        ask(at(10_000 + n * 61), n, RegionId((n % 3) as u8), SiteId((n % 2) as u8), op)
    };
    (0..1_000).map(ask).collect()
}

fn rough(seed: u64) -> firedrill_drill::world::Setup {
    let mut setup = setup(seed);
    (setup.physics.jitter_per_mille, setup.physics.loss_per_mille) = (250, 20);
    setup
}

fn whole_run(seed: u64) -> Vec<Happened> {
    let mut world = Sim::new(&rough(seed));
    run(&mut world, at(80_000), &[load(), faults()].concat())
}

#[test]
fn the_same_seed_gives_the_same_events_and_another_seed_others() {
    let first = whole_run(5);
    assert!(first.len() > 900, "{} events", first.len());
    assert_eq!(first, whole_run(5));
    assert_ne!(digest(&first), digest(&whole_run(6)));
}

#[test]
fn a_fork_goes_on_as_the_original_does_wherever_it_is_taken() {
    let commands = [load(), faults()].concat();
    let mut world = Sim::new(&rough(9));
    let mut told = run(&mut world, at(13_000), &commands);
    for seconds in [16, 24, 31, 34, 46, 60] {
        told.extend(run(&mut world, Time::from_secs(seconds), &[]));
        let mut fork = world.clone();
        let later = Time::from_secs(seconds + 9);
        let forked = run(&mut fork, later, &[]);
        let mut original = world.clone();
        assert_eq!(run(&mut original, later, &[]), forked);
        // Whatever the fork does leaves the original alone.
        run(&mut fork, at(90_000), &[begin(later, 99, Fault::SiteLoss { sites: SiteSet::first(3) })]);
    }
    told.extend(run(&mut world, at(80_000), &[]));
    assert_eq!(told, whole_run(9));
}

#[test]
fn how_a_run_is_cut_into_steps_changes_nothing() {
    let mut world = Sim::new(&rough(5));
    let mut told = world.step(Time::ZERO, &[load(), faults()].concat()).events;
    for step in 1..=80_000 / 7 {
        told.extend(run(&mut world, at(step * 7), &[]));
    }
    told.extend(run(&mut world, at(80_000), &[]));
    assert_eq!(told, whole_run(5));
}

/// Recorded once, so that debug and release, this machine and others, today and tomorrow can be compared. It covers the physics, not the stack: it changes
/// only when the simulator's physics are meant to change, and is then recorded anew.
#[test]
fn the_physics_are_the_same_in_every_build() {
    let mut setup = rough(42);
    setup.physics.sync_max = Duration::from_millis(9);
    let mut world = scripted(&setup);
    let words = ["reply", "burst 2 3", "append", "sync", "send 1", "wake 40", "hold"];
    let mut commands = faults();
    commands.extend((0..2_000).map(|n: u64| {
        let (region, site) = (RegionId((n % 3) as u8), SiteId((n / 3 % 3) as u8));
        send(at(10_000 + n * 33), n, region, site, words[n as usize % words.len()])
    }));
    let told = run(&mut world, at(80_000), &commands);
    let processes = [NEW_YORK, LONDON, SINGAPORE].map(|site| world.process(site).map(|process| process.told.clone()));
    let text = format!("{:016x} {:?}", digest(&told), processes);
    let both = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    assert_eq!(format!("{both:016x}"), "0355439b6a6a2070");
    assert!(
        world.process(LONDON).is_some_and(|process| process.insides() == firedrill_sim::process::Insides::default())
    );
}
