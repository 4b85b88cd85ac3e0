//! Processes that crash, freeze and restart; machines that lose power; disks that are slow; clocks that are wrong.

use crate::support::*;
use firedrill_drill::world::{Happened, World, WorldEvent};
use firedrill_model::{Fault, FaultId, SiteId, SiteSet, Time};
use firedrill_sim::Sim;

fn crash(after_outputs: u32) -> Fault {
    Fault::Crash { site: NEW_YORK, after_outputs }
}

const FREEZE: Fault = Fault::Freeze { site: NEW_YORK };

fn power(sites: &[SiteId]) -> Fault {
    Fault::PowerLoss { sites: sites.iter().copied().collect() }
}

fn heard(world: &Sim<Scripted>, site: SiteId) -> Vec<Told> {
    world.process(site).expect("a process runs").heard().into_iter().cloned().collect()
}

fn faults(told: &[Happened]) -> Vec<(Time, u16, &'static str)> {
    let fault = |happened: &Happened| match happened.event {
        WorldEvent::FaultBegan { id: FaultId(id), struck, .. } => {
            Some((happened.t, id, if struck { "struck" } else { "missed" }))
        }
        WorldEvent::FaultEnded { id: FaultId(id) } => Some((happened.t, id, "ended")),
        _ => None,
    };
    told.iter().filter_map(fault).collect()
}

#[test]
fn a_crash_keeps_the_page_cache_and_leaves_syncs_unanswered() {
    let mut world = scripted(&setup(1));
    let told = run(
        &mut world,
        at(1_000),
        &[
            send(at(100), 1, US_EAST, NEW_YORK, "append"),
            send(at(100), 2, US_EAST, NEW_YORK, "sync"),
            begin(Time::from_nanos(105_500_000), 0, crash(0)),
            end(at(200), 0),
        ],
    );
    assert_eq!(faults(&told), [(Time::from_nanos(105_500_000), 0, "struck"), (at(200), 0, "ended")]);
    assert_eq!(heard(&world, NEW_YORK), [Told::Started, Told::File(Some(b"bytes".to_vec()))]);
}

#[test]
fn a_loss_of_power_of_two_sites_takes_both_at_the_same_instant_and_gives_them_back() {
    let mut lost = 0;
    for seed in 0..30 {
        let mut world = scripted(&setup(seed));
        let told = run(
            &mut world,
            at(1_000),
            &[
                send(at(100), 1, US_EAST, NEW_YORK, "append"),
                send(at(100), 2, US_EAST, NEW_YORK, "sync"),
                send(at(200), 3, US_EAST, NEW_YORK, "append"),
                begin(at(300), 0, power(&[NEW_YORK, SINGAPORE])),
                report(at(350)),
                end(at(400), 0),
                // Both are up again, and can talk.
                send(at(500), 4, US_EAST, NEW_YORK, "send 2"),
            ],
        );
        assert_eq!(up(&told), [false, true, false]);
        assert_eq!(messages(&world, SINGAPORE).len(), 1);
        let file = heard(&world, NEW_YORK).into_iter().find_map(|told| match told {
            Told::File(bytes) => bytes,
            _ => None,
        });
        let bytes = file.expect("what was synced is there");
        assert!(bytes == b"bytes" || bytes == b"bytesbytes");
        lost += usize::from(bytes == b"bytes");
    }
    assert!((3..27).contains(&lost), "{lost} of 30 lost what was not synced");
}

#[test]
fn a_process_dies_after_exactly_so_many_outputs_and_the_fault_begins_then() {
    for after in 1..=4 {
        let mut world = scripted(&setup(1));
        let told = run(
            &mut world,
            at(1_000),
            &[
                begin(at(100), 0, crash(after)),
                send(at(200), 1, US_EAST, NEW_YORK, "burst 1 3"),
                send(at(300), 2, US_EAST, NEW_YORK, "burst 1 3"),
                end(at(400), 0),
            ],
        );
        let dies = if after <= 3 { at(205) } else { at(305) };
        assert_eq!(faults(&told), [(dies, 0, "struck"), (at(400), 0, "ended")]);
        assert_eq!(messages(&world, LONDON).len(), after as usize);
        assert_eq!(ending(&told, 2).map(|(_, how)| how), Some(if after <= 3 { "refused" } else { "broken" }));
        assert!(world.process(NEW_YORK).is_some(), "it is up again after the end");
    }
}

