//! Every plan and scenario that is shipped is right, and says what it must.

use firedrill_plan::{Checked, check_file};
use std::path::{Path, PathBuf};

fn shipped() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "toml")));
    }
    files.sort();
    files
}

#[test]
fn every_shipped_file_is_right() {
    let files = shipped();
    assert!(files.len() >= 4, "only {files:?}");
    for file in files {
        match check_file(&file) {
            Ok(checked) => println!("{}: {}", file.display(), checked.summary()),
            Err(diagnostics) => panic!("{diagnostics}"),
        }
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# "), "{} does not begin with a comment on what it proves", file.display());
    }
}

#[test]
fn plans_and_scenarios_are_told_apart() {
    for file in shipped() {
        let in_plans = file.parent().is_some_and(|folder| folder.ends_with("plans"));
        let is_plan = matches!(check_file(&file), Ok(Checked::Plan(_)));
        assert_eq!(in_plans, is_plan, "{}", file.display());
    }
}
