//! Anomalies of transactions: a history for each, serial ones by construction, anomalies planted in them, and agreement with
//! trying all orders.

use crate::transactions::{Step, appended, committed, one_after_another, overlapping, read};
use firedrill_checks::Verdict;
use firedrill_checks::elle::{Anomaly, Limits, Options, Order, Report, check};
use firedrill_checks::linearizable::Exhausted;
use firedrill_history::import::{Outcome, Transaction, Transactions, Value};
use proptest::prelude::*;

fn judge(transactions: &Transactions, order: Order) -> Report {
    check(transactions, &Options { order, ..Options::default() }, &Limits::NONE).expect("elements are unique")
}

/// The one anomaly of a history.
#[track_caller]
fn assert_only(transactions: &Transactions, order: Order, anomaly: Anomaly, cycle: &[usize]) -> Report {
    let report = judge(transactions, order);
    let names: Vec<Anomaly> = report.anomalies.iter().map(|found| found.anomaly).collect();
    assert_eq!((report.verdict, names.as_slice()), (Verdict::Fail, [anomaly].as_slice()), "{}", report.why);
    assert_eq!(report.anomalies[0].transactions, cycle, "{}", report.why);
    report
}

#[test]
fn transactions_in_a_row_pass() {
    let history = one_after_another(&["[[:append x 1]]", "[[:r x [1]] [:append x 2]]", "[[:r x [1 2]] [:r y nil]]"]);
    let report = judge(&history, Order::RealTime);
    assert_eq!((report.verdict, report.judged, report.committed), (Verdict::Pass, 3, 3));
    assert_eq!(report.dependencies, [1, 2, 0]);
}

#[test]
fn without_a_read_it_is_unknown() {
    let history = overlapping(&["[[:append x 1]]", "[[:append x 2]]"]);
    assert_eq!(judge(&history, Order::RealTime).verdict, Verdict::Unknown);
    assert_eq!(judge(&Transactions::default(), Order::None).verdict, Verdict::Unknown);
    let mut unanswered = overlapping(&["[[:append x 1]]", "[[:r x [1]]]"]);
    unanswered.all[1].outcome = Outcome::Failed;
    assert_eq!(judge(&unanswered, Order::None).verdict, Verdict::Unknown);
}

#[test]
fn an_element_that_is_appended_twice_is_refused_with_its_line() {
    let history = one_after_another(&["[[:append x 1]]", "[[:append y 1] [:append x 1]]"]);
    let malformed = check(&history, &Options::default(), &Limits::NONE).expect_err("twice");
    assert_eq!(malformed.line, 3);
    assert_eq!(malformed.message, "1 is appended to \"x\" once more, after T0 (line 1); elements must be unique");
}

#[test]
fn g0_is_a_cycle_of_writes() {
    let history =
        overlapping(&["[[:append x 1] [:append y 1]]", "[[:append x 2] [:append y 2]]", "[[:r x [1 2]] [:r y [2 1]]]"]);
    let report = judge(&history, Order::None);
    let found = &report.anomalies[0];
    assert_eq!((found.anomaly, found.transactions.as_slice()), (Anomaly::G0, [0, 1].as_slice()), "{}", report.why);
    assert!(found.why.contains("T0 appended 1 to \"x\" before T1 appended 2"), "{}", found.why);
}

#[test]
fn g1a_is_a_read_of_what_failed() {
    let mut history = overlapping(&["[[:append x 1]]", "[[:r x [1]]]"]);
    history.all[0].outcome = Outcome::Failed;
    let report = assert_only(&history, Order::None, Anomaly::G1a, &[0, 1]);
    assert!(
        report.why.contains("T1 (line 2) read 1 in \"x\", which T0 (line 1) appended and failed"),
        "{}",
        report.why
    );
    history.all[0].outcome = Outcome::Unknown;
    assert_eq!(judge(&history, Order::None).verdict, Verdict::Pass);
}

