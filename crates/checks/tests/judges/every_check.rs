//! Every check has a history in which it passes, one that turns it red, and one in which it can't tell. What it is that fails is in
//! each check's own tests; here is that none has forgotten one of the three: a file of the crate that is not told here fails the
//! first test, and so does a name that a judgement has and this table has not.

use crate::build::{LONDON, NEW_YORK, Run, SINGAPORE, failover_run, s};
use crate::session_guarantees::Told;
use crate::{
    audit_chain, backup_restorable, baseline, configuration, elle, imported, log, registry_converges, residency,
};
use firedrill_checks::Verdict::{Fail, Pass, Unknown};
use firedrill_checks::{ClaimVerdict, Verdict};
use firedrill_history::{Event, Purpose};
use firedrill_model::{
    DataClass, Epoch, Key, LogIndex, Observation, Op, OpResult, Outcome, Role, StorageArea, Term, Value,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// A check: its file or folder, its name, and a history for each verdict.
struct Check {
    file: &'static str,
    name: &'static str,
    passes: fn() -> Verdict,
    fails: Fails,
    unknown: fn() -> Verdict,
}

/// What turns it red.
enum Fails {
    With(fn() -> Verdict),
    /// Nothing does, for what it finds makes the run say nothing, and refutes nothing.
    Never,
}

/// What is no check: what checks are made of, and what is made of checks.
const OTHERS: [&str; 8] =
    ["beyond_plan.rs", "distribution", "facts", "judge.rs", "judgement.rs", "level.rs", "lib.rs", "verdict.rs"];

fn of(name: &str, run: &Run) -> Verdict {
    run.verdict_of(name)
}

/// The whole run, changed.
fn changed(name: &str, change: impl FnOnce(&mut Run)) -> Verdict {
    let mut run = failover_run();
    change(&mut run);
    of(name, &run)
}

/// Without what sites told.
fn untold(name: &str) -> Verdict {
    changed(name, |run| {
        run.events.retain(|event| !matches!(event, Event::Observed { .. } | Event::FinalState { .. }));
    })
}

fn whole(name: &str) -> Verdict {
    changed(name, |_| {})
}

fn objective(name: &str, run: &Run) -> Verdict {
    let objectives = run.judge().objectives;
    objectives
        .iter()
        .find(|objective| objective.name == name)
        .map_or_else(|| panic!("no {name}"), |found| found.verdict)
}

fn session(tell: impl FnOnce(&mut Told), name: &str) -> Verdict {
    let mut told = Told::new();
    tell(&mut told);
    of(name, &told.0)
}

/// Whatever may be judged of a log.
fn logged(records: &[&str], acknowledged: &[&str], scanned: bool) -> Run {
    let mut run = log::run(DataClass::TransactionLog, 0);
    run.manifest.objectives.log_staleness = Some(Duration::from_secs(100));
    for (position, name) in (1..).zip(acknowledged) {
        log::acknowledged(&mut run, name, s(19 + position), position);
    }
    if scanned {
        log::page(&mut run, 0, records, records.len() as u64);
    }
    run
}

/// Ends a line that tells.
fn seen(_: &mut Told) {}

/// What Singapore told that it holds, and whether it is up at the end. London is judged too, and first; it told in time.
fn copies(told: u64, up: bool) -> Verdict {
    let mut run = logged(&["a"], &["a"], true);
    let held = || Observation::LogHeld { position: firedrill_model::Position(1), epoch: Epoch(1) };
    run.observe(s(21), LONDON, held());
    run.observe(s(told), SINGAPORE, held());
    if !up {
        run.events.retain(|event| !matches!(event, Event::FinalState { site, .. } if *site == SINGAPORE));
        run.final_state(s(300), SINGAPORE, None);
    }
    let objectives = run.judge().objectives;
    let found = objectives.iter().find(|objective| objective.subject.ends_with("singapore"));
    found.map_or_else(|| panic!("no staleness of singapore"), |found| found.verdict)
}

fn holes(refilled: bool, site: firedrill_model::SiteId) -> Verdict {
    changed("holes-refilled", |run| {
        let area = StorageArea::TransactionLog;
        run.observe(s(50), site, Observation::HoleFound { area, from: 3, to: 9 });
        if refilled {
            run.observe(s(60), site, Observation::HoleRefilled { area, from: 3, to: 9, source: NEW_YORK });
        }
    })
}

fn fault(struck: bool) -> Run {
    let mut run = failover_run();
    if !struck {
        run.events.retain(|event| !matches!(event, Event::FaultBegan { .. }));
    }
    run
}

/// A claim is held, refuted or unknown; which is to say the same.
fn claim(verdict: ClaimVerdict) -> Verdict {
    match verdict {
        ClaimVerdict::Held => Pass,
        ClaimVerdict::Refuted => Fail,
        ClaimVerdict::Unknown => Unknown,
    }
}

fn latency(change: impl FnOnce(&mut Run)) -> Verdict {
    let mut run = failover_run();
    change(&mut run);
    claim(run.judge().claims[0].verdict)
}

fn compared(run: &Run) -> Verdict {
    claim(baseline::against(&baseline::run(100, |number| 50 + number % 7), run)[0].claim.verdict)
}

fn world(events: impl FnOnce(&mut Run)) -> Verdict {
    changed("told-by-the-world", events)
}

fn judged_by_the_world(run: &mut Run, times: u64) {
    run.events.push(Event::Judged { t: s(300), invariant: "told-by-the-world".to_owned(), times });
}

fn strange_read(run: &mut Run) {
    let seen = Outcome::Ok(OpResult::Value(Some(Value::new(b"never written"))));
    run.op(Purpose::Workload, 1, s(20), Some(s(21)), Op::Read { key: Key::new("k") }, seen);
}

/// One client reads two values, of which `a` was written first.
fn reads<'t>(told: &'t mut Told, values: [&str; 2]) -> &'t mut Told {
    told.writes(1, 1, "k", "a").writes(1, 3, "k", "b");
    told.reads(LONDON, 2, 5, "k", values[0]).reads(LONDON, 2, 7, "k", values[1])
}

