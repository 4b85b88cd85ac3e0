//! What rules look at: the resolved plan, its text as a tree of figures with their places, and the matrix.

use super::model::{Class, Copies, Dependency};
use super::tree::{Figure, Section};
use super::{Matrix, Model};
use crate::plan::Plan;
use std::time::Duration;

/// Everything about a plan.
pub(crate) struct Facts<'t> {
    /// Resolved.
    pub(crate) plan: &'t Plan,
    /// With places.
    pub(crate) root: Section<'t>,
    /// Worked out.
    pub(crate) matrix: Matrix,
}

impl<'t> Facts<'t> {
    /// Of a plan and its tree.
    pub(crate) fn new(plan: &'t Plan, root: Section<'t>) -> Facts<'t> {
        let model = model(plan, root);
        Facts { plan, root, matrix: Matrix::new(model) }
    }

    /// All sections of the plan, each with its title as the file has it: `[[site]]`.
    pub(crate) fn sections(&self) -> Vec<(String, Section<'t>)> {
        let of = |key: &'t str| {
            let title = if self.root.is_list(key) { format!("[[{key}]]") } else { format!("[{key}]") };
            self.root.each(key).into_iter().map(move |section| (title.clone(), section))
        };
        self.root.keys().flat_map(of).collect()
    }

    /// The backups that hold a data class.
    pub(crate) fn backups_of(&self, class: &str) -> Vec<Section<'t>> {
        backups_of(self.root, class)
    }

    /// The shortest recovery time objective of a tier.
    pub(crate) fn shortest_rto(&self) -> Option<(Section<'t>, Figure<Duration>)> {
        let tiers = self.root.each("tier").into_iter();
        tiers.filter_map(|tier| Some((tier, tier.time("rto_s")?))).min_by_key(|(_, rto)| rto.value)
    }

    /// The areas that a site's data may be said to be in.
    pub(crate) fn area_of(&self, site: &str) -> Option<Figure<&'t str>> {
        self.root.named("site", site)?.text("area")
    }

    /// The sites that keep a data class: those that it names, or all that are no witnesses.
    pub(crate) fn keepers(&self, class: &Section<'t>) -> Vec<&'t str> {
        if let Some(sites) = class.texts("sites") {
            return sites.value;
        }
        self.root.each("site").iter().filter(|site| !is_witness(site)).map(Section::name).collect()
    }
}

fn backups_of<'t>(root: Section<'t>, class: &str) -> Vec<Section<'t>> {
    let holds = |backup: &Section<'_>| backup.texts("data").is_some_and(|data| data.value.contains(&class));
    root.each("backup").into_iter().filter(holds).collect()
}

fn is_witness(site: &Section<'_>) -> bool {
    site.text("role").is_some_and(|role| role.value == "witness")
}

/// The model, with the plan's claims, classes and dependencies.
fn model(plan: &Plan, root: Section<'_>) -> Model {
    let mut model = Model::of_plan(plan);
    for site in &mut model.sites {
        let Some(section) = root.named("site", &site.name) else { continue };
        site.votes = section.flag("votes").is_none_or(|votes| votes.value);
        site.serves = !is_witness(&section);
        site.readiness = section.time("readiness_s").map(|figure| figure.value);
        site.lag = section.time("sync_interval_s").map(|figure| figure.value);
    }
    let failover = root.one("failover");
    model.approval = failover.and_then(|failover| failover.time("approval_s")).map(|figure| figure.value);
    let by_default = failover.and_then(|failover| failover.text("decision")).map(|decision| decision.value);
    for service in &mut model.services {
        let tier = root.named("service", &service.name).and_then(|section| section.text("tier"));
        let of_tier = tier.and_then(|tier| root.named("tier", tier.value)).and_then(|tier| tier.text("failover"));
        service.manual = of_tier.map(|decision| decision.value).or(by_default) == Some("manual");
    }
    model.classes = root.each("data_class").iter().filter_map(|section| class(plan, root, section)).collect();
    model.dependencies = dependencies(root, &model);
    let ceiling = root.one("bursting").and_then(|bursting| bursting.percent("max_capacity_percent"));
    model.burst_percent = ceiling.map_or(0, |figure| whole_percent(figure.value));
    let load = root.one("load").and_then(|load| load.percent("peak_percent"));
    model.load_percent = load.map_or(100, |figure| figure.value.div_ceil(10_000).try_into().unwrap_or(u32::MAX));
    let modes = root.each("degraded_mode");
    let least = modes.iter().filter_map(|mode| mode.percent("load_percent")).map(|figure| figure.value).min();
    model.degraded_percent = least.map(|ppm| ppm.div_ceil(10_000).try_into().unwrap_or(u32::MAX));
    model
}

