//! The transaction log in the simulated world: nothing that was acknowledged is lost, and its invariants can go red.

use crate::support::*;
use firedrill_drill::world::{Command, Happened, WorldEvent};
use firedrill_model::{
    Fault, LogIndex, Op, OpResult, Position, Response, Rng, SiteId, SiteSet, StackConfig, Term, Time, Value,
};
use firedrill_sim::process::{Insides, Writes};
use firedrill_sim::{Process, Sim};
use firedrill_stack::Site;
use firedrill_stack::io::{DiskOp, FileId, Input, Output};
use firedrill_stack::switches::Switches;
use firedrill_stack::wal::{frame, segment::Segment};
use std::collections::BTreeMap;
use std::sync::Arc;

fn append(due: Time, id: u64, site: SiteId) -> Command {
    let record = Value::new(format!("record {id}").as_bytes());
    ask(due, id, US_EAST, site, Op::Append { record })
}

fn scan(due: Time, id: u64, site: SiteId) -> Command {
    ask(due, id, US_EAST, site, Op::Scan { after: Position(0) })
}

/// Where each record that was acknowledged is.
fn acknowledged(told: &[Happened]) -> BTreeMap<u64, Value> {
    let done = |happened: &Happened| match &happened.event {
        WorldEvent::Answered { id, response: Response::Done(OpResult::Appended { position }) } => {
            Some((position.0, Value::new(format!("record {}", id.0).as_bytes())))
        }
        _ => None,
    };
    told.iter().filter_map(done).collect()
}

/// What a scan of this name saw, by position.
fn scanned(told: &[Happened], wanted: u64) -> BTreeMap<u64, Value> {
    let seen = told.iter().find_map(|happened| match &happened.event {
        WorldEvent::Answered { id, response: Response::Done(OpResult::Records { first, records, .. }) }
            if id.0 == wanted =>
        {
            Some((first.0..).zip(records.iter().cloned()).collect())
        }
        _ => None,
    });
    seen.expect("the scan is answered")
}

fn violated(told: &[Happened]) -> Vec<String> {
    let violated = |happened: &&Happened| matches!(happened.event, WorldEvent::Violated { .. });
    told.iter().filter(violated).map(|happened| format!("{:?}", happened.event)).collect()
}

/// Records every 50 ms while New York loses its power, for good; the same at London when it has taken over; a scan.
fn new_york_lost<P: Process>(seed: u64) -> Vec<Happened> {
    let mut world = Sim::<P>::running(&setup(seed));
    let fails = Time::from_nanos(36_000_000_000 + seed * 13_700_001);
    let mut commands: Vec<Command> = (0..140).map(|n| append(at(30_000 + n * 50), n, NEW_YORK)).collect();
    commands.push(begin(fails, 0, Fault::PowerLoss { sites: SiteSet::only(NEW_YORK) }));
    commands.extend((0..100).map(|n| append(at(190_000 + n * 50), 1_000 + n, LONDON)));
    commands.push(scan(at(200_000), 9_000, LONDON));
    commands.push(report(at(209_000)));
    run(&mut world, at(210_000), &commands)
}

#[test]
fn no_acknowledged_record_is_lost_with_new_york() {
    for seed in 0..6 {
        let told = new_york_lost::<Site>(seed);
        let (acknowledged, scanned) = (acknowledged(&told), scanned(&told, 9_000));
        let lost: Vec<_> = acknowledged.iter().filter(|(at, record)| scanned.get(at) != Some(record)).collect();
        assert!(lost.is_empty(), "seed {seed}: {lost:?}");
        let late = acknowledged.values().filter(|record| format!("{record:?}").starts_with("record 10")).count();
        assert!(acknowledged.len() > 180 && late > 50, "seed {seed}: {} and {late}", acknowledged.len());
        assert_eq!(violated(&told), Vec::<String>::new(), "seed {seed}");
        for (invariant, times) in told.iter().filter_map(|happened| match happened.event {
            WorldEvent::Judged { invariant, times } => Some((invariant, times)),
            _ => None,
        }) {
            assert!(times > 0, "seed {seed}: {invariant} had nothing to judge");
        }
    }
}

