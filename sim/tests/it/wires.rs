//! What faults do to messages: each hits, says so, and does what it should; and one that never hits anything says that too.

use crate::support::*;
use firedrill_drill::world::{Command, Happened};
use firedrill_model::{Direction, Endpoint, Fault, RegionId, SiteId, Time};
use firedrill_sim::Sim;

const COUNT: u64 = 2_000;

fn site(site: u8) -> Vec<Endpoint> {
    vec![Endpoint::Site(SiteId(site))]
}

fn region() -> Vec<Endpoint> {
    vec![Endpoint::Region(US_EAST)]
}

/// Requests to New York, each of which makes it send one message to London, while the fault lasts from 0 on: what London got, and what was told.
fn stream(seed: u64, fault: Fault) -> (Vec<u64>, Vec<Happened>, Sim<Scripted>) {
    let mut world = scripted(&setup(seed));
    let mut commands = vec![begin(at(0), 0, fault)];
    commands.extend((0..COUNT).map(|n| send(at(10 + n * 20), n, US_EAST, NEW_YORK, "send 1")));
    commands.push(end(at(60_000), 0));
    let told = run(&mut world, at(70_000), &commands);
    let got = messages(&world, LONDON).iter().map(|(_, nonce)| *nonce).collect();
    (got, told, world)
}

fn both(a: Vec<Endpoint>, b: Vec<Endpoint>) -> (Vec<Endpoint>, Vec<Endpoint>, Direction) {
    (a, b, Direction::Both)
}

#[test]
fn loss_takes_as_many_as_it_should_on_its_link_and_in_its_direction() {
    for (direction, struck) in [(Direction::To, true), (Direction::From, false), (Direction::Both, true)] {
        let fault = Fault::Loss { a: site(0), b: site(1), direction, per_mille: 200 };
        let (got, told, _) = stream(1, fault);
        let lost = COUNT as usize - got.len();
        assert!(if struck { (300..500).contains(&lost) } else { lost == 0 }, "{direction:?}: {lost}");
        assert_eq!(began(&told, 0).map(|(_, struck)| struck), Some(struck));
        let (t, _) = began(&told, 0).expect("it was told");
        assert_eq!(t >= at(60_000), !struck, "one that hit nothing is told at its end");
    }
}

#[test]
fn a_client_s_connection_sends_again_what_was_lost() {
    let (a, b, direction) = both(region(), site(0));
    let mut world = scripted(&setup(1));
    let mut commands = vec![begin(at(0), 0, Fault::Loss { a, b, direction, per_mille: 300 })];
    commands.extend((0..500).map(|n| send(at(10 + n * 100), n, US_EAST, NEW_YORK, "reply")));
    let told = run(&mut world, at(120_000), &commands);
    assert!(began(&told, 0).is_some_and(|(_, struck)| struck));
    let took: Vec<u128> =
        (0..500).filter_map(|n| ending(&told, n).map(|(t, _)| t.since(at(10 + n * 100)).as_millis())).collect();
    assert!(took.len() > 480, "only {} answers", took.len());
    let at_once = took.iter().filter(|took| **took < 100).count();
    let once_more = took.iter().filter(|took| (200..400).contains(*took)).count();
    // Both ways get through with 0.7 x 0.7; one loss costs 200 ms.
    assert!((200..290).contains(&at_once) && once_more > 100, "{at_once} {once_more}");
}

#[test]
fn duplicates_arrive_later_and_only_between_sites() {
    let (a, b, direction) = both(site(0), site(1));
    let (got, told, _) = stream(1, Fault::Duplicate { a, b, direction, per_mille: 100 });
    let twice = got.len() - COUNT as usize;
    assert!((150..250).contains(&twice), "{twice}");
    assert!(began(&told, 0).is_some_and(|(_, struck)| struck));
    let (a, b, direction) = both(region(), site(0));
    let (got, told, _) = stream(1, Fault::Duplicate { a, b, direction, per_mille: 1000 });
    assert_eq!(got.len() as u64, COUNT);
    assert_eq!(began(&told, 0).map(|(_, struck)| struck), Some(false));
}

