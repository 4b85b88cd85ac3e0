//! Messages that no peer would send: whatever arrives, a site never panics, and what it does not believe changes nothing.

use crate::cluster::{self, Cluster};
use crate::log;
use firedrill_model::{
    Epoch, Key, LogIndex, NotApplied, Op, OpResult, Position, Request, Response, ServiceId, SessionId, SiteId, Term,
    Time, Value, WithoutCopy,
};
use firedrill_stack::control::log::Open;
use firedrill_stack::entry::{ControlCommand, Entry, LIMIT, Payload, SessionCommand};
use firedrill_stack::storage::identity::DiskId;
use firedrill_stack::storage::standing::Standing;
use firedrill_stack::wal::frame;
use firedrill_stack::wal::message::LogMessage;
use firedrill_stack::wal::segment::Incarnation;
use firedrill_stack::{FileId, Input, Message, RaftMessage};
use proptest::prelude::*;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => 0..12_u64,
        1 => (0..4_u64).prop_map(|below| u64::MAX - below),
        1 => (0..4_u64).prop_map(|above| LIMIT - 2 + above),
        1 => any::<u64>(),
    ]
}

fn term() -> impl Strategy<Value = Term> {
    number().prop_map(Term)
}

fn index() -> impl Strategy<Value = LogIndex> {
    number().prop_map(LogIndex)
}

fn site() -> impl Strategy<Value = SiteId> {
    prop_oneof![6 => 0..3_u8, 1 => any::<u8>()].prop_map(SiteId)
}

fn op() -> BoxedStrategy<Op> {
    let key = prop_oneof![Just(0_usize), Just(1), Just(255), Just(256)].prop_map(|len| Key::new(&"k".repeat(len)));
    let value = prop_oneof![8 => Just(3_usize), 1 => Just(1 << 20), 1 => Just((1 << 20) + 1)]
        .prop_map(|len| Value::new(&vec![7; len]));
    prop_oneof![
        key.clone().prop_map(|key| Op::Read { key }),
        (key.clone(), value.clone()).prop_map(|(key, value)| Op::Write { key, value }),
        (key, prop::option::of(value.clone()), value).prop_map(|(key, expected, value)| Op::Cas {
            key,
            expected,
            value
        }),
    ]
    .boxed()
}

fn payload() -> BoxedStrategy<Payload> {
    let service = any::<u8>().prop_map(ServiceId);
    prop_oneof![
        Just(Payload::Noop),
        (number(), number(), op()).prop_map(|(session, seq, op)| {
            let session = SessionId(session);
            Payload::Session(Arc::new(SessionCommand { session, seq, op }))
        }),
        site().prop_map(|site| Payload::Control(ControlCommand::DeclareDown { site })),
        site().prop_map(|site| Payload::Control(ControlCommand::SiteReturned { site })),
        index().prop_map(|failover| Payload::Control(ControlCommand::RaiseEpoch { failover })),
        index().prop_map(|failover| Payload::Control(ControlCommand::PrepareRedirect { failover })),
        (index(), service)
            .prop_map(|(failover, service)| { Payload::Control(ControlCommand::Promote { failover, service }) }),
        index().prop_map(|failover| Payload::Control(ControlCommand::UpdateDns { failover })),
        index().prop_map(|failover| Payload::Control(ControlCommand::Complete { failover })),
    ]
    .boxed()
}

/// Entries: any, or such that follow each other.
fn entries() -> BoxedStrategy<Vec<Entry>> {
    let any_entry = (index(), term(), payload()).prop_map(|(index, term, payload)| Entry { index, term, payload });
    let run = (0..8_u64, 0..6_u64, prop::collection::vec(payload(), 0..5)).prop_map(|(before, term, payloads)| {
        let entry = |(index, payload)| Entry { index: LogIndex(index), term: Term(term), payload };
        (before + 1..).zip(payloads).map(entry).collect()
    });
    prop_oneof![1 => prop::collection::vec(any_entry, 0..4), 3 => run].boxed()
}

fn append() -> BoxedStrategy<RaftMessage> {
    let numbers = (term(), index(), term(), index(), number(), number(), number(), number());
    (numbers, entries(), any::<bool>())
        .prop_map(|(numbers, entries, fitting)| {
            let (term, prev_index, prev_term, commit, epoch, round, sent, incarnation) = numbers;
            let first = entries.first().map_or(prev_index, |entry| entry.index.prev());
            RaftMessage::Append {
                term,
                prev_index: if fitting { first } else { prev_index },
                prev_term,
                entries,
                commit,
                epoch: Epoch(epoch),
                round,
                sent: Time::from_nanos(sent),
                disk: DiskId(incarnation % 3),
                incarnation,
                confirmed: fitting,
            }
        })
        .boxed()
}

