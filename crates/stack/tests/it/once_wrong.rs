//! What was once wrong, each in the smallest situation that shows it.

use crate::cluster::disk::Disk;
use crate::cluster::{Cluster, LONDON, NY, SINGAPORE, config, read, write};
use firedrill_model::{LogIndex, Observation, OpResult, Response, Rng, Role, SiteId, Time, Value};
use firedrill_stack::control::{Control, steps};
use firedrill_stack::entry::ControlCommand;
use firedrill_stack::health::Health;
use firedrill_stack::storage::format::{self, LOG_FILE, MetaView};
use firedrill_stack::storage::identity::DiskId;
use firedrill_stack::storage::standing::Standing;
use firedrill_stack::switches::Switches;
use firedrill_stack::{FileId, Input, Message, RaftMessage};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

fn settled() -> Cluster {
    Cluster::settled(config(3))
}

/// The last answer to a leader that is under way from a site.
fn standing_told(cluster: &Cluster, by: SiteId) -> Option<Standing> {
    let told = |(from, _, message): &(SiteId, SiteId, Message)| match message {
        Message::Raft(RaftMessage::AppendResponse { standing, .. }) if *from == by => Some(*standing),
        _ => None,
    };
    cluster.links.iter().rev().find_map(told)
}

/// A site whose log was damaged took a message from before its crash, with an old commit index, for the proof that it has everything again.
#[test]
fn an_old_message_does_not_end_a_refill() {
    let mut cluster = settled();
    cluster.slow_disks.insert(LONDON);
    cluster.ask(NY, 1, write("a"));
    let old = cluster.links.iter().find(|link| link.1 == LONDON).cloned();
    let (from, _, old) = old.expect("New York sends the entry");
    cluster.finish_syncs();
    for seq in 2..6 {
        cluster.deliver();
        cluster.ask(NY, seq, write("b"));
    }
    cluster.deliver();
    cluster.run(2);
    cluster.power_loss(LONDON);
    let disk = &mut cluster.disks[LONDON.index()];
    for files in [&mut disk.written, &mut disk.synced] {
        let log = files.get_mut(&LOG_FILE).expect("there is a log");
        let end = format::decode_log(log).nth(1).expect("two entries").end;
        log[end] ^= 0xff;
    }
    cluster.start(LONDON);
    cluster.links.clear();
    let again = Input::MessageReceived { from, message: old };
    cluster.input(LONDON, again);
    assert_eq!(standing_told(&cluster, LONDON), Some(Standing::Refilling));
    assert_eq!(cluster.disks[1].recovered().meta.standing, Standing::Refilling);
    cluster.run(3);
    assert_eq!(cluster.disks[1].recovered().meta.standing, Standing::Full);
    assert_eq!(cluster.site(1).last_index(), cluster.site(0).last_index());
}

/// A restarted site named what it passed on as the process before it had; so a client could be given the answer to another's request.
#[test]
fn an_answer_to_an_earlier_process_is_nobodys() {
    let mut cluster = settled();
    // London serves, too, once New York has failed and come back.
    cluster.power_loss(NY);
    cluster.run(140);
    cluster.start(NY);
    cluster.run(20);
    assert_eq!(cluster.leaders(), [LONDON]);
    let asked = cluster.ask(SINGAPORE, 1, write("a"));
    cluster.deliver_at(0);
    let answers: Vec<_> = std::mem::take(&mut cluster.links).into();
    cluster.crash(SINGAPORE);
    cluster.start(SINGAPORE);
    cluster.run(20);
    let second = cluster.ask(SINGAPORE, 2, read());
    cluster.links.clear();
    cluster.links.extend(answers);
    for _ in 0..cluster.links.len() {
        cluster.deliver_at(0);
    }
    assert!(!cluster.replies.contains_key(&asked));
    assert!(!cluster.replies.contains_key(&second), "nothing has answered the second request");
}

fn message(from: SiteId, message: Message) -> Input {
    Input::MessageReceived { from, message }
}

/// Makes a site follow in the next term.
fn depose(cluster: &mut Cluster, site: SiteId, by: SiteId) {
    let term = cluster.site(site.0).term().next();
    let denied = RaftMessage::VoteResponse { term, granted: false, pre_vote: false };
    cluster.input(site, message(by, Message::Raft(denied)));
    assert_eq!(cluster.site(site.0).role(), Role::Follower);
}

