//! The README's table of figures is made from `FIGURES`: `UPDATE=1 cargo test -p firedrill-plan --test readme` writes it anew.

use firedrill_plan::figures::{FIGURES, Figure, Use};
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str = "<!-- figures: made from src/figures.rs -->\n";
const END: &str = "<!-- end of figures -->\n";

fn table() -> String {
    let mut table = String::from("| section | key | what | scalable | about |\n|---|---|---|---|---|\n");
    for Figure { section, key, used, scalable, about } in FIGURES {
        let what = match used {
            Use::Parameter => "parameter",
            Use::Objective => "objective",
            Use::Claim => "claim",
            Use::Physics => "physics",
        };
        let scalable = if scalable { "yes" } else { "" };
        writeln!(table, "| `{section}` | `{key}` | {what} | {scalable} | {about} |").unwrap();
    }
    table
}

#[test]
fn the_readme_has_the_figures() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    } else {
        assert_eq!(readme, expected, "run this test with UPDATE=1");
    }
}

/// Keys that are no figures: names, texts, references.
const NOT_FIGURES: [&str; 6] = ["name", "role", "source", "ours", "tier", "between"];

#[test]
fn every_figure_of_a_plan_is_in_the_table_and_the_other_way_round() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/plans/erlmcp-v3.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let root: toml::de::DeValue<'_> = toml::de::DeValue::Table(toml::de::DeTable::parse(&text).unwrap().into_inner());
    let toml::de::DeValue::Table(root) = root else { unreachable!() };
    let mut found = Vec::new();
    for (section, value) in root.iter() {
        let tables: Vec<_> = match value.get_ref() {
            toml::de::DeValue::Table(table) => vec![table],
            toml::de::DeValue::Array(items) => items.iter().filter_map(|item| item.get_ref().as_table()).collect(),
            _ => continue,
        };
        for key in
            tables.iter().flat_map(|table| table.keys()).filter(|key| !NOT_FIGURES.contains(&key.get_ref().as_ref()))
        {
            found.push((section.get_ref().to_string(), key.get_ref().to_string()));
        }
    }
    found.sort();
    found.dedup();
    let mut listed: Vec<_> = FIGURES.iter().map(|figure| (figure.section.to_owned(), figure.key.to_owned())).collect();
    listed.sort();
    assert_eq!(found, listed);
}