fn append_response() -> BoxedStrategy<RaftMessage> {
    let standing =
        prop::sample::select(vec![Standing::Full, Standing::Refilling, Standing::Joining, Standing::Learner]);
    let flags = (any::<bool>(), any::<bool>(), standing);
    let numbers = (term(), index(), index(), term(), number(), number(), number());
    (numbers, flags)
        .prop_map(|(numbers, (ok, accepted, standing))| {
            let (term, index, hint, hint_term, round, sent, incarnation) = numbers;
            RaftMessage::AppendResponse {
                term,
                ok,
                index,
                hint,
                hint_term,
                round,
                sent: Time::from_nanos(sent),
                accepted,
                standing,
                disk: DiskId(incarnation % 3),
                incarnation,
            }
        })
        .boxed()
}

fn install() -> BoxedStrategy<RaftMessage> {
    let piece = prop::collection::vec(any::<u8>(), 0..80);
    let places = prop_oneof![Just(0), any::<u64>()];
    let numbers = (term(), index(), term(), number(), number(), number());
    (numbers, piece, places, any::<bool>(), any::<bool>())
        .prop_map(|((term, index, last_term, epoch, round, sent), piece, at, asks, accepted)| {
            let sent = Time::from_nanos(sent);
            if asks {
                RaftMessage::InstallSnapshot { term, index, last_term, at, piece, epoch: Epoch(epoch), round, sent }
            } else {
                let (next, standing) = (accepted.then_some(at), Standing::Full);
                RaftMessage::InstallResponse {
                    term,
                    index,
                    next,
                    round,
                    sent,
                    accepted,
                    standing,
                    disk: DiskId(epoch % 3),
                    incarnation: epoch,
                }
            }
        })
        .boxed()
}

fn raft_message() -> BoxedStrategy<RaftMessage> {
    prop_oneof![
        (term(), index(), term(), any::<bool>(), any::<bool>()).prop_map(
            |(term, last_index, last_term, pre_vote, transfer)| RaftMessage::VoteRequest {
                term,
                last_index,
                last_term,
                pre_vote,
                transfer
            }
        ),
        (term(), any::<bool>(), any::<bool>())
            .prop_map(|(term, granted, pre_vote)| { RaftMessage::VoteResponse { term, granted, pre_vote } }),
        append(),
        append_response(),
        install(),
        term().prop_map(|term| RaftMessage::TimeoutNow { term }),
    ]
    .boxed()
}

fn message() -> BoxedStrategy<Message> {
    let request = (number(), number(), any::<u8>(), op()).prop_map(|(session, seq, service, op)| Request {
        session: SessionId(session),
        seq,
        service: ServiceId(service % 3),
        op,
    });
    prop_oneof![
        12 => raft_message().prop_map(Message::Raft),
        1 => number().prop_map(|nonce| Message::HealthCheck { nonce }),
        1 => number().prop_map(|nonce| Message::HealthReply { nonce }),
        2 => (number(), term(), request)
            .prop_map(|(id, term, request)| Message::Forward { id, term, request }),
        1 => number().prop_map(|id| Message::ForwardReply { id, response: Response::Unknown }),
        8 => log_message().prop_map(Message::Log),
    ]
    .boxed()
}

/// A decision about the log that somebody wants.
fn log_command() -> BoxedStrategy<ControlCommand> {
    prop_oneof![
        (index(), site(), number(), number()).prop_map(|(since, writer, token, end)| {
            ControlCommand::OpenLog(Open { since, writer, token, end: Position(end) })
        }),
        (index(), 0..9_u8).prop_map(|(since, bits)| {
            let members = (0..4).filter(|bit| bits & (1 << bit) != 0).map(SiteId).collect();
            ControlCommand::SetCopies { since, members }
        }),
        site().prop_map(|site| ControlCommand::RecordsLost { site }),
        (site(), index(), index()).prop_map(|(site, failover, end)| ControlCommand::LogEnd {
            failover,
            site,
            incarnation: Incarnation(failover),
            end: Position(end.0),
        }),
        index().prop_map(|since| ControlCommand::ResumeLog { since }),
    ]
    .boxed()
}