#[test]
fn no_acknowledged_record_is_lost_with_the_power_of_all_sites() {
    let mut lost_tails = 0;
    for seed in 0..8 {
        let mut world = Sim::<Site>::new(&setup(seed));
        let fails = Time::from_nanos(32_000_000_000 + seed * 13_700_001);
        let mut commands: Vec<Command> = (0..300).map(|n| append(at(30_000 + n * 10), n, NEW_YORK)).collect();
        commands.push(begin(fails, 0, Fault::PowerLoss { sites: SiteSet::first(3) }));
        commands.push(end(at(40_000), 0));
        commands.push(scan(at(70_000), 9_000, NEW_YORK));
        let told = run(&mut world, at(80_000), &commands);
        let (acknowledged, scanned) = (acknowledged(&told), scanned(&told, 9_000));
        let lost: Vec<_> = acknowledged.iter().filter(|(at, record)| scanned.get(at) != Some(record)).collect();
        assert!(lost.is_empty() && acknowledged.len() > 50, "seed {seed}: {lost:?}");
        lost_tails += scanned.len() - acknowledged.len();
        assert_eq!(violated(&told), Vec::<String>::new(), "seed {seed}");
    }
    assert!(lost_tails > 0, "some records were durable and not acknowledged when the power failed");
}

/// What a liar lies about.
trait Lie: Clone {
    fn writes(writes: Writes) -> Writes {
        writes
    }
    fn output(_me: SiteId, output: Output) -> Output {
        output
    }
}

/// A site that lies.
#[derive(Clone)]
struct Liar<L>(Site, SiteId, std::marker::PhantomData<L>);

impl<L: Lie> Process for Liar<L> {
    fn new(config: Arc<StackConfig>, me: SiteId, rng: Rng) -> Self {
        Liar(Site::new(config, me, rng), me, std::marker::PhantomData)
    }
    fn handle(&mut self, now: Time, input: Input) {
        self.0.handle(now, input);
    }
    fn poll_output(&mut self) -> Option<Output> {
        self.0.poll_output().map(|output| L::output(self.1, output))
    }
    fn poll_deadline(&self) -> Option<Time> {
        self.0.poll_deadline()
    }
    fn insides(&self) -> Insides {
        Process::insides(&self.0)
    }
    fn applied_digest(&self) -> u64 {
        self.0.applied_digest()
    }
    fn digest_at(&self, index: LogIndex) -> Option<u64> {
        self.0.digest_at(index)
    }
    fn entry_term(&self, index: LogIndex) -> Option<Term> {
        self.0.entry_term(index)
    }
    fn writes(&self, position: Position) -> Option<Writes> {
        Process::writes(&self.0, position).map(L::writes)
    }
}

fn found<L: Lie>(invariant: &str) {
    let violated = violated(&new_york_lost::<Liar<L>>(1));
    assert!(violated.iter().any(|text| text.contains(invariant)), "{violated:?}");
}

/// Says that Singapore is a synchronous copy, and does not wait for it.
#[derive(Clone)]
struct ForgetsACopy;
impl Lie for ForgetsACopy {
    fn writes(writes: Writes) -> Writes {
        Writes { members: writes.members.with(SINGAPORE), ..writes }
    }
}

#[test]
fn an_acknowledgement_that_a_copy_lacks_is_seen() {
    found::<ForgetsACopy>("acknowledged-durable-at-copies");
}

/// Never hears of another epoch.
#[derive(Clone)]
struct StaysInItsEpoch;
impl Lie for StaysInItsEpoch {
    fn writes(writes: Writes) -> Writes {
        Writes { epoch: firedrill_model::Epoch(1), ..writes }
    }
}

#[test]
fn two_writers_in_an_epoch_are_seen() {
    found::<StaysInItsEpoch>("one-log-writer-per-epoch");
}

/// London's disk holds other bytes than it was shipped, in good frames.
#[derive(Clone)]
struct KeepsOtherBytes;
impl Lie for KeepsOtherBytes {
    fn output(me: SiteId, output: Output) -> Output {
        match output {
            Output::Disk(DiskOp::Write { file: FileId::Wal(number), offset, bytes }) if me == LONDON => {
                let bytes = altered(number, offset, &bytes);
                Output::Disk(DiskOp::Write { file: FileId::Wal(number), offset, bytes })
            }
            other => other,
        }
    }
}

fn altered(file: u32, offset: u64, bytes: &[u8]) -> Vec<u8> {
    let (mut at, mut out) = (0, Vec::new());
    while let Some(read) = frame::read_part(file, bytes, at, offset, &mut Switches::default()) {
        at = read.end;
        let segment = read.segment.map(|segment| {
            let mut bytes = segment.bytes.to_vec();
            *bytes.last_mut().expect("a segment has bytes") ^= 1;
            Segment::of_bytes(&bytes).expect("the header is as it was")
        });
        frame::write(&mut out, file, offset, read.mark, segment.as_ref());
    }
    out
}

#[test]
fn copies_that_differ_are_seen() {
    found::<KeepsOtherBytes>("log-copies-agree");
}
