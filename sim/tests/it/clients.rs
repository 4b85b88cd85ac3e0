//! What clients meet: latency, refusals, broken connections, silence; and how a step ends.

use crate::support::*;
use firedrill_drill::world::{World, WorldEvent};
use firedrill_model::{Fault, RegionId, SiteId, SiteSet, Time};

#[test]
fn an_answer_takes_the_round_trip_and_ends_the_step() {
    let mut world = scripted(&setup(1));
    let commands = [send(at(100), 1, US_EAST, NEW_YORK, "reply"), send(at(100), 2, US_EAST, LONDON, "reply")];
    let step = world.step(at(1_000), &commands);
    assert_eq!(step.now, at(110));
    assert_eq!(ending(&step.events, 1), Some((at(110), "answered")));
    let step = world.step(at(1_000), &[]);
    assert_eq!(ending(&step.events, 2), Some((at(190), "answered")));
    let idle = world.step(at(1_000), &[]);
    assert_eq!((idle.now, idle.events), (at(1_000), vec![]));
}

#[test]
fn the_clock_never_runs_backwards_and_late_commands_run_at_once() {
    let mut world = scripted(&setup(1));
    world.step(at(500), &[]);
    let step = world.step(at(100), &[send(at(20), 1, US_EAST, NEW_YORK, "reply")]);
    assert_eq!(step.now, at(500));
    let step = world.step(at(1_000), &[]);
    assert_eq!(ending(&step.events, 1), Some((at(510), "answered")));
}

#[test]
fn nobody_is_answered_who_no_longer_waits() {
    let mut world = scripted(&setup(1));
    let told = run(
        &mut world,
        at(1_000),
        &[
            send(at(100), 1, US_EAST, NEW_YORK, "reply"),
            forget(at(109), 1),
            send(at(200), 2, US_EAST, NEW_YORK, "reply"),
            forget(at(202), 2),
            send(at(300), 3, US_EAST, NEW_YORK, "reply"),
            forget(at(311), 3),
        ],
    );
    assert_eq!((ending(&told, 1), ending(&told, 2)), (None, None));
    assert_eq!(ending(&told, 3), Some((at(310), "answered")));
}

#[test]
fn a_machine_without_a_process_refuses_and_one_without_power_is_silent() {
    let mut world = scripted(&setup(1));
    let told = run(
        &mut world,
        at(2_000),
        &[
            begin(at(100), 0, Fault::Crash { site: NEW_YORK, after_outputs: 0 }),
            send(at(200), 1, US_EAST, NEW_YORK, "reply"),
            end(at(300), 0),
            send(at(400), 2, US_EAST, NEW_YORK, "reply"),
            begin(at(500), 1, Fault::SiteLoss { sites: SiteSet::only(NEW_YORK) }),
            send(at(600), 3, US_EAST, NEW_YORK, "reply"),
        ],
    );
    assert_eq!(ending(&told, 1), Some((at(210), "refused")));
    assert_eq!(ending(&told, 2), Some((at(410), "answered")));
    assert_eq!(ending(&told, 3), None);
}

#[test]
fn the_death_of_a_process_breaks_what_it_holds_and_a_loss_of_power_does_not() {
    let mut world = scripted(&setup(1));
    let told = run(
        &mut world,
        at(2_000),
        &[
            send(at(100), 1, US_EAST, LONDON, "hold"),
            send(at(100), 2, US_EAST, LONDON, "reply"),
            begin(at(200), 0, Fault::Crash { site: LONDON, after_outputs: 0 }),
            end(at(300), 0),
            send(at(400), 3, US_EAST, LONDON, "hold"),
            begin(at(500), 1, Fault::PowerLoss { sites: SiteSet::only(LONDON) }),
            end(at(600), 1),
            // The next process knows nothing of them, and its death breaks nothing that it never held.
            begin(at(700), 2, Fault::Crash { site: LONDON, after_outputs: 0 }),
        ],
    );
    assert_eq!(ending(&told, 1), Some((at(245), "broken")));
    assert_eq!(ending(&told, 2), Some((at(190), "answered")));
    assert_eq!(ending(&told, 3), None);
}

#[test]
fn a_name_that_is_used_again_is_answered_once_and_for_the_later_request() {
    let mut world = scripted(&setup(1));
    let told = run(
        &mut world,
        at(2_000),
        &[send(at(100), 1, US_EAST, LONDON, "reply"), send(at(150), 1, US_EAST, LONDON, "reply")],
    );
    assert_eq!(ending(&told, 1), Some((at(240), "answered")));
    assert_eq!(told.iter().filter(|happened| matches!(happened.event, WorldEvent::Answered { .. })).count(), 1);
}

#[test]
fn commands_that_name_nothing_that_is_there_do_nothing() {
    let mut world = scripted(&setup(1));
    let nobody = SiteId(200);
    let told = run(
        &mut world,
        at(1_000),
        &[
            send(at(1), 1, US_EAST, nobody, "reply"),
            send(at(1), 2, RegionId(77), NEW_YORK, "reply"),
            forget(at(2), 99),
            end(at(2), 99),
            begin(at(3), 0, Fault::Crash { site: nobody, after_outputs: 0 }),
            begin(at(3), 1, Fault::Freeze { site: nobody }),
            begin(at(3), 2, Fault::SlowFsync { site: nobody, delay: millis(1) }),
            begin(at(3), 3, Fault::ClockSkew { site: nobody, offset_nanos: i64::MIN }),
            begin(at(3), 4, Fault::PowerLoss { sites: SiteSet::only(SiteId(9)) }),
            report(Time::ZERO),
        ],
    );
    assert_eq!((ending(&told, 1), ending(&told, 2)), (None, None));
    assert!((0..5).all(|fault| began(&told, fault) == Some((at(3), false))), "{told:?}");
    run(&mut world, at(2_000), &(0..5).map(|fault| end(at(1_500), fault)).collect::<Vec<_>>());
    assert!(world.process(NEW_YORK).is_some());
}

#[test]
fn a_storm_that_feeds_itself_fails_the_world_instead_of_hanging_it() {
    let mut world = scripted(&setup(1));
    let told = run(
        &mut world,
        Time::from_secs(60),
        &[send(at(0), 1, US_EAST, NEW_YORK, "pingpong 1"), send(at(0), 2, US_EAST, LONDON, "pingpong 0")],
    );
    let failed = told.iter().filter(|happened| matches!(happened.event, WorldEvent::Failed { .. })).count();
    assert_eq!(failed, 1);
    assert!(world.step(Time::from_secs(70), &[]).events.is_empty());
}

#[test]
fn a_process_that_always_wants_to_be_woken_does_not_stop_time() {
    let mut world = scripted(&setup(1));
    run(&mut world, at(20), &[send(at(0), 1, US_EAST, NEW_YORK, "spin")]);
    let woken = world.process(NEW_YORK).expect("it runs").heard().iter().filter(|told| ***told == Told::Time).count();
    assert!((1_000..20_000).contains(&woken), "{woken}");
}
