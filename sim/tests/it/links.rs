//! Links between sites, and between regions and sites: latency, order, loss, partitions, slowness.

use crate::support::*;
use firedrill_drill::world::Command;
use firedrill_model::{Direction, Endpoint, Fault, FaultId, Time};
use std::time::Duration;

fn site(site: u8) -> Endpoint {
    Endpoint::Site(firedrill_model::SiteId(site))
}

fn partition(a: &[Endpoint], b: &[Endpoint], direction: Direction) -> Fault {
    Fault::Partition { a: a.to_vec(), b: b.to_vec(), direction }
}

/// A request to New York every so many milliseconds that makes it send one message to London; the request takes 5 ms to get there.
fn stream(from: u64, every: u64, count: u64) -> Vec<Command> {
    (0..count).map(|n| send(at(from + n * every), n, US_EAST, NEW_YORK, "send 1")).collect()
}

fn nonces(messages: &[(Time, u64)]) -> Vec<u64> {
    messages.iter().map(|(_, nonce)| *nonce).collect()
}

#[test]
fn a_message_takes_half_the_round_trip_of_the_plan() {
    let mut world = scripted(&setup(1));
    run(&mut world, at(1_000), &stream(100, 10, 3));
    assert_eq!(messages(&world, LONDON), [(at(145), 1), (at(155), 2), (at(165), 3)]);
}

#[test]
fn jitter_scatters_around_the_latency_and_never_reorders_a_direction() {
    let mut setup = setup(7);
    setup.physics.jitter_per_mille = 500;
    let mut world = scripted(&setup);
    let count = 4_000;
    run(&mut world, Time::from_secs(200), &stream(0, 45, count));
    let got = messages(&world, LONDON);
    assert_eq!(nonces(&got), (1..=count).collect::<Vec<_>>());
    assert!(got.windows(2).all(|pair| pair[0].0 < pair[1].0), "two messages at one nanosecond");
    // Sent at a jittered time after 2.5 to 7.5 ms (and a tail), then 20 to 60 ms (and a tail).
    let delays: Vec<u64> = got.iter().map(|(t, nonce)| t.since(at((nonce - 1) * 45)).as_millis() as u64).collect();
    let (min, max) = (delays.iter().min().copied(), delays.iter().max().copied());
    assert!(min.is_some_and(|min| (22..26).contains(&min)), "{min:?}");
    assert!(max.is_some_and(|max| max > 90), "no tail: {max:?}");
    let mean = delays.iter().sum::<u64>() / count;
    assert!((44..48).contains(&mean), "{mean}");
}

#[test]
fn loss_is_as_frequent_as_it_should_be_and_spares_clients() {
    let mut setup = setup(3);
    setup.physics.loss_per_mille = 100;
    let mut world = scripted(&setup);
    run(&mut world, Time::from_secs(100), &stream(0, 20, 4_000));
    let got = messages(&world, LONDON).len();
    assert!((3_500..3_700).contains(&got), "{got} of 4000 with 10 % lost");
    let asked = world.process(NEW_YORK).expect("it runs").heard();
    assert_eq!(asked.iter().filter(|told| matches!(told, Told::Request(..))).count(), 4_000);
}

#[test]
fn what_becomes_of_a_message_does_not_depend_on_other_links() {
    let mut setup = setup(11);
    (setup.physics.loss_per_mille, setup.physics.jitter_per_mille) = (200, 300);
    let mut alone = scripted(&setup);
    run(&mut alone, at(5_000), &stream(0, 20, 100));
    let mut busy = scripted(&setup);
    let mut commands = stream(0, 20, 100);
    commands.extend((0..300).map(|n| send(at(n * 7), 1_000 + n, US_EAST, SINGAPORE, "send 1")));
    commands.push(begin(at(500), 0, partition(&[site(2)], &[site(0)], Direction::Both)));
    run(&mut busy, at(5_000), &commands);
    // London also hears Singapore; what New York sent arrives as before.
    let from_new_york = |world: &firedrill_sim::Sim<Scripted>| {
        let told = world.process(LONDON).expect("it runs").told.clone();
        told.into_iter().filter(|(_, told)| matches!(told, Told::Message(NEW_YORK, _))).collect::<Vec<_>>()
    };
    assert_eq!(from_new_york(&alone), from_new_york(&busy));
    assert!(messages(&busy, LONDON).len() > messages(&alone, LONDON).len());
}

#[test]
fn a_partition_loses_what_is_sent_while_it_lasts_and_what_was_under_way() {
    let mut world = scripted(&setup(1));
    let mut commands = stream(0, 10, 20);
    // Message n (from 1) is sent at 10 n - 5 ms and arrives 40 ms later.
    commands.push(begin(at(60), 0, partition(&[site(0)], &[site(1)], Direction::Both)));
    commands.push(end(at(70), 0));
    let told = run(&mut world, at(1_000), &commands);
    assert_eq!(began(&told, 0), Some((at(60), true)));
    // 1 and 2 had arrived; 3 to 6 were under way, though those would have arrived after the end; 7 was sent in between.
    let expected: Vec<u64> = [1, 2].into_iter().chain(8..=20).collect();
    assert_eq!(nonces(&messages(&world, LONDON)), expected);
}

