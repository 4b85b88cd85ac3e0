//! Imported histories: against brute force, valid by construction, broken by one change, and beyond the budgets.

use firedrill_checks::Verdict;
use firedrill_checks::linearizable::Exhausted;
use firedrill_checks::linearizable::imported::{Report, Settings, judge};
use firedrill_checks::linearizable::models::ModelName;
use firedrill_history::import::{Function, History, Operation, Outcome, Value};
use proptest::prelude::*;

const MODELS: [ModelName; 9] = [
    ModelName::Register,
    ModelName::CasRegister,
    ModelName::MultiRegister,
    ModelName::Kv,
    ModelName::Mutex,
    ModelName::Counter,
    ModelName::Set,
    ModelName::Queue,
    ModelName::Session,
];

fn settings(memory_bytes: u64, steps: u64) -> Settings<'static> {
    Settings { memory_bytes, steps, stop: &|| false, jobs: 1, orders: false, decided: &|| {} }
}

fn judged(history: &History, model: ModelName) -> Report {
    // A read of nil says nothing of several registers, so they hold something at first.
    let init = (model == ModelName::MultiRegister).then_some(Value::Int(-1));
    judge(history, model, init.as_ref(), &settings(1 << 26, 5_000_000)).expect("the history fits the model")
}

/// What each object does, written down a second time and as simply as can be: the state after and the answer.
fn act(model: ModelName, state: &Value, function: Function, input: &Value) -> (Value, Value) {
    let list = |value: &Value| value.as_list().unwrap_or(&[]).to_vec();
    match (model, function) {
        (ModelName::MultiRegister, _) => {
            let (mut held, mut told) = (list(state), Vec::new());
            for step in list(input) {
                let [what, Value::Int(register), value] = step.as_list().expect("a step") else { panic!("{step}") };
                let place = usize::try_from(*register).expect("small");
                if what.as_text() == Some("write") {
                    held[place] = value.clone();
                }
                told.push(Value::List(vec![what.clone(), Value::Int(*register), held[place].clone()]));
            }
            (Value::List(held), Value::List(told))
        }
        (ModelName::Set, Function::Add | Function::Remove) => {
            let mut held = list(state);
            held.retain(|element| element != input);
            if function == Function::Add {
                held.push(input.clone());
                held.sort();
            }
            (Value::List(held), Value::Nil)
        }
        (_, Function::Read) => (state.clone(), state.clone()),
        (_, Function::Write) => (input.clone(), Value::Nil),
        (_, Function::Cas) => match &list(input)[..] {
            [expected, new] if expected == state => (new.clone(), Value::Bool(true)),
            _ => (state.clone(), Value::Bool(false)),
        },
        (_, Function::Append) => {
            let text = format!("{}{}", state.as_text().unwrap_or(""), input.as_text().unwrap_or(""));
            (Value::text(&text), Value::Nil)
        }
        (_, Function::Add) => match (state, input) {
            (Value::Int(one), Value::Int(two)) => (Value::Int(one + two), Value::Nil),
            other => panic!("{other:?}"),
        },
        (_, Function::Enqueue) => (Value::List([list(state), vec![input.clone()]].concat()), Value::Nil),
        (_, Function::Dequeue) => match list(state).split_first() {
            Some((first, rest)) => (Value::List(rest.to_vec()), first.clone()),
            None => (Value::List(Vec::new()), Value::Nil),
        },
        other => panic!("{other:?}"),
    }
}

fn at_first(model: ModelName) -> Value {
    match model {
        ModelName::Register | ModelName::CasRegister | ModelName::Session => Value::Nil,
        ModelName::Kv => Value::text(""),
        ModelName::Mutex => Value::text("free"),
        ModelName::Counter => Value::Int(0),
        ModelName::Set | ModelName::Queue => Value::List(Vec::new()),
        ModelName::MultiRegister => Value::List(vec![Value::Int(-1), Value::Int(-1)]),
    }
}

