//! The transaction log: acknowledged records and where they are, across failovers, returns and damage.

mod cluster;
mod log;

use cluster::Cluster;
use firedrill_model::{Epoch, NotApplied, Observation, OpResult, Position, Response, SiteId, SiteSet};
use log::{LONDON, NY, SINGAPORE, append, appended, scan, settled, texts};

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
    assert_eq!(cluster.site(0).log_incarnation(Position(11)), cluster.site(1).log_incarnation(Position(11)));
    let done = cluster.replies.values().filter(|r| matches!(r, Response::Done(OpResult::Appended { .. }))).count();
    assert_eq!(done, 11);
    let _ = SiteId(0);
}
