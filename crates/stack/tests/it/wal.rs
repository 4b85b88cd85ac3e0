//! The transaction log: acknowledged records and where they are, across failovers, returns and damage.

use crate::cluster::Cluster;
use crate::log::{self, LONDON, NY, SINGAPORE, append, appended, scan, settled, settled_with, texts, with_log};
use firedrill_model::{
    Epoch, NotApplied, Observation, Op, Position, Response, Rng, SessionId, SiteId, SiteSet, WithoutCopy,
};
use firedrill_stack::{FileId, Input};
use std::time::Duration;

#[test]
fn a_record_is_acknowledged_when_new_york_and_london_hold_it() {
    let mut cluster = settled();
    cluster.slow_disks.insert(LONDON);
    let asked = append(&mut cluster, NY, 1, "a");
    cluster.deliver();
    assert_eq!(cluster.replies.get(&asked), None, "London's disk has not answered");
    assert_eq!(cluster.site(2).log_end(), Position(0), "Singapore is shipped only what is acknowledged");
    cluster.finish_syncs();
    cluster.deliver();
    assert_eq!(cluster.replies[&asked], appended(1));
    assert_eq!((cluster.site(0).log_durable(), cluster.site(1).log_durable()), (Position(1), Position(1)));
    cluster.run(1);
    assert_eq!(cluster.site(2).log_durable(), Position(1));
    assert!(cluster.observed.contains(&(SINGAPORE, Observation::LogHeld { position: Position(1), epoch: Epoch(1) })));
}

#[test]
fn records_are_scanned_in_order_wherever_the_client_knocks() {
    let mut cluster = settled();
    for n in 1..=5 {
        append(&mut cluster, NY, n, &format!("r{n}"));
        cluster.deliver();
    }
    assert_eq!(texts(&scan(&mut cluster, NY, 2)), (3, vec!["r3".into(), "r4".into(), "r5".into()], 5));
    assert_eq!(texts(&scan(&mut cluster, NY, 9)), (10, vec![], 5));
    assert_eq!(scan(&mut cluster, LONDON, 0), Response::NotApplied(NotApplied::NotPromoted));
}

#[test]
fn a_retry_is_known_and_an_older_one_is_in_doubt() {
    let mut cluster = settled();
    let first = append(&mut cluster, NY, 1, "a");
    let again = append(&mut cluster, NY, 1, "a");
    cluster.deliver();
    assert_eq!((&cluster.replies[&first], &cluster.replies[&again]), (&appended(1), &appended(1)));
    let second = append(&mut cluster, NY, 2, "b");
    cluster.deliver();
    assert_eq!(cluster.replies[&second], appended(2));
    let old = append(&mut cluster, NY, 1, "a");
    cluster.deliver();
    assert_eq!(cluster.replies[&old], Response::Unknown);
    assert_eq!(texts(&scan(&mut cluster, NY, 0)).1, ["a", "b"]);
}

/// New York is lost after ten acknowledged records and one that London does not have; runs until the failover is over.
fn failed_over() -> Cluster {
    let mut cluster = settled();
    for n in 1..=10 {
        append(&mut cluster, NY, n, &format!("r{n}"));
        cluster.deliver();
    }
    cluster.isolate(NY);
    append(&mut cluster, NY, 11, "only in New York");
    cluster.deliver();
    cluster.power_loss(NY);
    cluster.cut.clear();
    cluster.run(140);
    cluster
}

#[test]
fn after_a_failover_london_writes_and_every_acknowledged_record_is_there() {
    let mut cluster = failed_over();
    assert!(cluster.site(1).writes_log().is_some());
    assert_eq!(texts(&scan(&mut cluster, LONDON, 0)).2, 10);
    let asked = append(&mut cluster, SINGAPORE, 12, "r11");
    cluster.deliver();
    assert_eq!(cluster.replies[&asked], appended(11), "a standby passes it on to the writer");
    assert_eq!(cluster.site(1).log_state().members, SiteSet::only(SINGAPORE), "Singapore is the next copy");
    assert!(!cluster.observed.iter().any(|(_, o)| matches!(o, Observation::LossDeclared { .. })));
}

