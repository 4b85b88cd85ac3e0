//! What is older than the retention leaves the disk, whatever was cut off the log before.

use crate::cluster::Cluster;
use crate::log::load::{Load, files, numbers, with_retention};
use crate::log::{self, LONDON, NY, settled_with};
use firedrill_model::Position;
use std::collections::BTreeSet;

const RETENTION: u64 = 300;

/// New York's last files hold a tail that London never had, and when it is back, the file behind them supersedes them.
fn cut_across_files() -> (Cluster, Load) {
    let (mut cluster, mut load) = (settled_with(with_retention(RETENTION)), Load::new());
    load.append(&mut cluster, NY, 5);
    cluster.isolate(NY);
    load.append(&mut cluster, NY, 25);
    assert!(cluster.site(0).log_durable() == Position(30) && files(&cluster, NY) == 3);
    cluster.run(140);
    cluster.cut.clear();
    cluster.run(10);
    load.append(&mut cluster, LONDON, 15);
    assert_eq!((cluster.site(0).log_durable(), files(&cluster, NY)), (Position(20), 5));
    (cluster, load)
}

/// It is sound, and stays so when it is restarted.
fn is_sound(cluster: &mut Cluster) {
    let end = cluster.site(1).log_durable();
    assert_eq!(cluster.site(0).log_durable(), end);
    cluster.power_loss(NY);
    cluster.start(NY);
    assert!(!cluster.site(0).log_damaged(), "nothing is lost");
    assert_eq!(cluster.site(0).log_end(), end, "it reads what is left of its log");
    let both = |at: u64| {
        let wrote = |site: u8| cluster.site(site).log_incarnation(Position(at));
        wrote(0).zip(wrote(1))
    };
    assert!((1..=end.0).filter_map(both).all(|(ours, theirs)| ours == theirs));
    assert!(both(end.0).is_some());
    assert_eq!(log::readable(cluster, NY), end);
}

#[test]
fn files_that_were_superseded_leave_the_disk_as_others_do() {
    let (mut cluster, mut load) = cut_across_files();
    cluster.run(RETENTION);
    load.append(&mut cluster, LONDON, 15);
    cluster.run(10);
    assert!(files(&cluster, NY) <= 3, "{} files", files(&cluster, NY));
    is_sound(&mut cluster);
}

/// At any moment while the old ones go.
#[test]
fn a_site_that_is_restarted_while_superseded_files_leave_has_lost_nothing() {
    let (mut cluster, mut load) = cut_across_files();
    cluster.run(RETENTION - 200);
    let mut firsts = BTreeSet::new();
    for _ in 0..12 {
        load.append(&mut cluster, LONDON, 1);
        cluster.run(2);
        firsts.extend(numbers(&cluster, NY).min());
        is_sound(&mut cluster);
        cluster.run(2);
    }
    assert_eq!(firsts.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4], "they leave one after the other");
}
