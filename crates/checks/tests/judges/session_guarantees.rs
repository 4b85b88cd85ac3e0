//! What a client may rely on though standbys serve its reads: kept, broken, and in doubt.

use crate::build::{LONDON, NEW_YORK, Run, SINGAPORE, check, failover_run, ms, s};
use firedrill_checks::Verdict;
use firedrill_history::{Event, Purpose};
use firedrill_model::{Key, Op, OpResult, Outcome, SiteId, Value};
use proptest::prelude::*;

const NAMES: [&str; 4] = ["read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads"];

/// A run in which each operation takes half a second.
pub struct Told(pub Run);

impl Told {
    pub fn new() -> Told {
        Told(Run::new())
    }

    fn at(&mut self, site: SiteId, client: u32, second: u64, op: Op, outcome: Outcome) -> &mut Told {
        let returned = s(second) + std::time::Duration::from_millis(500);
        self.0.op(Purpose::Workload, client, s(second), Some(returned), op, outcome);
        if let Some(Event::Returned { site: served, .. }) = self.0.events.last_mut() {
            *served = Some(site);
        }
        self
    }

    pub fn writes(&mut self, client: u32, second: u64, key: &str, value: &str) -> &mut Told {
        let op = Op::Write { key: Key::new(key), value: Value::new(value.as_bytes()) };
        self.at(NEW_YORK, client, second, op, Outcome::Ok(OpResult::Written))
    }

    pub fn reads(&mut self, site: SiteId, client: u32, second: u64, key: &str, value: &str) -> &mut Told {
        let value = (!value.is_empty()).then(|| Value::new(value.as_bytes()));
        self.at(site, client, second, Op::Read { key: Key::new(key) }, Outcome::Ok(OpResult::Value(value)))
    }

    /// What each of the four came to; those that are not listed are left out.
    fn verdicts(&self) -> Vec<(&'static str, Verdict)> {
        let judgement = self.0.judge();
        let of = |name: &&'static str| {
            let found = judgement.checks.iter().find(|check| check.name == *name);
            found.map(|check| (*name, check.verdict))
        };
        NAMES.iter().filter_map(of).collect()
    }

    fn why(&self, name: &str) -> String {
        check(&self.0.judge(), name).why.clone()
    }
}

#[test]
fn a_client_reads_what_it_wrote_or_newer() {
    let mut told = Told::new();
    told.writes(1, 1, "k", "a").writes(2, 3, "k", "b").reads(LONDON, 1, 5, "k", "b");
    assert_eq!(told.verdicts(), [("read-your-writes", Verdict::Pass)]);
    told.writes(1, 7, "k", "c").reads(LONDON, 1, 9, "k", "b");
    assert_eq!(told.verdicts()[0], ("read-your-writes", Verdict::Fail));
    assert_eq!(
        told.why("read-your-writes"),
        "client 1 read b in session k at 9.000s from london, which is older than c"
    );
}

#[test]
fn nothing_is_older_than_what_was_written() {
    let mut told = Told::new();
    told.writes(1, 1, "k", "a").reads(LONDON, 1, 3, "k", "");
    assert_eq!(told.verdicts(), [("read-your-writes", Verdict::Fail)]);
    let mut other = Told::new();
    other.writes(1, 1, "k", "a").reads(LONDON, 2, 3, "k", "");
    assert_eq!(other.verdicts(), [], "another client's reads are not bound by it");
}

#[test]
fn reads_never_go_back() {
    let mut told = Told::new();
    told.writes(1, 1, "k", "a").writes(1, 3, "k", "b");
    told.reads(LONDON, 2, 5, "k", "a").reads(SINGAPORE, 2, 7, "k", "b");
    assert_eq!(told.verdicts()[0], ("monotonic-reads", Verdict::Pass));
    told.reads(LONDON, 2, 9, "k", "a");
    assert_eq!(told.verdicts()[0], ("monotonic-reads", Verdict::Fail));
    assert!(told.verdicts().iter().skip(1).all(|(_, verdict)| *verdict == Verdict::Pass), "{:?}", told.verdicts());
}

#[test]
fn values_whose_writes_overlapped_may_be_read_in_any_order() {
    let mut told = Told::new();
    told.writes(1, 1, "k", "a").writes(2, 1, "k", "b");
    told.reads(LONDON, 3, 5, "k", "b").reads(LONDON, 3, 7, "k", "a");
    assert_eq!(told.verdicts()[0], ("monotonic-reads", Verdict::Pass));
    // But not what a compare-and-set had found.
    let (key, expected) = (Key::new("k"), Some(Value::new(b"a")));
    let swap = Op::Cas { key, expected, value: Value::new(b"c") };
    let mut found = Told::new();
    found.writes(1, 1, "k", "a").at(NEW_YORK, 2, 1, swap, Outcome::Ok(OpResult::Cas { swapped: true }));
    found.reads(LONDON, 3, 5, "k", "c").reads(LONDON, 3, 7, "k", "a");
    assert_eq!(found.verdicts()[0], ("monotonic-reads", Verdict::Fail));
}