/// The state after, if the operation may come next.
fn next(model: ModelName, state: &Value, operation: &Operation) -> Option<Value> {
    if model == ModelName::Mutex {
        let (from, to) = if operation.function == Function::Acquire { ("free", "held") } else { ("held", "free") };
        return (state.as_text() == Some(from)).then(|| Value::text(to));
    }
    let (after, answer) = act(model, state, operation.function, &operation.input);
    match &operation.outcome {
        Outcome::Unknown if operation.function == Function::Cas && answer == Value::Bool(false) => None,
        Outcome::Unknown => Some(after),
        Outcome::Ok(told) => {
            let says = matches!(
                operation.function,
                Function::Read | Function::Cas | Function::Dequeue | Function::Transaction
            );
            (!says || *told == answer).then_some(after)
        }
        Outcome::Failed => None,
    }
}

/// Whether some order explains the history: tries all.
fn explained(model: ModelName, left: &[Operation], state: &Value) -> bool {
    if left.iter().all(|operation| operation.returned.is_none()) {
        return true;
    }
    (0..left.len()).any(|place| {
        let operation = &left[place];
        let before = |other: &Operation| other.returned.is_some_and(|at| at < operation.invoked);
        !left.iter().any(before)
            && next(model, state, operation)
                .is_some_and(|after| explained(model, &[&left[..place], &left[place + 1..]].concat(), &after))
    })
}

/// One operation, as drawn: which of the object's functions, two small numbers, whether its answer is lost, whether it took
/// effect if so, and when.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    function: u8,
    numbers: (i64, i64),
    lost: bool,
    happens: bool,
    from: u64,
    to: u64,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let lost = prop_oneof![4 => Just(false), 1 => Just(true)];
    (0..6_u8, (0..3_i64, 0..3_i64), lost, any::<bool>(), 0..60_u64, 1..60_u64)
        .prop_map(|(function, numbers, lost, happens, from, to)| Drawn { function, numbers, lost, happens, from, to })
}

fn asked(model: ModelName, drawn: Drawn) -> (Function, Value) {
    let (one, two) = drawn.numbers;
    let pick = |functions: &[Function]| functions[drawn.function as usize % functions.len()];
    let function = match model {
        ModelName::Register => pick(&[Function::Read, Function::Write]),
        ModelName::CasRegister | ModelName::Session => pick(&[Function::Read, Function::Write, Function::Cas]),
        ModelName::Kv => pick(&[Function::Read, Function::Write, Function::Append]),
        ModelName::Mutex => pick(&[Function::Acquire, Function::Release]),
        ModelName::Counter => pick(&[Function::Read, Function::Add]),
        ModelName::Set => pick(&[Function::Read, Function::Add, Function::Remove]),
        ModelName::Queue => pick(&[Function::Enqueue, Function::Dequeue]),
        ModelName::MultiRegister => Function::Transaction,
    };
    let step = |what: &str, register: i64, value| Value::List(vec![Value::text(what), Value::Int(register), value]);
    let input = match (model, function) {
        (ModelName::MultiRegister, _) => {
            let steps = [step("write", one % 2, Value::Int(two)), step("read", two % 2, Value::Nil)];
            Value::List(match drawn.function % 3 {
                0 => steps[..1].to_vec(),
                1 => steps[1..].to_vec(),
                _ => steps.to_vec(),
            })
        }
        (ModelName::Kv, Function::Write | Function::Append) => {
            Value::text(["a", "b", "c"][usize::try_from(one).unwrap_or(0)])
        }
        (_, Function::Cas) => Value::List(vec![Value::Int(one), Value::Int(two)]),
        (_, Function::Write | Function::Add | Function::Remove | Function::Enqueue) => Value::Int(one),
        _ => Value::Nil,
    };
    (function, input)
}

/// A history that has an order: operations take effect at instants of their own, are invoked before and return after; some
/// answers are lost, and of those some operations never happened.
fn linearizable(model: ModelName, drawn: &[Drawn]) -> Vec<Operation> {
    linearizable_as(model, drawn, |asked| asked)
}

