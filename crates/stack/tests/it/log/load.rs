//! Records that fill files, of which those older than a short retention leave the disk.

use super::{append, with_log};
use crate::cluster::Cluster;
use firedrill_model::{Position, Rng, SiteId, StackConfig, WithoutCopy};
use firedrill_stack::FileId;
use std::time::Duration;

/// So that ten records fill a file.
const SIZE: usize = 100_000;

/// Three sites whose log is retained for so many seconds.
pub fn with_retention(secs: u64) -> StackConfig {
    let mut config = with_log(WithoutCopy::Asynchronous);
    if let Some(log) = &mut config.transaction_log {
        log.retention = Duration::from_secs(secs);
    }
    config
}

/// Who appends.
#[derive(Clone)]
pub struct Load {
    rng: Rng,
    asked: u64,
}

impl Load {
    pub fn new() -> Load {
        Load { rng: Rng::new(3, "noise"), asked: 0 }
    }

    /// Asks for a record that does not compress.
    pub fn ask(&mut self, cluster: &mut Cluster, site: SiteId) -> u64 {
        self.asked += 1;
        let noise: String = (0..SIZE).map(|_| char::from(33 + self.rng.below(90) as u8)).collect();
        append(cluster, site, self.asked, &noise)
    }

    /// Such records, one a second.
    pub fn append(&mut self, cluster: &mut Cluster, site: SiteId, records: u64) {
        for _ in 0..records {
            self.ask(cluster, site);
            cluster.run(1);
        }
    }
}

/// The numbers of a site's files.
pub fn numbers(cluster: &Cluster, site: SiteId) -> impl Iterator<Item = u32> {
    let number = |file: &FileId| if let FileId::Wal(number) = file { Some(*number) } else { None };
    cluster.disks[site.index()].written.keys().filter_map(number)
}

pub fn files(cluster: &Cluster, site: SiteId) -> usize {
    numbers(cluster, site).count()
}

/// The records after this one are there.
pub fn base(cluster: &Cluster, site: SiteId) -> Position {
    let known = |at: &Position| cluster.site(site.0).log_incarnation(*at).is_some();
    (0..).map(Position).find(known).expect("the base is known")
}
