//! `linearizable`: known anomalies, and histories that only look like them.

use crate::build::{Run, check, ms};
use firedrill_checks::linearizable::Budget;
use firedrill_checks::{CheckResult, Options, Verdict, judge};
use firedrill_history::Purpose;
use firedrill_model::{Key, NotApplied, Op, OpResult, Outcome, Value};

/// What an operation was and came to.
#[derive(Clone, Copy)]
enum Did {
    /// Read, and saw this.
    Saw(Option<&'static str>),
    Wrote(&'static str),
    /// Swapped the first for the second.
    Swapped(Option<&'static str>, &'static str),
    /// Found something else than the first.
    Missed(Option<&'static str>, &'static str),
    ReadUnknown,
    WriteUnknown(&'static str),
    SwapUnknown(Option<&'static str>, &'static str),
    WriteFailed(&'static str),
}
use Did::{Missed, ReadUnknown, Saw, SwapUnknown, Swapped, WriteFailed, WriteUnknown, Wrote};

fn value(text: &str) -> Value {
    Value::new(text.as_bytes())
}

fn add(run: &mut Run, key: &str, client: u32, from: u64, to: u64, did: Did) {
    let key = Key::new(key);
    let cas = |expected: Option<&str>, text: &str| Op::Cas {
        key: key.clone(),
        expected: expected.map(value),
        value: value(text),
    };
    let write = |text: &str| Op::Write { key: key.clone(), value: value(text) };
    let read = || Op::Read { key: key.clone() };
    let (op, outcome) = match did {
        Saw(seen) => (read(), Outcome::Ok(OpResult::Value(seen.map(value)))),
        Wrote(text) => (write(text), Outcome::Ok(OpResult::Written)),
        Swapped(expected, text) => (cas(expected, text), Outcome::Ok(OpResult::Cas { swapped: true })),
        Missed(expected, text) => (cas(expected, text), Outcome::Ok(OpResult::Cas { swapped: false })),
        ReadUnknown => (read(), Outcome::Unknown),
        WriteUnknown(text) => (write(text), Outcome::Unknown),
        SwapUnknown(expected, text) => (cas(expected, text), Outcome::Unknown),
        WriteFailed(text) => (write(text), Outcome::Failed(NotApplied::NoLeader)),
    };
    run.op(Purpose::Workload, client, ms(from), Some(ms(to)), op, outcome);
}

/// The result over one session: client, from, to, what.
fn session(ops: &[(u32, u64, u64, Did)]) -> CheckResult {
    let mut run = Run::new();
    for (client, from, to, did) in ops {
        add(&mut run, "k", *client, *from, *to, *did);
    }
    check(&run.judge(), "linearizable").clone()
}

fn assert_is(verdict: Verdict, ops: &[(u32, u64, u64, Did)]) {
    let result = session(ops);
    assert_eq!(result.verdict, verdict, "{}", result.why);
}

fn assert_wrong(ops: &[(u32, u64, u64, Did)], why: &str) {
    let result = session(ops);
    assert_eq!(result.verdict, Verdict::Fail, "{}", result.why);
    assert!(result.why.contains(why), "{}", result.why);
}

#[test]
fn one_after_another_is_an_order() {
    assert_is(
        Verdict::Pass,
        &[
            (1, 0, 10, Saw(None)),
            (1, 20, 30, Wrote("a")),
            (2, 40, 50, Saw(Some("a"))),
            (2, 60, 70, Swapped(Some("a"), "b")),
            (1, 80, 90, Missed(Some("a"), "c")),
            (1, 100, 110, Saw(Some("b"))),
        ],
    );
}

#[test]
fn a_stale_read_is_none() {
    assert_wrong(
        &[(1, 0, 10, Wrote("a")), (1, 20, 30, Wrote("b")), (2, 40, 50, Saw(Some("a")))],
        "session k: op 2 by client 2 (read: saw a, 0.040s-0.050s at london) fits nowhere",
    );
}

#[test]
fn a_lost_write_is_none() {
    assert_wrong(&[(1, 0, 10, Wrote("a")), (2, 20, 30, Saw(None))], "op 1 by client 2 (read: saw nothing");
}

#[test]
fn a_value_that_nobody_wrote_is_none() {
    assert_wrong(&[(1, 0, 10, Wrote("a")), (2, 5, 30, Saw(Some("z")))], "nobody wrote what it saw");
}

#[test]
fn a_value_read_before_it_was_written_is_none() {
    assert_wrong(&[(2, 0, 10, Saw(Some("a"))), (1, 20, 30, Wrote("a"))], "op 0 by client 2");
}

#[test]
fn two_that_swapped_the_same_value_are_none() {
    assert_wrong(
        &[(1, 0, 10, Wrote("a")), (1, 20, 40, Swapped(Some("a"), "b")), (2, 20, 45, Swapped(Some("a"), "c"))],
        "op 2 by client 2 (cas a -> c: swapped",
    );
}

#[test]
fn a_swap_that_missed_what_was_there_all_along_is_none() {
    assert_wrong(&[(1, 0, 10, Wrote("a")), (2, 20, 30, Missed(Some("a"), "b"))], "did not swap");
}

#[test]
fn reads_that_go_back_in_time_are_none() {
    // Both reads are under way with the write, but one saw it before the other did not.
    assert_wrong(
        &[(1, 0, 100, Wrote("a")), (2, 10, 20, Saw(Some("a"))), (3, 30, 40, Saw(None))],
        "op 2 by client 3 (read: saw nothing",
    );
}

#[test]
fn two_that_saw_writes_in_different_orders_are_none() {
    assert_is(
        Verdict::Fail,
        &[
            (1, 0, 100, Wrote("a")),
            (2, 0, 100, Wrote("b")),
            (3, 10, 20, Saw(Some("a"))),
            (3, 30, 40, Saw(Some("b"))),
            (4, 45, 50, Saw(Some("a"))),
        ],
    );
}

#[test]
fn operations_under_way_together_may_take_effect_in_any_order() {
    assert_is(
        Verdict::Pass,
        &[
            (1, 0, 100, Wrote("a")),
            (2, 0, 100, Wrote("b")),
            (3, 10, 20, Saw(None)),
            (3, 30, 40, Saw(Some("b"))),
            (4, 50, 60, Saw(Some("a"))),
        ],
    );
}

#[test]
fn an_unknown_write_may_take_effect_late_or_never() {
    assert_is(Verdict::Pass, &[(1, 0, 10, WriteUnknown("a")), (2, 20, 30, Saw(None)), (2, 40, 50, Saw(Some("a")))]);
    assert_is(Verdict::Pass, &[(1, 0, 10, WriteUnknown("a")), (2, 20, 30, Saw(None)), (2, 40, 50, Saw(None))]);
    assert_is(Verdict::Fail, &[(1, 0, 10, WriteUnknown("a")), (2, 20, 30, Saw(Some("a"))), (2, 40, 50, Saw(None))]);
}

#[test]
fn an_unknown_swap_takes_effect_only_on_what_it_expects() {
    let ops = [(1, 0, 10, Wrote("a")), (1, 20, 30, SwapUnknown(Some("a"), "b")), (2, 40, 50, Saw(Some("b")))];
    assert_is(Verdict::Pass, &ops);
    let ops = [(1, 0, 10, Wrote("a")), (1, 20, 30, SwapUnknown(Some("z"), "b")), (2, 40, 50, Saw(Some("b")))];
    assert_is(Verdict::Fail, &ops);
}

#[test]
fn an_unknown_write_may_explain_what_a_swap_missed() {
    // Nobody ever saw "b", but it may have been there when the swap looked.
    let ops = [(1, 0, 10, Wrote("a")), (2, 15, 20, WriteUnknown("b")), (1, 30, 40, Missed(Some("a"), "c"))];
    assert_is(Verdict::Pass, &ops);
}

#[test]
fn a_failed_write_did_not_happen_and_an_unknown_read_says_nothing() {
    assert_is(Verdict::Fail, &[(1, 0, 10, WriteFailed("a")), (2, 20, 30, Saw(Some("a")))]);
    assert_is(Verdict::Pass, &[(1, 0, 10, WriteFailed("a")), (2, 5, 9, ReadUnknown), (2, 20, 30, Saw(None))]);
}

#[test]
fn writes_that_nobody_saw_hide_nothing() {
    // "a" was overwritten by one of the others before it was read again.
    assert_is(
        Verdict::Fail,
        &[(1, 0, 10, Wrote("a")), (2, 20, 30, Wrote("x")), (3, 20, 30, Wrote("y")), (1, 40, 50, Saw(Some("a")))],
    );
    assert_is(
        Verdict::Pass,
        &[(1, 0, 10, Wrote("a")), (2, 20, 60, Wrote("x")), (3, 20, 60, Wrote("y")), (1, 40, 50, Saw(Some("a")))],
    );
}

#[test]
fn a_value_that_was_written_twice_may_come_back() {
    assert_is(
        Verdict::Pass,
        &[
            (1, 0, 10, Wrote("a")),
            (1, 20, 30, Wrote("b")),
            (2, 40, 50, Saw(Some("b"))),
            (1, 60, 70, Wrote("a")),
            (2, 80, 90, Saw(Some("a"))),
        ],
    );
}

#[test]
fn sessions_are_apart() {
    let mut run = Run::new();
    add(&mut run, "k", 1, 0, 10, Wrote("a"));
    add(&mut run, "l", 2, 20, 30, Saw(None));
    assert_eq!(run.verdict_of("linearizable"), Verdict::Pass);
    add(&mut run, "l", 2, 40, 50, Saw(Some("a")));
    add(&mut run, "m", 2, 40, 50, Saw(Some("a")));
    let judgement = run.judge();
    let result = check(&judgement, "linearizable");
    assert_eq!(result.verdict, Verdict::Fail);
    assert!(result.why.contains("session l") && result.why.contains("(2 sessions in all)"), "{}", result.why);
}

#[test]
fn the_end_of_one_operation_and_the_begin_of_the_next_at_one_instant_are_in_order() {
    assert_is(Verdict::Fail, &[(1, 0, 10, Wrote("a")), (2, 10, 20, Saw(None))]);
}

#[test]
fn the_first_that_fits_nowhere_is_named_even_if_later_ones_decide() {
    // Up to the read of "a" all is well; only the second read of "a" has no place.
    assert_wrong(
        &[
            (1, 0, 10, Wrote("a")),
            (2, 20, 90, Wrote("b")),
            (3, 30, 40, Saw(Some("a"))),
            (3, 50, 60, Saw(Some("b"))),
            (4, 70, 80, Saw(Some("a"))),
            (4, 85, 88, Saw(Some("b"))),
        ],
        "op 4 by client 4 (read: saw a",
    );
}

#[test]
fn an_operation_that_returns_later_is_not_blamed_on_one_that_returned_before() {
    let ops =
        [(1, 0, 10, Wrote("a")), (2, 20, 30, Wrote("b")), (3, 35, 100, Saw(Some("a"))), (4, 40, 50, Saw(Some("b")))];
    assert_wrong(&ops, "op 2 by client 3 (read: saw a");
}

#[test]
fn without_an_answer_nothing_is_known() {
    assert_is(Verdict::Unknown, &[]);
    assert_is(Verdict::Unknown, &[(1, 0, 10, ReadUnknown), (1, 20, 30, WriteUnknown("a"))]);
}

#[test]
fn an_answer_to_something_else_fails() {
    let mut run = Run::new();
    let op = Op::Read { key: Key::new("k") };
    run.op(Purpose::Workload, 1, ms(0), Some(ms(1)), op, Outcome::Ok(OpResult::Written));
    assert_eq!(run.verdict_of("linearizable"), Verdict::Fail);
}

/// Many swaps at once, each between another two of nine values, so that the values come back: hard, since an order is a way that
/// goes over every edge of a graph once. There is none, since two values are left once more often than they are reached.
fn hard() -> Run {
    let mut run = Run::new();
    let texts: Vec<String> = (0..9).map(|number| number.to_string()).collect();
    for (client, text) in (0..).zip(texts.iter().cycle().take(60)) {
        let key = Key::new("k");
        let next = value(&texts[(client as usize + 1 + client as usize / texts.len()) % texts.len()]);
        let op = Op::Cas { key, expected: Some(value(text)), value: next };
        run.op(Purpose::Workload, client, ms(0), Some(ms(1000)), op, Outcome::Ok(OpResult::Cas { swapped: true }));
    }
    add(&mut run, "k", 99, 2000, 2001, Wrote("end"));
    run
}

#[test]
fn a_search_past_its_budget_is_unknown_and_says_how_far_it_got() {
    let mut run = hard();
    add(&mut run, "k", 98, 0, 1500, Wrote("0"));
    let mut options = Options::default();
    options.linearizable = Budget { steps: 200, ..options.linearizable };
    let judgement = judge(&run.journal(), &options);
    let result = check(&judgement, "linearizable");
    assert_eq!(result.verdict, Verdict::Unknown, "{}", result.why);
    assert!(result.why.contains("raise the budget"), "{}", result.why);
}

#[test]
fn a_search_past_its_memory_is_unknown() {
    let mut run = hard();
    add(&mut run, "k", 98, 0, 1500, Wrote("0"));
    let options = Options { linearizable: Budget { steps: u64::MAX, memory_bytes: 100_000 } };
    let judgement = judge(&run.journal(), &options);
    let result = check(&judgement, "linearizable");
    assert_eq!(result.verdict, Verdict::Unknown, "{}", result.why);
}

#[test]
fn a_hard_session_does_not_keep_others_from_being_searched() {
    let mut run = hard();
    add(&mut run, "k", 98, 0, 1500, Wrote("0"));
    add(&mut run, "l", 1, 0, 10, Wrote("a"));
    add(&mut run, "l", 1, 20, 30, Saw(None));
    let mut options = Options::default();
    options.linearizable.steps = 20_000;
    let judgement = judge(&run.journal(), &options);
    assert_eq!(check(&judgement, "linearizable").verdict, Verdict::Fail);
}

#[test]
fn hundreds_under_way_at_once_are_kept_apart() {
    for count in [64, 65, 200, 400] {
        let mut run = Run::new();
        for client in 0..count {
            let text = format!("v{client}");
            let op = Op::Write { key: Key::new("k"), value: value(&text) };
            run.op(Purpose::Workload, client, ms(0), Some(ms(1000)), op, Outcome::Ok(OpResult::Written));
            let op = Op::Read { key: Key::new("k") };
            let seen = Outcome::Ok(OpResult::Value(Some(value(&text))));
            let from = 10 + u64::from(client) * 2;
            run.op(Purpose::Workload, 1000, ms(from), Some(ms(from + 1)), op, seen);
        }
        assert_eq!(run.verdict_of("linearizable"), Verdict::Pass, "{count} at once");
        add(&mut run, "k", 2000, 2000, 2001, Saw(Some("v0")));
        assert_eq!(run.verdict_of("linearizable"), Verdict::Fail, "{count} at once");
    }
}
