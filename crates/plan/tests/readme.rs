//! The README's reference of plan files is made from the reader's declarations: `UPDATE=1 cargo test -p firedrill-plan --test readme` writes it anew.

use firedrill_plan::document::PlanDocument;
use firedrill_plan::figures::Use;
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
            writeln!(text, "| `{}` | {must} | {what} | {scalable} | {} |", key.key, key.about).unwrap();
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
