//! The transaction log on disks that rot, tear and fail, and what each hazard breaks: seen by checks that know no hazard.

use crate::cluster::{self, Cluster};
use crate::log::{
    self, LONDON, NY, SINGAPORE, append, appended, london_takes_over, run_without_stand_in, scan, settled_with,
    with_log,
};
use firedrill_model::{
    Hazard, Observation, OpResult, Position, Response, Rng, SiteId, SiteSet, StackConfig, StorageArea, WithoutCopy,
};
use firedrill_stack::{DiskError, FileId, Input};

fn with_hazard(hazard: Option<Hazard>) -> StackConfig {
    let mut config = with_log(WithoutCopy::Asynchronous);
    hazard.into_iter().for_each(|hazard| config.hazards.insert(hazard));
    config
}

/// Ten acknowledged records, all of them at every site.
fn ten(config: StackConfig) -> Cluster {
    let mut cluster = settled_with(config);
    for n in 1..=10 {
        let asked = append(&mut cluster, NY, n, &format!("r{n}"));
        cluster.deliver();
        assert_eq!(cluster.replies[&asked], appended(n));
    }
    cluster.run(3);
    cluster
}

const FIRST: FileId = FileId::Wal(1);

/// A bit of the sixth record's segment changes.
fn rot(cluster: &mut Cluster, site: SiteId) {
    let at = log::frames(&cluster.disks[site.index()].synced[&FIRST])[5].end - 10;
    let disk = &mut cluster.disks[site.index()];
    for files in [&mut disk.written, &mut disk.synced] {
        files.get_mut(&FIRST).expect("the log has a file")[at] ^= 0x40;
    }
}

fn saw(cluster: &Cluster, site: SiteId, what: impl Fn(&Observation) -> bool) -> bool {
    cluster.observed.iter().any(|(at, observation)| *at == site && what(observation))
}

fn hole_found(observation: &Observation) -> bool {
    matches!(observation, Observation::HoleFound { area: StorageArea::TransactionLog, .. })
}

fn hole_refilled(observation: &Observation) -> bool {
    matches!(observation, Observation::HoleRefilled { area: StorageArea::TransactionLog, .. })
}

/// The records that a scan sees at the writer; none if it is not answered with records.
fn records(cluster: &mut Cluster, site: SiteId) -> Vec<String> {
    match scan(cluster, site, 0) {
        Response::Done(OpResult::Records { records, .. }) => records.iter().map(|r| format!("{r:?}")).collect(),
        _ => Vec::new(),
    }
}

fn all_ten() -> Vec<String> {
    (1..=10).map(|n| format!("r{n}")).collect()
}

/// New York's disk rots while it is down; it comes back, and says what it says.
fn rotten_writer(hazard: Option<Hazard>) -> Cluster {
    let mut cluster = ten(with_hazard(hazard));
    cluster.power_loss(NY);
    rot(&mut cluster, NY);
    cluster.start(NY);
    cluster.run(30);
    cluster
}

#[test]
fn a_rotten_writer_refills_its_hole_from_the_copy_before_it_writes() {
    let mut cluster = rotten_writer(None);
    assert!(saw(&cluster, NY, hole_found) && saw(&cluster, NY, hole_refilled), "{:?}", cluster.observed);
    assert_eq!(records(&mut cluster, NY), all_ten());
    assert!(!saw(&cluster, LONDON, |o| matches!(o, Observation::TailCut { .. })));
}

#[test]
fn a_hole_taken_for_the_end_of_the_log_spreads_to_the_healthy_copy() {
    let mut cluster = rotten_writer(Some(Hazard::CorruptionSpreads));
    assert!(records(&mut cluster, NY).len() < 10, "the hazard shows: acknowledged records are lost");
    assert!(saw(&cluster, LONDON, |o| matches!(o, Observation::TailCut { .. })));
}

/// London's disk rots, and it restarts; then New York is lost. What London serves as the writer, at once.
fn rotten_copy(hazard: Option<Hazard>) -> Cluster {
    let mut cluster = ten(with_hazard(hazard));
    cluster.power_loss(LONDON);
    rot(&mut cluster, LONDON);
    cluster.isolate(NY);
    cluster.cut.clear();
    cluster.start(LONDON);
    cluster.deliver();
    cluster
}

