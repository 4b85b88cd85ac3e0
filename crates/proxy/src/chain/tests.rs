//! Chains in virtual time: whatever toxics come and go, bytes come out whole, in order, not early and without being poked.

use super::*;
use crate::toxic::{Effect, Stream, Toxic};
use bytes::Bytes;
use firedrill_model::Rng;
use proptest::prelude::*;
use std::time::Duration;

fn toxic(id: u64, kind: &str, attributes: serde_json::Value) -> Toxic {
    let attributes = attributes.as_object().unwrap().clone();
    let effect = Effect::new(kind, attributes).unwrap();
    Toxic { id, name: id.to_string(), stream: Stream::Upstream, toxicity: 1.0, effect }
}

/// A chain, its time and its other end.
struct Rig {
    chain: Chain,
    start: Instant,
    now: Instant,
    out: Vec<u8>,
    /// The milliseconds at which bytes came out.
    times: Vec<u128>,
    last: Option<Item>,
}

impl Rig {
    fn new() -> Rig {
        let start = Instant::now();
        Rig { chain: Chain::default(), start, now: start, out: Vec::new(), times: Vec::new(), last: None }
    }

    fn with(kind: &str, attributes: serde_json::Value) -> Rig {
        let mut rig = Rig::new();
        rig.attach(&toxic(0, kind, attributes));
        rig
    }

    fn attach(&mut self, toxic: &Toxic) {
        self.chain.attach(toxic.id, toxic.rule(self.now, Rng::new(toxic.id, "test")));
    }

    fn push(&mut self, item: Item) {
        self.chain.push(Packet { at: self.now, item });
    }

    fn data(&mut self, bytes: &[u8]) {
        self.push(Item::Data(Bytes::copy_from_slice(bytes)));
    }

    /// Does what is due now and takes what has come out.
    fn settle(&mut self) {
        self.chain.advance(self.now);
        while let Some(item) = self.chain.pop() {
            assert_eq!(self.last, None, "nothing follows the end");
            match item {
                Item::Data(bytes) => {
                    assert!(!bytes.is_empty());
                    self.out.extend(&bytes);
                    self.times.push((self.now - self.start).as_millis());
                }
                last => self.last = Some(last),
            }
            self.chain.advance(self.now);
        }
        assert!(
            self.chain.deadline().is_none_or(|deadline| deadline > self.now),
            "a deadline that is past is a busy loop"
        );
    }

    /// Lets time pass, woken only as the chain asks to be.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        self.settle();
        while let Some(deadline) = self.chain.deadline().filter(|deadline| *deadline <= until) {
            self.now = deadline;
            self.settle();
        }
        self.now = until;
        self.settle();
    }

    fn pass_ms(&mut self, ms: u64) {
        self.pass(Duration::from_millis(ms));
    }
}

#[test]
fn two_latencies_add_up_and_chunks_travel_together() {
    let mut rig = Rig::with("latency", serde_json::json!({"latency": 80}));
    rig.attach(&toxic(1, "latency", serde_json::json!({"latency": 20})));
    rig.data(b"a");
    rig.pass_ms(50);
    rig.data(b"b");
    rig.pass_ms(1000);
    assert_eq!((rig.times, rig.out), (vec![100, 150], b"ab".to_vec()));
}

#[test]
fn a_late_wake_up_is_not_added_to_the_next_delay() {
    let mut rig = Rig::with("latency", serde_json::json!({"latency": 80}));
    rig.attach(&toxic(1, "latency", serde_json::json!({"latency": 20})));
    rig.data(b"a");
    rig.now += Duration::from_millis(95);
    rig.settle();
    rig.pass_ms(5);
    assert_eq!(rig.times, [100]);
}

#[test]
fn a_shorter_latency_holds_for_what_is_under_way_too() {
    let mut rig = Rig::with("latency", serde_json::json!({"latency": 250}));
    rig.data(b"a");
    rig.pass_ms(90);
    rig.chain.change(0, toxic(0, "latency", serde_json::json!({"latency": 80})).rule(rig.now, Rng::new(0, "")));
    rig.data(b"b");
    rig.pass_ms(500);
    assert_eq!((rig.times, rig.out), (vec![90, 170], b"ab".to_vec()));
}

#[test]
fn latency_beyond_all_clocks_is_for_ever() {
    let mut rig = Rig::with("latency", serde_json::json!({"latency": u64::MAX, "jitter": u64::MAX}));
    rig.attach(&toxic(1, "timeout", serde_json::json!({"timeout": u64::MAX})));
    rig.data(b"a");
    rig.pass_ms(1000);
    assert!(rig.out.is_empty());
}