#[test]
fn a_partition_one_way_lets_the_other_way_through() {
    for (direction, there, back) in
        [(Direction::To, false, true), (Direction::From, true, false), (Direction::Both, false, false)]
    {
        let mut world = scripted(&setup(1));
        run(
            &mut world,
            at(1_000),
            &[
                begin(at(10), 0, partition(&[site(0)], &[site(1)], direction)),
                send(at(100), 1, US_EAST, NEW_YORK, "send 1"),
                send(at(100), 2, US_EAST, LONDON, "send 0"),
                send(at(100), 3, US_EAST, NEW_YORK, "send 2"),
            ],
        );
        assert_eq!(messages(&world, LONDON).len(), usize::from(there), "{direction:?}");
        assert_eq!(messages(&world, NEW_YORK).len(), usize::from(back), "{direction:?}");
        assert_eq!(messages(&world, SINGAPORE).len(), 1, "{direction:?}: another link");
    }
}

#[test]
fn a_partition_from_a_region_loses_requests_or_answers() {
    let region = Endpoint::Region(US_EAST);
    for (direction, received) in [(Direction::To, false), (Direction::From, true)] {
        let mut world = scripted(&setup(1));
        let told = run(
            &mut world,
            at(1_000),
            &[
                begin(at(10), 0, partition(&[region], &[site(0)], direction)),
                send(at(100), 1, US_EAST, NEW_YORK, "reply"),
                end(at(500), 0),
                send(at(600), 2, US_EAST, NEW_YORK, "reply"),
            ],
        );
        assert_eq!(ending(&told, 1), None);
        assert_eq!(ending(&told, 2), Some((at(610), "answered")));
        let heard = world.process(NEW_YORK).expect("it runs").heard().len();
        assert_eq!(heard, 2 + usize::from(received) + 1, "{direction:?}");
    }
}

#[test]
fn overlapping_partitions_hold_until_the_last_has_ended_and_the_second_strikes_nothing() {
    let mut world = scripted(&setup(1));
    let both = || partition(&[site(0)], &[site(1), site(0)], Direction::Both);
    let told = run(
        &mut world,
        at(2_000),
        &[
            begin(at(100), 0, both()),
            begin(at(200), 1, both()),
            end(at(300), 0),
            send(at(400), 1, US_EAST, NEW_YORK, "send 1"),
            end(at(500), 1),
            send(at(600), 2, US_EAST, NEW_YORK, "send 1"),
        ],
    );
    assert_eq!((began(&told, 0), began(&told, 1)), (Some((at(100), true)), Some((at(200), false))));
    assert_eq!(messages(&world, LONDON), [(at(645), 2)]);
}

#[test]
fn a_partition_of_a_site_without_power_strikes_nothing() {
    let mut world = scripted(&setup(1));
    let told = run(
        &mut world,
        at(1_000),
        &[
            begin(at(100), 0, Fault::PowerLoss { sites: firedrill_model::SiteSet::only(NEW_YORK) }),
            begin(at(200), 1, partition(&[site(0)], &[site(1), site(2)], Direction::Both)),
            begin(at(200), 2, partition(&[site(0), site(1)], &[site(2)], Direction::Both)),
        ],
    );
    assert_eq!(began(&told, 1), Some((at(200), false)));
    assert_eq!(began(&told, 2), Some((at(200), true)));
}

#[test]
fn links_are_slower_while_the_fault_lasts() {
    let mut world = scripted(&setup(1));
    let slow = |delay, jitter| Fault::Latency {
        a: vec![site(0)],
        b: vec![site(1)],
        direction: Direction::To,
        delay: Duration::from_millis(delay),
        jitter: Duration::from_millis(jitter),
    };
    let told = run(
        &mut world,
        at(10_000),
        &[
            begin(at(0), 0, slow(300, 0)),
            send(at(100), 1, US_EAST, NEW_YORK, "send 1"),
            send(at(100), 2, US_EAST, LONDON, "send 0"),
            end(at(1_000), 0),
            send(at(2_000), 3, US_EAST, NEW_YORK, "send 1"),
            begin(at(3_000), 1, slow(300, 100)),
            send(at(3_100), 4, US_EAST, NEW_YORK, "send 1"),
        ],
    );
    assert_eq!(began(&told, 0), Some((at(0), true)));
    let got = messages(&world, LONDON);
    assert_eq!(got[..2], [(at(445), 1), (at(2_045), 2)]);
    assert!((at(3_345)..=at(3_545)).contains(&got[2].0) && got[2].0 != at(3_445), "{:?}", got[2]);
    // London's way is through its clients' 45 ms and the link's 40 ms.
    assert_eq!(messages(&world, NEW_YORK), [(at(185), 1)]);
}

#[test]
fn a_fault_whose_name_is_taken_does_nothing() {
    let mut world = scripted(&setup(1));
    let told = run(
        &mut world,
        at(1_000),
        &[
            begin(at(10), 0, partition(&[site(0)], &[site(1)], Direction::Both)),
            begin(at(20), 0, partition(&[site(0)], &[site(2)], Direction::Both)),
            send(at(100), 1, US_EAST, NEW_YORK, "send 2"),
            end(at(200), 0),
            send(at(300), 2, US_EAST, NEW_YORK, "send 1"),
        ],
    );
    let strikes: Vec<bool> = told
        .iter()
        .filter_map(|happened| match happened.event {
            firedrill_drill::world::WorldEvent::FaultBegan { id: FaultId(0), struck, .. } => Some(struck),
            _ => None,
        })
        .collect();
    assert_eq!(strikes, [true, false]);
    assert_eq!((messages(&world, SINGAPORE).len(), messages(&world, LONDON).len()), (1, 1));
}