/// The same, with something else asked than was drawn.
fn linearizable_as(
    model: ModelName,
    drawn: &[Drawn],
    mut instead: impl FnMut((Function, Value)) -> (Function, Value),
) -> Vec<Operation> {
    let mut state = at_first(model);
    let mut operations = Vec::new();
    for (number, drawn) in (1_u64..).zip(drawn) {
        let at = 20 * number;
        let (mut function, input) = instead(asked(model, *drawn));
        if model == ModelName::Mutex {
            let free = state.as_text() == Some("free");
            function = if free { Function::Acquire } else { Function::Release };
        }
        let happens = !drawn.lost || drawn.happens;
        let mut answer = Value::Nil;
        if model == ModelName::Mutex {
            let held = Value::text(if function == Function::Acquire { "held" } else { "free" });
            state = if happens { held } else { state };
        } else if happens {
            (state, answer) = act(model, &state, function, &input);
        }
        let outcome = if drawn.lost { Outcome::Unknown } else { Outcome::Ok(answer) };
        let apart = |instant: u64| instant * 1000 + 2 * number;
        operations.push(Operation {
            process: u32::try_from(number).expect("few"),
            function,
            key: None,
            input,
            outcome,
            invoked: apart((at + 60).saturating_sub(drawn.from)),
            returned: (!drawn.lost).then(|| apart(at + 60 + drawn.to) + 1),
            line: number,
            returned_line: 0,
        });
    }
    operations.sort_by_key(|operation| operation.invoked);
    operations
}

fn history(operations: &[Operation]) -> History {
    History { operations: operations.to_vec(), ..History::default() }
}

fn expected(linearizable: bool, operations: &[Operation]) -> Verdict {
    match (linearizable, operations.iter().any(|operation| operation.returned.is_some())) {
        (false, _) => Verdict::Fail,
        (true, true) => Verdict::Pass,
        (true, false) => Verdict::Unknown,
    }
}

fn agree(model: ModelName, operations: &[Operation]) -> Result<bool, TestCaseError> {
    let report = judged(&history(operations), model);
    let force = explained(model, operations, &at_first(model));
    prop_assert_eq!(report.verdict, expected(force, operations), "{:?} {:#?}", model, operations);
    if let Some(why) = &report.why {
        let end = operations[why.misfit].returned;
        let cut = |end: Option<u64>| -> Vec<Operation> {
            let by_then = |at: u64| end.is_some_and(|end| at <= end);
            let kept = operations.iter().filter(|operation| by_then(operation.invoked)).cloned();
            kept.map(|mut operation| {
                if !operation.returned.is_some_and(by_then) {
                    operation.returned = None;
                }
                operation
            })
            .collect()
        };
        prop_assert!(!explained(model, &cut(end), &at_first(model)), "up to the misfit there is no order");
        let sooner = end.map(|end| end - 1);
        prop_assert!(explained(model, &cut(sooner), &at_first(model)), "and before it there is one");
        let end = end.unwrap_or(u64::MAX);
        prop_assert!(!window_explained(model, operations, &why.window, end), "the window alone has no order");
        // Of these, others that don't happen as told don't happen at all.
        if why.minimal && matches!(model, ModelName::Counter | ModelName::Set | ModelName::Queue) {
            for left_out in why.window.iter().filter(|place| **place != why.misfit) {
                let rest: Vec<usize> = why.window.iter().copied().filter(|place| place != left_out).collect();
                prop_assert!(window_explained(model, operations, &rest, end), "nothing can be taken out of the window");
            }
        }
    }
    Ok(force)
}