#[test]
fn duplicates_of_what_makes_its_receiver_answer_do_not_multiply_without_end() {
    let mut world = scripted(&setup(1));
    let (a, b, direction) = both(site(0), site(1));
    let commands = [
        begin(at(0), 0, Fault::Duplicate { a, b, direction, per_mille: 1000 }),
        send(at(10), 1, US_EAST, NEW_YORK, "pingpong 1"),
    ];
    // Each message is answered by two: they double by themselves. What is bounded is what duplication adds.
    let step = firedrill_drill::world::World::step(&mut world, at(500), &commands);
    assert!(step.now <= at(500) && world.events_handled() < 2_000_000, "{}", world.events_handled());
}

#[test]
fn what_is_held_back_is_overtaken_and_the_rest_keeps_its_order() {
    let (a, b, direction) = both(site(0), site(1));
    let fault = Fault::Reorder { a, b, direction, per_mille: 100, delay: millis(500) };
    let (got, told, _) = stream(1, fault);
    assert_eq!(got.len() as u64, COUNT, "none is lost");
    let late: Vec<u64> = (1..got.len()).filter(|at| got[*at] < got[at - 1]).map(|at| got[at]).collect();
    assert!((120..250).contains(&late.len()), "{} of {COUNT} came late", late.len());
    // Each gap in the numbers is one that is held back; without those that came late, the order is that of sending.
    let on_time: Vec<u64> = got.iter().copied().filter(|nonce| !late.contains(nonce)).collect();
    assert!(on_time.windows(2).filter(|pair| pair[0] > pair[1]).count() * 10 < late.len());
    assert!(began(&told, 0).is_some_and(|(_, struck)| struck));
}

#[test]
fn a_reordering_that_nothing_overtakes_has_not_struck() {
    let mut world = scripted(&setup(1));
    let (a, b, direction) = both(site(0), site(1));
    let fault = Fault::Reorder { a, b, direction, per_mille: 1000, delay: millis(50) };
    let commands = [begin(at(0), 0, fault), send(at(10), 1, US_EAST, NEW_YORK, "send 1"), end(at(1_000), 0)];
    let told = run(&mut world, at(2_000), &commands);
    assert_eq!(messages(&world, LONDON).len(), 1);
    assert_eq!(began(&told, 0), Some((at(1_000), false)));
}

#[test]
fn a_damaged_message_is_dropped_and_breaks_the_connection() {
    // Two messages a request, 5 ms apart in time between requests, so that some are under way when the connection breaks.
    let (a, b, direction) = both(site(0), site(1));
    let mut world = scripted(&setup(1));
    let mut commands = vec![begin(at(0), 0, Fault::Corrupt { a, b, direction, per_mille: 20 })];
    commands.extend((0..COUNT).map(|n| send(at(10 + n * 10), n, US_EAST, NEW_YORK, "send 1")));
    let told = run(&mut world, at(30_000), &commands);
    let got = messages(&world, LONDON);
    let lost = COUNT as usize - got.len();
    // One in fifty, and with each up to 4 more that were under way behind it (40 ms, one each 10 ms).
    assert!((80..240).contains(&lost), "{lost}");
    assert!(began(&told, 0).is_some_and(|(_, struck)| struck));
}

#[test]
fn a_client_whose_request_or_answer_is_damaged_sees_its_connection_break() {
    for (direction, reached) in [(Direction::To, false), (Direction::From, true)] {
        let mut world = scripted(&setup(1));
        let commands = [
            begin(at(0), 0, Fault::Corrupt { a: region(), b: site(0), direction, per_mille: 1000 }),
            send(at(10), 1, US_EAST, NEW_YORK, "reply"),
        ];
        let told = run(&mut world, at(1_000), &commands);
        assert_eq!(ending(&told, 1), Some((at(20), "broken")));
        let heard = world.process(NEW_YORK).expect("it runs").heard();
        assert_eq!(heard.iter().any(|told| matches!(told, Told::Request(..))), reached);
    }
}

