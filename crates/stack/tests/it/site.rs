//! Whole sites together: sessions, failover, fencing, recovery from disk.

use crate::cluster::{Cluster, LONDON, NY, SINGAPORE, config, read, write};
use firedrill_model::{Epoch, Hazard, NotApplied, Observation, OpResult, Response, Role, ServiceId, SiteSet, Value};

fn settled() -> Cluster {
    Cluster::settled(config(3))
}

fn value(text: &str) -> Response {
    Response::Done(OpResult::Value(Some(Value::new(text.as_bytes()))))
}

#[test]
fn a_write_is_read_back_and_its_retry_applies_once() {
    let mut cluster = settled();
    let first = cluster.ask(NY, 1, write("a"));
    cluster.deliver();
    assert_eq!(cluster.replies[&first], Response::Done(OpResult::Written));
    let length = cluster.site(0).last_index();
    let second = cluster.ask(NY, 2, write("b"));
    let again = cluster.ask(NY, 2, write("b"));
    cluster.deliver();
    assert_eq!(cluster.replies[&second], cluster.replies[&again]);
    assert_eq!(cluster.site(0).last_index().0, length.0 + 2, "both are in the log, one is applied");
    let got = cluster.ask(NY, 3, read());
    cluster.deliver();
    assert_eq!(cluster.replies[&got], value("b"));
}

#[test]
fn a_standby_does_not_serve() {
    let mut cluster = settled();
    let asked = cluster.ask(LONDON, 1, read());
    assert_eq!(cluster.replies[&asked], Response::NotApplied(NotApplied::NotPromoted));
}

/// New York is lost after a write; runs until the failover is over.
fn failed_over() -> Cluster {
    let mut cluster = settled();
    let asked = cluster.ask(NY, 1, write("before"));
    cluster.deliver();
    assert_eq!(cluster.replies[&asked], Response::Done(OpResult::Written));
    cluster.power_loss(NY);
    let lost_at = cluster.now;
    cluster.observed.clear();
    cluster.run(115);
    assert!(!cluster.observed.iter().any(|(_, o)| matches!(o, Observation::FailoverDecided { .. })), "too early");
    cluster.run(15);
    assert!(cluster.now.since(lost_at).as_secs() >= 120);
    cluster
}

#[test]
fn losing_new_york_fails_over_in_the_seeds_order() {
    let cluster = failed_over();
    let names: Vec<String> =
        cluster.observed.iter().filter(|(site, _)| *site == LONDON).map(|(_, o)| format!("{o:?}")).collect();
    let steps = [
        "PeerDown",
        "FailoverDecided",
        "EpochRaised",
        "RedirectPrepared",
        "ServicePromoted",
        "WeightsSwitched",
        "DnsChanged",
        "NotificationSent",
        "FailoverCompleted",
    ];
    let mut seen = names.iter();
    for step in steps {
        assert!(seen.any(|name| name.starts_with(step)), "{step} in its place among {names:#?}");
    }
    let backups = SiteSet::only(LONDON).with(SINGAPORE);
    assert!(
        cluster.observed.contains(&(SINGAPORE, Observation::ServicePromoted { service: ServiceId(0), sites: backups }))
    );
}

#[test]
fn after_a_failover_the_new_primary_leads_and_the_old_one_is_a_standby() {
    let mut cluster = failed_over();
    assert_eq!(cluster.leaders(), [LONDON], "leadership prefers the new primary");
    let got = cluster.ask(SINGAPORE, 2, read());
    cluster.deliver();
    assert_eq!(cluster.replies[&got], value("before"), "a standby's request goes through the leader");
    assert_eq!(cluster.site(2).epoch(), Epoch(2));

    cluster.start(NY);
    cluster.run(30);
    assert_eq!(cluster.leaders(), [LONDON], "a returning New York does not take it back");
    let asked = cluster.ask(NY, 3, read());
    assert_eq!(cluster.replies[&asked], Response::NotApplied(NotApplied::NotPromoted));
    assert!(cluster.observed.contains(&(LONDON, Observation::SiteReturned { site: NY })));
    assert_eq!(cluster.site(0).applied_digest(), cluster.site(1).applied_digest());
}

