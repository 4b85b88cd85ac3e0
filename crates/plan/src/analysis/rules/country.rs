//! FD1604: a site is said to lie in the European Union, and does not.

use super::Rule;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};

pub(super) static RULE: Rule = Rule {
    code: "FD1604",
    title: "a site that counts as EU lies outside the European Union",
    about: "A site's area is `eu`, or begins with `eu-`, but its country is not a member of the European Union. Data that may be kept in the EU only \
            may not be kept there by that rule alone; a decision of adequacy (GDPR, Art. 45) may allow it, and can be withdrawn. The United \
            Kingdom left on 2020-01-31.",
    source: "Treaty on European Union, Art. 52 (member states, as of 2020-02-01)",
    check,
};

/// ISO 3166-1 alpha-2. Some write Greece as the EU does.
const MEMBERS: [&str; 28] = [
    "at", "be", "bg", "cy", "cz", "de", "dk", "ee", "el", "es", "fi", "fr", "gr", "hr", "hu", "ie", "it", "lt", "lu",
    "lv", "mt", "nl", "pl", "pt", "ro", "se", "si", "sk",
];

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let sites = facts.doc.sites.iter().filter_map(|site| Some((site, site.area.as_ref()?, site.country.as_ref()?)));
    let in_union = |area: &str| area == "eu" || area.starts_with("eu-");
    sites
        .filter(|(_, area, _)| in_union(&area.value))
        .filter(|(_, _, country)| !MEMBERS.contains(&country.value.to_lowercase().as_str()))
        .map(|(site, area, country)| {
            let message = format!("{} counts as {}, but lies in {}", site.name.value, area.value, country.value);
            Finding::new(RULE.code, Severity::Warning, message)
                .at(area.mark(&area.value))
                .at(country.mark("not a member state"))
                .mend("choose a site in a member state, or name what allows the transfer")
        })
        .collect()
}
