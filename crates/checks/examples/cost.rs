//! What judging costs: prints milliseconds for a run of 300 virtual seconds with probers at full
//! rate, and what its digest and its file cost.
//!
//!     cargo run --release -p firedrill-checks --example cost

use firedrill_checks::{Options, judge};
use firedrill_history::{Event, Journal, Purpose, Recorder};
use firedrill_model::{ClientId, Key, Op, OpId, OpResult, Outcome, RegionId, ServiceId, ServiceObjective, Time, Value};
use std::time::{Duration, Instant};

#[path = "../tests/judges/build.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod build;

fn main() {
    let journal = probed(9, 300);
    let operations = journal.events.iter().filter(|event| matches!(event, Event::Invoked { .. })).count();
    println!("{operations} operations, {} events", journal.events.len());
    let judgement = judge(&journal, &Options::default());
    println!("verdict {}", judgement.verdict);
    for check in &judgement.checks {
        println!("  {:24} {:8} {}", check.name, check.verdict.to_string(), check.why);
    }
    print("judge", || {
        judge(&journal, &Options::default());
    });
    print("record (clone and hash)", || {
        let mut recorder = Recorder::new(journal.manifest.clone());
        for event in &journal.events {
            recorder.push(event.clone());
        }
        recorder.digest();
    });
    print("digest", || {
        journal.digest();
    });
    let mut file = Vec::new();
    print("write", || {
        file.clear();
        journal.write_to(&mut file).expect("a vector takes all");
    });
    println!("{:28} {} bytes", "file", file.len());
    print("read", || {
        Journal::read_from(file.as_slice(), "memory").expect("it was just written");
    });
}

/// The median of eleven.
fn print(what: &str, mut work: impl FnMut()) {
    let mut times: Vec<Duration> = (0..11)
        .map(|_| {
            let begin = Instant::now();
            work();
            begin.elapsed()
        })
        .collect();
    times.sort();
    println!("{what:28} {:.2} ms", times[5].as_secs_f64() * 1000.0);
}

/// A run of so many services, each probed 20 times a second from one region: every twentieth probe
/// writes, keys are replaced after a hundred, and the primary is lost for two minutes.
fn probed(services: u8, seconds: u64) -> Journal {
    let mut run = build::failover_run();
    run.events.retain(|event| !matches!(event, Event::Invoked { .. } | Event::Returned { .. }));
    let first = run.manifest.objectives.services[0].clone();
    run.manifest.objectives.services =
        (0..services).map(|service| ServiceObjective { service: ServiceId(service), ..first.clone() }).collect();
    let mut id = 0;
    let mut state = vec![None; usize::from(services)];
    for tick in 0..seconds * 20 {
        for service in 0..services {
            let sent = Time::from_millis(tick * 50 + u64::from(service));
            let good = !(40_000..161_200).contains(&(tick * 50));
            let state = &mut state[usize::from(service)];
            if tick % 100 == 0 {
                *state = None;
            }
            let key = Key::new(&format!("p{service}.0.{}", tick / 100));
            let (op, result) = if tick % 20 == 0 && good {
                let value = Value::new(format!("p{service}.0.{tick}").as_bytes());
                *state = Some(value.clone());
                (Op::Write { key, value }, OpResult::Written)
            } else {
                (Op::Read { key }, OpResult::Value(state.clone()))
            };
            let (after, outcome) = if good { (180, Outcome::Ok(result)) } else { (1000, Outcome::Unknown) };
            run.events.push(Event::Invoked {
                t: sent,
                id: OpId(id),
                client: ClientId(tick as u32 % 4),
                region: RegionId(0),
                service: ServiceId(service),
                purpose: Purpose::Probe,
                op,
            });
            run.events.push(Event::Returned {
                t: sent + Duration::from_millis(after),
                id: OpId(id),
                site: Some(build::LONDON),
                attempts: 1,
                outcome,
            });
            id += 1;
        }
    }
    run.journal()
}
