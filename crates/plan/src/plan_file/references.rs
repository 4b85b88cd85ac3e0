//! Names of things that must stand elsewhere in the plan.

use crate::document::context::{Context, Sort};
use crate::document::{Name as Written, PlanDocument, Stated};
use crate::read::{Name, Names, Table};

/// Tells which names are there twice, and which are referred to and not there.
pub(super) fn check(root: &Table<'_>, document: &PlanDocument, context: &Context) {
    let sink = root.sink;
    let sites = names(document.sites.iter().map(|site| &site.name));
    let tiers = names(document.tiers.iter().map(|tier| &tier.name));
    let services = names(document.services.iter().map(|service| &service.name));
    let data = names(document.data_classes.iter().map(|class| &class.name));
    let dependencies = names(document.dependencies.iter().map(|dependency| &dependency.name));
    // A list that was cut short does not have all.
    let all = |key, read: usize| root.how_many(key).is_none_or(|count| count == read);
    let sites = Names::new(sink, "site", "sites", &sites).complete_if(all("site", document.sites.len()));
    let tiers = Names::new(sink, "tier", "tiers", &tiers).complete_if(all("tier", document.tiers.len()));
    let services =
        Names::new(sink, "service", "services", &services).complete_if(all("service", document.services.len()));
    let data = Names::new(sink, "data class", "data classes", &data)
        .all_if_empty()
        .complete_if(all("data_class", document.data_classes.len()));
    let dependencies = Names::new(sink, "dependency", "dependencies", &dependencies)
        .all_if_empty()
        .complete_if(all("dependency", document.dependencies.len()));
    let sorts = [
        (Sort::Site, &sites),
        (Sort::Tier, &tiers),
        (Sort::Service, &services),
        (Sort::Data, &data),
        (Sort::Dependency, &dependencies),
    ];
    for (sort, names) in sorts {
        context.check(sink, sort, names);
    }
}

/// Names with their places; empty where one could not be read.
pub(super) fn names<'d>(stated: impl Iterator<Item = &'d Stated<Written>>) -> Vec<Name> {
    stated.map(|name| Name { text: name.value.to_string(), span: name.span.into() }).collect()
}