fn whole_percent(ppm: u64) -> u32 {
    u32::try_from(ppm / 10_000).unwrap_or(u32::MAX)
}

fn class(plan: &Plan, root: Section<'_>, section: &Section<'_>) -> Option<Class> {
    let backups = backups_of(root, section.name());
    let backup = backups.iter().filter_map(|backup| backup.time("interval_s")).map(|interval| interval.value).min();
    let restore = backups.iter().filter_map(|backup| backup.time("restore_s")).map(|restore| restore.value).min();
    Some(Class {
        name: section.name().to_owned(),
        rpo: section.time("rpo_s")?.value,
        copies: copies(plan, root, section),
        backup,
        restore,
    })
}

/// How a class is copied: by what replicates it, else by its mode and how often it is sent.
fn copies(plan: &Plan, root: Section<'_>, section: &Section<'_>) -> Copies {
    let technology = section.text("technology").map_or(String::new(), |figure| figure.value.to_lowercase());
    if technology.contains("raft") {
        return Copies::Majority;
    }
    if let Some(log) = plan.transaction_log.as_ref().filter(|_| technology.starts_with("wal")) {
        return Copies::Synchronous { copies: log.synchronous, send_interval: log.send_interval };
    }
    if section.text("replication_mode").is_some_and(|mode| mode.value == "sync") {
        let others = firedrill_model::SiteSet::first(plan.sites.len()).without(Model::id(0));
        return Copies::Synchronous { copies: others, send_interval: Duration::ZERO };
    }
    let named = |replication: &Section<'_>| {
        replication.texts("data").is_none_or(|data| data.value.contains(&section.name()))
    };
    let replications = root.each("replication");
    let interval = replications.iter().filter(|replication| named(replication)).filter_map(|of| of.time("interval_ms"));
    let interval = interval.map(|figure| figure.value).max();
    interval.or(section.time("spread_s").map(|figure| figure.value)).map_or(Copies::Unstated, Copies::Periodic)
}

/// Services need what they name, what the functions that they do name, and what every failover needs.
fn dependencies(root: Section<'_>, model: &Model) -> Vec<Dependency> {
    let needs = |section: &Section<'_>, name: &str| {
        section.texts("needs").is_some_and(|needs| needs.value.contains(&name))
    };
    let functions = root.each("function");
    let of_all = root.one("failover");
    let dependency = |section: Section<'_>| {
        let name = section.name();
        let needed = |service: &str| {
            let itself = root.named("service", service).is_some_and(|section| needs(&section, name));
            let does = |function: &&Section<'_>| function.text("service").is_some_and(|of| of.value == service);
            let by_function = functions.iter().filter(does).any(|function| needs(function, name));
            itself || by_function || of_all.is_some_and(|failover| needs(&failover, name))
        };
        let places = model.services.iter().enumerate().filter(|(_, service)| needed(&service.name));
        Dependency {
            name: name.to_owned(),
            rto: section.time("rto_s").map(|figure| figure.value),
            needed_by: places.map(|(place, _)| place).collect(),
        }
    };
    root.each("dependency").into_iter().map(dependency).collect()
}