/// Messages about the transaction log; some of the incarnation that writes, some with segments that are nearly good.
fn log_message() -> BoxedStrategy<LogMessage> {
    let writer = || prop_oneof![3 => 0..6_u64, 1 => number()].prop_map(|at| Incarnation(LogIndex(at)));
    let position = || number().prop_map(Position);
    let segment = (0..6_usize, prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3)).prop_map(
        |(which, changes)| {
            let mut bytes = sealed().get(which).cloned().unwrap_or_default();
            for (at, byte) in changes {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            Arc::from(bytes)
        },
    );
    let segments = || prop::collection::vec(segment.clone(), 0..3);
    let op = prop_oneof![
        number().prop_map(|after| Op::Scan { after: Position(after) }),
        Just(Op::Append { record: Value::new(b"r") }),
    ];
    let request = (number(), number(), op).prop_map(|(session, seq, op)| Request {
        session: SessionId(session),
        seq,
        service: ServiceId(0),
        op,
    });
    let command = log_command();
    let ship = ((writer(), position(), writer(), segments()), (position(), position(), position(), number(), number()));
    let held = (writer(), any::<bool>(), position(), writer(), number(), number());
    prop_oneof![
        1 => (number(), writer(), request).prop_map(|(id, writer, request)| LogMessage::Forward { id, writer, request }),
        6 => ship.prop_map(|((writer, prev, prev_incarnation, segments), (confirmed, end, base, round, sent))| {
            let sent = Time::from_nanos(sent);
            let changed = writer.0;
            LogMessage::Ship {
                writer,
                changed,
                prev,
                prev_incarnation,
                segments,
                confirmed,
                end,
                base,
                round,
                sent,
            }
        }),
        4 => held.prop_map(|(writer, ok, position, incarnation, round, sent)| {
            LogMessage::Held { writer, ok, position, incarnation, round, sent: Time::from_nanos(sent) }
        }),
        1 => command.prop_map(|command| LogMessage::Propose { command }),
        1 => (writer(), number()).prop_map(|(writer, number)| LogMessage::Confirm { writer, number }),
        1 => (writer(), number()).prop_map(|(writer, number)| LogMessage::Confirmed { writer, number }),
        1 => (position(), writer()).prop_map(|(after, incarnation)| LogMessage::Fetch { after, incarnation }),
        1 => (position(), segments(), position())
            .prop_map(|(after, segments, end)| LogMessage::Fetched { after, segments, end }),
    ]
    .boxed()
}

/// Segments as a settled writer sealed them.
fn sealed() -> &'static [Vec<u8>] {
    static SEALED: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SEALED.get_or_init(|| {
        let cluster = settled();
        let file = &cluster.disks[0].synced[&FileId::Wal(1)];
        let frames = log::frames(file);
        frames.into_iter().map(|frame| file[frame][frame::FRAME..].to_vec()).filter(|bytes| !bytes.is_empty()).collect()
    })
}

/// A group that has settled, with a few entries in its log, and a few records in the transaction log.
fn settled() -> Cluster {
    thread_local!(static SETTLED: Cluster = settle());
    SETTLED.with(Cluster::clone)
}

