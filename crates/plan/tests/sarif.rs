//! The SARIF log, held to what the standard (OASIS SARIF 2.1.0) demands of the properties that it uses.

use firedrill_plan::Plan;
use firedrill_plan::analysis::show::sarif::Log;
use firedrill_plan::analysis::{Analysis, Date};
use serde_json::Value;
use std::path::Path;

fn log() -> (String, Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/plans/erlmcp-v3.toml");
    let text = std::fs::read_to_string(file).expect("the shipped plan");
    let accept = "\n[[accept]]\ncode = \"FD1001\"\nreason = \"known\"\nuntil = 2027-01-31\nsource = \"ours\"\n";
    let text = text + accept;
    let plan = Plan::parse("erlmcp v3.toml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    let analysis = Analysis::of(&plan, Date::new(2026, 11, 25).expect("a day"));
    let mut log = Log::new();
    analysis.findings.iter().for_each(|finding| log.add("scenarios/erlmcp v3.toml", &text, finding));
    (text, serde_json::to_value(&log).expect("JSON"))
}

#[test]
fn the_log_is_sarif() {
    let (text, log) = log();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().is_some_and(|schema| schema.ends_with("sarif-schema-2.1.0.json")));
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "firedrill");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let lines: Vec<&str> = text.lines().collect();
    let results = run["results"].as_array().expect("results");
    assert!(results.len() > 12);
    for result in results {
        let known = rules.iter().any(|rule| rule["id"] == result["ruleId"]);
        assert!(known, "{}", result["ruleId"]);
        assert!(matches!(result["level"].as_str(), Some("error" | "warning" | "note")));
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        for location in result["locations"].as_array().expect("locations").iter().chain(related) {
            let physical = &location["physicalLocation"];
            assert_eq!(physical["artifactLocation"]["uri"], "scenarios/erlmcp%20v3.toml");
            let region = &physical["region"];
            let number = |key: &str| region[key].as_u64().expect("a number") as usize;
            let (line, column) = (number("startLine"), number("startColumn"));
            assert!(line >= 1 && line <= lines.len() && column >= 1);
            assert!(column <= lines[line - 1].chars().count() + 1);
            assert!((number("endLine"), number("endColumn")) >= (line, column));
        }
    }
    let accepted = results.iter().find(|result| result["ruleId"] == "FD1001").expect("it is found");
    assert_eq!(accepted["suppressions"][0]["kind"], "inSource");
}
