//! Snapshots: what a restart reads, what a follower that was away for long gets, what a rotten snapshot does.

use crate::cluster::disk::Disk;
use crate::cluster::{Cluster, LONDON, NY, config, write};
use firedrill_model::{
    Key, LogIndex, Observation, Op, Request, Rng, ServiceId, SessionId, SiteId, StorageArea, Time, Value,
};
use firedrill_stack::storage::recover::recover;
use firedrill_stack::storage::standing::Standing;
use firedrill_stack::{DiskOp, FileId, Input, Output, Site, Ticket};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

fn settled(threshold: u64) -> Cluster {
    let mut config = config(3);
    config.raft.snapshot_threshold = threshold;
    Cluster::settled(config)
}

fn write_some(cluster: &mut Cluster, seqs: std::ops::Range<u64>) {
    for seq in seqs {
        cluster.ask(NY, seq, write(&format!("v{seq}")));
        cluster.deliver();
    }
    cluster.run(3);
}

fn sound(cluster: &Cluster) {
    assert_eq!(cluster.watch.violations, Vec::<String>::new());
    let digests: Vec<_> = cluster.sites.iter().flatten().map(|s| (s.applied_index(), s.applied_digest())).collect();
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]), "{digests:?}");
}

fn files(disk: &Disk, of_log: bool) -> usize {
    let counts =
        |file: &&FileId| if of_log { matches!(file, FileId::Log(_)) } else { matches!(file, FileId::Snapshot(_)) };
    disk.written.keys().filter(counts).count()
}

#[test]
fn the_log_before_a_snapshot_is_dropped_and_a_restart_goes_on_from_it() {
    let mut cluster = settled(10);
    write_some(&mut cluster, 1..60);
    for site in cluster.all() {
        assert!(cluster.site(site.0).snapshot_index() > LogIndex(30), "{site}");
        assert!(cluster.site(site.0).log_base() > LogIndex(20), "{site}");
        assert!(files(&cluster.disks[site.index()], true) <= 2 && files(&cluster.disks[site.index()], false) == 1);
        cluster.power_loss(site);
        cluster.start(site);
    }
    cluster.run(30);
    write_some(&mut cluster, 60..90);
    sound(&cluster);
}

#[test]
fn a_follower_that_was_away_for_long_gets_a_snapshot() {
    let mut cluster = settled(10);
    cluster.isolate(LONDON);
    write_some(&mut cluster, 1..60);
    assert!(cluster.site(1).last_index() < cluster.site(0).log_base());
    cluster.cut.clear();
    cluster.run(20);
    let installed = |(site, told): &(SiteId, Observation)| {
        *site == LONDON && matches!(told, Observation::SnapshotInstalled { source: NY, .. })
    };
    assert!(cluster.observed.iter().any(installed));
    write_some(&mut cluster, 60..70);
    sound(&cluster);
    cluster.power_loss(LONDON);
    cluster.start(LONDON);
    cluster.run(10);
    sound(&cluster);
}

#[test]
fn a_rotten_snapshot_is_a_hole_that_the_leader_refills() {
    let mut cluster = settled(10);
    write_some(&mut cluster, 1..60);
    cluster.power_loss(LONDON);
    let disk = &mut cluster.disks[LONDON.index()];
    for files in [&mut disk.written, &mut disk.synced] {
        for (file, bytes) in files.iter_mut() {
            if matches!(file, FileId::Snapshot(_)) {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0xff;
            }
        }
    }
    let found = disk.recovered();
    assert_eq!((found.meta.standing, found.log.last_index()), (Standing::Refilling, LogIndex(0)));
    cluster.start(LONDON);
    cluster.run(20);
    let told = |wanted: &dyn Fn(&Observation) -> bool| {
        cluster.observed.iter().any(|(site, told)| *site == LONDON && wanted(told))
    };
    assert!(told(&|told| matches!(told, Observation::HoleFound { area: StorageArea::Snapshot, .. })));
    assert!(told(&|told| matches!(told, Observation::HoleRefilled { area: StorageArea::Snapshot, source: NY, .. })));
    assert_eq!(cluster.disks[1].recovered().meta.standing, Standing::Full);
    sound(&cluster);
}