#[test]
fn a_retry_across_a_failover_is_known() {
    let mut cluster = failed_over();
    let again = append(&mut cluster, LONDON, 10, "r10");
    cluster.deliver();
    assert_eq!(cluster.replies[&again], appended(10));
    let unknown = append(&mut cluster, LONDON, 11, "only in New York");
    cluster.deliver();
    assert_eq!(cluster.replies[&unknown], appended(11), "it never was appended where it counts");
}

#[test]
fn a_returning_site_cuts_what_only_it_had_keeps_it_aside_and_tells() {
    let mut cluster = failed_over();
    append(&mut cluster, LONDON, 12, "r11");
    cluster.deliver();
    cluster.start(NY);
    cluster.run(20);
    let cut = Observation::TailCut { epoch: Epoch(1), after: Position(10), records: 1 };
    assert!(cluster.observed.contains(&(NY, cut)), "{:?}", cluster.observed);
    assert_eq!(cluster.site(0).log_durable(), Position(11));
    let aside = firedrill_stack::FileId::WalAside(1);
    assert!(!cluster.disks[0].synced[&aside].is_empty());
    assert_eq!(log::disagreement(&cluster, NY, LONDON), None);
}

#[test]
fn a_copy_leaves_the_set_before_anything_is_acknowledged_without_it_and_enters_when_it_has_all() {
    let mut cluster = settled();
    cluster.isolate(LONDON);
    let asked = append(&mut cluster, NY, 1, "a");
    cluster.run_in_steps(Duration::from_millis(1_800), Duration::from_millis(100));
    assert_eq!(cluster.replies.get(&asked), None, "London is still in the set");
    cluster.run(6);
    let left = changes(&cluster, NY).position(|members| members == SiteSet::EMPTY);
    assert!(left.is_some(), "London left");
    assert_eq!(cluster.replies[&asked], appended(1), "and then, with a quorum's confirmation, it is acknowledged");
    assert_eq!(cluster.site(2).log_durable(), Position(1), "confirmed, so shipped to Singapore");
    cluster.cut.clear();
    cluster.run(5);
    assert_eq!(cluster.site(0).log_state().members, SiteSet::only(LONDON), "London entered again");
    assert_eq!(cluster.site(1).log_durable(), Position(1));
    assert_eq!(cluster.site(0).log_state().holders, SiteSet::only(NY).with(LONDON));
}

fn changes(cluster: &Cluster, site: SiteId) -> impl Iterator<Item = SiteSet> {
    cluster.observed.iter().filter_map(move |(at, observation)| match observation {
        Observation::SyncSetChanged { members, .. } if *at == site => Some(*members),
        _ => None,
    })
}

#[test]
fn without_its_copy_a_writer_that_stops_acknowledges_nothing() {
    let mut cluster = settled_with(with_log(WithoutCopy::Stop));
    cluster.isolate(LONDON);
    let asked = append(&mut cluster, NY, 1, "a");
    cluster.run(30);
    assert_eq!(cluster.replies[&asked], Response::Unknown);
    let refused = append(&mut cluster, NY, 2, "b");
    assert_eq!(cluster.replies[&refused], Response::NotApplied(NotApplied::Busy));
    assert_eq!(cluster.site(0).log_state().members, SiteSet::only(LONDON));
    cluster.cut.clear();
    cluster.run(5);
    let again = append(&mut cluster, NY, 1, "a");
    cluster.deliver();
    assert_eq!(cluster.replies[&again], appended(1), "known again");
}

#[test]
fn with_an_empty_set_and_no_quorum_the_writer_acknowledges_nothing() {
    let mut cluster = settled();
    cluster.isolate(LONDON);
    cluster.run(6);
    cluster.isolate(NY);
    let asked = append(&mut cluster, NY, 1, "a");
    let scanned = cluster.ask_as(SessionId(6), NY, 1, Op::Scan { after: Position(0) });
    cluster.run_in_steps(Duration::from_secs(4), Duration::from_millis(100));
    assert_eq!(cluster.replies.get(&asked), None);
    assert_eq!(cluster.replies.get(&scanned), None, "reads neither");
}

