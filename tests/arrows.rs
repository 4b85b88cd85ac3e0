//! Holds the arrows: which crate of this repository may import which (the table in docs/ARCHITECTURE.md).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Crate, and what of ours it may import besides `model`. `drill` names `stack` nowhere: it drives worlds, not sites.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("plan", &[]),
    ("stack", &[]),
    ("history", &[]),
    ("drill", &["plan", "history"]),
    ("checks", &["history"]),
    ("node", &["stack"]),
    ("proxy", &[]),
    ("sim", &["stack", "drill", "plan", "history"]),
    ("hosted", &["node", "stack", "drill", "sim"]),
    ("turmoil", &["hosted", "drill"]),
    ("madsim", &["hosted", "drill"]),
    ("live", &["drill", "proxy", "plan", "history"]),
    ("reports", &["checks", "history"]),
];

/// Those that may import everything.
const FREE: &[&str] = &["firedrill", "firedrill-bench"];

fn workspaces() -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let hosts = std::fs::read_dir(root.join("sim/hosts")).into_iter().flatten().flatten();
    let hosts = hosts.map(|host| host.path().join("Cargo.toml")).filter(|manifest| manifest.is_file());
    std::iter::once(root.join("Cargo.toml")).chain(hosts).collect()
}

/// Every crate of ours in a workspace, with those of ours that it imports (tests and build scripts apart).
fn imports(manifest: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path"])
        .arg(manifest)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    let ours = |name: &str| name == "firedrill" || name.starts_with("firedrill-");
    let package = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let imported = dependencies
            .filter(|dependency| dependency["kind"].is_null())
            .filter_map(|dependency| dependency["name"].as_str())
            .filter(|name| ours(name))
            .map(str::to_owned)
            .collect();
        (package["name"].as_str().unwrap_or_default().to_owned(), imported)
    };
    metadata["packages"].as_array().into_iter().flatten().map(package).collect()
}

/// The arrows that the table does not have.
fn forbidden(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let full = |name: &str| format!("firedrill-{name}");
    let mut found = Vec::new();
    for (name, imported) in imports.iter().filter(|(name, _)| !FREE.contains(&name.as_str())) {
        let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| full(crate_name) == *name) else {
            found.push(format!("{name} is not in the table"));
            continue;
        };
        let fine = |import: &&String| **import == full("model") || allowed.iter().any(|ok| full(ok) == **import);
        found.extend(imported.iter().filter(|import| !fine(import)).map(|import| format!("{name} → {import}")));
    }
    found
}

#[test]
fn every_import_is_in_the_table() {
    for manifest in workspaces() {
        let found = forbidden(&imports(&manifest));
        assert!(found.is_empty(), "{}: {found:#?}", manifest.display());
    }
}

#[test]
fn a_wrong_import_is_seen() {
    let wrong = BTreeMap::from([
        ("firedrill-stack".to_owned(), BTreeSet::from(["firedrill-drill".to_owned()])),
        ("firedrill-other".to_owned(), BTreeSet::new()),
    ]);
    assert_eq!(forbidden(&wrong).len(), 2);
}