#[test]
fn g1b_is_a_read_of_the_middle() {
    let history = overlapping(&["[[:append x 1] [:append x 2]]", "[[:r x [1]]]", "[[:r x [1 2]]]"]);
    assert_only(&history, Order::None, Anomaly::G1b, &[0, 1]);
}

#[test]
fn g1c_is_information_that_flows_in_a_circle() {
    let history = overlapping(&["[[:append x 1] [:r y [1]]]", "[[:append y 1] [:r x [1]]]"]);
    assert_only(&history, Order::None, Anomaly::G1c, &[0, 1]);
}

#[test]
fn g_single_is_read_skew_and_lost_update() {
    let skew = overlapping(&["[[:r x []] [:r y [1]]]", "[[:append x 1] [:append y 1]]", "[[:r x [1]]]"]);
    let report = assert_only(&skew, Order::None, Anomaly::GSingle, &[0, 1]);
    let why = "T0 (line 1) -rw-> T1 (line 2) -wr-> T0 (line 1), for T0 read \"x\" as [], without the 1 of T1; T1 appended 1 to \"y\", which T0 read";
    assert!(report.why.contains(why), "{}", report.why);
    let lost = overlapping(&["[[:r x []] [:append x 1]]", "[[:r x []] [:append x 2]]", "[[:r x [1 2]]]"]);
    assert_only(&lost, Order::None, Anomaly::GSingle, &[1, 0]);
}

#[test]
fn a_lost_update_shows_though_nobody_read_either() {
    let lost = overlapping(&["[[:r x []] [:append x 1]]", "[[:r x []] [:append x 2]]"]);
    let report = judge(&lost, Order::None);
    assert_eq!(report.verdict, Verdict::Fail);
    let one = overlapping(&["[[:r x []] [:append x 1]]", "[[:append x 2]]", "[[:r x []]]"]);
    assert_eq!(judge(&one, Order::None).verdict, Verdict::Pass);
}

#[test]
fn g2_is_write_skew() {
    let skew = overlapping(&["[[:r x []] [:append y 1]]", "[[:r y []] [:append x 1]]", "[[:r x [1]] [:r y [1]]]"]);
    assert_only(&skew, Order::None, Anomaly::G2Item, &[0, 1]);
    let unseen = overlapping(&["[[:r x []] [:append y 1]]", "[[:r y []] [:append x 1]]"]);
    assert_only(&unseen, Order::None, Anomaly::G2Item, &[0, 1]);
}

#[test]
fn a_stale_read_is_one_only_in_real_time() {
    let stale = one_after_another(&["[[:append x 1]]", "[[:r x []]]", "[[:r x [1]]]"]);
    assert_eq!(judge(&stale, Order::None).verdict, Verdict::Pass);
    // Each transaction has a process of its own.
    assert_eq!(judge(&stale, Order::Process).verdict, Verdict::Pass);
    assert_only(&stale, Order::RealTime, Anomaly::GSingleOrder, &[1, 0]);
    let mut same = stale.clone();
    same.all.iter_mut().for_each(|transaction| transaction.process = Value::Int(1));
    assert_only(&same, Order::Process, Anomaly::GSingleOrder, &[1, 0]);
}

#[test]
fn writes_against_real_time_are_one_too() {
    let back = one_after_another(&["[[:append x 1]]", "[[:append x 2]]", "[[:r x [2 1]]]"]);
    assert_eq!(judge(&back, Order::None).verdict, Verdict::Pass);
    assert_only(&back, Order::RealTime, Anomaly::G0Order, &[1, 0]);
}

#[test]
fn a_transaction_that_may_be_under_way_still_precedes_nothing() {
    let mut late = one_after_another(&["[[:append x 1]]", "[[:r x []]]", "[[:r x [1]]]"]);
    late.all[0].outcome = Outcome::Unknown;
    late.all[0].returned = None;
    assert_eq!(judge(&late, Order::RealTime).verdict, Verdict::Pass);
}