/// Whether some order explains a window up to an instant: the operations in it happened as told, of the others any may be missing.
fn window_explained(model: ModelName, operations: &[Operation], window: &[usize], end: u64) -> bool {
    let by_then = |operation: &Operation| operation.returned.is_some_and(|at| at <= end);
    let others: Vec<usize> =
        (0..operations.len()).filter(|place| by_then(&operations[*place]) && !window.contains(place)).collect();
    (0..1_usize << others.len()).any(|missing| {
        let is_missing = |place: usize| {
            others.iter().position(|other| *other == place).is_some_and(|other| missing & (1 << other) != 0)
        };
        let kept = operations.iter().enumerate().filter(|(place, one)| one.invoked <= end && !is_missing(*place));
        let cut =
            |(_, one): (usize, &Operation)| Operation { returned: one.returned.filter(|at| *at <= end), ..one.clone() };
        explained(model, &kept.map(cut).collect::<Vec<_>>(), &at_first(model))
    })
}

/// More by `PROPTEST_CASES`.
fn often() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.max(4000), ..usual }
}

proptest! {
    #![proptest_config(often())]

    /// Texts that were appended are mostly told apart without a search: with other ways to come about, and with what a get
    /// returned cut short or made of others.
    #[test]
    fn appended_texts_are_judged_as_by_force(
        drawn in prop::collection::vec(drawn(), 2..8),
        texts in prop::collection::vec(prop::sample::select(&["a", "b", "c", "d", "ea", "eb", "fa", ""][..]), 8),
        change in 0..4_u8,
        places in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let mut number = 0;
        let asked = |(function, input): (Function, Value)| {
            number += 1;
            (function, if input == Value::Nil { input } else { Value::text(texts[number % texts.len()]) })
        };
        let mut operations = linearizable_as(ModelName::Kv, &drawn, asked);
        prop_assert!(agree(ModelName::Kv, &operations)?);
        let (one, two) = (places.0.index(operations.len()), places.1.index(operations.len()));
        let got = |operation: &Operation| match &operation.outcome {
            Outcome::Ok(Value::Text(text)) => Some(text.to_string()),
            _ => None,
        };
        match (change, got(&operations[one]), got(&operations[two])) {
            (0, Some(text), _) => {
                let end = text.len().saturating_sub(1);
                operations[one].outcome = Outcome::Ok(Value::text(&text[..end]));
            }
            (1, Some(text), Some(other)) => {
                operations[one].outcome = Outcome::Ok(Value::text(&(text + &other)));
            }
            (2, Some(text), _) => operations[one].outcome = Outcome::Ok(Value::text(&(text + texts[0]))),
            _ => {
                let late = operations[one].returned.map(|at| at - 1);
                operations[one].invoked = late.unwrap_or(operations[one].invoked);
                operations.sort_by_key(|operation| operation.invoked);
            }
        }
        agree(ModelName::Kv, &operations)?;
    }
}

proptest! {
    #[test]
    fn what_has_an_order_by_construction_passes(
        model in prop::sample::select(&MODELS[..]),
        drawn in prop::collection::vec(drawn(), 1..25),
    ) {
        let operations = linearizable(model, &drawn);
        let report = judged(&history(&operations), model);
        // A queue of which many operations were lost may be more than the steps are enough for; that is no verdict.
        let expected = if report.undecided.is_empty() { expected(true, &operations) } else { Verdict::Unknown };
        prop_assert_eq!(report.verdict, expected, "{:?} {:#?}", model, operations);
    }

    #[test]
    fn small_histories_are_judged_as_by_force_before_and_after_one_change(
        model in prop::sample::select(&MODELS[..]),
        drawn in prop::collection::vec(drawn(), 1..7),
        change in 0..4_u8,
        places in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let mut operations = linearizable(model, &drawn);
        prop_assert!(agree(model, &operations)?);
        let (one, two) = (places.0.index(operations.len()), places.1.index(operations.len()));
        match change {
            // Answers change places.
            0 if operations[one].function == operations[two].function => {
                let (first, second) = (operations[one].outcome.clone(), operations[two].outcome.clone());
                let lost = [&first, &second].iter().any(|outcome| **outcome == Outcome::Unknown);
                if !lost && model != ModelName::MultiRegister {
                    (operations[one].outcome, operations[two].outcome) = (second, first);
                }
            }
            // An operation never happened.
            1 => drop(operations.remove(one)),
            // It returned as soon as it was invoked.
            2 => operations[one].returned = operations[one].returned.map(|_| operations[one].invoked + 1),
            // It was invoked only just before it returned.
            _ => {
                let late = operations[one].returned.map(|at| at - 1);
                operations[one].invoked = late.unwrap_or(operations[one].invoked);
                operations.sort_by_key(|operation| operation.invoked);
            }
        }
        agree(model, &operations)?;
    }
}

