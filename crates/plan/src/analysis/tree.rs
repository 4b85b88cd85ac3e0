//! The plan's text as a tree, for the one rule that looks at every key whatever it means.

use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key that the plan holds several statements of.
pub(crate) struct Several {
    /// The section and the key: `[[tier]] tier-3 rto_s`.
    pub(crate) about: String,
    /// The key alone.
    pub(crate) key: String,
    /// The obeyed one first.
    pub(crate) statements: Vec<Statement>,
}

/// One of the statements of a key.
pub(crate) struct Statement {
    /// Where the value stands.
    pub(crate) at: Range<usize>,
    /// The value, as the file has it, in one line.
    pub(crate) words: String,
    /// Its paragraph.
    pub(crate) source: String,
    obeyed: bool,
}

/// All keys of a plan that reads well and holds several statements of them.
pub(crate) fn several(text: &str) -> Vec<Several> {
    let (tree, _) = DeTable::parse_recoverable(text);
    let mut found = Vec::new();
    for (name, value) in tree.get_ref().iter() {
        let name = name.get_ref();
        match value.get_ref() {
            DeValue::Array(items) => {
                let tables = items.iter().filter_map(|item| item.get_ref().as_table());
                tables.for_each(|table| section(text, &format!("[[{name}]]"), table, &mut found));
            }
            DeValue::Table(table) => section(text, &format!("[{name}]"), table, &mut found),
            _ => {}
        }
    }
    found
}

fn section(text: &str, title: &str, table: &DeTable<'_>, found: &mut Vec<Several>) {
    let get = |key: &str| table.iter().find(|(name, _)| *name.get_ref() == key).map(|(_, value)| value.get_ref());
    let subject = match (get("name"), get("between").and_then(DeValue::as_array)) {
        (Some(name), _) => name.as_str().unwrap_or_default().to_owned(),
        (None, Some(ends)) => ends.iter().filter_map(|end| end.get_ref().as_str()).collect::<Vec<_>>().join(", "),
        (None, None) => String::new(),
    };
    let source = get("source").and_then(DeValue::as_str).unwrap_or_default();
    for (key, value) in table.iter() {
        let Some(items) = value.get_ref().as_array() else { continue };
        let mut statements: Vec<Statement> = items.iter().filter_map(|item| statement(text, source, item)).collect();
        statements.sort_by_key(|statement| !statement.obeyed);
        if statements.len() > 1 {
            let subject = if subject.is_empty() { String::new() } else { format!(" {subject}") };
            let key = key.get_ref().to_string();
            found.push(Several { about: format!("{title}{subject} `{key}`"), key, statements });
        }
    }
}

/// `{ value = 900, source = "§1.1", obeyed = true }`.
fn statement(text: &str, of_section: &str, item: &Spanned<DeValue<'_>>) -> Option<Statement> {
    let table = item.get_ref().as_table()?;
    let get = |key: &str| table.iter().find(|(name, _)| *name.get_ref() == key).map(|(_, value)| value);
    let value = get("value")?;
    let source = get("source").and_then(|value| value.get_ref().as_str()).unwrap_or(of_section).to_owned();
    let obeyed = get("obeyed").and_then(|value| value.get_ref().as_bool()).unwrap_or_default();
    let words = text.get(value.span()).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Statement { at: value.span(), words, source, obeyed })
}
