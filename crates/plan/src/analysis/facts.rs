//! What rules look at: the plan as it is written, as it is resolved, and the matrix.

use super::model::{Class, Copies, Dependency};
use super::{Matrix, Model};
use crate::document::data::{Backup, DataClass};
use crate::document::services::Tier;
use crate::document::topology::Site;
use crate::document::{Decimal, Decision, Mode, PlanDocument, Role};
use crate::plan::Plan;
use std::time::Duration;

/// Everything about a plan.
pub(crate) struct Facts<'p> {
    /// Resolved.
    pub(crate) plan: &'p Plan,
    /// As it is written.
    pub(crate) doc: &'p PlanDocument,
    /// Worked out.
    pub(crate) matrix: Matrix,
}

impl<'p> Facts<'p> {
    /// Of a plan.
    pub(crate) fn new(plan: &'p Plan) -> Facts<'p> {
        Facts { plan, doc: &plan.document, matrix: Matrix::new(model(plan)) }
    }

    /// The backups that hold a data class.
    pub(crate) fn backups_of(&self, class: &str) -> Vec<&'p Backup> {
        backups_of(self.doc, class)
    }

    /// The tier with the shortest recovery time objective.
    pub(crate) fn strictest_tier(&self) -> Option<&'p Tier> {
        self.doc.tiers.iter().min_by_key(|tier| tier.rto.value)
    }

    /// The tier of this name.
    pub(crate) fn tier(&self, name: &str) -> Option<&'p Tier> {
        self.doc.tiers.iter().find(|tier| *tier.name.value == *name)
    }

    /// The data class of this name.
    pub(crate) fn class(&self, name: &str) -> Option<&'p DataClass> {
        self.doc.data_classes.iter().find(|class| *class.name.value == *name)
    }

    /// The site of this name.
    pub(crate) fn site(&self, name: &str) -> Option<&'p Site> {
        self.doc.sites.iter().find(|site| *site.name.value == *name)
    }

    /// The sites that keep a data class: those that it names, or all that are no witnesses.
    pub(crate) fn keepers(&self, class: &DataClass) -> Vec<&'p Site> {
        let named = |site: &&Site| match &class.sites {
            Some(sites) => sites.value.iter().any(|name| **name == *site.name.value),
            None => site.role.value != Role::Witness,
        };
        self.doc.sites.iter().filter(named).collect()
    }
}

fn backups_of<'p>(doc: &'p PlanDocument, class: &str) -> Vec<&'p Backup> {
    let holds =
        |backup: &&Backup| backup.data.as_ref().is_some_and(|data| data.value.iter().any(|name| **name == *class));
    doc.backups.iter().filter(holds).collect()
}

/// The model, with the plan's claims, classes and dependencies.
fn model(plan: &Plan) -> Model {
    let doc = &*plan.document;
    let mut model = Model::of_plan(plan);
    for (site, written) in model.sites.iter_mut().zip(&doc.sites) {
        site.votes = written.votes.as_ref().is_none_or(|votes| votes.value);
        site.serves = written.role.value != Role::Witness;
        site.readiness = written.readiness.as_ref().map(|readiness| readiness.value);
        site.lag = written.sync_interval.as_ref().map(|interval| interval.value);
    }
    model.approval = doc.failover.approval.as_ref().map(|approval| approval.value);
    for (service, written) in model.services.iter_mut().zip(&doc.services) {
        let of_tier = doc.tiers.iter().find(|tier| *tier.name.value == *written.tier.value.0);
        let of_tier = of_tier.and_then(|tier| tier.failover.as_ref());
        let decision = of_tier.or(doc.failover.decision.as_ref()).map(|decision| decision.value);
        service.manual = decision == Some(Decision::Manual);
    }
    model.classes = doc.data_classes.iter().map(|written| class(plan, written)).collect();
    model.dependencies = dependencies(doc);
    let ceiling = doc.bursting.as_ref().map(|bursting| bursting.max_capacity_percent.value);
    model.burst_percent = ceiling.map_or(0, |ceiling| whole_percent(ceiling.thousandths));
    let up = |percent: Decimal| whole_percent(percent.thousandths.saturating_add(999));
    model.load_percent = doc.load.as_ref().map_or(100, |load| up(load.peak_percent.value));
    model.degraded_percent = doc.degraded_modes.iter().map(|mode| up(mode.load_percent.value)).min();
    model
}

fn whole_percent(thousandths: i64) -> u32 {
    u32::try_from(thousandths / 1000).unwrap_or(u32::MAX)
}

fn class(plan: &Plan, written: &DataClass) -> Class {
    let backups = backups_of(&plan.document, &written.name.value);
    Class {
        name: written.name.value.to_string(),
        rpo: written.rpo.value,
        copies: copies(plan, written),
        backup: backups.iter().map(|backup| backup.interval.value).min(),
        restore: backups.iter().filter_map(|backup| backup.restore.as_ref()).map(|restore| restore.value).min(),
    }
}

/// How a class is copied: by what replicates it, else by its mode and how often it is sent.
fn copies(plan: &Plan, written: &DataClass) -> Copies {
    let technology = written.technology.as_ref().map_or(String::new(), |technology| technology.value.to_lowercase());
    if technology.contains("raft") {
        return Copies::Majority;
    }
    if let Some(log) = plan.transaction_log.as_ref().filter(|_| technology.starts_with("wal")) {
        return Copies::Synchronous { copies: log.synchronous, send_interval: log.send_interval };
    }
    let replications = plan.document.replications.iter();
    let of_class = replications.filter(|replication| {
        replication.data.as_ref().is_some_and(|data| data.value.iter().any(|name| **name == *written.name.value))
    });
    let interval =
        of_class.filter_map(|replication| replication.interval.as_ref()).map(|interval| interval.value).max();
    let spread = written.spread.as_ref().map(|spread| spread.value);
    match (written.mode.value, interval, spread) {
        (Mode::Sync, None | Some(Duration::ZERO), None) => {
            let copies = firedrill_model::SiteSet::first(plan.sites.len()).without(Model::id(0));
            Copies::Synchronous { copies, send_interval: Duration::ZERO }
        }
        (_, Some(interval), _) => Copies::Periodic(interval),
        (_, None, Some(spread)) => Copies::Everywhere(spread),
        (_, None, None) => Copies::Unstated,
    }
}

/// Services need what they name, what the functions that they do name, and what every failover needs.
fn dependencies(doc: &PlanDocument) -> Vec<Dependency> {
    let dependency = |written: &crate::document::continuity::Dependency| {
        let name = &*written.name.value;
        let needed = |service: &crate::document::services::Service| {
            let itself = names(service.needs.as_ref(), name);
            let does = |function: &&crate::document::services::Function| {
                function.service.as_ref().is_some_and(|of| *of.value.0 == *service.name.value)
            };
            let by_function = doc.functions.iter().filter(does).any(|function| names(function.needs.as_ref(), name));
            itself || by_function || names(doc.failover.needs.as_ref(), name)
        };
        let places = doc.services.iter().enumerate().filter(|(_, service)| needed(service));
        Dependency {
            name: name.to_owned(),
            rto: written.rto.as_ref().map(|rto| rto.value),
            needed_by: places.map(|(place, _)| place).collect(),
        }
    };
    doc.dependencies.iter().map(dependency).collect()
}

/// Whether a list of dependencies has this one.
pub(crate) fn names(
    list: Option<&crate::document::Stated<crate::document::List<crate::document::DependencyName>>>,
    name: &str,
) -> bool {
    list.is_some_and(|list| list.value.iter().any(|item| **item == *name))
}