/// Registers whose values are distinct; clients one after the other write and read.
fn distinct(keys: usize, operations: usize, stale: Option<usize>) -> (History, Option<usize>) {
    let mut history = History::default();
    let mut latest = vec![Vec::new(); keys];
    let mut planted = None;
    for number in 0..operations {
        let key = number % keys;
        let reads = !latest[key].is_empty() && !(number / keys).is_multiple_of(3);
        let plant = stale.is_some_and(|stale| number >= stale) && planted.is_none() && reads && latest[key].len() > 2;
        let value = match (reads, plant) {
            (true, true) => latest[key][latest[key].len() - 3],
            (true, false) => *latest[key].last().expect("something was written"),
            (false, _) => number as i64,
        };
        if plant {
            planted = Some(number);
        }
        if !reads {
            latest[key].push(value);
        }
        let at = 2 * number as u64;
        history.operations.push(Operation {
            process: (number % 50) as u32,
            function: if reads { Function::Read } else { Function::Write },
            key: Some(Value::Int(key as i64)),
            input: if reads { Value::Nil } else { Value::Int(value) },
            outcome: Outcome::Ok(if reads { Value::Int(value) } else { Value::Nil }),
            invoked: at,
            // Each overlaps the next two.
            returned: Some(at + 5),
            line: at,
            returned_line: at + 5,
        });
    }
    (history, planted)
}

#[test]
fn a_stale_read_among_distinct_values_is_named() {
    let (valid, _) = distinct(10, 5_000, None);
    assert_eq!(judged(&valid, ModelName::Register).verdict, Verdict::Pass);
    for stale in [100, 2_500, 4_900] {
        let (history, planted) = distinct(10, 5_000, Some(stale));
        let report = judged(&history, ModelName::Register);
        assert_eq!(report.verdict, Verdict::Fail);
        let why = report.why.expect("it is explained");
        assert_eq!(Some(why.misfit), planted, "the stale read fits nowhere");
        assert!(why.minimal && why.window.len() <= 4, "a few operations show it: {:?}", why.window);
    }
}

/// Four clients on a queue whose every tenth answer is lost: what they put in is told apart, so that no two ways to lose an answer look alike.
fn queue(operations: u64) -> History {
    let mut history = History { processes: (0..4).map(Value::Int).collect(), ..History::default() };
    let mut held = std::collections::VecDeque::new();
    for number in 0..operations {
        let lost = number % 10 == 7;
        let puts = number * 7 % 5 < 3;
        let (function, input, answer) = if puts {
            held.push_back(number as i64);
            (Function::Enqueue, Value::Int(number as i64), Value::Nil)
        } else {
            (Function::Dequeue, Value::Nil, held.pop_front().map_or(Value::Nil, Value::Int))
        };
        history.operations.push(Operation {
            process: (number % 4) as u32,
            function,
            key: None,
            input,
            outcome: if lost { Outcome::Unknown } else { Outcome::Ok(answer) },
            invoked: 2 * number,
            returned: (!lost).then_some(2 * number + 7),
            line: number + 1,
            returned_line: 0,
        });
    }
    history
}

