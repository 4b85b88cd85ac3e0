//! What tests of the transaction log ask and expect.
//!
//! - [`load`]: so many bytes that files fill up and leave

pub mod load;

pub use crate::cluster::{LONDON, NY, SINGAPORE};

use crate::cluster::{Cluster, config};
use firedrill_model::{
    Op, OpResult, Position, Response, SessionId, SiteId, SiteSet, StackConfig, TransactionLogConfig, Value, WithoutCopy,
};
use firedrill_stack::FileId;
use firedrill_stack::switches::Switches;
use firedrill_stack::wal::frame;
use firedrill_stack::wal::recover::{self, Readable};
use firedrill_stack::wal::segment::Segment;
use std::ops::Range;
use std::time::Duration;

/// Three sites with a log: London is the synchronous copy.
pub fn with_log(without_copy: WithoutCopy) -> StackConfig {
    let mut config = config(3);
    config.transaction_log = Some(TransactionLogConfig {
        synchronous: SiteSet::only(LONDON),
        without_copy,
        copy_timeout: Duration::from_secs(2),
        send_interval: Duration::from_millis(100),
        retention: Duration::from_secs(7 * 86_400),
    });
    config
}

/// The sites, New York leading and writing.
pub fn settled() -> Cluster {
    settled_with(with_log(WithoutCopy::Asynchronous))
}

pub fn settled_with(config: StackConfig) -> Cluster {
    let cluster = Cluster::settled(config);
    assert!(cluster.site(0).writes_log().is_some(), "and writes the log");
    cluster
}

pub fn append(cluster: &mut Cluster, site: SiteId, seq: u64, text: &str) -> u64 {
    cluster.ask_as(SessionId(5), site, seq, Op::Append { record: Value::new(text.as_bytes()) })
}

pub fn appended(position: u64) -> Response {
    Response::Done(OpResult::Appended { position: Position(position) })
}

/// Lets time pass while Singapore's disk finishes no sync of the transaction log, so that Singapore can't stand in for a copy.
pub fn run_without_stand_in(cluster: &mut Cluster, secs: u64) {
    cluster.slow_disks.insert(SINGAPORE);
    for _ in 0..secs * 10 {
        cluster.run_in_steps(Duration::from_millis(100), Duration::from_millis(100));
        while let Some(at) = cluster.waiting_syncs.iter().position(|sync| !matches!(sync.file, FileId::Wal(_))) {
            let sync = cluster.waiting_syncs.remove(at);
            cluster.finish_sync(sync);
        }
        cluster.deliver();
    }
}

/// After [`run_without_stand_in`]: Singapore's disk keeps only what it had synced, and New York is cut off until London has taken over.
pub fn london_takes_over(cluster: &mut Cluster) {
    cluster.power_loss(SINGAPORE);
    cluster.slow_disks.clear();
    cluster.start(SINGAPORE);
    cluster.cut.clear();
    cluster.isolate(NY);
    cluster.run(150);
}

/// What a scan answers, once all is delivered.
pub fn scan(cluster: &mut Cluster, site: SiteId, after: u64) -> Response {
    let asked = cluster.ask_as(SessionId(6), site, 1, Op::Scan { after: Position(after) });
    cluster.deliver();
    cluster.run(1);
    cluster.replies.get(&asked).cloned().expect("the scan is answered")
}

/// The first position, the records' texts, and the end.
pub fn texts(response: &Response) -> (u64, Vec<String>, u64) {
    match response {
        Response::Done(OpResult::Records { first, records, end }) => {
            (first.0, records.iter().map(|record| format!("{record:?}")).collect(), end.0)
        }
        other => panic!("a scan answered {other:?}"),
    }
}

/// What can be read of a site's durable log, by nothing but its bytes and the key.
pub fn durable(cluster: &Cluster, site: SiteId) -> Readable {
    let files = &cluster.disks[site.index()].synced;
    let wal = files.iter().filter_map(|(file, bytes)| match file {
        FileId::Wal(number) => Some((*number, bytes.as_slice())),
        _ => None,
    });
    recover::readable(wal, &cluster.key)
}

/// Up to which record that is.
pub fn readable(cluster: &Cluster, site: SiteId) -> Position {
    durable(cluster, site).end()
}

/// Where the frames of a file lie.
pub fn frames(file: &[u8]) -> Vec<Range<usize>> {
    let (mut at, mut found) = (0, Vec::new());
    while let Some(frame) = frame::read(1, file, at, &mut Switches::default()) {
        found.push(at..frame.end);
        at = frame.end;
    }
    found
}

/// The segments of a file of the log.
pub fn segments(number: u32, file: &[u8]) -> Vec<Segment> {
    let (mut at, mut found) = (0, Vec::new());
    while let Some(frame) = frame::read(number, file, at, &mut Switches::default()) {
        found.extend(frame.segment);
        at = frame.end;
    }
    found
}

/// The first position where two sites' logs have records of different incarnations.
pub fn disagreement(cluster: &Cluster, a: SiteId, b: SiteId) -> Option<Position> {
    let (a, b) = (cluster.site(a.0), cluster.site(b.0));
    let last = a.log_end().min(b.log_end()).0;
    (1..=last).map(Position).find(|at| a.log_incarnation(*at) != b.log_incarnation(*at))
}
