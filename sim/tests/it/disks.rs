//! Faults of disks and of a process's speed, seen from the world: what becomes of the stack's sites, and when a fault is told to have begun.

use crate::support::*;
use firedrill_drill::world::{Happened, WorldEvent};
use firedrill_model::{Fault, FileClass, IoMethod, Observation, Time};
use firedrill_sim::Sim;

const S: u64 = 1_000;

fn observed(told: &[Happened], of: firedrill_model::SiteId, wanted: impl Fn(&Observation) -> bool) -> Vec<Time> {
    let at = |happened: &Happened| match &happened.event {
        WorldEvent::Observed { site, observation, .. } if *site == of && wanted(observation) => Some(happened.t),
        _ => None,
    };
    told.iter().filter_map(at).collect()
}

fn started(told: &[Happened], site: firedrill_model::SiteId) -> Vec<Time> {
    observed(told, site, |observation| matches!(observation, Observation::Started))
}

/// The stack, with a write every second, and these faults of London from 20 s to 30 s.
fn stack(faults: &[Fault]) -> Vec<Happened> {
    let mut world = Sim::new(&setup(1));
    let mut commands = Vec::new();
    for (fault, id) in faults.iter().zip(0..) {
        commands.push(begin(at(20 * S), id, fault.clone()));
        commands.push(end(at(30 * S), id));
    }
    commands.extend((0..50).map(|n| ask(at(15 * S + n * S), n, US_EAST, NEW_YORK, write("key", &n.to_string()))));
    commands.push(report(at(70 * S)));
    run(&mut world, at(75 * S), &commands)
}

fn all_agree(told: &[Happened]) -> bool {
    let states: Vec<(bool, u64)> = told
        .iter()
        .filter_map(|happened| match happened.event {
            WorldEvent::FinalState { up, digest, .. } => Some((up, digest)),
            _ => None,
        })
        .collect();
    states.len() == 3 && states.iter().all(|state| *state == (true, states[0].1) && state.1 != 0)
}

#[test]
fn a_site_whose_disk_fails_stops_and_is_restarted_at_the_end_of_the_fault() {
    let (site, files) = (LONDON, FileClass::Log);
    for fault in [
        Fault::IoError { site, files, method: IoMethod::Write, per_mille: 1000 },
        Fault::IoError { site, files, method: IoMethod::Fsync, per_mille: 1000 },
        Fault::DiskFull { site },
        Fault::ReadOnly { site },
        Fault::FailedFsync { site, files, per_mille: 1000 },
    ] {
        let told = stack(std::slice::from_ref(&fault));
        let (began, struck) = began(&told, 0).expect("it was told");
        assert!(struck && (at(20 * S)..at(25 * S)).contains(&began), "{fault:?} {began:?}");
        let failed = observed(&told, LONDON, |observation| matches!(observation, Observation::DiskFailed { .. }));
        assert_eq!(failed.len(), 1, "{fault:?}");
        assert_eq!(started(&told, LONDON), [at(0), at(30 * S)], "{fault:?}");
        assert_eq!(started(&told, NEW_YORK), [at(0)]);
        assert!(all_agree(&told), "{fault:?}");
    }
}

#[test]
fn a_site_that_stops_after_the_fault_has_ended_is_restarted_too() {
    let mut world = Sim::new(&setup(1));
    let fault = Fault::FailedFsync { site: LONDON, files: FileClass::Log, per_mille: 1000 };
    let mut commands = vec![
        begin(at(20 * S), 1, Fault::SlowFsync { site: LONDON, delay: millis(3_000) }),
        begin(at(20 * S), 0, fault),
        end(at(21 * S), 0),
        end(at(21 * S), 1),
    ];
    commands.extend((0..50).map(|n| ask(at(15 * S + n * S), n, US_EAST, NEW_YORK, write("key", &n.to_string()))));
    commands.push(report(at(70 * S)));
    let told = run(&mut world, at(75 * S), &commands);
    assert_eq!(started(&told, LONDON).len(), 2);
    assert!(started(&told, LONDON)[1] > at(22 * S));
    assert!(all_agree(&told));
}

#[test]
fn a_read_error_strikes_when_something_is_read() {
    let fault = Fault::IoError { site: LONDON, files: FileClass::Any, method: IoMethod::Read, per_mille: 1000 };
    let told = stack(std::slice::from_ref(&fault));
    assert_eq!(began(&told, 0), Some((at(30 * S), false)), "a running site reads nothing");
    let told = stack(&[fault, Fault::PowerLoss { sites: firedrill_model::SiteSet::only(LONDON) }]);
    assert_eq!(began(&told, 0), Some((at(30 * S), false)), "nor does one without power");
}

