//! What arithmetic finds in the plans that are shipped, as golden lists: `UPDATE=1 cargo test -p firedrill-plan --test refuted` writes them
//! anew, and the diff is read before it is committed.

use firedrill_plan::Plan;
use firedrill_plan::analysis::{Analysis, Date, Severity, show};
use std::path::{Path, PathBuf};

fn plans() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/plans")
}

fn shipped(name: &str) -> (Plan, Analysis) {
    let text = std::fs::read_to_string(plans().join(name)).expect("a shipped plan");
    let plan = Plan::parse(name, &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    let analysis = Analysis::of(&plan, Date::new(2026, 11, 25).expect("a day"));
    (plan, analysis)
}

/// A line for each finding: severity, code, message; and all of it as people see it.
fn golden(name: &str) {
    let (plan, analysis) = shipped(&format!("{name}.toml"));
    let lines = analysis.findings.iter();
    let lines: String =
        lines.map(|finding| format!("{} {} {}\n", finding.severity.name(), finding.code, finding.message)).collect();
    let whole = show::text::render(&format!("{name}.toml"), &plan.text, &analysis, false);
    for (ending, found) in [("findings", lines), ("rendered", whole)] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/refuted/{name}.{ending}"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &found).expect("the golden file can be written");
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(found, expected, "{}: UPDATE=1 writes it anew", file.display());
    }
}

#[test]
fn the_seed_s_contradictions_are_exactly_these() {
    golden("erlmcp-v3");
}

#[test]
fn every_error_has_its_place_and_what_mends_it() {
    let (plan, analysis) = shipped("erlmcp-v3.toml");
    for finding in &analysis.findings {
        assert!(!finding.marks.is_empty(), "{}: {}", finding.code, finding.message);
        assert!(!finding.mend.is_empty(), "{}: {}", finding.code, finding.message);
        for mark in &finding.marks {
            assert!(plan.text.get(mark.span.clone()).is_some_and(|said| !said.is_empty()), "{}", finding.message);
        }
    }
    let errors = analysis.count(Severity::Error);
    assert!(errors > 12, "{errors}");
}

#[test]
fn other_names_of_sites_change_nothing_but_names() {
    let (plan, analysis) = shipped("erlmcp-v3.toml");
    // Of the same length, so that places stay.
    let names = [("new-york", "zanzibar"), ("london", "xanadu"), ("singapore", "shangrila")];
    let renamed = |text: &str| names.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    let other = Plan::parse("other.toml", &renamed(&plan.text)).unwrap_or_else(|wrong| panic!("{wrong}"));
    let other = Analysis::of(&other, Date::new(2026, 11, 25).expect("a day"));
    assert_eq!(analysis.findings.len(), other.findings.len());
    for (one, other) in analysis.findings.iter().zip(&other.findings) {
        assert_eq!((one.code, renamed(&one.message)), (other.code, other.message.clone()));
        let sums: Vec<String> = one.arithmetic.iter().map(|line| renamed(line)).collect();
        assert_eq!(sums, other.arithmetic);
        assert_eq!(one.marks.len(), other.marks.len());
    }
}
