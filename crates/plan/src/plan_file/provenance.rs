//! Where figures come from: the paragraph of the document, and which are assumptions of our own.

use crate::plan::Assumption;
use crate::read::Table;
use crate::suggest;
use std::cell::RefCell;

/// Keys that are no figures.
const NOT_FIGURES: [&str; 3] = ["source", "ours", "name"];

/// Collects what each section says about where its figures come from.
#[derive(Default)]
pub(super) struct Provenance(RefCell<Vec<Assumption>>);

impl Provenance {
    /// Reads `source` and `ours` of a section; `subject` says which one of its kind it is.
    pub(super) fn read(&self, table: &Table<'_>, subject: &str) {
        let source = table.text("source");
        let Some(ours) = table.optional("ours") else {
            return;
        };
        let keys: Vec<&str> = table.keys().filter(|key| !NOT_FIGURES.contains(key)).collect();
        let mut seen: Vec<&str> = Vec::new();
        for item in ours.items().unwrap_or_default() {
            let Some(key) = item.text() else { continue };
            if seen.contains(&key) {
                table.sink.error(&item.span, format!("`{key}` is named twice"), "once is enough".to_owned());
            } else if keys.contains(&key) {
                let section = format!("{} {subject}", table.title).trim().to_owned();
                self.0.borrow_mut().push(Assumption { section, key: key.to_owned(), source: source.clone() });
            } else {
                let message = format!("{} has no `{key}` here that could be ours", table.title);
                table.sink.error(&item.span, message, suggest::among(key, &keys, "its figures are"));
            }
            seen.push(key);
        }
    }

    /// What is ours, in the file's order.
    pub(super) fn into_assumptions(self) -> Vec<Assumption> {
        self.0.into_inner()
    }
}
