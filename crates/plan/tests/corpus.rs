//! Malformed plans and scenarios, each with what is told about it. `UPDATE=1 cargo test -p firedrill-plan --test corpus` writes the expected
//! texts anew; commit them only when the difference is understood.

use firedrill_plan::{Diagnostics, check_file};
use std::path::{Path, PathBuf};

fn corpus() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for kind in ["plan", "scenario"] {
        // The package's folder is the current one, so messages name files the same everywhere.
        let folder = Path::new("tests/corpus").join(kind);
        let entries = std::fs::read_dir(&folder).unwrap();
        let entries = entries.map(|entry| folder.join(entry.unwrap().file_name()));
        files.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "toml")));
    }
    files.sort();
    files
}

fn refused(file: &Path) -> Diagnostics {
    match check_file(file) {
        Ok(checked) => panic!("{} is malformed and was taken as {}", file.display(), checked.summary()),
        Err(diagnostics) => diagnostics,
    }
}

#[test]
fn every_malformed_file_is_told_as_expected() {
    let update = std::env::var_os("UPDATE").is_some();
    let files = corpus();
    assert!(files.len() >= 40, "only {} files", files.len());
    let mut different = Vec::new();
    for file in files {
        let told = refused(&file).render(false);
        let expected = file.with_extension("expected");
        if update {
            std::fs::write(&expected, &told).unwrap();
        } else if std::fs::read_to_string(&expected).ok().as_deref() != Some(&told) {
            different.push(format!("{}:\n{told}", file.display()));
        }
    }
    assert!(different.is_empty(), "told otherwise than in the .expected beside it:\n{}", different.join("\n"));
}

#[test]
fn places_are_inside_the_file() {
    for file in corpus() {
        let diagnostics = refused(&file);
        for diagnostic in diagnostics.iter() {
            let bytes = std::fs::read(&diagnostic.file).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let at = diagnostic.position.unwrap_or_else(|| panic!("{diagnostic:?} has no place"));
            let line = text.split('\n').nth(at.line - 1).unwrap_or_else(|| panic!("{diagnostic:?}"));
            assert!((1..=line.chars().count() + 1).contains(&at.column), "{diagnostic:?}");
        }
    }
}