fn settle() -> Cluster {
    let mut cluster = Cluster::new(log::with_log(WithoutCopy::Asynchronous));
    cluster.run(20);
    for seq in 1..=4 {
        cluster.ask(SiteId(0), seq, cluster::write("v"));
        log::append(&mut cluster, SiteId(0), seq, "record");
        cluster.deliver();
    }
    cluster.run(2);
    cluster
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any messages from anyone, between them the site's own work: no panic, then and when it is left alone or started again.
    #[test]
    fn no_message_makes_a_site_panic(
        target in 0..3_u8,
        messages in prop::collection::vec((site(), message(), 0..3_000_u64), 1..24),
    ) {
        let mut cluster = settled();
        let target = SiteId(target);
        cluster.isolate(target);
        for (from, message, pause) in messages {
            cluster.input(target, Input::MessageReceived { from, message });
            cluster.links.clear();
            cluster.now += Duration::from_millis(pause);
            cluster.wake();
            cluster.ask(target, 9, cluster::write("w"));
        }
        cluster.cut.clear();
        cluster.run(15);
        cluster.power_loss(target);
        cluster.start(target);
        cluster.run(15);
    }

    /// Any bytes in the files of a transaction log, or bytes of it changed, are read without a panic, and the site starts, or stops and says why.
    #[test]
    fn no_log_on_a_disk_makes_a_site_panic(
        noise in prop::collection::vec(any::<u8>(), 0..300),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let mut cluster = settled();
        cluster.power_loss(SiteId(1));
        let disk = &mut cluster.disks[1];
        let mut bytes = if whole { disk.synced[&FileId::Wal(1)].clone() } else { noise };
        if !bytes.is_empty() {
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        disk.written.insert(FileId::Wal(1), bytes.clone());
        disk.synced.insert(FileId::Wal(1), bytes);
        cluster.start(SiteId(1));
        cluster.run(15);
        prop_assert_eq!(log::disagreement(&cluster, SiteId(0), SiteId(1)), None);
        prop_assert_eq!(cluster.site(1).log_durable(), Position(4), "it has again what it lost");
    }

    /// Any bytes are a message or none.
    #[test]
    fn any_bytes_can_be_decoded(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = postcard::from_bytes::<Message>(&bytes);
    }

    /// A message comes back from its bytes; if one byte changes, what comes back, if anything, makes no site panic.
    #[test]
    fn a_message_with_a_changed_byte_does_no_harm(
        message in message(),
        at in any::<prop::sample::Index>(),
        change in 1..=255_u8,
    ) {
        let mut bytes = postcard::to_allocvec(&message).expect("messages encode");
        prop_assert_eq!(&postcard::from_bytes::<Message>(&bytes).expect("and decode"), &message);
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        if let Ok(message) = postcard::from_bytes::<Message>(&bytes) {
            let mut cluster = settled();
            cluster.input(SiteId(1), Input::MessageReceived { from: SiteId(0), message });
            cluster.run(12);
        }
    }

    /// Numbers beyond all that a site can reach, and entries that do not follow each other, change nothing at all.
    #[test]
    fn what_is_implausible_changes_nothing(message in raft_message()) {
        prop_assume!(!message.is_plausible(3));
        let mut cluster = settled();
        let before = |cluster: &Cluster| {
            let site = cluster.site(1);
            (site.role(), site.term(), site.last_index(), site.commit_index(), site.epoch())
        };
        let was = before(&cluster);
        let message = Message::Raft(message);
        cluster.input(SiteId(1), Input::MessageReceived { from: SiteId(2), message });
        prop_assert_eq!(before(&cluster), was);
        prop_assert!(cluster.links.is_empty(), "it is not even answered");
    }
}

/// Two leaders in one term, which a vote that is not durable allows: the sites notice at what is committed and stop, or follow; none panics.
#[test]
fn two_leaders_in_a_term_make_no_site_panic() {
    let mut cluster = settled();
    let (term, last) = (cluster.site(0).term(), cluster.site(0).last_index());
    let prev_term = term;
    for (prev_index, commit) in [(last, last.next()), (last.prev(), last), (LogIndex(1), last)] {
        let entry =
            |index| Entry { index, term, payload: Payload::Control(ControlCommand::DeclareDown { site: SiteId(2) }) };
        let message = Message::Raft(RaftMessage::Append {
            term,
            prev_index,
            prev_term,
            entries: vec![entry(prev_index.next()), entry(prev_index.next().next())],
            commit,
            epoch: Epoch(1),
            round: 1,
            sent: cluster.now,
            disk: DiskId::NONE,
            incarnation: 1,
            confirmed: false,
        });
        for to in cluster.all().filter(|site| *site != SiteId(1)) {
            let message = message.clone();
            cluster.input(to, Input::MessageReceived { from: SiteId(1), message });
        }
        cluster.run(1);
    }
    cluster.run(30);
}

#[test]
fn a_request_that_is_too_large_is_refused() {
    let mut cluster = settled();
    let value = Value::new(&vec![0; (1 << 20) + 1]);
    let key = Key::new("k");
    let asked = cluster.ask(SiteId(0), 9, Op::Write { key, value });
    let refused = Response::NotApplied(NotApplied::Invalid);
    assert_eq!(cluster.replies[&asked], refused);
    let largest = Value::new(&vec![0; 1 << 20]);
    let key = Key::new(&"k".repeat(255));
    let expected = Some(largest.clone());
    let cas = Op::Cas { key, expected, value: largest };
    let asked = cluster.ask(SiteId(0), 10, cas);
    cluster.deliver();
    let done = Response::Done(OpResult::Cas { swapped: false });
    assert_eq!(cluster.replies[&asked], done);
    for site in cluster.all() {
        cluster.power_loss(site);
    }
    cluster.all().for_each(|site| cluster.start(site));
    cluster.run(20);
    assert_eq!(cluster.leaders(), [SiteId(0)], "the largest record can be read again");
}