#[test]
fn a_rotten_copy_is_refilled_and_does_not_count_until_then() {
    let mut cluster = rotten_copy(None);
    assert!(saw(&cluster, LONDON, hole_found));
    cluster.run(20);
    assert!(saw(&cluster, LONDON, hole_refilled));
    assert_eq!(cluster.site(1).log_durable(), Position(10));
    assert_eq!(cluster.site(0).log_state().members, SiteSet::only(LONDON), "it is a member again");
    cluster.power_loss(NY);
    cluster.run(140);
    assert_eq!(records(&mut cluster, LONDON), all_ten());
}

#[test]
fn a_checksum_that_is_ignored_makes_a_rotten_copy_count() {
    let cluster = rotten_copy(Some(Hazard::ChecksumIgnored));
    let durable = log::readable(&cluster, LONDON);
    let claims = cluster.site(1).log_durable();
    assert!(claims == Position(10) && durable < claims, "the hazard shows: {claims}, and {durable} can be read");
    let honest = rotten_copy(None);
    assert!(honest.site(1).log_durable() <= log::readable(&honest, LONDON));
}

/// A write of London's log hits another place: the last frame lies over an earlier one of the same length.
fn misdirected(hazard: Option<Hazard>) -> Cluster {
    let mut cluster = settled_with(with_hazard(hazard));
    for n in 1..=9 {
        append(&mut cluster, NY, n, &format!("r{n}"));
        cluster.deliver();
    }
    cluster.run(3);
    cluster.power_loss(LONDON);
    let disk = &mut cluster.disks[1];
    for files in [&mut disk.written, &mut disk.synced] {
        let log = files.get_mut(&FIRST).expect("the log has a file");
        let frame = log::frames(log);
        let (from, to) = (frame[7].clone(), frame[3].clone());
        assert_eq!(from.len(), to.len());
        let bytes = log[from].to_vec();
        log[to].copy_from_slice(&bytes);
    }
    cluster.start(LONDON);
    cluster.deliver();
    cluster
}

#[test]
fn a_misdirected_write_is_a_hole() {
    let cluster = misdirected(None);
    assert!(saw(&cluster, LONDON, hole_found));
    assert!(cluster.site(1).log_durable() <= log::readable(&cluster, LONDON));
}

/// A site's disk is replaced by an empty one.
fn new_disk(site: SiteId) -> Cluster {
    let mut cluster = ten(with_hazard(None));
    cluster.power_loss(site);
    cluster.disks[site.index()] = cluster::disk::Disk::default();
    cluster.start(site);
    cluster.run(40);
    cluster
}

#[test]
fn a_writer_with_a_new_disk_is_refilled_before_it_writes() {
    let mut cluster = new_disk(NY);
    assert!(saw(&cluster, NY, hole_found) && saw(&cluster, NY, hole_refilled));
    assert!(!saw(&cluster, LONDON, |o| matches!(o, Observation::TailCut { .. })));
    assert_eq!(records(&mut cluster, NY), all_ten());
}

#[test]
fn a_copy_whose_log_is_gone_leaves_the_set_until_it_is_refilled() {
    let mut cluster = ten(with_hazard(None));
    cluster.power_loss(LONDON);
    let disk = &mut cluster.disks[1];
    for files in [&mut disk.written, &mut disk.synced] {
        files.retain(|file, _| !matches!(file, FileId::Wal(_)));
    }
    cluster.start(LONDON);
    cluster.run(40);
    assert!(saw(&cluster, LONDON, hole_found) && saw(&cluster, LONDON, hole_refilled));
    assert!(saw(&cluster, NY, |o| matches!(o, Observation::SyncSetChanged { members: SiteSet::EMPTY, .. })));
    assert_eq!(cluster.site(1).log_durable(), Position(10));
    assert_eq!(cluster.site(0).log_state().members, SiteSet::only(LONDON));
}

/// The first write of a new file of London's log hits the first file instead. Then New York is lost.
fn misdirected_to_another_file(hazard: Option<Hazard>) -> Cluster {
    let mut cluster = settled_with(with_hazard(hazard));
    for n in 1..=8 {
        if n == 8 {
            // A restart begins a new file.
            cluster.crash(LONDON);
            cluster.start(LONDON);
            cluster.run(5);
        }
        append(&mut cluster, NY, n, &format!("r{n}"));
        cluster.deliver();
    }
    cluster.run(3);
    cluster.power_loss(LONDON);
    let disk = &mut cluster.disks[1];
    for files in [&mut disk.written, &mut disk.synced] {
        let strayed = files.insert(FileId::Wal(2), Vec::new()).expect("the restart began a file");
        let len = log::frames(&files[&FIRST])[0].end;
        files.get_mut(&FIRST).expect("the log has a file")[..len].copy_from_slice(&strayed[..len]);
    }
    cluster.start(LONDON);
    cluster.run(20);
    cluster.power_loss(NY);
    cluster.run(140);
    cluster
}