/// New York sleeps over a failover, and wakes with what London had answered in its queue.
#[test]
fn a_thawed_writer_acknowledges_nothing() {
    let mut cluster = settled();
    let asked = append(&mut cluster, NY, 1, "a");
    let scanned = cluster.ask_as(SessionId(6), NY, 1, Op::Scan { after: Position(0) });
    let mut slept = Vec::new();
    for _ in 0..1_500 {
        cluster.now += Duration::from_millis(100);
        [LONDON, SINGAPORE].into_iter().for_each(|site| wake(&mut cluster, site));
        while let Some((from, to, message)) = cluster.links.pop_front() {
            match to {
                NY => slept.push((from, message)),
                _ => cluster.input(to, Input::MessageReceived { from, message }),
            }
        }
    }
    assert!(cluster.site(1).writes_log().is_some(), "London took over");
    let new = append(&mut cluster, LONDON, 9, "b");
    while let Some((from, to, message)) = cluster.links.pop_front() {
        if to != NY {
            cluster.input(to, Input::MessageReceived { from, message });
        }
    }
    assert!(matches!(cluster.replies[&new], Response::Done(_)));
    for (from, message) in slept {
        cluster.input(NY, Input::MessageReceived { from, message });
    }
    cluster.run(20);
    for ticket in [asked, scanned] {
        assert!(!matches!(cluster.replies.get(&ticket), Some(Response::Done(_))), "{:?}", cluster.replies[&ticket]);
    }
    assert_eq!(log::disagreement(&cluster, NY, LONDON), None);
}

fn wake(cluster: &mut Cluster, site: SiteId) {
    if cluster.site(site.0).poll_deadline().is_some_and(|due| due <= cluster.now) {
        cluster.input(site, Input::TimePassed);
    }
}

#[test]
fn memory_stays_bounded_while_singapore_is_away_and_its_log_is_caught_up_from_the_disk() {
    let mut cluster = settled();
    cluster.isolate(SINGAPORE);
    let text = "x".repeat(1_000);
    let mut most = 0;
    for n in 1..=3_000 {
        append(&mut cluster, NY, n, &format!("{n} {text} {}", n * 7_919));
        cluster.deliver();
        most = most.max(cluster.site(0).log_memory()).max(cluster.site(1).log_memory());
    }
    cluster.cut.clear();
    for _ in 0..600 {
        cluster.run_in_steps(Duration::from_millis(100), Duration::from_millis(20));
        most = most.max(cluster.site(0).log_memory());
    }
    assert_eq!(cluster.site(2).log_durable(), Position(3_000));
    println!("{most} bytes of segments in memory at most");
    assert!(most < 4 << 20, "{most}");
}

#[test]
fn what_is_older_than_the_retention_is_dropped_and_a_site_that_needs_it_begins_behind_it() {
    let mut config = with_log(WithoutCopy::Asynchronous);
    if let Some(log) = &mut config.transaction_log {
        log.retention = Duration::from_secs(30);
    }
    let mut cluster = settled_with(config);
    cluster.isolate(SINGAPORE);
    let mut rng = Rng::new(1, "noise");
    for n in 1..=60_u64 {
        let noise: String = (0..100_000).map(|_| char::from(33 + rng.below(90) as u8)).collect();
        append(&mut cluster, NY, n, &format!("{n} {noise}"));
        cluster.run(2);
    }
    let files = |site: usize| cluster.disks[site].written.keys().filter(|file| matches!(file, FileId::Wal(_))).count();
    let (new_york, london) = (files(0), files(1));
    assert!(new_york < 6 && london < 6, "{new_york} and {london} files");
    cluster.cut.clear();
    cluster.run(30);
    assert_eq!(cluster.site(2).log_durable(), Position(60));
    let (first, seen, end) = texts(&scan(&mut cluster, NY, 0));
    assert!(first > 10 && end == 60 && !seen.is_empty(), "{first}");
    cluster.power_loss(SINGAPORE);
    cluster.start(SINGAPORE);
    cluster.run(10);
    assert_eq!(cluster.site(2).log_durable(), Position(60), "it reads what it began with");
    assert!(!cluster.site(2).log_damaged());
}

/// A fork costs a few counts, however long the log is.
#[test]
fn a_clone_shares_the_log() {
    let mut cluster = settled();
    for n in 1..=3_000 {
        append(&mut cluster, NY, n, &format!("record {n}"));
        cluster.deliver();
    }
    let sites: Vec<_> = (0..3).map(|n| cluster.site(n).clone()).collect();
    let begun = std::time::Instant::now();
    for _ in 0..1_000 {
        std::hint::black_box(std::hint::black_box(&sites).clone());
    }
    println!("three sites cloned in {:?}", begun.elapsed() / 1_000);
}