#[test]
fn rot_hits_a_running_site_and_is_found_when_it_restarts() {
    let mut world = Sim::new(&setup(1));
    let mut commands = vec![
        begin(at(40 * S), 0, Fault::BitRot { site: LONDON, files: FileClass::Log, bits: 3 }),
        begin(at(41 * S), 1, Fault::Crash { site: LONDON, after_outputs: 0 }),
        end(at(42 * S), 1),
    ];
    commands.extend((0..30).map(|n| ask(at(15 * S + n * S), n, US_EAST, NEW_YORK, write("key", &n.to_string()))));
    commands.push(report(at(70 * S)));
    let told = run(&mut world, at(75 * S), &commands);
    assert_eq!(began(&told, 0), Some((at(40 * S), true)));
    let damaged = |observation: &Observation| matches!(observation, Observation::Recovered { damaged: true, .. });
    assert_eq!(observed(&told, LONDON, damaged).len(), 1);
    assert!(all_agree(&told));
    assert!(!told.iter().any(|happened| matches!(happened.event, WorldEvent::Violated { .. })));
}

#[test]
fn rot_hits_a_stopped_site_and_an_empty_disk_has_nothing_to_rot() {
    let mut world = Sim::new(&setup(1));
    let rot = |site| Fault::BitRot { site, files: FileClass::Any, bits: 1 };
    let commands = [
        begin(at(0), 0, Fault::BitRot { site: NEW_YORK, files: FileClass::Wal, bits: 9 }),
        begin(at(30 * S), 1, Fault::Crash { site: LONDON, after_outputs: 0 }),
        begin(at(31 * S), 2, rot(LONDON)),
        end(at(32 * S), 1),
    ];
    let told = run(&mut world, at(40 * S), &commands);
    assert_eq!(began(&told, 0), Some((at(0), false)));
    assert_eq!(began(&told, 2), Some((at(31 * S), true)));
}

#[test]
fn a_lost_disk_is_found_empty_when_the_machine_is_back() {
    let mut world = Sim::new(&setup(1));
    let mut commands =
        vec![begin(at(40 * S), 0, Fault::DiskLoss { site: SINGAPORE }), end(at(50 * S), 0), report(at(45 * S))];
    commands.extend((0..30).map(|n| ask(at(15 * S + n * S), n, US_EAST, NEW_YORK, write("key", &n.to_string()))));
    let told = run(&mut world, at(52 * S), &commands);
    assert_eq!(began(&told, 0), Some((at(40 * S), true)));
    assert_eq!(up(&told), [true, true, false]);
    let recovered = |observation: &Observation| matches!(observation, Observation::Recovered { last_index, .. } if *last_index == firedrill_model::LogIndex(0));
    assert_eq!(observed(&told, SINGAPORE, recovered).len(), 2, "at the very first start, and now");
}

#[test]
fn a_slow_process_gets_to_one_thing_after_the_other() {
    let mut world = scripted(&setup(1));
    let commands = [
        begin(at(50), 0, Fault::CpuStress { site: NEW_YORK, delay: millis(100) }),
        send(at(100), 1, US_EAST, NEW_YORK, "reply"),
        send(at(101), 2, US_EAST, NEW_YORK, "reply"),
        send(at(102), 3, US_EAST, NEW_YORK, "wake 10"),
        end(at(150), 0),
        // What waits is still done in its turn.
        send(at(160), 4, US_EAST, NEW_YORK, "reply"),
        send(at(900), 5, US_EAST, NEW_YORK, "reply"),
    ];
    let told = run(&mut world, at(2_000), &commands);
    assert_eq!(began(&told, 0), Some((at(105), true)));
    let ends: Vec<Time> = [1, 2, 4, 5].map(|id| ending(&told, id).expect("it was answered").0).to_vec();
    assert_eq!(ends, [at(210), at(310), at(410), at(910)]);
    let process = world.process(NEW_YORK).expect("it runs");
    let woken: Vec<Time> = process.told.iter().filter(|(_, told)| *told == Told::Time).map(|(t, _)| *t).collect();
    assert_eq!(woken, [at(415)]);
}

#[test]
fn a_stress_that_nothing_meets_has_not_struck() {
    let mut world = scripted(&setup(1));
    let commands = [begin(at(50), 0, Fault::CpuStress { site: NEW_YORK, delay: millis(1) }), end(at(60), 0)];
    let told = run(&mut world, at(100), &commands);
    assert_eq!(began(&told, 0), Some((at(60), false)));
}