#[test]
fn a_checksum_without_the_address_lets_a_misdirected_write_hide_what_was_acknowledged() {
    let all: Vec<String> = (1..=8).map(|n| format!("r{n}")).collect();
    assert_eq!(records(&mut misdirected_to_another_file(None), LONDON), all);
    let seen = records(&mut misdirected_to_another_file(Some(Hazard::ChecksumWithoutAddress)), LONDON);
    assert_ne!(seen, all, "the hazard shows");
}

/// New York is cut off with records that nobody else has, and comes back after a failover and a second one.
fn returned(hazard: Option<Hazard>) -> Cluster {
    let mut cluster = ten(with_hazard(hazard));
    cluster.isolate(NY);
    for n in 11..=13 {
        append(&mut cluster, NY, n, "only in New York");
        cluster.deliver();
    }
    cluster.run(140);
    cluster.cut.clear();
    for n in 11..=12 {
        append(&mut cluster, LONDON, n, &format!("r{n}"));
        cluster.run(1);
    }
    cluster.run(20);
    cluster
}

#[test]
fn a_diverged_tail_is_cut_where_the_incarnations_part() {
    let cluster = returned(None);
    let cut = |o: &Observation| matches!(o, Observation::TailCut { after: Position(10), records: 3, .. });
    assert!(saw(&cluster, NY, cut), "{:?}", cluster.observed);
    assert_eq!(log::disagreement(&cluster, NY, LONDON), None);
}

/// New York acknowledges its twelfth record alone: London is cut off, and Singapore's disk has not finished to sync it.
fn alone_with_the_twelfth(hazard: Option<Hazard>) -> Cluster {
    let mut cluster = ten(with_hazard(hazard));
    cluster.isolate(SINGAPORE);
    append(&mut cluster, NY, 11, "r11");
    cluster.run(1);
    cluster.cut.clear();
    cluster.isolate(LONDON);
    run_without_stand_in(&mut cluster, 10);
    assert_eq!(cluster.site(0).log_state().members, SiteSet::EMPTY, "London left the set, and nobody stands in");
    let asked = append(&mut cluster, NY, 12, "r12");
    run_without_stand_in(&mut cluster, 1);
    assert_eq!(cluster.replies[&asked], appended(12));
    cluster
}

/// New York, alone with a record, is cut off; London goes on with a declared loss; New York comes back.
fn returned_after_loss(hazard: Option<Hazard>) -> Cluster {
    let mut cluster = alone_with_the_twelfth(hazard);
    london_takes_over(&mut cluster);
    append(&mut cluster, LONDON, 13, "r12 of London");
    cluster.run(1);
    cluster.cut.clear();
    cluster.run(20);
    cluster
}

#[test]
fn a_tail_cut_at_a_high_water_mark_leaves_copies_that_disagree() {
    let cluster = returned_after_loss(None);
    assert_eq!(log::disagreement(&cluster, NY, LONDON), None);
    assert_eq!(cluster.site(0).log_durable(), Position(12));
    let cluster = returned_after_loss(Some(Hazard::CutAtHighWaterMark));
    assert_eq!(log::disagreement(&cluster, NY, LONDON), Some(Position(12)), "the hazard shows");
}

/// London leaves the set, Singapore stands in for it, records are acknowledged, and New York is lost when London returns.
fn lagging(hazard: Option<Hazard>) -> Cluster {
    let mut cluster = ten(with_hazard(hazard));
    cluster.isolate(LONDON);
    cluster.run(10);
    assert_eq!(cluster.site(0).log_state().members, SiteSet::only(SINGAPORE), "London left the set");
    let asked = append(&mut cluster, NY, 11, "r11");
    cluster.run(1);
    assert_eq!(cluster.replies[&asked], appended(11), "acknowledged without it");
    cluster.power_loss(NY);
    cluster.cut.clear();
    cluster.run(150);
    cluster
}