#[test]
fn any_changed_byte_of_a_snapshot_is_noticed() {
    let mut cluster = settled(10);
    write_some(&mut cluster, 1..40);
    let good = cluster.disks[1].found();
    let whole = recover(good.clone());
    assert!(whole.image.is_some() && whole.lost_to.is_none());
    for at in 0..good.snapshot.as_ref().map_or(0, Vec::len) {
        let mut bad = good.clone();
        bad.snapshot.as_mut().expect("there is one")[at] ^= 0x20;
        let found = recover(bad);
        assert!(found.image.is_none() && found.meta.standing == Standing::Refilling, "byte {at}");
    }
}

/// A site alone, whose disk does at once what it is told.
struct Alone {
    site: Site,
    disk: Disk,
    now: Time,
}

impl Alone {
    fn start(disk: Disk) -> Alone {
        let mut config = config(1);
        config.raft.snapshot_threshold = 10_000;
        let site = Site::new(Arc::new(config), NY, Rng::new(1, "alone"));
        let mut alone = Alone { site, disk, now: Time::ZERO };
        alone.tell(vec![Input::Started]);
        for _ in 0..30 {
            alone.now += Duration::from_secs(1);
            alone.tell(vec![Input::TimePassed]);
        }
        alone
    }

    fn tell(&mut self, inputs: Vec<Input>) {
        let mut inputs = VecDeque::from(inputs);
        loop {
            inputs.drain(..).for_each(|input| self.site.handle(self.now, input));
            while let Some(output) = self.site.poll_output() {
                if let Output::Disk(op) = output {
                    inputs.extend(self.perform(op));
                }
            }
            if inputs.is_empty() {
                return;
            }
        }
    }

    fn perform(&mut self, op: DiskOp) -> Option<Input> {
        let files = &mut self.disk.written;
        match op {
            DiskOp::Read { file, token } => {
                return Some(Input::FileRead { token, result: Ok(files.get(&file).cloned()) });
            }
            DiskOp::List { token } => {
                return Some(Input::FilesListed { token, result: Ok(files.keys().copied().collect()) });
            }
            DiskOp::Sync { token, .. } | DiskOp::SyncDir { token } => return Some(Input::Synced { token }),
            DiskOp::Create { file } => drop(files.entry(file).or_default()),
            DiskOp::Write { file, offset, bytes } => self.disk.write(file, offset as usize, &bytes),
            DiskOp::Truncate { file, len } => files.entry(file).or_default().resize(len as usize, 0),
            DiskOp::Delete { file } => drop(files.remove(&file)),
            DiskOp::Rename { .. } => panic!("the stack renames nothing"),
        }
        None
    }
}

#[test]
fn a_restart_after_100_000_entries_reads_what_follows_the_last_snapshot() {
    let mut alone = Alone::start(Disk::default());
    let request = |number: u64| Request {
        session: SessionId(number % 500),
        seq: number,
        service: ServiceId(0),
        op: Op::Write { key: Key::new(&format!("k{}", number % 1000)), value: Value::new(&number.to_le_bytes()) },
    };
    for batch in 0..525 {
        let numbers = batch * 200 + 1..=(batch + 1) * 200;
        alone.tell(numbers.map(|n| Input::RequestReceived { ticket: Ticket(n), request: request(n) }).collect());
        alone.now += Duration::from_millis(50);
        alone.tell(vec![Input::TimePassed]);
    }
    let applied = alone.site.applied_index();
    assert!(applied > LogIndex(105_000), "{applied}");
    let mut disk = alone.disk.clone();
    disk.synced = disk.written.clone();
    let found = disk.recovered();
    let bytes: usize = disk.written.values().map(Vec::len).sum();
    println!("{} records and {bytes} bytes on the disk after {applied}", found.records);
    assert!((4_000..=11_000).contains(&found.records), "{} records", found.records);
    let again = Alone::start(alone.disk.clone());
    assert!(again.site.applied_index() >= applied);
    assert_eq!(again.site.sessions(), 1000);
}
