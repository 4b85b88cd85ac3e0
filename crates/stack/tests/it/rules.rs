//! Rules of the algorithm that random schedules seldom need: each shown alone, by messages made by hand.

use crate::cluster::disk::Disk;
use crate::cluster::{self, Cluster, LONDON, NY, config, write};
use firedrill_model::{Epoch, LogIndex, Rng, Role, SiteId, Term, Time};
use firedrill_stack::entry::Entry;
use firedrill_stack::raft::progress::Progress;
use firedrill_stack::storage::format::{self, LOG_FILE};
use firedrill_stack::storage::identity::DiskId;
use firedrill_stack::storage::standing::Standing;
use firedrill_stack::{FileId, Input, Message, RaftMessage};
use std::collections::VecDeque;
use std::time::Duration;

fn heartbeat(term: u64, prev: (u64, u64), commit: u64) -> Message {
    append(term, prev, vec![], commit)
}

fn append(term: u64, prev: (u64, u64), entries: Vec<Entry>, commit: u64) -> Message {
    Message::Raft(RaftMessage::Append {
        term: Term(term),
        prev_index: LogIndex(prev.0),
        prev_term: Term(prev.1),
        entries,
        commit: LogIndex(commit),
        epoch: Epoch(1),
        round: 1,
        sent: Time::ZERO,
        disk: DiskId::NONE,
        incarnation: 0,
        confirmed: false,
    })
}

/// What lies behind the place at which a message agrees may contradict the leader, however far the leader has committed (Raft figure 2, `AppendEntries` 5).
#[test]
fn nothing_is_committed_beyond_what_agrees() {
    let mut cluster = Cluster::stopped(config(3));
    cluster.disks[1] = Disk::with_log(&[1, 1, 2, 2], 2, None);
    cluster.start(LONDON);
    let from = NY;
    for (prev, commit, expected) in [((2, 1), 4, 2), ((1, 1), 4, 2), ((3, 3), 4, 2)] {
        let message = heartbeat(3, prev, commit);
        cluster.input(LONDON, Input::MessageReceived { from, message });
        assert_eq!(cluster.site(1).commit_index(), LogIndex(expected));
    }
}

/// A refusal that comes late says nothing about what has been found to match since (CCF#5991).
#[test]
fn a_late_refusal_rolls_nothing_back() {
    let mut progress = Progress::default();
    progress.restart(LogIndex(10), Time::ZERO);
    progress.rejects(LogIndex(9), LogIndex(5));
    assert_eq!(progress.next, LogIndex(6));
    progress.rejects(LogIndex(9), LogIndex(2));
    assert_eq!(progress.next, LogIndex(6), "the question was another");
    progress.matches(LogIndex(8));
    progress.rejects(LogIndex(7), LogIndex(2));
    assert_eq!((progress.next, progress.probing), (LogIndex(9), false));
}

/// Answers that were under way for long say nothing about now: what counts is when their question was sent.
#[test]
fn delayed_answers_do_not_keep_a_leader() {
    let mut cluster = Cluster::new(config(3));
    cluster.run(20);
    let leader = |cluster: &Cluster| cluster.site(0).role() == Role::Leader;
    assert!(leader(&cluster));
    // The answers of 4 s are held back, and then arrive one a second; the election timeout is 5 s.
    let mut late: VecDeque<(SiteId, Message)> = VecDeque::new();
    for tenth in 1..=105 {
        cluster.now += Duration::from_millis(100);
        cluster.wake();
        while let Some((from, to, message)) = cluster.links.pop_front() {
            if to != NY {
                cluster.input(to, Input::MessageReceived { from, message });
            } else if tenth <= 40 {
                late.push_back((from, message));
            }
        }
        if tenth > 40 && tenth % 10 == 0 {
            let (from, message) = late.pop_front().expect("there are enough");
            cluster.input(NY, Input::MessageReceived { from, message });
        }
    }
    assert!(!leader(&cluster), "it hears nothing that is true");
}