#[test]
fn latency_takes_in_a_quarter_second_at_100_megabytes_a_second() {
    let mut rig = Rig::with("latency", serde_json::json!({"latency": 250}));
    for _ in 0..25 {
        assert!(rig.chain.has_room());
        rig.data(&[0; 1_000_000]);
    }
    assert!(rig.chain.has_room());
    rig.data(&[0; 64_000_000]);
    assert!(!rig.chain.has_room(), "and not without end");
}

#[test]
fn bandwidth_spends_time_on_every_byte_and_none_on_idling() {
    let mut rig = Rig::with("bandwidth", serde_json::json!({"rate": 10}));
    rig.pass_ms(5000);
    rig.data(&[1; 1000]);
    rig.pass_ms(99);
    assert!(rig.out.len() < 1000 && rig.out.len() >= 900, "{}", rig.out.len());
    rig.pass_ms(1);
    assert_eq!(rig.out.len(), 1000);
}

#[test]
fn a_hang_of_no_time_ends_with_its_source_and_one_of_some_time_by_itself() {
    for (timeout, waited, expected) in [(0, 10_000, None), (700, 699, None), (700, 700, Some(Item::Close))] {
        let mut rig = Rig::with("timeout", serde_json::json!({ "timeout": timeout }));
        rig.data(b"a");
        rig.pass_ms(waited);
        assert_eq!((rig.last, rig.out.len()), (expected, 0));
    }
    for timeout in [0, 700] {
        let mut rig = Rig::with("timeout", serde_json::json!({ "timeout": timeout }));
        rig.data(b"a");
        rig.push(Item::End);
        rig.settle();
        assert_eq!((rig.last, rig.out.len()), (Some(Item::Close), 0));
    }
}

#[test]
fn a_reset_comes_in_time_even_if_the_source_has_ended() {
    let mut rig = Rig::with("reset_peer", serde_json::json!({"timeout": 300}));
    rig.data(b"a");
    rig.push(Item::End);
    rig.pass_ms(299);
    assert_eq!(rig.last, None);
    rig.pass_ms(1);
    assert_eq!((rig.last, rig.out.len()), (Some(Item::Reset), 0));
}

#[test]
fn a_removed_reset_lets_go_of_what_it_held() {
    let mut rig = Rig::with("reset_peer", serde_json::json!({"timeout": 300}));
    rig.data(b"a");
    rig.push(Item::End);
    rig.pass_ms(100);
    rig.chain.detach(0);
    rig.pass_ms(1000);
    assert_eq!((rig.last, rig.out), (Some(Item::End), b"a".to_vec()));
}

#[test]
fn slow_close_delays_the_end_but_no_reset() {
    for (item, after) in [(Item::End, 700), (Item::Close, 700), (Item::Reset, 0)] {
        let mut rig = Rig::with("slow_close", serde_json::json!({"delay": 700}));
        rig.data(b"a");
        rig.push(item.clone());
        rig.settle();
        assert_eq!(rig.out, b"a");
        if after > 0 {
            rig.pass_ms(after - 1);
            assert_eq!(rig.last, None);
            rig.pass_ms(1);
        }
        assert_eq!(rig.last, Some(item));
    }
}

#[test]
fn limit_data_closes_behind_its_last_byte_and_not_before() {
    for (limit, sent, out, last) in [
        (5, 4, 4, None),
        (5, 5, 5, Some(Item::Close)),
        (5, 9, 5, Some(Item::Close)),
        (0, 0, 0, None),
        (0, 1, 0, Some(Item::Close)),
    ] {
        let mut rig = Rig::with("limit_data", serde_json::json!({ "bytes": limit }));
        rig.attach(&toxic(1, "latency", serde_json::json!({"latency": 10})));
        (0..sent).for_each(|_| rig.data(b"x"));
        rig.pass_ms(100);
        assert_eq!((rig.out.len(), rig.last), (out, last), "{limit} {sent}");
        assert!(rig.times.iter().all(|ms| *ms == 10));
    }
}

#[test]
fn slices_have_the_size_and_the_pause_that_they_should() {
    let mut rig = Rig::with("slicer", serde_json::json!({"average_size": 10, "size_variation": 3, "delay": 2000}));
    rig.data(&[0; 100]);
    rig.pass_ms(1000);
    assert_eq!(rig.out.len(), 100);
    let pauses: Vec<u128> = rig.times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.iter().all(|pause| *pause == 2), "{pauses:?}");
    assert!((100 / 13..=100 / 7 + 1).contains(&rig.times.len()), "{}", rig.times.len());
}