#[test]
fn what_no_list_can_be_is_named() {
    let garbage = overlapping(&["[[:r x [7]]]"]);
    assert_only(&garbage, Order::None, Anomaly::GarbageRead, &[0]);
    let twice = overlapping(&["[[:append x 1]]", "[[:r x [1 1]]]"]);
    assert_only(&twice, Order::None, Anomaly::DuplicateElements, &[1]);
    let two = overlapping(&["[[:append x 1]]", "[[:append x 2]]", "[[:r x [1 2]]]", "[[:r x [2]]]"]);
    assert_only(&two, Order::None, Anomaly::IncompatibleOrder, &[2, 3]);
    let forgot = overlapping(&["[[:append x 1] [:r x []]]"]);
    assert_only(&forgot, Order::None, Anomaly::Internal, &[0]);
    let moved = overlapping(&["[[:append x 1]]", "[[:r x []] [:r x [1]]]"]);
    assert_eq!(judge(&moved, Order::None).anomalies[0].anomaly, Anomaly::Internal);
    let wrong = overlapping(&["[[:append x 1]]", "[[:r x [1]] [:append x 2] [:r x [2]]]"]);
    assert!(judge(&wrong, Order::None).anomalies.iter().any(|found| found.anomaly == Anomaly::Internal));
}

#[test]
fn without_steps_the_verdict_is_the_same() {
    let skew = overlapping(&["[[:r x []] [:r y [1]]]", "[[:append x 1] [:append y 1]]", "[[:r x [1]]]"]);
    let report = check(&skew, &Options { steps: 0, ..Options::default() }, &Limits::NONE).expect("well formed");
    assert_eq!((report.verdict, report.cut_short), (Verdict::Fail, true));
}

/// Each appends to one of eight lists and reads another to its end.
fn long(transactions: u64) -> Transactions {
    let mut lists: Vec<Vec<i64>> = vec![Vec::new(); 8];
    let all = (0..transactions).map(|number| {
        let (to, from) = (number as usize % 8, (number as usize * 5 + 3) % 8);
        lists[to].push(number as i64);
        let last = lists[from].len().min(200);
        let mut ops = vec![appended(to as u8, number as i64)];
        // Only the beginnings are read, but of every hundredth.
        let end = if number % 100 == 0 { lists[from].len() } else { last };
        if from != to {
            ops.push(read(from as u8, Some(&lists[from][..end])));
        }
        committed(number, ops)
    });
    Transactions { all: all.collect() }
}

#[test]
fn past_a_limit_it_is_unknown_and_says_how_far_it_got() {
    let history = long(20_000);
    let within = |limits: &Limits<'_>| check(&history, &Options::default(), limits).expect("elements are unique");
    let free = within(&Limits::NONE);
    assert_eq!(
        (free.verdict, free.exhausted),
        (Verdict::Fail, None),
        "what reads only a beginning is stale: {}",
        free.why
    );
    let asked = std::sync::atomic::AtomicU32::new(0);
    let stop = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 2;
    let early = within(&Limits { stop: Some(&stop), memory_bytes: u64::MAX });
    assert_eq!((early.verdict, early.exhausted), (Verdict::Unknown, Some(Exhausted::Time)), "{}", early.why);
    assert!(early.why.starts_with("out of time: ") && early.why.contains("of 20000 transactions"), "{}", early.why);
    for memory_bytes in [1 << 16, free.bytes / 4, free.bytes - 1] {
        let tight = within(&Limits { stop: None, memory_bytes });
        assert_eq!((tight.verdict, tight.exhausted), (Verdict::Unknown, Some(Exhausted::Memory)), "{}", tight.why);
        assert!(tight.why.starts_with("out of memory: "), "{}", tight.why);
        let over = tight.bytes - memory_bytes;
        assert!(over < 64 << 20, "{over} bytes more than {memory_bytes}");
    }
    let enough = within(&Limits { stop: None, memory_bytes: free.bytes });
    assert_eq!(enough, free);
}

