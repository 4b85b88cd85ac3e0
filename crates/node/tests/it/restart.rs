//! What a restart costs with real files: what follows the last snapshot, however much was committed before.

use crate::support::load::CLIENTS;
use crate::support::{Cluster, Http};
use firedrill_model::LogIndex;
use firedrill_stack::restart::ReadAtStart;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
/// The plan's, and that of the settings.
const THRESHOLD: u64 = 10_000;
/// A record takes no more bytes than that: 40 and what the operation takes, which has a key of 10 bytes and a value of 16.
const RECORD: u64 = 128;
/// Every client has a key, a value and a last operation in the snapshot, and each of them takes less than a record.
const SNAPSHOT: u64 = 4_096 + CLIENTS * 3 * RECORD;

/// What London reads at its start after so many committed entries.
async fn restart_after(entries: u64, threshold: u64) -> ReadAtStart {
    let mut cluster = Cluster::start_with(|stack| stack.raft.snapshot_threshold = threshold).await;
    cluster.until_done(PATIENCE, 0, &Http::put("first", b"1")).await;
    let begun = Instant::now();
    cluster.write_many(0, 1, entries.div_ceil(CLIENTS)).await;
    cluster.until_applied_alike(PATIENCE).await;
    let committed = cluster.status(1).await.unwrap().status.applied;
    assert!(committed >= LogIndex(entries), "{committed}");
    let loaded = begun.elapsed();
    cluster.kill(1);
    let begun = Instant::now();
    cluster.restart(1, PATIENCE).await;
    cluster.until_applied_alike(PATIENCE).await;
    let read = cluster.status(1).await.unwrap().status.read_at_start;
    println!("{committed} entries in {loaded:?}; back after {:?} with {read:?}", begun.elapsed());
    cluster.stop().await;
    read
}

/// The next snapshot begins a threshold behind the last, and what is appended while it is written follows it too: no more than the clients and as much as is under way
/// to a follower.
fn follows_a_snapshot(read: &ReadAtStart) -> bool {
    let under_way = CLIENTS + 64 * 16;
    let entries = THRESHOLD + 2 * under_way;
    read.entries <= entries && read.bytes <= SNAPSHOT + entries * RECORD
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_after_100_000_committed_entries_reads_what_follows_the_last_snapshot() {
    let read = restart_after(100_000, THRESHOLD).await;
    assert!(read.snapshot >= LogIndex(100_000 - 2 * THRESHOLD), "{read:?}");
    assert!(follows_a_snapshot(&read), "{read:?}");
}

/// So that it is seen that the check above can fail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_snapshots_a_restart_reads_all_that_was_ever_committed() {
    let read = restart_after(2 * THRESHOLD, u64::MAX).await;
    assert!(read.entries >= 2 * THRESHOLD && read.snapshot == LogIndex(0), "{read:?}");
    assert!(!follows_a_snapshot(&read), "{read:?}");
}
