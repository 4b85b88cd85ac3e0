//! Histories that others published, with the verdicts that they are known to have: a table in the test's output
//! (`cargo test -p firedrill-checks public_histories -- --nocapture`).

use firedrill_checks::Verdict;
use firedrill_checks::linearizable::imported::{Report, Settings, judge};
use firedrill_checks::linearizable::models::ModelName;
use firedrill_history::import::{Format, History, Imported, Limits, Value, read};
use std::path::Path;

/// File, what it is of, what that holds at first, and whether it is linearizable.
const KNOWN: [(&str, ModelName, Option<i64>, bool); 24] = [
    ("porcupine/etcd_000.log", ModelName::CasRegister, None, false),
    ("porcupine/etcd_001.log", ModelName::CasRegister, None, false),
    ("porcupine/etcd_002.log", ModelName::CasRegister, None, true),
    ("porcupine/etcd_003.log", ModelName::CasRegister, None, false),
    ("porcupine/etcd_005.log", ModelName::CasRegister, None, true),
    ("porcupine/etcd_010.log", ModelName::CasRegister, None, false),
    ("porcupine/etcd_018.log", ModelName::CasRegister, None, true),
    ("porcupine/etcd_020.log", ModelName::CasRegister, None, false),
    ("porcupine/etcd_025.log", ModelName::CasRegister, None, true),
    ("porcupine/etcd_099.log", ModelName::CasRegister, None, false),
    ("porcupine/etcd_100.log", ModelName::CasRegister, None, true),
    ("porcupine/c01-ok.txt", ModelName::Kv, None, true),
    ("porcupine/c01-bad.txt", ModelName::Kv, None, false),
    ("porcupine/c10-ok.txt", ModelName::Kv, None, true),
    ("porcupine/c10-bad.txt", ModelName::Kv, None, false),
    ("knossos/memstress3-0.edn", ModelName::CasRegister, Some(0), true),
    ("knossos/memstress3-1.edn", ModelName::CasRegister, Some(0), true),
    ("knossos/memstress3-10.edn", ModelName::CasRegister, Some(0), true),
    ("knossos/memstress3-11.edn", ModelName::CasRegister, Some(0), true),
    ("knossos/cas-register-bug.edn", ModelName::CasRegister, Some(0), true),
    ("knossos/multi-register.edn", ModelName::MultiRegister, Some(0), true),
    ("knossos/bad-analysis.edn", ModelName::CasRegister, Some(0), false),
    ("knossos/cas-failure.edn", ModelName::CasRegister, Some(0), false),
    ("knossos/rethink-fail-minimal.edn", ModelName::CasRegister, Some(0), false),
];

fn imported(file: &str) -> History {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories").join(file);
    let text = std::fs::read(path).expect("the history is there");
    let format = match file {
        _ if file.ends_with(".log") => Format::JepsenLog,
        _ if file.ends_with(".txt") => Format::PorcupineKv,
        _ => Format::KnossosEdn,
    };
    match read(text.as_slice(), format, Limits::default()) {
        Ok(Imported::Operations(history)) => history,
        other => panic!("{file}: {other:?}"),
    }
}

fn judged(history: &History, model: ModelName, init: Option<i64>, jobs: usize) -> Report {
    let settings =
        Settings { memory_bytes: 1 << 28, steps: 20_000_000, stop: &|| false, jobs, orders: false, decided: &|| {} };
    judge(history, model, init.map(Value::Int).as_ref(), &settings).expect("the history fits the model")
}

#[test]
fn every_file_gets_its_known_verdict() {
    println!("{:34} {:>6} {:>8} {:>9}  known / judged", "file", "ops", "objects", "steps");
    let mut wrong = Vec::new();
    for (file, model, init, linearizable) in KNOWN {
        let history = imported(file);
        let report = judged(&history, model, init, 1);
        let known = if linearizable { Verdict::Pass } else { Verdict::Fail };
        let (operations, objects, steps) = (report.operations, report.objects, report.steps);
        println!("{file:34} {operations:6} {objects:8} {steps:9}  {known} / {}", report.verdict);
        if report.verdict != known {
            wrong.push(file);
        }
        let explained = report.why.as_ref().is_some_and(|why| why.window.contains(&why.misfit));
        assert_eq!(explained, !linearizable, "{file}: what fails is explained, and the window holds what fits nowhere");
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for file in ["porcupine/c10-ok.txt", "porcupine/c10-bad.txt"] {
        let history = imported(file);
        let (one, four) = (judged(&history, ModelName::Kv, None, 1), judged(&history, ModelName::Kv, None, 4));
        assert_eq!((one.verdict, one.steps, one.refuted), (four.verdict, four.steps, four.refuted), "{file}");
    }
}
