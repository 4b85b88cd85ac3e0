//! The search against brute force: every order of a small history is tried.

use crate::build::{Run, check, ms};
use firedrill_checks::Verdict;
use firedrill_history::Purpose;
use firedrill_model::{Key, Op, OpResult, Outcome, Value};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Read,
    Write,
    Cas,
}

/// One operation: what it was asked, what it is said to have seen, and when.
#[derive(Clone, Copy, Debug)]
struct Small {
    kind: Kind,
    /// Seen by a read, expected by a compare-and-set; 0: nothing.
    seen: u8,
    /// Set by a write or a compare-and-set.
    set: u8,
    /// `None`: unknown.
    ok: Option<bool>,
    from: u64,
    to: u64,
}

fn small(values: u8, instants: u64) -> impl Strategy<Value = Small> {
    let kind = prop_oneof![Just(Kind::Read), Just(Kind::Write), Just(Kind::Cas)];
    let ok = prop_oneof![6 => Just(Some(true)), 1 => Just(Some(false)), 2 => Just(None)];
    let instants = (0..instants, 1..instants / 2);
    (kind, 0..=values, 1..=values, ok, instants).prop_map(|(kind, seen, set, ok, (from, length))| Small {
        kind,
        seen,
        set,
        ok,
        from,
        to: from + length,
    })
}

/// A history that has an order: operations take effect at instants of their own, and are invoked
/// before and return after.
fn linearizable(ops: &[Small], unique: bool) -> Vec<Small> {
    let mut state = 0;
    let mut told = Vec::new();
    for (number, op) in (1_u8..).zip(ops) {
        let at = 20 * u64::from(number);
        let set = if unique { number } else { op.set };
        let mut op = Small { set, from: at.saturating_sub(op.from), to: at + op.to, ..*op };
        let found = op.seen == state || op.set.is_multiple_of(2);
        match op.kind {
            Kind::Read => op.seen = state,
            Kind::Write => {}
            Kind::Cas if found => op.seen = state,
            Kind::Cas => {}
        }
        let swaps = op.seen == state;
        if op.ok.is_some() {
            op.ok = Some(swaps || !matches!(op.kind, Kind::Cas));
        }
        // An unknown one may take effect too.
        let takes_effect = op.ok.is_some() || op.seen.is_multiple_of(2);
        if takes_effect && (matches!(op.kind, Kind::Write) || (matches!(op.kind, Kind::Cas) && swaps)) {
            state = op.set;
        }
        told.push(op);
    }
    told
}

/// What the check says.
fn searched(ops: &[Small]) -> Verdict {
    let mut run = Run::new();
    let value = |number: u8| Value::new(&[number]);
    let maybe = |number: u8| (number != 0).then(|| value(number));
    for (client, op) in (0..).zip(ops) {
        let key = Key::new("k");
        let (asked, answer) = match op.kind {
            Kind::Read => (Op::Read { key }, OpResult::Value(maybe(op.seen))),
            Kind::Write => (Op::Write { key, value: value(op.set) }, OpResult::Written),
            Kind::Cas => {
                let asked = Op::Cas { key, expected: maybe(op.seen), value: value(op.set) };
                (asked, OpResult::Cas { swapped: op.ok == Some(true) })
            }
        };
        let outcome = if op.ok.is_some() { Outcome::Ok(answer) } else { Outcome::Unknown };
        run.op(Purpose::Workload, client, ms(op.from), Some(ms(op.to)), asked, outcome);
    }
    check(&run.judge(), "linearizable").verdict
}

/// Whether some order explains the history: tries all. An operation may come next if none that
/// returned before it was invoked is left.
fn explained(left: &[Small], state: u8) -> bool {
    if left.iter().all(|op| op.ok.is_none()) {
        return true;
    }
    (0..left.len()).any(|place| {
        let op = left[place];
        // What returns at the instant at which another is invoked comes first in the journal if it was added first.
        let before = |other: &Small| other.ok.is_some() && other.to < op.from;
        if left.iter().any(before) {
            return false;
        }
        let next = match (op.kind, op.ok) {
            (Kind::Read, None) => None,
            (Kind::Read, Some(_)) => (op.seen == state).then_some(state),
            (Kind::Write, _) => Some(op.set),
            (Kind::Cas, Some(false)) => (op.seen != state).then_some(state),
            (Kind::Cas, _) => (op.seen == state).then_some(op.set),
        };
        next.is_some_and(|next| explained(&[&left[..place], &left[place + 1..]].concat(), next))
    })
}

/// All instants apart, for what happens at one instant is ordered by the journal, which brute force
/// does not know.
fn apart(mut ops: Vec<Small>) -> Vec<Small> {
    for (number, op) in (0_u64..).zip(&mut ops) {
        op.from = op.from * 100 + number * 2;
        op.to = op.to * 100 + number * 2 + 1;
    }
    ops
}

fn agree(ops: &[Small]) -> Result<bool, TestCaseError> {
    let force = explained(ops, 0);
    let answered = ops.iter().any(|op| op.ok.is_some());
    let expected = match (force, answered) {
        (false, _) => Verdict::Fail,
        (true, true) => Verdict::Pass,
        (true, false) => Verdict::Unknown,
    };
    prop_assert_eq!(searched(ops), expected, "{:?}", ops);
    Ok(force)
}

/// More by `PROPTEST_CASES`.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.max(1000), ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_small_history_has_the_same_verdict(ops in prop::collection::vec(small(3, 12), 1..7)) {
        agree(&apart(ops))?;
    }

    #[test]
    fn a_history_made_from_an_order_passes(ops in prop::collection::vec(small(3, 50), 1..8), unique in any::<bool>()) {
        prop_assert!(agree(&apart(linearizable(&ops, unique)))?);
    }

    #[test]
    fn one_change_to_such_a_history_is_judged_alike(
        ops in prop::collection::vec(small(3, 50), 2..8),
        unique in any::<bool>(),
        at in any::<prop::sample::Index>(),
        seen in 0..8_u8,
    ) {
        let mut ops = linearizable(&ops, unique);
        let place = at.index(ops.len());
        ops[place].seen = seen;
        agree(&apart(ops))?;
    }
}