#[test]
fn an_anomaly_that_was_found_stands_whatever_the_limits() {
    let mut history = long(5_000);
    history.all.push(committed(5_000, vec![read(1, Some(&[-7]))]));
    let all = check(&history, &Options::default(), &Limits::NONE).expect("elements are unique");
    let limits = Limits { stop: None, memory_bytes: all.bytes - 1 };
    let tight = check(&history, &Options::default(), &limits).expect("elements are unique");
    assert_eq!((tight.verdict, tight.exhausted), (Verdict::Fail, Some(Exhausted::Memory)), "{}", tight.why);
}

/// Steps of transactions: the list, and whether it is read.
fn steps() -> impl Strategy<Value = Vec<Vec<(u8, bool)>>> {
    prop::collection::vec(prop::collection::vec((0..3_u8, any::<bool>()), 1..5), 1..30)
}

/// Run one after the other, each at an instant between its invocation and its return.
fn run(steps: &[Vec<(u8, bool)>], outcomes: &[u8], widths: &[(u64, u64)]) -> Transactions {
    let mut lists: [Vec<i64>; 3] = Default::default();
    let mut next = 0;
    let mut all = Vec::new();
    for (number, steps) in (0_u64..).zip(steps) {
        let outcome = outcomes[number as usize % outcomes.len()];
        let happens = outcome != 0 && outcome != 1;
        let mut ops = Vec::new();
        let before = lists.clone();
        for (list, reads) in steps {
            let elements = &mut lists[usize::from(*list)];
            if *reads {
                ops.push(read(*list, Some(elements)));
            } else {
                next += 1;
                elements.push(next);
                ops.push(appended(*list, next));
            }
        }
        if !happens {
            lists = before;
        }
        let mut transaction = committed(number, ops);
        let (early, late) = widths[number as usize % widths.len()];
        transaction.invoked = (number * 100 + 500).saturating_sub(early);
        transaction.returned = Some(number * 100 + 501 + late);
        match outcome {
            0 => transaction.outcome = Outcome::Failed,
            1 | 2 => transaction.outcome = Outcome::Unknown,
            _ => {}
        }
        if outcome <= 2 {
            transaction.returned = None;
            transaction.ops.iter_mut().for_each(Step::forget);
        }
        all.push(transaction);
    }
    all.sort_by_key(|transaction| transaction.invoked);
    Transactions { all }
}

fn outcomes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..20_u8, 7)
}

fn widths() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((0..400_u64, 0..400_u64), 5)
}