#[test]
fn a_site_that_served_a_write_holds_its_authors_earlier_ones() {
    let mut told = Told::new();
    told.writes(1, 1, "x", "x1").writes(1, 3, "x", "x2").writes(1, 5, "y", "y1");
    told.reads(LONDON, 2, 7, "y", "y1").reads(SINGAPORE, 3, 9, "x", "x1").reads(LONDON, 4, 11, "x", "x2");
    assert!(told.verdicts().contains(&("monotonic-writes", Verdict::Pass)), "{:?}", told.verdicts());
    told.reads(LONDON, 5, 13, "x", "x1");
    assert!(told.verdicts().contains(&("monotonic-writes", Verdict::Fail)), "{:?}", told.verdicts());
    assert_eq!(
        told.why("monotonic-writes"),
        "client 5 read x1 in session x at 13.000s from london, which is older than x2"
    );
}

#[test]
fn a_site_that_served_a_write_holds_what_its_author_had_read() {
    let mut told = Told::new();
    told.writes(1, 1, "x", "x1").writes(1, 3, "x", "x2").reads(NEW_YORK, 2, 5, "x", "x2").writes(2, 7, "y", "y1");
    told.reads(LONDON, 3, 9, "y", "y1").reads(LONDON, 4, 11, "x", "x2");
    assert!(told.verdicts().contains(&("writes-follow-reads", Verdict::Pass)), "{:?}", told.verdicts());
    told.reads(LONDON, 5, 13, "x", "x1");
    assert!(told.verdicts().contains(&("writes-follow-reads", Verdict::Fail)), "{:?}", told.verdicts());
    assert!(told.verdicts().contains(&("monotonic-writes", Verdict::Pass)), "{:?}", told.verdicts());
    assert!(told.why("writes-follow-reads").contains("x1 in session x"), "{}", told.why("writes-follow-reads"));
}

#[test]
fn values_that_can_not_be_placed_leave_it_unknown() {
    let mut twice = Told::new();
    twice.writes(1, 1, "k", "a").writes(2, 3, "k", "a").reads(LONDON, 1, 5, "k", "a");
    assert_eq!(twice.verdicts(), [("read-your-writes", Verdict::Unknown)]);
    let mut nobodys = Told::new();
    nobodys.writes(1, 1, "k", "a").reads(LONDON, 1, 5, "k", "a").reads(LONDON, 1, 7, "k", "z");
    assert_eq!(nobodys.verdicts()[0], ("read-your-writes", Verdict::Unknown));
    assert!(nobodys.why("read-your-writes").contains("which nobody wrote"), "{}", nobodys.why("read-your-writes"));
}

#[test]
fn a_run_that_passes_lists_those_that_bound_a_read() {
    let judgement = failover_run().judge();
    assert_eq!(judgement.verdict, Verdict::Pass);
    assert_eq!(check(&judgement, "read-your-writes").judged, 1);
    assert!(check(&judgement, "monotonic-reads").judged > 1000);
    assert!(judgement.checks.iter().all(|check| check.name != "monotonic-writes"));
}

/// An operation: who, where, on which of two sessions, whether it writes, how long before and after its instant.
type Drawn = (u32, u8, bool, bool, (u64, u64));

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let one = (0..3_u32, 0..3_u8, any::<bool>(), any::<bool>(), (1..300_u64, 1..300_u64));
    prop::collection::vec(one, 1..80)
}

/// Each takes effect at an instant of its own between its invocation and its return.
fn linearizable(drawn: &[Drawn]) -> Told {
    let mut told = Told::new();
    let mut state: [Option<Value>; 2] = [None, None];
    for (number, (client, site, second, writes, (before, after))) in (0_u64..).zip(drawn) {
        let (key, state) = (Key::new(if *second { "k2" } else { "k1" }), &mut state[usize::from(*second)]);
        let (op, result) = if *writes {
            let value = Value::new(format!("v{number}").as_bytes());
            *state = Some(value.clone());
            (Op::Write { key, value }, OpResult::Written)
        } else {
            (Op::Read { key }, OpResult::Value(state.clone()))
        };
        let at = 1000 + number * 100;
        told.0.op(Purpose::Workload, *client, ms(at - before), Some(ms(at + after)), op, Outcome::Ok(result));
        if let Some(Event::Returned { site: served, .. }) = told.0.events.last_mut() {
            *served = Some(SiteId(*site));
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_linearizable_keeps_all_four(drawn in drawn()) {
        let told = linearizable(&drawn);
        prop_assert!(told.verdicts().iter().all(|(_, verdict)| *verdict == Verdict::Pass), "{:?}", told.verdicts());
    }
}
