//! The same scenario and seed in the simulator and on the hosts: virtual seconds per wall second of each, and how many times faster the simulator is.
//!
//!     ci/build-hosts && FIREDRILL_HOSTS=target/release cargo bench -p firedrill-bench --bench hosts
//!
//! One core each, one after the other, in one run; drill, journal, digest and judges are included, and the same in all.

use firedrill_bench::{run_in, shipped};
use firedrill_checks::Verdict;
use firedrill_drill::remote::Remote;
use firedrill_drill::world::Setup;
use firedrill_drill::{Capabilities, World};
use firedrill_plan::{Plan, Scenario};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

const SEED: u64 = 1;
/// A world is run again until so much time has passed, and the fastest run counts.
const AT_LEAST: Duration = Duration::from_secs(5);
/// The hosts: what they are called here, their program, what it is told.
const HOSTS: [(&str, &str, &[&str]); 3] = [
    ("madsim", "firedrill-madsim", &[]),
    ("turmoil, ticks of 10 ms", "firedrill-turmoil", &["10"]),
    ("turmoil, ticks of 1 ms", "firedrill-turmoil", &["1"]),
];

/// How fast one world was.
struct Row {
    name: &'static str,
    speed: f64,
    events: usize,
}

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os("FIREDRILL_HOSTS").map(PathBuf::from) else {
        eprintln!(
            "hosts: name the folder with the hosts' programs in FIREDRILL_HOSTS (ci/build-hosts builds them); nothing was measured"
        );
        return ExitCode::SUCCESS;
    };
    let (plan, scenario) = shipped("weekly/site-failure.toml");
    let simulator = || Ok::<_, std::io::Error>(firedrill_sim::capabilities());
    let mut rows =
        vec![measure("simulator", &plan, &scenario, simulator, |setup| Box::new(firedrill_sim::Sim::new(setup)))];
    for (name, program, told) in HOSTS {
        // `cargo bench` runs in the package's folder, and the variable is relative to the workspace's.
        let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&folder).join(program);
        let start = || Remote::start_as(Command::new(&program).args(told));
        rows.push(measure(
            name,
            &plan,
            &scenario,
            || start().map(|host| host.capabilities()),
            |setup| {
                let mut host = start().expect("a program that started once");
                host.begin(setup).expect("a program that listens");
                Box::new(host)
            },
        ));
    }
    print(&rows);
    ExitCode::SUCCESS
}

fn measure(
    name: &'static str,
    plan: &Plan,
    scenario: &Scenario,
    capabilities: impl FnOnce() -> std::io::Result<Capabilities>,
    make: impl Fn(&Setup) -> Box<dyn World>,
) -> Row {
    let capabilities = capabilities().unwrap_or_else(|error| panic!("{name}: {error}"));
    let began = Instant::now();
    let mut fastest = Row { name, speed: 0.0, events: 0 };
    while began.elapsed() < AT_LEAST {
        let began = Instant::now();
        let (end, events, judgement) = run_in(plan, scenario, SEED, &capabilities, &make);
        assert_eq!(judgement.verdict, Verdict::Pass, "only a run that passes is worth measuring");
        let speed = end.as_nanos() as f64 / 1e9 / began.elapsed().as_secs_f64();
        if speed > fastest.speed {
            fastest = Row { name, speed, events };
        }
    }
    fastest
}

fn print(rows: &[Row]) {
    println!("| site-failure, seed {SEED} | virtual s per wall s | the simulator is faster by | journalled events |");
    println!("|---|---:|---:|---:|");
    let simulator = rows.first().map_or(0.0, |row| row.speed);
    for Row { name, speed, events } in rows {
        println!("| {name} | {speed:.0} | {:.1} | {events} |", simulator / speed);
    }
}