/// London served a write of an author who had written `x2` before.
fn authors(told: &mut Told) -> &mut Told {
    told.writes(1, 1, "x", "x1").writes(1, 3, "x", "x2").writes(1, 5, "y", "y1").reads(LONDON, 2, 7, "y", "y1")
}

/// London served a write of somebody who had read `x2` before.
fn readers(told: &mut Told) -> &mut Told {
    told.writes(1, 1, "x", "x1").writes(1, 3, "x", "x2").reads(NEW_YORK, 2, 5, "x", "x2").writes(2, 7, "y", "y1");
    told.reads(LONDON, 3, 9, "y", "y1")
}

const CHECKS: [Check; 28] = [
    Check {
        file: "applied_digests_agree.rs",
        name: "applied-digests-agree",
        passes: || whole("applied-digests-agree"),
        fails: Fails::With(|| {
            changed("applied-digests-agree", |run| {
                run.observe(s(200), LONDON, Observation::AppliedDigest { index: LogIndex(90), digest: 6 });
            })
        }),
        unknown: || untold("applied-digests-agree"),
    },
    Check {
        file: "audit_chain.rs",
        name: "audit-chain",
        passes: || audit_chain::of(&["a", "b"], &["a", "b"]),
        fails: Fails::With(|| audit_chain::of(&["a", "x"], &["a", "b"])),
        unknown: || audit_chain::of(&[], &[]),
    },
    Check {
        file: "backup_restorable.rs",
        name: "backup-restorable",
        passes: || backup_restorable::of(Some(true)),
        fails: Fails::With(|| backup_restorable::of(Some(false))),
        unknown: || backup_restorable::of(None),
    },
    Check {
        file: "baseline",
        name: "baseline",
        passes: || compared(&baseline::hurt(baseline::run(110, |number| 60 + number % 7))),
        fails: Fails::With(|| compared(&baseline::hurt(baseline::run(200, |number| 100 + number % 7)))),
        unknown: || compared(&baseline::run(100, |_| 50)),
    },
    Check {
        file: "configuration.rs",
        name: "configuration",
        passes: || configuration::judged(&configuration::FRESH).verdict,
        fails: Fails::With(|| configuration::judged(&configuration::FRESH[..3]).verdict),
        unknown: || configuration::judged(&[]).verdict,
    },
    Check {
        file: "convergence.rs",
        name: "convergence",
        passes: || whole("convergence"),
        fails: Fails::With(|| changed("convergence", |run| run.final_state(s(300), SINGAPORE, Some((90, 8))))),
        unknown: || changed("convergence", |run| run.events.retain(|event| !matches!(event, Event::FinalState { .. }))),
    },
    Check {
        file: "elle",
        name: "list-append",
        passes: || elle::of(&["[[:append x 1]]", "[[:r x [1]]]"]),
        fails: Fails::With(|| elle::of(&["[[:r x [7]]]"])),
        unknown: || elle::of(&["[[:append x 1]]"]),
    },
    Check {
        file: "failover.rs",
        name: "failover",
        passes: || whole("failover"),
        fails: Fails::With(|| {
            changed("failover", |run| {
                let is_step = |event: &Event| {
                    matches!(event, Event::Observed { observation: Observation::RedirectPrepared { .. }, .. })
                };
                run.events.retain(|event| !is_step(event));
            })
        }),
        unknown: || changed("failover", |run| run.manifest.objectives.failovers_expected = 2),
    },
    Check {
        file: "faults.rs",
        name: "faults",
        passes: || fault(true).judge().faults[0].verdict,
        fails: Fails::Never,
        unknown: || fault(false).judge().faults[0].verdict,
    },
    Check {
        file: "holes_refilled.rs",
        name: "holes-refilled",
        passes: || holes(true, LONDON),
        fails: Fails::With(|| holes(false, LONDON)),
        unknown: || holes(false, NEW_YORK),
    },
    Check {
        file: "journal_complete.rs",
        name: "journal-complete",
        passes: || whole("journal-complete"),
        fails: Fails::Never,
        unknown: || changed("journal-complete", |run| run.end(s(302), "halted")),
    },
    Check {
        file: "latency_claim.rs",
        name: "latency-claim",
        passes: || latency(|_| {}),
        fails: Fails::With(|| latency(|run| run.manifest.objectives.latency_claim = Some(Duration::from_millis(19)))),
        unknown: || latency(|run| run.events.retain(|event| !matches!(event, Event::Returned { .. }))),
    },
    Check {
        file: "linearizable",
        name: "linearizable",
        passes: || whole("linearizable"),
        fails: Fails::With(|| changed("linearizable", strange_read)),
        unknown: || of("linearizable", &Run::new()),
    },
    Check {
        file: "linearizable",
        name: "imported",
        passes: || imported::of(1, 1),
        fails: Fails::With(|| imported::of(1, 2)),
        unknown: imported::of_nothing,
    },
    Check {
        file: "log_order.rs",
        name: "log-order",
        passes: || of("log-order", &logged(&["a", "b"], &["a", "b"], true)),
        fails: Fails::With(|| of("log-order", &logged(&["b", "a"], &["a", "b"], true))),
        unknown: || of("log-order", &logged(&[], &["a"], false)),
    },
    Check {
        file: "one_leader_per_term.rs",
        name: "one-leader-per-term",
        passes: || whole("one-leader-per-term"),
        fails: Fails::With(|| {
            changed("one-leader-per-term", |run| {
                run.observe(s(60), SINGAPORE, Observation::RoleChanged { role: Role::Leader, term: Term(2) });
            })
        }),
        unknown: || untold("one-leader-per-term"),
    },
    Check {
        file: "one_writer_per_epoch.rs",
        name: "one-writer-per-epoch",
        passes: || whole("one-writer-per-epoch"),
        fails: Fails::With(|| {
            changed("one-writer-per-epoch", |run| {
                run.observe(s(200), NEW_YORK, Observation::EpochRaised { epoch: Epoch(2), primary: NEW_YORK });
            })
        }),
        unknown: || untold("one-writer-per-epoch"),
    },
    Check {
        file: "recovery_point.rs",
        name: "RPO",
        passes: || objective("RPO", &logged(&["a"], &["a"], true)),
        fails: Fails::With(|| objective("RPO", &logged(&["a"], &["a", "b"], true))),
        unknown: || objective("RPO", &logged(&[], &["a"], false)),
    },
    Check {
        file: "recovery_time",
        name: "RTO",
        passes: || objective("RTO", &failover_run()),
        fails: Fails::With(|| {
            let mut run = failover_run();
            run.manifest.objectives.services.iter_mut().for_each(|service| service.rto = Duration::from_secs(50));
            objective("RTO", &run)
        }),
        unknown: || {
            let mut run = failover_run();
            run.events.retain(|event| !matches!(event, Event::Invoked { .. } | Event::Returned { .. }));
            objective("RTO", &run)
        },
    },
    Check {
        file: "registry_converges.rs",
        name: "registry-converges",
        passes: || registry_converges::of(&[2, 3], true),
        fails: Fails::With(|| registry_converges::of(&[1, 2, 3], true)),
        unknown: || registry_converges::of(&[2], false),
    },
    Check {
        file: "residency.rs",
        name: "residency",
        passes: || residency::of(Some("public")),
        fails: Fails::With(|| residency::of(Some("personal"))),
        unknown: || residency::of(None),
    },
    Check {
        file: "session_guarantees",
        name: "read-your-writes",
        passes: || session(|told| seen(told.writes(1, 1, "k", "a").reads(LONDON, 1, 3, "k", "a")), "read-your-writes"),
        fails: Fails::With(|| {
            session(
                |told| seen(told.writes(1, 1, "k", "a").writes(1, 3, "k", "b").reads(LONDON, 1, 5, "k", "a")),
                "read-your-writes",
            )
        }),
        unknown: || {
            session(
                |told| seen(told.writes(1, 1, "k", "a").writes(2, 3, "k", "a").reads(LONDON, 1, 5, "k", "a")),
                "read-your-writes",
            )
        },
    },
    Check {
        file: "session_guarantees",
        name: "monotonic-reads",
        passes: || session(|told| seen(reads(told, ["a", "b"])), "monotonic-reads"),
        fails: Fails::With(|| session(|told| seen(reads(told, ["b", "a"])), "monotonic-reads")),
        unknown: || session(|told| seen(reads(told, ["a", "b"]).reads(LONDON, 9, 15, "k", "z")), "monotonic-reads"),
    },
    Check {
        file: "session_guarantees",
        name: "monotonic-writes",
        passes: || session(|told| seen(authors(told).reads(LONDON, 4, 11, "x", "x2")), "monotonic-writes"),
        fails: Fails::With(|| session(|told| seen(authors(told).reads(LONDON, 4, 11, "x", "x1")), "monotonic-writes")),
        unknown: || {
            session(
                |told| seen(authors(told).reads(LONDON, 4, 11, "x", "x2").reads(LONDON, 9, 15, "x", "z")),
                "monotonic-writes",
            )
        },
    },
    Check {
        file: "session_guarantees",
        name: "writes-follow-reads",
        passes: || session(|told| seen(readers(told).reads(LONDON, 4, 11, "x", "x2")), "writes-follow-reads"),
        fails: Fails::With(|| {
            session(|told| seen(readers(told).reads(LONDON, 4, 11, "x", "x1")), "writes-follow-reads")
        }),
        unknown: || {
            session(
                |told| seen(readers(told).reads(LONDON, 4, 11, "x", "x2").reads(LONDON, 9, 15, "x", "z")),
                "writes-follow-reads",
            )
        },
    },
    Check {
        file: "staleness.rs",
        name: "staleness",
        passes: || copies(21, true),
        fails: Fails::With(|| copies(130, true)),
        unknown: || copies(21, false),
    },
    Check {
        file: "steady_state.rs",
        name: "steady-state",
        passes: || whole("steady-state"),
        fails: Fails::Never,
        unknown: || of("steady-state", &Run::new()),
    },
    Check {
        file: "sites_insides.rs",
        name: "told-by-the-world",
        passes: || world(|run| judged_by_the_world(run, 12)),
        fails: Fails::With(|| {
            world(|run| {
                let (invariant, detail) = ("told-by-the-world".to_owned(), "a vote was not durable".to_owned());
                run.events.push(Event::Violated { t: s(99), invariant, site: Some(LONDON), detail });
            })
        }),
        unknown: || world(|run| judged_by_the_world(run, 0)),
    },
];

