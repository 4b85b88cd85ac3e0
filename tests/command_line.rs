//! The program as its users meet it: exit codes, JSON, reproduce lines, errors.

mod support {
    pub mod program;
}

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use support::program::firedrill;

fn code(output: &Output) -> i32 {
    output.status.code().expect("the program ended by itself")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The JSON objects on standard output, one a line.
fn objects(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("each line is an object")).collect()
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

const SITE_FAILURE: &str = "scenarios/weekly/site-failure.toml";
const CRASHES: &str = "scenarios/daily/node-crashes.toml";

#[test]
fn losing_new_york_is_a_pass_with_every_rto_in_phases() {
    let out = folder("site-failure");
    let output = firedrill(&["run", SITE_FAILURE, "--json", "--out", &out.display().to_string()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let run = &objects(&output)[0];
    for key in [
        "scenario",
        "seed",
        "world",
        "virtual_seconds",
        "wall_seconds",
        "journal_digest",
        "reproduce",
        "journal",
        "claims",
        "checks",
        "faults",
    ] {
        assert!(!run[key].is_null(), "{key} is there");
    }
    assert_eq!(run["verdict"], "pass");
    let named = |name: &str| -> Vec<&Value> {
        let all = run["objectives"].as_array().expect("objectives are a list");
        all.iter().filter(|objective| objective["name"] == name).collect()
    };
    let points = named("RPO");
    assert_eq!(points.len(), 2, "sessions and the transaction log");
    assert!(points.iter().all(|point| point["achieved"] == 0.0 && point["verdict"] == "pass"), "{points:?}");
    assert_eq!(named("RTO").len(), 9, "three services for three regions");
    for objective in named("RTO") {
        assert_eq!(objective["unit"], "s");
        let achieved = objective["achieved"].as_f64().expect("an RTO was achieved");
        assert!((120.0..200.0).contains(&achieved), "detection takes 120 s and the rest is short: {achieved}");
        let phases = objective["phases"].as_array().expect("phases are a list");
        let sum: f64 = phases.iter().filter_map(|phase| phase["seconds"].as_f64()).sum();
        assert!((sum - achieved).abs() < 0.01, "the phases make up the outage: {sum} of {achieved}");
    }
    for file in ["verdict.json", "journal.jsonl.zst", "report.html", "junit.xml"] {
        assert!(out.join(file).is_file(), "{file} is kept");
    }
}

#[test]
fn a_reproduce_line_gives_the_same_journal_and_a_wrong_digest_is_told() {
    let run = &objects(&firedrill(&["run", CRASHES, "--seed", "5", "--json"]))[0];
    let line = run["reproduce"].as_str().expect("a line");
    let again = firedrill(&["replay", line]);
    assert_eq!(code(&again), 0, "{}", stderr(&again));
    let (before, digest) = line.split_once("--expect-digest ").expect("the line carries the digest");
    assert!(run["journal_digest"].as_str().expect("a digest").starts_with(digest));
    let wrong = firedrill(&["replay", &format!("{before}--expect-digest 0000")]);
    assert_eq!(code(&wrong), 70);
    assert!(stderr(&wrong).contains("not 0000"), "{}", stderr(&wrong));
}

/// The digests of the seeds that did not pass, and the summary but for its times.
fn campaign(args: &[&str]) -> (Vec<String>, Value) {
    let mut objects = objects(&firedrill(args));
    let mut last = objects.pop().expect("a last line");
    last["wall_seconds"] = Value::Null;
    (objects.iter().map(|run| run["journal_digest"].to_string()).collect(), last)
}

#[test]
fn a_campaign_is_the_same_on_one_thread_and_on_two() {
    let args = |jobs| ["run", CRASHES, "--seeds", "12", "--hazard", "vote-before-durable", "--json", "--jobs", jobs];
    let one = campaign(&args("1"));
    assert_eq!(one, campaign(&args("2")));
    assert_eq!(one.0.len(), 12, "the hazard fails every seed, so that each digest is printed");
    assert_eq!(one.1["failed"], 12);
    assert_eq!(one.1["seeds"], 12);
}

/// The first of `seeds` in which the hazard is found, and the failed checks and objectives by kind and name.
fn finds(scenario: &str, hazard: &str, seeds: &str) -> Vec<(String, String)> {
    let output = firedrill(&["run", scenario, "--seeds", seeds, "--hazard", hazard, "--json"]);
    assert_eq!(code(&output), 1, "{hazard} makes some check fail within {seeds} seeds");
    let first = &objects(&output)[0];
    let again = firedrill(&["replay", first["reproduce"].as_str().expect("a line")]);
    assert_eq!(code(&again), 1, "the printed line reproduces it exactly: {}", stderr(&again));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let failed = |list: &str| {
        let all = first[list].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|one| one["verdict"] == "fail")
    };
    let objectives = failed("objectives").map(|one| ("objective".to_owned(), text(&one["name"])));
    failed("checks").map(|check| (text(&check["kind"]), text(&check["name"]))).chain(objectives).collect()
}

#[test]
fn a_vote_before_it_is_durable_is_found() {
    let found = finds(CRASHES, "3", "20");
    assert!(found.contains(&("invariant".into(), "vote-durable-before-sent".into())), "{found:?}");
}

#[test]
fn an_acknowledgement_before_fsync_is_found() {
    let found = finds(CRASHES, "ack-before-fsync", "20");
    assert!(found.contains(&("invariant".into(), "commit-durable-on-quorum".into())), "{found:?}");
}

#[test]
fn a_missing_fence_is_found_by_what_clients_saw() {
    let found = finds("scenarios/weekly/frozen-primary.toml", "no-fencing", "20");
    assert_eq!(found, [("client".into(), "linearizable".into())]);
}

/// Hazards of disks and of the transaction log, each in the scenario that shows it; and none is found by every check.
#[test]
fn hazards_of_disks_and_of_the_log_are_found() {
    let (errors, corruption) = ("scenarios/daily/disk-errors.toml", "scenarios/weekly/data-corruption.toml");
    let (lagging, diverged) = ("scenarios/weekly/lagging-standby.toml", "scenarios/weekly/diverged-tail.toml");
    let cases = [
        (errors, "persist-error-ignored", "commit-durable-on-quorum"),
        (errors, "sync-retried", "holes-refilled"),
        (corruption, "corruption-spreads", "RPO"),
        (corruption, "checksum-without-address", "RPO"),
        (corruption, "checksum-ignored", "holes-refilled"),
        (diverged, "cut-at-high-water-mark", "convergence"),
        (lagging, "lagging-replica-promoted", "RPO"),
        ("scenarios/weekly/disk-swapped.toml", "wiped-disk-votes", "linearizable"),
    ];
    for (scenario, hazard, check) in cases {
        let found = finds(scenario, hazard, "20");
        assert!(found.iter().any(|(_, name)| name == check), "{hazard}: {found:?}");
        assert!(found.len() < 12, "{hazard} is found by every check: {found:?}");
    }
}

#[test]
fn a_kept_failure_has_its_journal() {
    let out = folder("failures");
    let out_text = out.display().to_string();
    let output = firedrill(&["run", CRASHES, "--seeds", "2", "--hazard", "3", "--out", &out_text]);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).contains("again: firedrill run"), "a line for each");
    for seed in ["seed-1", "seed-2"] {
        assert!(out.join(seed).join("journal.jsonl.zst").is_file());
    }
}