#[test]
fn a_queue_with_lost_answers_is_judged_to_the_end() {
    let mut history = queue(300);
    assert_eq!(judged(&history, ModelName::Queue).verdict, Verdict::Pass);
    let taken =
        |one: &Operation| one.function == Function::Dequeue && matches!(one.outcome, Outcome::Ok(Value::Int(_)));
    let late: Vec<usize> = (150..300).filter(|place| taken(&history.operations[*place])).collect();
    // What was taken long before is taken again.
    let twice = history.operations[(0..50).find(|place| taken(&history.operations[*place])).expect("some are taken")]
        .outcome
        .clone();
    history.operations[late[0]].outcome = twice;
    let report = judged(&history, ModelName::Queue);
    assert_eq!(report.verdict, Verdict::Fail);
    assert_eq!(report.why.expect("it fails").misfit, late[0]);
}

/// Transactions over four registers, one of which read a value long replaced: most windows are two or three operations.
#[test]
fn windows_over_several_registers_are_proven_smallest() {
    let mut history = History { processes: (0..4).map(Value::Int).collect(), ..History::default() };
    let names = ["x", "y", "z", "u"];
    let mut held = [-1_i64; 4];
    let step = |what: &str, register: usize, value: i64| {
        Value::List(vec![Value::text(what), Value::text(names[register]), Value::Int(value)])
    };
    for number in 0..200_u64 {
        let (one, two) = ((number * 7 % 4) as usize, (number * 5 % 3 + 1) as usize);
        let stale = number == 150;
        let mut steps = vec![step("read", one, if stale { 3 } else { held[one] })];
        if two != one && !stale {
            held[two] = number as i64;
            steps.push(step("write", two, number as i64));
        }
        history.operations.push(Operation {
            process: (number % 4) as u32,
            function: Function::Transaction,
            key: None,
            input: Value::Nil,
            outcome: Outcome::Ok(Value::List(steps)),
            invoked: 2 * number,
            returned: Some(2 * number + 7),
            line: number + 1,
            returned_line: 0,
        });
    }
    let why = judged(&history, ModelName::MultiRegister).why.expect("it has no order");
    assert_eq!(why.misfit, 150);
    assert!(why.minimal && why.window.len() <= 3, "{why:#?}");
}

/// A journal of ours is judged as the run's own check judges it.
#[test]
fn a_journal_is_judged_as_its_run() {
    use crate::build::{Run, check, ms};
    use firedrill_history::Purpose;
    use firedrill_history::import::{Format, Imported, Limits, guess, read};
    use firedrill_model::{Key, NotApplied, Op, OpResult, Outcome as Came, Value as Bytes};
    let text = |number: u64| Bytes::new(number.to_string().as_bytes());
    let (mut failed, mut passed) = (0, 0);
    for stale in 0..40_u64 {
        let mut run = Run::new();
        let mut held: Option<u64> = None;
        for number in 0..40_u64 {
            let (key, from) = (Key::new("k"), ms(100 * number));
            let to = Some(ms(100 * number + 40 + 30 * (number % 4)));
            let seen = if number == stale { held.map(|_| 0) } else { held };
            let (op, outcome) = match number % 5 {
                0 => (Op::Write { key, value: text(number) }, Came::Ok(OpResult::Written)),
                1 => (Op::Write { key, value: text(number) }, Came::Unknown),
                2 => (Op::Write { key, value: text(number) }, Came::Failed(NotApplied::NoLeader)),
                _ => (Op::Read { key }, Came::Ok(OpResult::Value(seen.map(text)))),
            };
            if number % 5 == 0 {
                held = Some(number);
            }
            // Probes count from when they were meant to be sent, which may be out of order in the journal.
            let purpose = if number % 3 == 0 { Purpose::Probe } else { Purpose::Workload };
            run.op(purpose, (number % 3) as u32, from, to, op, outcome);
        }
        let mut file = Vec::new();
        run.journal().write_to(&mut file).expect("memory takes it");
        assert_eq!(guess("any name", &file), Some(Format::Journal));
        let Ok(Imported::Operations(history)) = read(&file[..], Format::Journal, Limits::default()) else {
            panic!("a journal is a history of operations")
        };
        let report = judge(&history, ModelName::Session, None, &settings(1 << 26, 5_000_000)).expect("sessions fit");
        assert_eq!(report.verdict, check(&run.judge(), "linearizable").verdict, "stale at {stale}");
        if report.verdict == Verdict::Fail { failed += 1 } else { passed += 1 }
    }
    assert!(failed > 5 && passed > 5, "{failed} fail and {passed} pass");
}