#[test]
fn every_check_passes_fails_and_can_not_tell() {
    println!("{:24} {:24} pass  fail  unknown", "file", "check");
    let mut wrong = Vec::new();
    for Check { file, name, passes, fails, unknown } in CHECKS {
        let failed = match fails {
            Fails::With(history) => Some(history()),
            Fails::Never => None,
        };
        let verdicts = (passes(), failed, unknown());
        let shown = failed.map_or("-".to_owned(), |failed| failed.to_string());
        println!("{file:24} {name:24} {}  {shown:4}  {}", verdicts.0, verdicts.2);
        if verdicts.0 != Pass || verdicts.1.is_some_and(|failed| failed != Fail) || verdicts.2 != Unknown {
            wrong.push((name, verdicts));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Of what can fail, at least: who adds a check that only passes or is unknown has to say so here.
#[test]
fn what_never_fails_is_known() {
    let never: Vec<&str> =
        CHECKS.iter().filter(|check| matches!(check.fails, Fails::Never)).map(|check| check.name).collect();
    assert_eq!(never, ["faults", "journal-complete", "steady-state"]);
}

#[test]
fn no_check_is_left_out() {
    let told: BTreeSet<&str> = CHECKS.iter().map(|check| check.file).chain(OTHERS).collect();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = std::fs::read_dir(source).expect("the crate has sources");
    let names = files.map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned());
    let found: BTreeSet<String> = names.collect();
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, told, "a file is a check with three histories here, or no check");
    let names: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
    for run in [failover_run(), logged(&["a"], &["a"], true)] {
        let judgement = run.judge();
        let checks = judgement.checks.iter().map(|check| check.name.as_str());
        let objectives = judgement.objectives.iter().map(|objective| objective.name.as_str());
        for name in checks.chain(objectives) {
            assert!(names.contains(name), "{name} has no histories here");
        }
    }
}