#[test]
fn what_waits_is_bounded_by_the_sink() {
    let mut chain = Chain::default();
    let now = Instant::now();
    let mut taken = 0;
    while chain.has_room() {
        taken += 1;
        assert!(taken < 1000, "no bound");
        chain.push(Packet { at: now, item: Item::Data(Bytes::from_static(&[0; 4096])) });
        chain.advance(now);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Pass(u64),
    Attach(Kind),
    Change(u64, Kind),
    Detach(u64),
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Latency(u16),
    Bandwidth(u16),
    Slicer(u8),
    SlowClose(u16),
    Hang,
    FarReset,
    FarLimit,
}

impl Kind {
    fn toxic(self, id: u64) -> Toxic {
        let (kind, attributes) = match self {
            Kind::Latency(ms) => ("latency", serde_json::json!({"latency": ms, "jitter": ms / 3})),
            Kind::Bandwidth(rate) => ("bandwidth", serde_json::json!({ "rate": rate })),
            Kind::Slicer(size) => {
                ("slicer", serde_json::json!({"average_size": size, "size_variation": size / 2, "delay": 50}))
            }
            Kind::SlowClose(ms) => ("slow_close", serde_json::json!({ "delay": ms })),
            Kind::Hang => ("timeout", serde_json::json!({"timeout": 0})),
            Kind::FarReset => ("reset_peer", serde_json::json!({"timeout": 1_000_000_000})),
            Kind::FarLimit => ("limit_data", serde_json::json!({"bytes": 1_000_000_000})),
        };
        toxic(id, kind, attributes)
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        (0..500_u16).prop_map(Kind::Latency),
        (0..50_u16).prop_map(Kind::Bandwidth),
        (1..=200_u8).prop_map(Kind::Slicer),
        (0..500_u16).prop_map(Kind::SlowClose),
        Just(Kind::Hang),
        Just(Kind::FarReset),
        Just(Kind::FarLimit),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..3000_usize).prop_map(Step::Push),
        4 => (0..300_u64).prop_map(Step::Pass),
        2 => kind().prop_map(Step::Attach),
        1 => (0..8_u64, kind()).prop_map(|(id, kind)| Step::Change(id, kind)),
        2 => (0..8_u64).prop_map(Step::Detach),
    ]
}

proptest! {
    #[test]
    fn no_byte_is_lost_doubled_or_moved(steps in proptest::collection::vec(step(), 1..60)) {
        let (mut rig, mut sent, mut attached) = (Rig::new(), Vec::new(), 0);
        for step in steps {
            match step {
                Step::Push(size) => {
                    let bytes: Vec<u8> = (0..size).map(|at| ((sent.len() + at) % 251) as u8).collect();
                    rig.data(&bytes);
                    sent.extend(bytes);
                }
                Step::Pass(ms) => rig.pass_ms(ms),
                Step::Attach(kind) => {
                    rig.attach(&kind.toxic(attached));
                    attached += 1;
                }
                Step::Change(id, kind) => rig.chain.change(id, kind.toxic(id).rule(rig.now, Rng::new(id, ""))),
                Step::Detach(id) => rig.chain.detach(id),
            }
            prop_assert!(sent.starts_with(&rig.out));
        }
        rig.push(Item::End);
        (0..attached).for_each(|id| rig.chain.detach(id));
        rig.settle();
        prop_assert_eq!(rig.out, sent);
        prop_assert_eq!(rig.last, Some(Item::End));
    }

    #[test]
    fn all_arrives_by_the_deadlines_alone(kinds in proptest::collection::vec(kind(), 0..5), sizes in proptest::collection::vec(1..3000_usize, 1..20)) {
        let passing = |kind: &Kind| !matches!(kind, Kind::Hang | Kind::FarReset | Kind::Bandwidth(0));
        let (mut rig, mut sent) = (Rig::new(), 0);
        for (id, kind) in kinds.iter().filter(|kind| passing(kind)).enumerate() {
            rig.attach(&kind.toxic(id as u64));
        }
        for size in sizes {
            rig.data(&vec![7; size]);
            sent += size;
        }
        rig.push(Item::End);
        rig.pass(Duration::from_secs(3600));
        prop_assert_eq!(rig.out.len(), sent);
        prop_assert_eq!(rig.last, Some(Item::End));
    }
}