fn refusals(cluster: &Cluster) -> usize {
    let refuses = |message: &Message| matches!(message, Message::ForwardReply { response, .. } if matches!(response, Response::NotApplied(_)));
    cluster.links.iter().filter(|link| refuses(&link.2)).count()
}

/// London leads, and a request that Singapore passes on is under way to it.
fn passed_on() -> (Cluster, Message) {
    let mut cluster = settled();
    cluster.power_loss(NY);
    cluster.run(140);
    assert_eq!(cluster.leaders(), [LONDON]);
    cluster.ask(SINGAPORE, 1, write("a"));
    let (_, _, forward) = cluster.links.pop_back().expect("it is passed on");
    (cluster, forward)
}

/// A copy of a request that a peer passed on was refused, as certainly not applied, by a site that had taken on the first copy and then stopped leading.
#[test]
fn a_copy_of_a_request_is_neither_taken_on_nor_refused() {
    let (mut cluster, forward) = passed_on();
    let last = cluster.site(1).last_index();
    for _ in 0..2 {
        cluster.input(LONDON, message(SINGAPORE, forward.clone()));
    }
    assert_eq!(cluster.site(1).last_index(), last.next(), "taken on once");
    depose(&mut cluster, LONDON, SINGAPORE);
    cluster.input(LONDON, message(SINGAPORE, forward.clone()));
    assert_eq!(refusals(&cluster), 0, "the first copy may yet be applied");
    // Nor is it taken on when London leads again; that is another term.
    cluster.run(20);
    let last = cluster.site(1).last_index();
    cluster.input(LONDON, message(SINGAPORE, forward.clone()));
    assert_eq!(cluster.site(1).last_index(), last);
    // A later process can't know what became of it.
    cluster.crash(LONDON);
    cluster.start(LONDON);
    cluster.links.clear();
    cluster.input(LONDON, message(SINGAPORE, forward));
    assert_eq!(refusals(&cluster), 0);
}

/// A request that was refused, as certainly not applied, was taken on when a copy of it came after the site had begun to lead.
#[test]
fn a_refused_request_is_not_taken_on_later() {
    let (mut cluster, forward) = passed_on();
    depose(&mut cluster, LONDON, SINGAPORE);
    cluster.input(LONDON, message(SINGAPORE, forward.clone()));
    assert_eq!(refusals(&cluster), 1, "no copy of it was taken on");
    cluster.run(30);
    assert_eq!(cluster.leaders(), [LONDON]);
    let last = cluster.site(1).last_index();
    cluster.input(LONDON, message(SINGAPORE, forward));
    assert_eq!(cluster.site(1).last_index(), last);
}

/// An acknowledgement that waited for the disk left in the term of the follower's own candidacy.
#[test]
fn what_is_owed_to_a_leader_is_not_said_in_a_later_term() {
    let mut cluster = settled();
    cluster.slow_disks.insert(LONDON);
    cluster.ask(NY, 1, write("a"));
    cluster.deliver();
    let term = cluster.site(1).term();
    let tell = Message::Raft(RaftMessage::TimeoutNow { term });
    cluster.input(LONDON, message(NY, tell));
    assert_eq!(cluster.site(1).role(), Role::Candidate);
    cluster.finish_syncs();
    let answers = |link: &&(SiteId, SiteId, Message)| {
        link.0 == LONDON && matches!(link.2, Message::Raft(RaftMessage::AppendResponse { .. }))
    };
    assert_eq!(cluster.links.iter().filter(answers).count(), 0);
}

/// A message that came out of order took back what was owed for a later one; the leader heard of that only with the next heartbeat.
#[test]
fn a_late_message_takes_back_nothing_of_what_is_owed() {
    let mut config = config(3);
    config.raft.max_batch = 1;
    let mut cluster = Cluster::new(config);
    cluster.run(20);
    cluster.slow_disks.insert(LONDON);
    for seq in 1..=3 {
        cluster.ask(NY, seq, write("a"));
    }
    let last = cluster.site(0).last_index();
    let to_london: Vec<Message> =
        cluster.links.iter().filter(|link| link.1 == LONDON).map(|link| link.2.clone()).collect();
    cluster.links.clear();
    for at in [0, 1, 2, 0] {
        cluster.input(LONDON, message(NY, to_london[at].clone()));
    }
    cluster.finish_syncs();
    let acknowledged = |link: &(SiteId, SiteId, Message)| match link.2 {
        Message::Raft(RaftMessage::AppendResponse { ok: true, index, .. }) => Some(index),
        _ => None,
    };
    assert_eq!(cluster.links.iter().filter_map(acknowledged).max(), Some(last));
}