#[test]
fn a_narrow_link_lets_through_what_it_can_and_no_more() {
    let (a, b, direction) = both(site(0), site(1));
    let mut world = scripted(&setup(1));
    // A message of some 50 bytes each takes 50 ms; a hundred at once take five seconds.
    let commands = [
        begin(at(0), 0, Fault::Bandwidth { a, b, direction, bytes_per_s: 1_000 }),
        send(at(10), 1, US_EAST, NEW_YORK, "burst 1 100"),
        end(at(8_000), 0),
        send(at(9_000), 2, US_EAST, NEW_YORK, "send 1"),
    ];
    let told = run(&mut world, at(20_000), &commands);
    let got = messages(&world, LONDON);
    assert_eq!(got.len(), 101);
    let took = got[99].0.since(got[0].0).as_millis();
    assert!((4_000..8_000).contains(&took), "{took} ms");
    assert_eq!(got[100].0, at(9_045), "after the end the link is as wide as before");
    assert!(began(&told, 0).is_some_and(|(_, struck)| struck));
}

#[test]
fn a_reset_takes_what_is_under_way_and_breaks_the_clients_connections() {
    let mut world = scripted(&setup(1));
    let mut a = site(0);
    a.push(Endpoint::Region(RegionId(1)));
    let commands: Vec<Command> = vec![
        send(at(10), 1, US_EAST, NEW_YORK, "send 1"),
        send(at(10), 2, US_EAST, NEW_YORK, "hold"),
        send(at(20), 3, US_EAST, LONDON, "reply"),
        // From New York to London some is under way; to Singapore too, which is spared.
        send(at(10), 4, US_EAST, NEW_YORK, "send 2"),
        begin(at(30), 0, Fault::ResetPeer { a: site(0), b: [site(1), region()].concat() }),
        begin(at(40), 1, Fault::ResetPeer { a: site(0), b: site(2) }),
        begin(at(500), 2, Fault::ResetPeer { a: site(0), b: site(2) }),
        send(at(600), 5, US_EAST, NEW_YORK, "send 1"),
    ];
    let told = run(&mut world, at(2_000), &commands);
    assert_eq!(messages(&world, LONDON).iter().map(|(_, nonce)| *nonce).collect::<Vec<_>>(), [3]);
    assert_eq!(messages(&world, SINGAPORE).len(), 0, "the second reset took it");
    assert_eq!(ending(&told, 2), Some((at(30), "broken")));
    assert_eq!(ending(&told, 3).map(|(_, how)| how), Some("answered"), "London is another site");
    let struck = |fault| began(&told, fault).map(|(_, struck)| struck);
    assert_eq!([struck(0), struck(1), struck(2)], [Some(true), Some(true), Some(false)]);
}

#[test]
fn a_fault_of_messages_changes_nothing_in_those_that_it_spares() {
    let arrivals = |fault: Option<Fault>| {
        let mut setup = setup(5);
        setup.physics.jitter_per_mille = 300;
        let mut world = scripted(&setup);
        let mut commands: Vec<Command> = fault.map(|fault| begin(at(0), 0, fault)).into_iter().collect();
        commands.extend((0..300).map(|n| send(at(10 + n * 500), n, US_EAST, NEW_YORK, "send 1")));
        run(&mut world, at(200_000), &commands);
        messages(&world, LONDON)
    };
    let alone: Vec<(Time, u64)> = arrivals(None);
    let (a, b, direction) = both(site(0), site(1));
    let lossy = arrivals(Some(Fault::Loss { a, b, direction, per_mille: 300 }));
    assert!(lossy.len() < 250);
    assert!(lossy.iter().all(|arrival| alone.contains(arrival)), "what got through arrived as it would have");
}