/// Two transactions or three on lists of their own, and what they are.
fn planted(kind: u8) -> (Vec<Vec<firedrill_history::import::MicroOp>>, Anomaly) {
    let (x, y) = (10, 11);
    let all = read(x, Some(&[-1, -2]));
    match kind {
        0 => {
            let write = |value| vec![appended(x, value), appended(y, value)];
            (vec![write(-1), write(-2), vec![all, read(y, Some(&[-2, -1]))]], Anomaly::G0)
        }
        1 => {
            let one = vec![appended(x, -1), read(y, Some(&[-1]))];
            (vec![one, vec![appended(y, -1), read(x, Some(&[-1]))]], Anomaly::G1c)
        }
        2 => {
            let update = |value| vec![read(x, Some(&[])), appended(x, value)];
            (vec![update(-1), update(-2), vec![all]], Anomaly::GSingle)
        }
        3 => {
            let (one, other) = (vec![read(x, Some(&[])), appended(y, -1)], vec![read(y, Some(&[])), appended(x, -1)]);
            (vec![one, other], Anomaly::G2Item)
        }
        _ => (vec![vec![appended(x, -1), appended(x, -2)], vec![read(x, Some(&[-1]))], vec![all]], Anomaly::G1b),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_ran_one_after_the_other_passes(steps in steps(), outcomes in outcomes(), widths in widths()) {
        let history = run(&steps, &outcomes, &widths);
        for order in [Order::None, Order::Process, Order::RealTime] {
            let report = judge(&history, order);
            prop_assert!(report.verdict != Verdict::Fail, "{:?}: {}", order, report.why);
            prop_assert_eq!(report.verdict == Verdict::Unknown, report.judged == 0);
        }
    }

    #[test]
    fn what_is_planted_is_found(
        steps in steps(),
        outcomes in outcomes(),
        widths in widths(),
        kind in 0..5_u8,
        places in prop::collection::vec(any::<prop::sample::Index>(), 3),
    ) {
        let mut history = run(&steps, &outcomes, &widths);
        let (transactions, anomaly) = planted(kind);
        for (number, (ops, place)) in (1000..).zip(transactions.into_iter().zip(places)) {
            let place = place.index(history.all.len() + 1);
            let invoked = history.all.get(place).map_or(1_000_000, |next: &Transaction| next.invoked);
            history.all.insert(place, Transaction { invoked, ..committed(number, ops) });
        }
        let report = judge(&history, Order::None);
        let names: Vec<Anomaly> = report.anomalies.iter().map(|found| found.anomaly).collect();
        prop_assert_eq!(names, vec![anomaly], "{}", report.why);
        prop_assert_eq!(judge(&history, Order::None), report);
    }

    #[test]
    fn it_agrees_with_trying_all_orders(
        steps in prop::collection::vec(prop::collection::vec((0..2_u8, any::<bool>()), 1..4), 2..5),
        shorten in prop::collection::vec((0..8_usize, 0..4_usize), 0..3),
        shuffle in any::<prop::sample::Index>(),
    ) {
        let mut steps = steps;
        steps.push(vec![(0, true), (1, true)]);
        let mut history = run(&steps, &[9], &[(0, 0)]);
        let last = history.all.len() - 1;
        let mut reads: Vec<&mut Vec<Value>> = history.all[..last].iter_mut().flat_map(|one| one.ops.iter_mut().filter_map(Step::list)).collect();
        for (which, length) in shorten {
            if !reads.is_empty() {
                let which = which % reads.len();
                reads[which].truncate(length);
            }
        }
        history.all.rotate_left(shuffle.index(last + 1));
        let report = judge(&history, Order::None);
        let serial = crate::transactions::some_order_explains(&history.all);
        prop_assert_eq!(report.verdict == Verdict::Pass, serial, "{}", report.why);
    }

    #[test]
    fn any_transactions_are_judged(
        drawn in prop::collection::vec(
            (prop::collection::vec((0..3_u8, prop::option::of(prop::collection::vec(0..12_i64, 0..6))), 0..5), 0..6_u8, any::<u64>(), prop::option::of(0..50_u64)),
            0..12,
        ),
    ) {
        let mut next = 0;
        let mut all = Vec::new();
        for (number, (ops, outcome, invoked, returned)) in (0..).zip(drawn) {
            let op = |(list, seen): (u8, Option<Vec<i64>>)| match seen {
                Some(seen) => read(list, Some(&seen)),
                None => {
                    next += 1;
                    appended(list, next)
                }
            };
            let mut transaction = committed(number % 3, ops.into_iter().map(op).collect());
            (transaction.invoked, transaction.returned) = (invoked % 50, returned);
            match outcome {
                0 => transaction.outcome = Outcome::Failed,
                1 => transaction.outcome = Outcome::Unknown,
                _ => {}
            }
            all.push(transaction);
        }
        let history = Transactions { all };
        let without = judge(&history, Order::None);
        for order in [Order::Process, Order::RealTime] {
            let with = judge(&history, order);
            prop_assert!(with.verdict == without.verdict || without.verdict == Verdict::Pass, "{order:?}");
            for found in &with.anomalies {
                prop_assert!(!found.transactions.is_empty(), "{:?}", found);
            }
        }
    }
}

/// What transactions that were all under way at once come to.
pub fn of(transactions: &[&str]) -> Verdict {
    judge(&overlapping(transactions), Order::None).verdict
}