#[test]
fn bad_input_is_told_with_line_and_caret_and_nothing_is_run() {
    let folder = folder("bad");
    let bad = folder.join("bad.toml");
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/plans/erlmcp-v3.toml");
    std::fs::copy(plan, folder.join("plan.toml")).expect("the plan is copied");
    let text = "title = \"Bad\"\nplan = \"plan.toml\"\n[[method]]\nname = \"x\"\naction = \"site-loss\"\ntarget = \"lodnon\"\nat_s = 1\n";
    std::fs::write(&bad, text).expect("a file is written");
    for verb in ["run", "check"] {
        let output = firedrill(&[verb, &bad.display().to_string()]);
        assert_eq!(code(&output), 64);
        let told = stderr(&output);
        assert!(told.contains("bad.toml:6") && told.contains('^') && told.contains("london"), "{told}");
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn bad_usage_is_64_and_help_is_0() {
    for args in [
        &["run"][..],
        &["run", SITE_FAILURE, "--hazard", "99"],
        &["run", SITE_FAILURE, "--seeds", "0"],
        &["run", SITE_FAILURE, "--seeds", "3", "--expect-digest", "00"],
        &["run", SITE_FAILURE, "--time-scale", "500"],
        &["run", "no-such-file.toml"],
        &["replay", "firedrill check x"],
        &["replay", "firedrill run 'x"],
        &["frobnicate"],
    ] {
        let output = firedrill(args);
        assert_eq!(code(&output), 64, "{args:?}: {}", stderr(&output));
        assert!(!stderr(&output).is_empty(), "{args:?} says why");
    }
    for args in [&["--help"][..], &["run", "--help"], &["--version"]] {
        assert_eq!(code(&firedrill(args)), 0);
    }
}

#[test]
fn a_dry_run_says_what_the_seed_draws_and_runs_nothing() {
    let output = firedrill(&["run", SITE_FAILURE, "--dry-run"]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("new-york") && stdout(&output).contains("Nothing was run"));
}

#[test]
fn no_colours_where_there_is_no_terminal() {
    let output = firedrill(&["run", SITE_FAILURE]);
    assert!(!output.stdout.contains(&0x1b), "standard output is not a terminal here");
}

#[test]
fn a_plan_is_begun_without_questions_and_is_right() {
    let folder = folder("init");
    for sites in ["2", "3"] {
        let file = folder.join(format!("{sites}.toml")).display().to_string();
        let begun = firedrill(&["init", "--yes", "--sites", sites, "--out", &file]);
        assert_eq!(code(&begun), 0, "{}", stderr(&begun));
        assert!(stdout(&begun).contains(&format!("firedrill check {file}")));
        let checked = firedrill(&["check", &file]);
        assert_eq!(code(&checked), 0, "{}", stderr(&checked));
        let text = std::fs::read(&file).expect("it is there");
        let again = firedrill(&["init", "--yes", "--sites", sites, "--out", &file]);
        assert_eq!(code(&again), 64);
        assert!(stderr(&again).contains("is there already"), "{}", stderr(&again));
        std::fs::write(&file, "mine").expect("it can be written");
        let forced = firedrill(&["init", "--yes", "--sites", sites, "--out", &file, "--force"]);
        assert_eq!((code(&forced), std::fs::read(&file).expect("it is there")), (0, text));
    }
}

#[test]
fn nothing_is_asked_without_a_terminal() {
    let file = folder("init-no-terminal").join("plan.toml");
    let output = firedrill(&["init", "--out", &file.display().to_string()]);
    assert_eq!(code(&output), 64);
    assert!(stderr(&output).contains("`--yes`"), "{}", stderr(&output));
    assert!(!file.exists());
}

#[test]
fn schemas_are_printed() {
    for of in ["plan", "scenario"] {
        let output = firedrill(&["schema", of]);
        assert_eq!(code(&output), 0);
        let schema: Value = serde_json::from_str(&stdout(&output)).expect("it is JSON");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(schema["properties"]["title"].is_object());
    }
}