#[test]
fn a_crash_that_waits_in_vain_is_told_to_have_missed() {
    let mut world = scripted(&setup(1));
    let told = run(
        &mut world,
        at(1_000),
        &[
            // Waits for outputs that never come.
            begin(at(100), 0, crash(1)),
            end(at(200), 0),
            // The power fails before.
            begin(at(300), 1, crash(1)),
            begin(at(400), 2, power(&[NEW_YORK])),
            end(at(500), 1),
            // There is no process.
            begin(at(600), 3, crash(0)),
            begin(at(600), 4, crash(7)),
            end(at(700), 3),
            end(at(800), 2),
        ],
    );
    let expected = [
        (at(200), 0, "missed"),
        (at(200), 0, "ended"),
        (at(400), 2, "struck"),
        (at(400), 1, "missed"),
        (at(500), 1, "ended"),
        (at(600), 3, "missed"),
        (at(600), 4, "missed"),
        (at(700), 3, "ended"),
        (at(800), 2, "ended"),
    ];
    assert_eq!(faults(&told), expected);
    assert!(world.process(NEW_YORK).is_some());
}

#[test]
fn a_process_stays_down_while_any_fault_keeps_it_down() {
    let mut world = scripted(&setup(1));
    let up = |world: &Sim<Scripted>| world.process(NEW_YORK).is_some();
    run(&mut world, at(350), &[begin(at(100), 0, crash(0)), begin(at(200), 1, power(&[NEW_YORK])), end(at(300), 1)]);
    assert!(!up(&world), "the power is back; the process was killed before");
    run(&mut world, at(450), &[end(at(400), 0)]);
    assert!(up(&world));
    run(
        &mut world,
        at(950),
        &[
            begin(at(500), 2, power(&[NEW_YORK])),
            begin(at(600), 3, Fault::SiteLoss { sites: SiteSet::only(NEW_YORK) }),
            end(at(700), 2),
        ],
    );
    assert!(!up(&world), "the site was lost meanwhile");
    run(&mut world, at(1_050), &[end(at(1_000), 3)]);
    assert!(up(&world));
}

#[test]
fn a_frozen_process_is_told_all_at_its_thaw_in_order_and_its_timers_fire() {
    let mut firsts = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let mut world = scripted(&setup(seed));
        let told = run(
            &mut world,
            at(2_000),
            &[
                send(at(10), 1, US_EAST, NEW_YORK, "wake 300"),
                send(at(20), 2, US_EAST, NEW_YORK, "sync"),
                begin(at(100), 0, FREEZE),
                begin(at(110), 1, FREEZE),
                send(at(120), 3, US_EAST, NEW_YORK, "reply"),
                send(at(120), 4, US_EAST, LONDON, "burst 0 3"),
                end(at(900), 1),
                report(at(950)),
                end(at(1_000), 0),
            ],
        );
        assert_eq!((began(&told, 0), began(&told, 1)), (Some((at(100), true)), Some((at(110), false))));
        assert_eq!(ending(&told, 3), Some((at(1_005), "answered")));
        let process = world.process(NEW_YORK).expect("it runs");
        let thawed: Vec<&Told> = process
            .told
            .iter()
            .filter(|(t, _)| *t >= at(100))
            .map(|(t, told)| {
                assert_eq!(*t, at(1_000));
                told
            })
            .collect();
        let came: Vec<&Told> = thawed.iter().copied().filter(|told| **told != Told::Time).collect();
        assert!(
            matches!(
                came[..],
                [Told::Request(..), Told::Message(LONDON, 1), Told::Message(LONDON, 2), Told::Message(LONDON, 3)]
            ),
            "{came:?}"
        );
        assert_eq!(thawed.len(), 5, "the timer fired once");
        firsts.insert(*thawed[0] == Told::Time);
    }
    assert_eq!(firsts.len(), 2, "timers come first in some seeds and last in others");
}

#[test]
fn a_frozen_process_gets_the_answers_of_its_disk_at_its_thaw() {
    let mut world = scripted(&setup(1));
    run(
        &mut world,
        at(2_000),
        &[
            send(at(94), 1, US_EAST, NEW_YORK, "append"),
            send(at(94), 2, US_EAST, NEW_YORK, "sync"),
            begin(Time::from_nanos(99_500_000), 0, FREEZE),
            end(at(1_000), 0),
        ],
    );
    let process = world.process(NEW_YORK).expect("it runs");
    let synced: Vec<Time> =
        process.told.iter().filter(|(_, told)| matches!(told, Told::Synced(_))).map(|(t, _)| *t).collect();
    assert_eq!(synced, [at(1_000), at(1_000)]);
}

