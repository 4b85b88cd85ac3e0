//! The README's reference of plan files is made from the reader's declarations: `UPDATE=1 cargo test -p firedrill-plan --test readme` writes it anew.

use firedrill_plan::document::PlanDocument;
use firedrill_plan::figures::Use;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str = "<!-- figures: made from src/document/ -->\n";
const END: &str = "<!-- end of figures -->\n";

fn tables() -> String {
    let mut text = String::new();
    for section in PlanDocument::sections() {
        let header = if section.many { format!("[[{}]]", section.name) } else { format!("[{}]", section.name) };
        let must = if section.required { " Must be there." } else { "" };
        writeln!(text, "\n### `{header}`\n\n{}{must}\n", section.about).unwrap();
        writeln!(text, "| key | must be there | what | scalable | about |\n|---|---|---|---|---|").unwrap();
        for key in section.keys {
            let yes = |flag| if flag { "yes" } else { "" };
            let (must, scalable) = (yes(key.required), yes(key.scalable));
            let what = key.used.map_or("", Use::word);
            let words = key.schema["enum"].as_array().map(|words| {
                let words: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_str().unwrap())).collect();
                format!(": {}", words.join(", "))
            });
            let words = words.unwrap_or_default();
            writeln!(text, "| `{}` | {must} | {what} | {scalable} | {}{words} |", key.key, key.about).unwrap();
        }
    }
    text.push('\n');
    text
}

#[test]
fn the_readme_has_the_figures() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!("{before}{BEGIN}{}{END}{after}", tables());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    } else {
        assert_eq!(readme, expected, "run this test with UPDATE=1");
    }
}

/// Each key has an example, but for accepted findings: nothing is to be accepted in what we ship.
#[test]
fn every_key_is_in_a_shipped_plan() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/plans");
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(file).unwrap();
        let root = toml::de::DeTable::parse(&text).unwrap().into_inner();
        for (section, value) in &root {
            let tables: Vec<_> = match value.get_ref() {
                toml::de::DeValue::Table(table) => vec![table],
                toml::de::DeValue::Array(items) => items.iter().filter_map(|item| item.get_ref().as_table()).collect(),
                _ => continue,
            };
            let keys = tables.iter().flat_map(|table| table.keys());
            found.extend(keys.map(|key| (section.get_ref().to_string(), key.get_ref().to_string())));
        }
    }
    let listed = PlanDocument::sections()
        .into_iter()
        .flat_map(|section| section.keys.into_iter().map(move |key| (section.name.to_owned(), key.key.to_owned())));
    let missing: Vec<_> = listed.filter(|key| key.0 != "accept" && !found.contains(key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