/// A restarted site wrote first over the only good copy of its metadata; a loss of power then took its vote.
#[test]
fn the_only_good_copy_of_the_metadata_is_not_written_over() {
    for rotten in [FileId::MetaA, FileId::MetaB] {
        let mut cluster = Cluster::stopped(config(3));
        let mut disk = Disk::with_log(&[1, 1], 4, Some(SINGAPORE));
        for files in [&mut disk.written, &mut disk.synced] {
            files.get_mut(&rotten).expect("it is there")[20] ^= 1;
        }
        cluster.disks[0] = disk;
        cluster.slow_disks.insert(NY);
        cluster.start(NY);
        for step in 0..8 {
            let mut torn = cluster.disks[0].clone();
            for seed in 0..20 {
                torn.tear_unsynced(&mut Rng::new(seed, "torn"));
                let found = torn.recovered();
                assert!(!found.vote_lost, "after {step} syncs");
                assert_eq!(found.meta.voted_for, Some(SINGAPORE));
                torn = cluster.disks[0].clone();
            }
            if cluster.waiting_syncs.is_empty() {
                break;
            }
            let sync = cluster.waiting_syncs.remove(0);
            cluster.finish_sync(sync);
        }
    }
}

/// A restart wrote metadata that knew of no synced byte, so that rot in the log's end passed for a torn tail.
#[test]
fn a_restart_does_not_forget_how_much_was_synced() {
    let mut cluster = Cluster::stopped(config(3));
    cluster.disks[0] = Disk::with_log(&[1, 1, 1], 1, None);
    let before = cluster.disks[0].recovered().durable_mark;
    cluster.slow_disks.insert(NY);
    cluster.start(NY);
    while !cluster.waiting_syncs.is_empty() {
        let found = cluster.disks[0].recovered();
        assert!(found.meta.log_synced >= before, "{:?}", found.meta);
        let sync = cluster.waiting_syncs.remove(0);
        cluster.finish_sync(sync);
    }
}

/// The preferred site was asked to lead only when nothing was under way at a heartbeat; under load that never was.
#[test]
fn leadership_goes_to_the_preferred_site_under_load() {
    let mut config = config(3);
    config.raft.heartbeat = Duration::from_millis(200);
    let mut cluster = Cluster::new(config);
    cluster.isolate(NY);
    cluster.run(20);
    assert_ne!(cluster.leaders(), [NY]);
    cluster.cut.clear();
    let mut seq = 0;
    // A request each 20 ms; every message takes 40 ms.
    let mut waves: VecDeque<VecDeque<(SiteId, SiteId, Message)>> = VecDeque::new();
    for _ in 0..1000 {
        cluster.now += Duration::from_millis(20);
        cluster.wake();
        seq += 1;
        let op = if seq % 2 == 0 { read() } else { write("a") };
        cluster.ask(NY, seq, op);
        waves.push_back(std::mem::take(&mut cluster.links));
        if waves.len() > 2 {
            for (from, to, it) in waves.pop_front().unwrap_or_default() {
                cluster.input(to, message(from, it));
            }
        }
        if cluster.leaders() == [NY] {
            return;
        }
    }
    panic!("after 20 s under load {:?} leads", cluster.leaders());
}

/// A leader that had proposed a step of a failover, was deposed and led again with a shorter log, waited for ever for an entry that was gone.
#[test]
fn a_failover_is_decided_though_its_leader_once_lost_a_proposal() {
    let mut config = config(3);
    config.raft.check_quorum = false;
    let mut cluster = Cluster::new(config);
    cluster.run(20);
    // New York, cut off, takes on many writes, and proposes to declare London down. None of it is ever committed.
    cluster.isolate(NY);
    for seq in 1..=100 {
        cluster.ask(NY, seq, write("lost"));
    }
    let written = cluster.site(0).last_index();
    cluster.run(160);
    assert_eq!(cluster.site(0).last_index(), written.next());
    cluster.cut.clear();
    cluster.run(20);
    assert_eq!(cluster.leaders(), [LONDON], "it has failed over meanwhile");
    assert!(cluster.site(0).last_index() < written);
    // Now London is lost, and New York comes to lead.
    cluster.crash(LONDON);
    cluster.run(20);
    if cluster.leaders() != [NY] {
        let term = cluster.site(0).term();
        let tell = Message::Raft(RaftMessage::TimeoutNow { term });
        cluster.input(NY, message(SINGAPORE, tell));
        cluster.deliver();
    }
    assert_eq!(cluster.leaders(), [NY]);
    cluster.run(200);
    let decided = |(_, observation): &(SiteId, Observation)| {
        matches!(observation, Observation::FailoverDecided { failed: LONDON, .. })
    };
    assert!(cluster.observed.iter().any(decided));
}