#[test]
fn a_lagging_replica_is_not_promoted_over_one_that_holds_everything() {
    let declared = |cluster: &Cluster| saw(cluster, LONDON, |o| matches!(o, Observation::LossDeclared { .. }));
    let mut cluster = lagging(None);
    assert!(!declared(&cluster));
    assert_eq!(records(&mut cluster, SINGAPORE).len(), 11);
    let mut cluster = lagging(Some(Hazard::LaggingReplicaPromoted));
    assert!(!declared(&cluster) && records(&mut cluster, LONDON).len() < 11, "the hazard shows: a loss not declared");
}

/// London's disk fails it while it holds the eleventh record: what is answered, and up to where London's disk can be read then.
fn failing(hazard: Option<Hazard>, fail: impl FnOnce(&mut Cluster)) -> (Option<Response>, Position) {
    let mut cluster = ten(with_hazard(hazard));
    cluster.slow_disks.insert(LONDON);
    let asked = append(&mut cluster, NY, 11, "r11");
    cluster.deliver();
    fail(&mut cluster);
    cluster.finish_syncs();
    cluster.deliver();
    (cluster.replies.get(&asked).cloned(), log::readable(&cluster, LONDON))
}

/// What syncs of a file that are still to come make durable is no more than this.
fn covers_only(cluster: &mut Cluster, file: FileId, before: &Vec<u8>) {
    cluster.waiting_syncs.iter_mut().filter(|sync| sync.file == file).for_each(|sync| sync.covers.clone_from(before));
}

/// A sync of London's log fails, and what it should have made durable is gone, as after the kernel's failed write-back.
fn failed_sync(cluster: &mut Cluster) {
    let at = cluster.waiting_syncs.iter().position(|sync| matches!(sync.file, FileId::Wal(_))).expect("a sync waits");
    let sync = cluster.waiting_syncs.remove(at);
    let before = cluster.disks[1].synced[&sync.file].clone();
    cluster.input(LONDON, Input::SyncFailed { token: sync.token, error: DiskError::Io });
    // The second try finds nothing to write, and succeeds.
    covers_only(cluster, sync.file, &before);
}

#[test]
fn a_failed_sync_is_never_believed() {
    let (reply, _) = failing(None, failed_sync);
    assert_eq!(reply, None, "London stopped");
    let (reply, durable) = failing(Some(Hazard::SyncRetried), failed_sync);
    assert_eq!((reply, durable), (Some(appended(11)), Position(10)), "the hazard shows: acknowledged, not durable");
}

/// A write of London's log fails, and was not made.
fn failed_write(cluster: &mut Cluster) {
    let file = FIRST;
    let before = cluster.disks[1].synced[&file].clone();
    cluster.disks[1].written.insert(file, before.clone());
    cluster.input(LONDON, Input::WriteFailed { file, error: DiskError::Full });
    covers_only(cluster, file, &before);
}

#[test]
fn an_error_while_persisting_stops_the_site() {
    let (reply, _) = failing(None, failed_write);
    assert_eq!(reply, None, "London stopped");
    let (reply, durable) = failing(Some(Hazard::PersistErrorIgnored), failed_write);
    assert_eq!((reply, durable), (Some(appended(11)), Position(10)), "the hazard shows: acknowledged, not durable");
}

#[test]
fn a_torn_tail_is_cut_and_costs_nothing_that_was_acknowledged() {
    for seed in 0..40 {
        let mut cluster = ten(with_hazard(None));
        cluster.slow_disks.insert(NY);
        for n in 11..=14 {
            append(&mut cluster, NY, n, &format!("r{n} {}", "x".repeat(300)));
            cluster.deliver();
        }
        cluster.crash(NY);
        cluster.disks[0].tear_unsynced(&mut Rng::new(seed, "torn"));
        cluster.slow_disks.clear();
        cluster.start(NY);
        cluster.run(20);
        assert!(!saw(&cluster, NY, hole_found), "seed {seed}");
        assert_eq!(records(&mut cluster, NY)[..10], all_ten()[..], "seed {seed}");
    }
}

#[test]
fn with_another_key_the_site_does_not_start() {
    let mut cluster = ten(with_hazard(None));
    cluster.power_loss(SINGAPORE);
    cluster.key.id = 2;
    cluster.key.secret = [9; 32];
    cluster.start(SINGAPORE);
    let stopped = |o: &Observation| matches!(o, Observation::DiskFailed { error } if error.contains("key 1"));
    assert!(saw(&cluster, SINGAPORE, stopped) && !cluster.site(2).recovered());
}
