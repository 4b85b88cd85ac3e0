//! What the judge's promises cost, measured on this machine, each in a process of its own:
//!
//!     cargo run --release -p firedrill-checks --example limits
//!
//! - a million operations on registers with distinct values, 100 keys, 50 clients: valid, and with one stale read at each of ten random
//!   places (another key, client and time each), which must be named every time; on one core, promised in 5 s and 1 GiB
//! - a history that explodes (one key, 40 clients, lost answers), against a limit of memory and against one of time; promised to end
//!   unknown, no more than 5 % or 64 MiB past either
//!
//! Time is that of the verdict, without making the history. Memory is the most that the process held, less what it held before.

use firedrill_checks::Verdict;
use firedrill_checks::linearizable::imported::{Report, Settings, judge};
use firedrill_checks::linearizable::models::ModelName;
use firedrill_history::import::{Function, History, Operation, Outcome, Value};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const MEASURED: [&str; 3] = ["valid", "memory", "time"];

/// So many places for a stale read.
const SEEDS: u64 = 10;

const MIB: u64 = 1 << 20;

fn main() -> ExitCode {
    let Some(what) = std::env::args().nth(1) else {
        let this = std::env::current_exe().expect("a program knows where it is");
        let good = MEASURED.map(|what| Command::new(&this).arg(what).status().is_ok_and(|status| status.success()));
        let named = stale_anywhere(&this);
        return if good.iter().all(|good| *good) && named { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    };
    let good = match what.as_str() {
        "valid" => million(None),
        // Anywhere in the history, and in another place each time it is asked for with another number.
        "stale" => million(Some(std::env::args().nth(2).and_then(|seed| seed.parse().ok()).unwrap_or(7))),
        "memory" => explodes(64 * MIB, Duration::from_secs(60)),
        _ => explodes(8 << 30, Duration::from_secs(5)),
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plants a stale read at each of the places, and tells the least, the median and the most time that naming it took.
fn stale_anywhere(this: &Path) -> bool {
    let (mut times, mut good) = (Vec::new(), true);
    for seed in 1..=SEEDS {
        let ran = Command::new(this).args(["stale", &seed.to_string()]).output().expect("a program can run itself");
        let told = String::from_utf8_lossy(&ran.stdout);
        print!("{told}");
        good &= ran.status.success();
        let seconds = told.split_once("explained by ").and_then(|(_, rest)| rest.split(' ').next());
        times.push(seconds.and_then(|seconds| seconds.parse::<f64>().ok()).unwrap_or(f64::INFINITY));
    }
    times.sort_by(f64::total_cmp);
    let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    let all = if good { "each named" } else { "not each named within its limits" };
    println!("a stale read at {SEEDS} places: {all}; {least:.2} s at least, {median:.2} s median, {most:.2} s at most");
    good
}

/// What was judged, and what that took.
struct Measured {
    report: Report,
    took: Duration,
    ended: Duration,
    /// More than before, at most.
    held: u64,
}

fn measure(history: &History, model: ModelName, memory_bytes: u64, time: Duration) -> Measured {
    let before = held("VmRSS");
    let begun = Instant::now();
    let decided = OnceLock::new();
    let settings = Settings {
        memory_bytes,
        steps: u64::MAX,
        stop: &|| begun.elapsed() > time,
        jobs: 1,
        orders: false,
        decided: &|| {
            decided.get_or_init(|| begun.elapsed());
        },
    };
    let report = judge(history, model, None, &settings).expect("the history fits the model");
    let took = decided.get().copied().unwrap_or_default();
    Measured { report, took, ended: begun.elapsed(), held: held("VmHWM").saturating_sub(before) }
}

fn million(seed: Option<u64>) -> bool {
    let (history, planted) = registers(1_000_000, seed);
    let Measured { report, took, ended, held } =
        measure(&history, ModelName::Register, 1 << 30, Duration::from_secs(60));
    let named = report.why.as_ref().map(|why| why.misfit);
    let right = match planted {
        None => report.verdict == Verdict::Pass,
        Some(_) => report.verdict == Verdict::Fail && named == planted,
    };
    let told = planted.map_or("valid".to_owned(), |planted| {
        let Operation { process, key, .. } = &history.operations[planted];
        let key = key.as_ref().map_or_else(String::new, Value::to_string);
        let named = if named == Some(planted) { "named".to_owned() } else { format!("but {named:?} is named") };
        format!("stale read at {planted} (client {process}, key {key}), {named}")
    });
    let all = history.bytes() + held;
    println!(
        "1,000,000 operations, {told}: {} in {:.2} s, explained by {:.2} s, {} MiB beside the history, {} MiB with it",
        report.verdict,
        took.as_secs_f64(),
        ended.as_secs_f64(),
        held / MIB,
        all / MIB
    );
    right && ended <= Duration::from_secs(5) && all <= 1 << 30
}

fn explodes(memory: u64, time: Duration) -> bool {
    let Measured { report, took, held, .. } = measure(&explosive(), ModelName::Counter, memory, time);
    let undecided = report.undecided.first();
    println!(
        "a history that explodes, within {} MiB and {} s: {} after {:.2} s with {} MiB ({:?}, {} of {} operations explained)",
        memory / MIB,
        time.as_secs(),
        report.verdict,
        took.as_secs_f64(),
        held / MIB,
        undecided.and_then(|one| one.exhausted),
        undecided.map_or(0, |one| one.explained),
        undecided.map_or(0, |one| one.operations),
    );
    let within = held <= (memory + memory / 20).max(memory + 64 * MIB) && took <= time + time / 20;
    report.verdict == Verdict::Unknown && within
}

/// A figure of this process's memory, in bytes, where the system tells.
fn held(figure: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(figure));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Numbers that look random, the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Fifty clients at once on a hundred registers; each operation takes effect just before it returns. A seed plants a read of the value
/// before the last one that was replaced for certain.
fn registers(operations: usize, seed: Option<u64>) -> (History, Option<usize>) {
    let (keys, clients) = (100, 50);
    let mut random = Random(seed.unwrap_or(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let from = seed.map(|_| operations / 100 + random.below(operations * 98 / 100));
    let (mut history, mut planted) = (History::default(), None);
    history.processes = (0..clients).map(|client| Value::Int(client as i64)).collect();
    // By key: each value with the place at which its write had returned.
    let mut written: Vec<Vec<(i64, u64)>> = vec![Vec::new(); keys];
    for number in 0..operations {
        let invoked = 2 * number as u64;
        // Those of the other clients are invoked in between.
        let returned = invoked + 2 * clients as u64 - 1;
        let reads = random.below(2) == 0;
        let key = random.below(keys);
        // What was written last by a write that had returned is what is read; a register written by one at a time has no other.
        let values = &mut written[key];
        let settled = values.iter().rposition(|(_, at)| *at < invoked);
        let busy = values.last().is_some_and(|(_, at)| *at >= invoked);
        let stale =
            from.is_some_and(|from| number >= from) && planted.is_none() && settled.is_some_and(|last| last >= 2);
        let (function, input, answer) = if (reads && !busy) || (busy && stale) {
            let value = match settled {
                Some(last) if stale => {
                    planted = Some(number);
                    Value::Int(values[last - 2].0)
                }
                Some(last) => Value::Int(values[last].0),
                None => Value::Nil,
            };
            (Function::Read, Value::Nil, value)
        } else {
            values.push((number as i64, returned));
            (Function::Write, Value::Int(number as i64), Value::Nil)
        };
        history.operations.push(Operation {
            process: (number % clients) as u32,
            function,
            key: Some(Value::Int(key as i64)),
            input,
            outcome: Outcome::Ok(answer),
            invoked,
            returned: Some(returned),
            line: invoked + 1,
            returned_line: returned + 1,
        });
    }
    (history, planted)
}

/// One counter, forty clients at once, a third of the answers lost: more orders than can be gone through.
fn explosive() -> History {
    let mut history = History::default();
    for number in 0..1600_u64 {
        let (round, client) = (number / 40, number % 40);
        let (lost, reads) = (number % 3 == 0, number % 5 == 4);
        let sum = Value::Int(i64::try_from(number * 7919 % 100_003).expect("small"));
        let answer = if reads { sum } else { Value::Nil };
        history.operations.push(Operation {
            process: client as u32,
            function: if reads { Function::Read } else { Function::Add },
            key: None,
            input: if reads { Value::Nil } else { Value::Int(i64::try_from(number * number + 1).expect("small")) },
            outcome: if lost { Outcome::Unknown } else { Outcome::Ok(answer) },
            invoked: round * 100 + client,
            returned: (!lost).then_some(round * 100 + 50 + client),
            line: number,
            returned_line: 0,
        });
    }
    history
}
