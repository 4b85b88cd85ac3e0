//! What a restart costs: what follows the last snapshot, however much was committed before.

use crate::support::*;
use firedrill_drill::world::{Action, Command, RequestId};
use firedrill_model::{Fault, Key, LogIndex, Op, Request, ServiceId, SessionId, SiteSet, Time, Value};
use firedrill_sim::Sim;
use firedrill_stack::restart::ReadAtStart;
use std::time::Duration;

/// So many requests are asked at a time, so that they share messages and syncs.
const BURST: u64 = 250;
const BETWEEN: Duration = millis(100);
/// So many entries follow the last snapshot when the site is restarted, give or take a burst.
const TAIL: u64 = 3_000;

/// What a restart cost.
#[derive(Debug)]
struct Cost {
    committed: u64,
    read: ReadAtStart,
    /// From the start of the process until it has applied what it had applied before.
    took: Duration,
    /// Events in the whole world meanwhile.
    events: u64,
}

/// Sessions of 500 clients, under 1,000 keys: the state is the same, however often they are written.
fn write_burst(world: &mut Sim, now: Time, first: u64) {
    let write = |n: u64| {
        let op = Op::Write { key: Key::new(&format!("k{}", n % 1_000)), value: Value::new(&n.to_be_bytes()) };
        let request = Request { session: SessionId(n % 500), seq: n, service: ServiceId(0), op };
        Command { due: now, action: Action::Send { id: RequestId(n), region: US_EAST, site: NEW_YORK, request } }
    };
    let commands: Vec<Command> = (first..first + BURST).map(write).collect();
    run(world, now + BETWEEN, &commands);
}

/// Commits so many entries, goes on until London has so long a tail behind its last snapshot, and restarts it.
fn restart_after(entries: u64, threshold: u64) -> Cost {
    let mut setup = setup(7);
    setup.config.raft.snapshot_threshold = threshold;
    let mut world = Sim::new(&setup);
    let mut now = at(20_000);
    run(&mut world, now, &[]);
    let london = |world: &Sim| world.process(LONDON).map(|site| (site.applied_index(), site.snapshot_index()));
    let snapshots = threshold <= entries;
    let mut written = 0;
    loop {
        write_burst(&mut world, now, written + 1);
        (now, written) = (now + BETWEEN, written + BURST);
        let (applied, snapshot) = london(&world).expect("London runs");
        let behind = applied.0 - snapshot.0;
        let there = !snapshots || snapshot > LogIndex(0) && (TAIL..TAIL + BURST).contains(&behind);
        if written >= entries && there {
            break;
        }
        assert!(written < entries + 2 * threshold.min(entries), "{behind} entries behind {snapshot} after {written}");
    }
    now += millis(1_000);
    run(&mut world, now, &[]);
    let (before, _) = london(&world).expect("London runs");
    let (down, up) = (now + millis(10), now + millis(100));
    let lost = Fault::PowerLoss { sites: SiteSet::only(LONDON) };
    run(&mut world, up, &[begin(down, 0, lost), end(up, 0)]);
    let events = world.events_handled();
    let mut now = up;
    while london(&world).is_none_or(|(applied, _)| applied < before) {
        now += millis(10);
        assert!(now < up + Duration::from_secs(30), "it does not come back");
        run(&mut world, now, &[]);
    }
    let read = world.process(LONDON).expect("London runs").read_at_start();
    Cost { committed: before.0, read, took: now.since(up), events: world.events_handled() - events }
}

#[test]
fn a_restart_after_100_000_committed_entries_costs_what_follows_the_last_snapshot() {
    let threshold = setup(7).config.raft.snapshot_threshold;
    assert_eq!(threshold, 10_000, "the plan's figure");
    let long = restart_after(100_000, threshold);
    let short = restart_after(threshold, threshold);
    println!("{long:#?}\n{short:#?}");
    assert!(long.committed >= 100_000 && long.committed > 6 * short.committed);
    // A burst may lie behind the snapshot of one and before that of the other.
    let burst = long.read.entries.abs_diff(short.read.entries);
    assert!(burst <= BURST && long.read.entries < TAIL + 3 * BURST, "{long:?} {short:?}");
    // An index, a sequence number and a position take a few bytes more when they are larger.
    assert!(long.read.bytes < short.read.bytes + 64 * (BURST + 1) + 16 * long.read.entries, "{long:?} {short:?}");
    assert!(long.took <= short.took + millis(10), "{long:?} {short:?}");
    assert!(long.events <= short.events + BURST, "{long:?} {short:?}");
}

/// The same, so that it is seen what a restart would cost.
#[test]
fn without_snapshots_a_restart_costs_all_that_was_ever_committed() {
    let (all, some) = (restart_after(100_000, u64::MAX), restart_after(100_000, 10_000));
    println!("{all:#?}");
    assert_eq!(all.read.snapshot, LogIndex(0));
    assert!(all.read.entries >= all.committed && all.committed >= 100_000, "{all:?}");
    assert!(all.read.entries > 20 * some.read.entries && all.read.bytes > 20 * some.read.bytes, "{all:?} {some:?}");
}