fn read_at_an_isolated_leader(hazard: Option<Hazard>) -> Option<Response> {
    let mut config = config(3);
    config.raft.check_quorum = false;
    hazard.into_iter().for_each(|hazard| config.hazards.insert(hazard));
    let mut cluster = Cluster::new(config);
    cluster.run(20);
    cluster.ask(NY, 1, write("old"));
    cluster.deliver();
    cluster.isolate(NY);
    cluster.run(150);
    cluster.ask(LONDON, 2, write("new"));
    cluster.deliver();
    assert_eq!(cluster.site(0).role(), Role::Leader, "nothing told it otherwise");
    let got = cluster.ask(NY, 3, read());
    cluster.run(3);
    cluster.replies.get(&got).cloned()
}

#[test]
fn an_isolated_leader_answers_nothing_unless_fencing_is_off() {
    assert_eq!(read_at_an_isolated_leader(None), None);
    assert_eq!(read_at_an_isolated_leader(Some(Hazard::NoFencing)), Some(value("old")), "the hazard shows");
}

#[test]
fn without_a_quorum_a_leader_steps_down() {
    let mut cluster = settled();
    cluster.isolate(NY);
    cluster.run(12);
    assert_ne!(cluster.site(0).role(), Role::Leader);
    assert_eq!(cluster.leaders().len(), 1);
}

/// Writes with one follower's disk slow and the other away; says whether the write was acknowledged.
fn acknowledged_without_syncs(hazard: Option<Hazard>) -> bool {
    let mut config = config(3);
    hazard.into_iter().for_each(|hazard| config.hazards.insert(hazard));
    let mut cluster = Cluster::new(config);
    cluster.run(20);
    cluster.crash(SINGAPORE);
    cluster.slow_disks.insert(LONDON);
    let asked = cluster.ask(NY, 1, write("a"));
    cluster.run(2);
    let early = cluster.replies.contains_key(&asked);
    cluster.finish_syncs();
    cluster.deliver();
    assert!(cluster.replies.contains_key(&asked), "once it is durable it is acknowledged");
    early
}

#[test]
fn a_write_is_acknowledged_only_when_durable_on_a_quorum() {
    assert!(!acknowledged_without_syncs(None));
    assert!(acknowledged_without_syncs(Some(Hazard::AckBeforeFsync)), "the hazard shows");
}

#[test]
fn acknowledged_writes_survive_the_power_loss_of_all_sites() {
    let mut cluster = settled();
    for n in 1..=300 {
        cluster.ask(NY, n, write(&format!("v{n}")));
        cluster.deliver();
    }
    for site in [NY, LONDON, SINGAPORE] {
        cluster.power_loss(site);
    }
    for site in [LONDON, SINGAPORE, NY] {
        cluster.start(site);
    }
    cluster.run(20);
    assert_eq!(cluster.leaders(), [NY]);
    let got = cluster.ask(NY, 1000, read());
    cluster.deliver();
    assert_eq!(cluster.replies[&got], value("v300"));
}

#[test]
fn a_failed_sync_stops_the_site() {
    let mut cluster = settled();
    cluster.slow_disks.insert(LONDON);
    cluster.ask(NY, 1, write("a"));
    cluster.deliver();
    let sync = cluster.waiting_syncs.pop().expect("London syncs the entry");
    let (site, token) = (sync.site, sync.token);
    let error = firedrill_stack::DiskError::Io;
    cluster.input(site, firedrill_stack::Input::SyncFailed { token, error });
    assert!(!cluster.site(1).recovered());
    cluster.input(site, firedrill_stack::Input::Synced { token });
    cluster.run(2);
    assert!(!cluster.links.iter().any(|(from, _, _)| *from == LONDON), "it says nothing more");
}