/// A site that finds its disk damaged takes nothing before that is on record: or a loss of power could leave the new entries and not the record.
#[test]
fn damage_is_on_record_before_anything_is_taken() {
    let mut cluster = Cluster::stopped(config(3));
    cluster.disks[0] = Disk::with_log(&[1, 1, 1, 1, 1, 1], 1, None);
    cluster.disks[2] = cluster.disks[0].clone();
    let mut disk = cluster.disks[0].clone();
    for files in [&mut disk.written, &mut disk.synced] {
        let log = files.get_mut(&LOG_FILE).expect("there is a log");
        let hole = format::decode_log(log).nth(2).expect("three entries").end;
        log[hole] ^= 0xff;
    }
    cluster.disks[1] = disk;
    cluster.slow_disks.insert(LONDON);
    cluster.all().for_each(|site| cluster.start(site));
    // Of the log all that can be is synced, of the metadata nothing but what was there before.
    let first = cluster.waiting_syncs.remove(0);
    cluster.finish_sync(first);
    let sent = cluster.disks[0].clone();
    let log = sent.recovered().log;
    for _ in 0..6 {
        let message = append(2, (3, 1), log.after(LogIndex(3), 10, usize::MAX), 0);
        cluster.input(LONDON, Input::MessageReceived { from: NY, message });
        let of_log = |sync: &cluster::WaitingSync| sync.file == LOG_FILE;
        if let Some(at) = cluster.waiting_syncs.iter().position(of_log) {
            let sync = cluster.waiting_syncs.remove(at);
            cluster.finish_sync(sync);
        }
        cluster.run(2);
        let left = cluster.disks[1].recovered().meta.standing;
        assert_eq!(left, Standing::Refilling);
    }
    cluster.finish_syncs();
    cluster.run(20);
    assert_eq!(cluster.disks[1].recovered().meta.standing, Standing::Full);
    assert_eq!(cluster.site(1).last_index(), cluster.site(0).last_index());
}

/// After a crash of the process alone, the newer copy of the metadata may lie in the page cache only: the older is not written over before the newer is synced.
#[test]
fn the_newer_copy_of_the_metadata_is_synced_before_the_older_is_written() {
    for which in [FileId::MetaA, FileId::MetaB] {
        let mut disk = Disk::with_log(&[1], 4, Some(LONDON));
        let newer = format::MetaView { version: 2, ..disk.recovered().meta };
        disk.write(which, 0, &format::encode_meta(which, &newer));
        let mut cluster = Cluster::stopped(config(3));
        cluster.disks[0] = disk;
        cluster.slow_disks.insert(NY);
        cluster.start(NY);
        loop {
            for seed in 0..40 {
                let mut torn = cluster.disks[0].clone();
                torn.tear_unsynced(&mut Rng::new(seed, "torn"));
                assert_eq!(torn.recovered().meta.voted_for, Some(LONDON));
            }
            if cluster.waiting_syncs.is_empty() {
                break;
            }
            let sync = cluster.waiting_syncs.remove(0);
            cluster.finish_sync(sync);
        }
    }
}

/// A request is taken on by a leader whose disk hangs, and answered once a quorum of others has it (hazard 21 the other way round: no site is special).
#[test]
fn a_leader_whose_disk_hangs_commits_with_the_others() {
    let mut cluster = Cluster::settled(config(3));
    cluster.slow_disks.insert(NY);
    let asked = cluster.ask(NY, 1, write("a"));
    cluster.deliver();
    assert!(cluster.replies.contains_key(&asked));
    assert!(cluster.watch.violations.is_empty());
}

/// A leader of an epoch that has passed may be followed as a leader, and is not accepted: it may answer nobody.
#[test]
fn a_leader_of_a_past_epoch_is_not_accepted() {
    let mut cluster = Cluster::stopped(config(3));
    cluster.start(LONDON);
    for (epoch, expected) in [(1, true), (2, true), (1, false)] {
        let mut message = heartbeat(3, (0, 0), 0);
        if let Message::Raft(RaftMessage::Append { epoch: told, .. }) = &mut message {
            *told = Epoch(epoch);
        }
        let from = NY;
        cluster.input(LONDON, Input::MessageReceived { from, message });
        let answer = cluster.links.pop_back().map(|link| link.2);
        let Some(Message::Raft(RaftMessage::AppendResponse { accepted, .. })) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(accepted, expected, "epoch {epoch}");
    }
    assert_eq!(cluster.site(1).epoch(), Epoch(2));
}