#[test]
fn the_queue_of_a_frozen_process_is_bounded() {
    let mut world = scripted(&setup(1));
    run(
        &mut world,
        at(60_000),
        &[
            begin(at(10), 0, FREEZE),
            send(at(20), 1, US_EAST, LONDON, "burst 0 9998"),
            send(at(1_000), 2, US_EAST, NEW_YORK, "reply"),
            send(at(1_001), 3, US_EAST, NEW_YORK, "reply"),
            send(at(1_002), 4, US_EAST, NEW_YORK, "reply"),
            send(at(1_003), 5, US_EAST, LONDON, "burst 0 5"),
            end(at(50_000), 0),
        ],
    );
    let heard = heard(&world, NEW_YORK);
    assert_eq!(messages(&world, NEW_YORK).len(), 9_998);
    assert_eq!(heard.iter().filter(|told| matches!(told, Told::Request(..))).count(), 2);
}

#[test]
fn a_frozen_process_that_is_killed_breaks_the_connections_that_waited_for_it() {
    let mut world = scripted(&setup(1));
    let told = run(
        &mut world,
        at(2_000),
        &[
            begin(at(100), 0, FREEZE),
            send(at(200), 1, US_EAST, NEW_YORK, "reply"),
            begin(at(300), 1, crash(0)),
            end(at(400), 1),
            // The new process is not frozen.
            send(at(500), 2, US_EAST, NEW_YORK, "reply"),
            end(at(600), 0),
        ],
    );
    assert_eq!(ending(&told, 1), Some((at(305), "broken")));
    assert_eq!(ending(&told, 2), Some((at(510), "answered")));
}

#[test]
fn syncs_are_slow_while_the_fault_lasts() {
    let mut world = scripted(&setup(1));
    let slow = Fault::SlowFsync { site: NEW_YORK, delay: millis(500) };
    let told = run(
        &mut world,
        at(5_000),
        &[
            send(at(0), 0, US_EAST, NEW_YORK, "append"),
            begin(at(100), 0, slow),
            send(at(200), 1, US_EAST, NEW_YORK, "sync"),
            end(at(300), 0),
            send(at(2_000), 2, US_EAST, NEW_YORK, "sync"),
        ],
    );
    assert_eq!(began(&told, 0), Some((at(100), true)));
    let process = world.process(NEW_YORK).expect("it runs");
    let synced: Vec<u64> = process
        .told
        .iter()
        .filter(|(_, told)| *told == Told::Synced(5))
        .map(|(t, _)| t.as_nanos() / 1_000_000)
        .collect();
    assert!((706..709).contains(&synced[0]) && (2_006..2_009).contains(&synced[1]), "{synced:?}");
}

#[test]
fn a_wrong_clock_changes_what_the_site_sees_and_not_when_things_happen() {
    let mut world = scripted(&setup(1));
    let skew = |offset_nanos| Fault::ClockSkew { site: NEW_YORK, offset_nanos };
    let told = run(
        &mut world,
        at(20_000),
        &[
            send(at(1_000), 1, US_EAST, NEW_YORK, "wake 2000"),
            // The clock jumps half a second ahead, so the timer that is set fires that much earlier.
            begin(at(2_000), 0, skew(500_000_000)),
            begin(at(4_000), 1, skew(-2_000_000_000)),
            send(at(5_000), 2, US_EAST, NEW_YORK, "wake 1000"),
            end(at(10_000), 0),
            end(at(11_000), 1),
            send(at(12_000), 3, US_EAST, NEW_YORK, "reply"),
        ],
    );
    assert_eq!(began(&told, 0), Some((at(2_000), true)));
    assert_eq!(ending(&told, 3), Some((at(12_010), "answered")));
    let process = world.process(NEW_YORK).expect("it runs");
    let clock: Vec<u64> = process.told.iter().map(|(t, _)| t.as_nanos() / 1_000_000).collect();
    // Started, file read; request, timer (true 2,505); request, timer (true 6,005), request.
    assert_eq!(clock, [0, 0, 1_005, 3_005, 3_505, 4_505, 12_005]);
}

#[test]
fn a_clock_before_the_start_of_the_run_stands_still_at_zero() {
    let mut world = scripted(&setup(1));
    run(
        &mut world,
        at(30_000),
        &[
            begin(at(0), 0, Fault::ClockSkew { site: NEW_YORK, offset_nanos: -10_000_000_000 }),
            send(at(1_000), 1, US_EAST, NEW_YORK, "wake 500"),
        ],
    );
    let process = world.process(NEW_YORK).expect("it runs");
    assert_eq!(process.told.last(), Some(&(at(500), Told::Time)));
    assert_eq!(process.told.len(), 4, "it fired once");
    assert_eq!(world.step(at(30_001), &[]).now, at(30_001));
}