/// The last site that was up could be declared down before those that had returned were declared up: services were promoted nowhere, for good.
#[test]
fn returned_sites_count_before_another_is_declared_down() {
    let config = Arc::new(config(3));
    let mut control = Control::new(config.clone());
    let mut index = LogIndex(0);
    let mut apply = |control: &mut Control, command| {
        index = index.next();
        control.apply(index, command, &mut Switches::default());
    };
    apply(&mut control, ControlCommand::DeclareDown { site: NY });
    let health = Health::new(config.clone(), LONDON);
    while control.failover().is_some() {
        let step = steps::next_step(&control, &health, LONDON).expect("a step");
        apply(&mut control, step);
    }
    apply(&mut control, ControlCommand::DeclareDown { site: SINGAPORE });
    while control.failover().is_some() {
        let step = steps::next_step(&control, &health, LONDON).expect("a step");
        apply(&mut control, step);
    }
    // Now Singapore leads, and has long missed London.
    let mut health = Health::new(config, SINGAPORE);
    health.start(Time::ZERO);
    let mut out = VecDeque::new();
    for secs in 0..200 {
        health.tick(Time::from_secs(secs), &mut out);
    }
    assert!(health.is_down(LONDON));
    assert_eq!(steps::next_step(&control, &health, SINGAPORE), Some(ControlCommand::SiteReturned { site: SINGAPORE }));
}

/// A message could hold 64 of the largest values, which is more than a frame between sites may.
#[test]
fn a_message_is_bounded_in_bytes() {
    let mut cluster = settled();
    cluster.isolate(LONDON);
    let value = Value::new(&vec![1; 1 << 20]);
    for seq in 1..=6 {
        let key = firedrill_model::Key::new("k");
        let value = value.clone();
        cluster.ask(NY, seq, firedrill_model::Op::Write { key, value });
        cluster.deliver();
    }
    cluster.cut.clear();
    let mut largest = 0;
    for _ in 0..30 {
        cluster.now += Duration::from_millis(500);
        cluster.wake();
        for (_, _, message) in &cluster.links {
            let bytes = postcard::to_allocvec(message).expect("messages encode");
            largest = largest.max(bytes.len());
        }
        let places = cluster.links.len();
        (0..places).for_each(|_| cluster.deliver_at(0));
    }
    assert!(largest < 4 << 20, "{largest} bytes");
    assert_eq!(cluster.site(1).last_index(), cluster.site(0).last_index());
    let last = cluster.ask(NY, 7, read());
    cluster.deliver();
    let seen = Response::Done(OpResult::Value(Some(value)));
    assert_eq!(cluster.replies[&last], seen);
}

/// A leader counted what a process had acknowledged before its successor found the disk damaged.
#[test]
fn an_old_acknowledgement_of_a_damaged_site_is_not_counted() {
    let mut progress = firedrill_stack::raft::progress::Progress::default();
    progress.restart(LogIndex(8), Time::ZERO);
    let [first, second] = [1, 2].map(DiskId);
    assert!(progress.hears((first, 4), Standing::Full, 1));
    progress.matches(LogIndex(7));
    assert!(progress.hears((first, 9), Standing::Refilling, 2));
    assert_eq!(progress.matched, LogIndex(0), "nothing is known of the new process");
    assert!(!progress.hears((first, 4), Standing::Full, 3), "the old one's word is void");
    assert!(progress.hears((second, 1), Standing::Learner, 4), "a new disk begins again");
    assert!(!progress.counts());
    assert!(!progress.hears((first, 12), Standing::Full, 5), "what was lost stays lost");
    let mut meta = MetaView::default();
    meta.standing = meta.standing.max(Standing::Learner);
    assert!(meta.standing.abstains());
}
