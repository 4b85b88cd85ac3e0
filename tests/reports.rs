//! The reports of a run, as they are found in `--out`, and made again from the journal.

mod support {
    pub mod program;
    pub mod scenario;
}

use junit_parser::TestSuite;
use std::path::{Path, PathBuf};
use support::program::firedrill;
use support::scenario::scenario;

/// Runs a scenario; the exit code, and the folder that holds what was kept.
fn kept(name: &str, scenario: &str, more: &[&str]) -> (i32, PathBuf) {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("reports-{name}"));
    let _ = std::fs::remove_dir_all(&out);
    let folder = out.display().to_string();
    let output = firedrill(&[&["run", scenario, "--out", &folder], more].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or_else(|| panic!("{told}")), out)
}

fn text(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The suite, as a parser that we did not write reads it.
fn suite(folder: &Path) -> TestSuite {
    let xml = text(folder, "junit.xml");
    let mut suites = junit_parser::from_reader(xml.as_bytes()).expect("it is JUnit").suites;
    assert_eq!(suites.len(), 1);
    suites.remove(0)
}

const SITE_FAILURE: &str = "scenarios/weekly/site-failure.toml";

#[test]
fn a_passing_run_is_green_in_both_and_made_again_byte_for_byte() {
    let (code, folder) = kept("pass", SITE_FAILURE, &[]);
    assert_eq!(code, 0);
    let suite = suite(&folder);
    assert_eq!((suite.failures, suite.errors), (0, 0));
    assert!(suite.cases.iter().any(|case| case.original_name == "RTO of core-mcp from us-east"));
    let page = text(&folder, "report.html");
    for wanted in ["The plan held", "new-york", "Outage", "--expect-digest", "RPO of sessions"] {
        assert!(page.contains(wanted), "{wanted}");
    }
    let again = folder.join("again");
    let output = firedrill(&["report", &folder.display().to_string(), "--out", &again.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    for file in ["junit.xml", "report.html"] {
        assert!(text(&again, file) == text(&folder, file), "{file} differs");
    }
}

#[test]
fn nothing_outside_the_page_is_asked_for() {
    let (_, folder) = kept("alone", SITE_FAILURE, &[]);
    let page = text(&folder, "report.html");
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        let found = page.match_indices(outside).map(|(at, _)| &page[at..(at + 60).min(page.len())]);
        // The name space of SVG is a name, and nothing that is fetched.
        let asked: Vec<&str> = found.filter(|text| !text.starts_with("http://www.w3.org/2000/svg")).collect();
        assert!(asked.is_empty(), "{asked:?}");
    }
}

#[test]
fn a_refuted_plan_is_red_in_both() {
    let hazard = ["--seed", "3", "--hazard", "no-fencing"];
    let (code, folder) = kept("fail", "scenarios/weekly/frozen-primary.toml", &hazard);
    assert_eq!(code, 1);
    let suite = suite(&folder);
    assert!(suite.failures >= 2, "the verdict and the check that fired");
    let case = suite.cases.iter().find(|case| case.original_name == "linearizable").expect("the check is there");
    assert!(case.status.is_failure());
    let page = text(&folder, "report.html");
    assert!(page.contains("The plan did not hold") && page.contains("Hazards were switched on"));
}

#[test]
fn what_could_not_be_judged_is_not_green() {
    // Nothing fails over, so what the scenario expects did not take place.
    let file = scenario(
        "unknown",
        "nothing happens",
        "[[method]]\nname = \"slow\"\naction = \"slow-fsync\"\ntarget = \"london\"\ndelay_ms = 5\nat_s = 5\nduration_s = 5\n[objectives]\nfailovers_expected = 1\n",
    );
    let (code, folder) = kept("unknown", &file.display().to_string(), &[]);
    assert_eq!(code, 2);
    let suite = suite(&folder);
    assert!(suite.errors >= 2 && suite.failures == 0);
    assert!(text(&folder, "report.html").contains("Not proven"));
}

#[test]
fn text_from_files_stays_text() {
    let title = "<script>alert(1)</script> & \"more\" ]]>";
    let more = "[[method]]\nname = \"crash\"\naction = \"crash\"\ntarget = \"london\"\nat_s = 5\nduration_s = 5\n[objectives]\nrto = false\n";
    let file = scenario("hostile", title, more);
    let (_, folder) = kept("hostile", &file.display().to_string(), &[]);
    assert!(!text(&folder, "report.html").contains("<script>alert"));
    suite(&folder);
}

#[test]
fn an_hours_run_is_a_page_of_less_than_two_megabytes() {
    let more = "[[method]]\nname = \"late\"\naction = \"crash\"\ntarget = \"london\"\nat_s = 3600\nduration_s = 5\n[objectives]\nrto = false\n";
    let file = scenario("hour", "an hour", more);
    let (code, folder) = kept("hour", &file.display().to_string(), &[]);
    assert_eq!(code, 0);
    assert!(text(&folder, "report.html").len() < 2 << 20);
}

#[test]
fn a_campaign_is_a_suite_with_a_case_for_each_seed_that_did_not_pass() {
    let more = ["--seeds", "20", "--hazard", "no-fencing"];
    let (code, folder) = kept("campaign", "scenarios/weekly/frozen-primary.toml", &more);
    assert_eq!(code, 1);
    let suite = suite(&folder);
    let seeds = suite.cases.iter().filter(|case| case.original_name.starts_with("seed ")).count();
    assert!(seeds > 0 && suite.failures as usize == seeds + 1, "{seeds} seeds");
}

#[test]
fn a_journal_that_is_none_is_refused() {
    let output = firedrill(&["report", "Cargo.toml"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Cargo.toml"));
}
