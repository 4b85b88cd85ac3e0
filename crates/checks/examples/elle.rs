//! What judging transactions costs: prints seconds for a serial history of half a million list-append transactions by 50
//! processes, with each order, and with a read skew planted in the middle.
//!
//!     cargo run --release -p firedrill-checks --example elle

use firedrill_checks::elle::{Limits, Options, Order, check};
use firedrill_history::import::{MicroOp, Outcome, Transaction, Transactions, Value};
use firedrill_model::Rng;
use std::time::Instant;

/// Lists take at most so many elements, then another takes a list's place.
const ELEMENTS: usize = 100;
const LISTS: usize = 20;

fn main() {
    let mut history = serial(500_000);
    let elements = history.all.iter().flat_map(|one| &one.ops).map(|op| match op {
        MicroOp::Append { .. } => 1,
        MicroOp::Read { list, .. } => list.as_ref().map_or(0, Vec::len),
    });
    println!("{} transactions, {} elements appended or read", history.all.len(), elements.sum::<usize>());
    for order in [Order::None, Order::Process, Order::RealTime] {
        print(&history, order);
    }
    plant(&mut history);
    print(&history, Order::None);
    print(&history, Order::RealTime);
}

fn print(history: &Transactions, order: Order) {
    let begin = Instant::now();
    let report = check(history, &Options { order, ..Options::default() }, &Limits::NONE).expect("elements are unique");
    println!("{order:?}: {} in {:.2} s: {}", report.verdict, begin.elapsed().as_secs_f64(), report.why);
}

fn serial(transactions: u64) -> Transactions {
    let mut rng = Rng::new(1, "elle");
    let mut lists: Vec<(i64, Vec<Value>)> = (0..LISTS as i64).map(|key| (key, Vec::new())).collect();
    let (mut next_list, mut next_element) = (LISTS as i64, 0);
    let mut all = Vec::new();
    for number in 0..transactions {
        let mut ops = Vec::new();
        for _ in 0..rng.between(1, 4) {
            let (key, list) = &mut lists[rng.below(LISTS as u64) as usize];
            let named = Value::Int(*key);
            if rng.chance(500) {
                ops.push(MicroOp::Read { key: named, list: Some(list.clone()) });
                continue;
            }
            next_element += 1;
            list.push(Value::Int(next_element));
            ops.push(MicroOp::Append { key: named, value: Value::Int(next_element) });
        }
        for (key, list) in lists.iter_mut().filter(|(_, list)| list.len() >= ELEMENTS) {
            (*key, next_list) = (next_list, next_list + 1);
            list.clear();
        }
        let process = Value::Int((number % 50) as i64);
        // About 25 are under way at a time, and each takes effect in the order of its number.
        let (invoked, returned) = (1000 + number * 10 - rng.below(200), Some(1005 + number * 10 + rng.below(200)));
        all.push(Transaction { process, ops, outcome: Outcome::Ok(Value::Nil), invoked, returned, line: number + 1 });
    }
    all.sort_by_key(|transaction| transaction.invoked);
    Transactions { all }
}

/// One transaction sees the half of another.
fn plant(history: &mut Transactions) {
    let middle = history.all.len() / 2;
    let (one, other) = (Value::text("planted 1"), Value::text("planted 2"));
    let read = |key: &Value, list: &[Value]| MicroOp::Read { key: key.clone(), list: Some(list.to_vec()) };
    let append = |key: &Value| MicroOp::Append { key: key.clone(), value: Value::Int(-1) };
    history.all[middle].ops.extend([append(&one), append(&other)]);
    history.all[middle + 1].ops.extend([read(&one, &[]), read(&other, &[Value::Int(-1)])]);
}
