//! Plans as users meet their analysis: exit codes, formats, codes explained, the page, drills.

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

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

const ERLMCP: &str = "scenarios/plans/erlmcp-v3.toml";
const SOUND: [&str; 2] = ["scenarios/plans/two-site.toml", "scenarios/plans/five-site.toml"];

#[test]
fn a_plan_that_contradicts_itself_is_refuted() {
    let output = firedrill(&["check", ERLMCP]);
    assert_eq!(code(&output), 1);
    let told = stdout(&output);
    assert!(told.contains("error[FD1103]") && told.contains("erlmcp-v3.toml:") && told.contains('^'), "{told}");
}

#[test]
fn sound_plans_have_no_error() {
    for plan in SOUND {
        let output = firedrill(&["check", plan]);
        assert_eq!(code(&output), 0, "{plan}: {}", stdout(&output));
    }
}

#[test]
fn a_refuted_plan_runs_all_the_same() {
    assert_eq!(code(&firedrill(&["run", "scenarios/weekly/site-failure.toml", "--dry-run"])), 0);
}

#[test]
fn an_unreadable_file_is_worse_than_a_refuted_plan() {
    assert_eq!(code(&firedrill(&["check", ERLMCP, "no-such-plan.toml"])), 64);
    assert_eq!(code(&firedrill(&["check", ERLMCP, "--today", "2026-02-30"])), 64);
}

#[test]
fn findings_are_json_lines_and_one_sarif_log() {
    let lines = stdout(&firedrill(&["check", ERLMCP, "--json"]));
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let readiness = objects.iter().find(|object| object["code"] == "FD1103").expect("it is found");
    assert_eq!(readiness["severity"], "error");
    assert_eq!(readiness["broken_by"], "claims");
    assert_eq!(readiness["places"].as_array().map(Vec::len), Some(2));
    assert!(readiness["places"][0]["line"].is_u64() && readiness["arithmetic"][0].is_string());
    let log: Value = serde_json::from_str(&stdout(&firedrill(&["check", ERLMCP, SOUND[0], "--format", "sarif"])))
        .expect("one log for all files");
    assert_eq!(log["version"], "2.1.0");
}

#[test]
fn codes_are_explained() {
    let all = stdout(&firedrill(&["explain"]));
    assert!(all.contains("FD1001") && all.contains("FD2001"));
    let one = firedrill(&["explain", "fd1103"]);
    assert_eq!(code(&one), 0);
    assert!(stdout(&one).contains("Source:"));
    assert_eq!(code(&firedrill(&["explain", "FD9999"])), 64);
}

#[test]
fn the_page_is_written_of_one_plan_only() {
    let page = folder("map").join("plan.html");
    let path = page.display().to_string();
    assert_eq!(code(&firedrill(&["check", ERLMCP, "--html", &path])), 1);
    let html = std::fs::read_to_string(&page).expect("the page is there");
    assert!(html.contains("<svg") && html.contains("popovertarget") && html.contains("singapore"));
    assert_eq!(code(&firedrill(&["check", SOUND[0], SOUND[1], "--html", &path])), 64);
}

#[test]
fn drills_run_and_agree_with_the_arithmetic() {
    let out = folder("drills");
    let output =
        firedrill(&["plan", "drills", ERLMCP, "--out", &out.display().to_string(), "--most", "1", "--run", "--json"]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let told = stdout(&output);
    let drills: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let first = &drills[0];
    assert_eq!(first["loss"], "new-york lost");
    let compared = first["compared"].as_array().expect("cells");
    assert!(!compared.is_empty());
    assert!(compared.iter().all(|cell| cell["agreement"] == "agree"), "{first}");
    let corruption = drills.iter().find(|drill| drill["loss"] == "data corrupt on all replicas").expect("a row");
    assert!(corruption["left_out"].is_string() && corruption["scenario"].is_null());
    let scenario = out.join("001-lose-new-york.toml");
    assert_eq!(code(&firedrill(&["check", &scenario.display().to_string()])), 0);
}
