//! FD1204: a data class has no backup.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1204",
    title: "a data class has no backup",
    about: "Replicas copy a mistake as faithfully as anything else. A data class that no backup holds is gone when that happens, however small its \
            RPO. Back it up, or say that it can be made again from something else.",
    source: "NIST SP 800-34 rev. 1, §3.4.2; CISA, 3-2-1 rule",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let bare = facts.doc.data_classes.iter().filter(|class| facts.backups_of(&class.name.value).is_empty());
    bare.map(|class| {
        Finding::new(RULE.code, Severity::Warning, format!("{} has no backup", class.name.value))
            .at(class.section.mark("in no backup"))
            .mend(format!("add a `[[backup]]` with `data = [\"{}\"]`", class.name.value))
    })
    .collect()
}