/// One key, 40 clients at once, most answers lost: more orders than can be gone through.
fn explosive() -> History {
    let mut history = History::default();
    for round in 0..40_u64 {
        for client in 0..40_u64 {
            let number = round * 40 + client;
            let lost = number % 3 == 0;
            let reads = number % 5 == 4;
            let outcome = match (lost, reads) {
                (true, _) => Outcome::Unknown,
                // Sums that hang on which additions happened.
                (false, true) => Outcome::Ok(Value::Int(i64::try_from(number * 7919 % 100_003).expect("small"))),
                (false, false) => Outcome::Ok(Value::Nil),
            };
            history.operations.push(Operation {
                process: client as u32,
                function: if reads { Function::Read } else { Function::Add },
                key: None,
                input: if reads { Value::Nil } else { Value::Int(i64::try_from(number * number + 1).expect("small")) },
                outcome,
                invoked: round * 100 + client,
                returned: (!lost).then_some(round * 100 + 50 + client),
                line: number,
                returned_line: 0,
            });
        }
    }
    history
}

#[test]
fn what_explodes_is_unknown_within_its_budgets() {
    let history = explosive();
    let memory = 16 << 20;
    let report = judge(&history, ModelName::Counter, None, &settings(memory, u64::MAX)).expect("it fits the model");
    assert_eq!(report.verdict, Verdict::Unknown);
    assert_eq!(report.undecided[0].exhausted, Some(Exhausted::Memory));
    assert!(report.bytes <= memory + memory / 20, "{} bytes", report.bytes);
    assert!(report.undecided[0].reached.is_some(), "it says how far it got");
    let report = judge(&history, ModelName::Counter, None, &settings(1 << 30, 10_000)).expect("it fits the model");
    assert_eq!(report.undecided[0].exhausted, Some(Exhausted::Steps));
    let stopped = Settings { stop: &|| true, ..settings(1 << 30, u64::MAX) };
    let report = judge(&history, ModelName::Counter, None, &stopped).expect("it fits the model");
    assert_eq!((report.verdict, report.undecided[0].exhausted), (Verdict::Unknown, Some(Exhausted::Time)));
}

#[test]
fn an_operation_that_the_model_does_not_know_is_named() {
    let (mut history, _) = distinct(1, 10, None);
    history.operations[7].function = Function::Dequeue;
    let unfit = judge(&history, ModelName::Register, None, &settings(1 << 20, 1000)).expect_err("no register dequeues");
    assert_eq!(unfit.operation, 7);
    assert!(unfit.message.contains("dequeue"), "{}", unfit.message);
}

/// What a register comes to to which one value was written and of which another was read, then.
pub fn of(written: i64, read: i64) -> Verdict {
    let (mut history, _) = distinct(1, 2, None);
    let [write, later] = &mut history.operations[..] else { panic!("two operations") };
    write.input = Value::Int(written);
    (later.function, later.input, later.outcome) = (Function::Read, Value::Nil, Outcome::Ok(Value::Int(read)));
    judged(&history, ModelName::Register).verdict
}

/// What a history comes to in which nothing was answered.
pub fn of_nothing() -> Verdict {
    let (mut history, _) = distinct(1, 2, None);
    for operation in &mut history.operations {
        (operation.outcome, operation.returned) = (Outcome::Unknown, None);
    }
    judged(&history, ModelName::Register).verdict
}
