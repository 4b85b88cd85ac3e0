//! The root of a plan: which sections it has.

use super::context::Context;
use super::record::placeholder;
use super::stated::{Span, Stated};
use super::{
    Key, Record, compliance, continuity, control, costs, data, goals, performance, practice, services, topology,
};
use crate::read::{Field, Table};
use firedrill_model::SiteSet;
use std::cell::Cell;

/// The most of a list of sections that has no limit of its own.
const MAX_MANY: usize = 256;
/// The most links: one for each pair of the most sites.
const MAX_LINKS: usize = SiteSet::MAX_SITES * (SiteSet::MAX_SITES - 1) / 2;

/// A section of a plan: what it is called, what keys it has.
#[derive(Clone, Debug)]
pub struct SectionInfo {
    /// As the file has it: `raft`.
    pub name: &'static str,
    /// Whether there can be more than one.
    pub many: bool,
    /// Whether a plan without it is refused.
    pub required: bool,
    /// In a few words.
    pub about: &'static str,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// Declares the sections of a plan: the field, its type, how many there can be (`one`, `many` with the most), whether it must be there (`must`,
/// `may`; `linked`: unless there is one site only).
macro_rules! sections {
    ($($field:ident: $count:ident $need:ident $type:path $([$most:expr])?;)+) => {
        /// A plan as it is written.
        #[derive(Clone, Debug, PartialEq)]
        pub struct PlanDocument {
            /// What it is called.
            pub title: Stated<String>,
            /// The document that it is made from, and that `source` names paragraphs of; `None` if the plan is its own document.
            pub reference: Option<Stated<String>>,
            $(
                #[doc = concat!("`", stringify!($field), "`: [`", stringify!($type), "`]")]
                pub $field: held!($count $need $type),
            )+
        }

        /// Of a plan that was not read from a file: every section that must be there is, and says nothing.
        impl Default for PlanDocument {
            fn default() -> PlanDocument {
                PlanDocument {
                    title: placeholder((0.0, 0.0), "title"),
                    reference: None,
                    $($field: unsaid!($count $need $type),)+
                }
            }
        }

        impl PlanDocument {
            /// All sections, in the order of the reference.
            pub fn sections() -> Vec<SectionInfo> {
                vec![$(SectionInfo {
                    name: <$type as Record>::SECTION,
                    many: <$type as Record>::MANY,
                    required: matches!(stringify!($need), "must"),
                    about: <$type as Record>::ABOUT,
                    keys: <$type as Record>::keys(),
                }),+]
            }

            /// The keys and sections that a plan may have at its root.
            pub(crate) const ROOT: &[&str] = &["title", "reference", $(<$type as Record>::SECTION),+];

            /// Reads all of them.
            pub(crate) fn read(root: &Table<'_>, context: &Context) -> PlanDocument {
                let reading = Reading { root, context, one_site: Cell::new(false) };
                let title = reading.text_must("title");
                let reference = reading.text_may("reference");
                $(let $field = reading.$count::<$type>($($most,)?).$need();)+
                PlanDocument { title, reference, $($field),+ }
            }
        }
    };
}

/// How a section is held.
macro_rules! held {
    (many $need:ident $type:path) => { Vec<$type> };
    (one must $type:path) => { $type };
    (one may $type:path) => { Option<$type> };
}

/// A section that says nothing.
macro_rules! unsaid {
    (many $need:ident $type:path) => {
        Vec::new()
    };
    (one must $type:path) => {
        <$type as Record>::placeholder()
    };
    (one may $type:path) => {
        None
    };
}

sections! {
    sites: many must topology::Site [SiteSet::MAX_SITES];
    links: many linked topology::Link [MAX_LINKS];
    regions: many must topology::Region [16];
    tiers: many must services::Tier [64];
    services: many must services::Service [64];
    raft: one must control::Raft;
    detection: one must control::Detection;
    failover: one must control::Failover;
    dns: one must control::Dns;
    service_level: one must control::ServiceLevel;
    claims: one may control::Claims;
    transaction_log: one may data::TransactionLog;
    sessions: one may data::Sessions;
    edition: one may goals::Edition;
    summary: one may goals::Summary;
    impacts: many may services::Impact [MAX_MANY];
    functions: many may services::Function [MAX_MANY];
    dependencies: many may continuity::Dependency [MAX_MANY];
    requirements: many may topology::Requirement [MAX_MANY];
    load: one may topology::Load;
    degraded_modes: many may topology::DegradedMode [MAX_MANY];
    data_classes: many may data::DataClass [MAX_MANY];
    replications: many may data::Replication [MAX_MANY];
    conflicts: many may data::Conflict [MAX_MANY];
    consistency_monitor: one may data::ConsistencyMonitor;
    backups: many may data::Backup [MAX_MANY];
    backup_jobs: many may data::BackupJob [MAX_MANY];
    backup_verification: one may data::BackupVerification;
    checklists: many may data::Checklist [MAX_MANY];
    failback: one may control::Failback;
    active_active: one may control::ActiveActive;
    bursting: one may control::Bursting;
    tests: many may practice::Test [MAX_MANY];
    test_scenarios: many may practice::TestScenario [MAX_MANY];
    test_suites: many may practice::TestSuite [MAX_MANY];
    test_report: one may practice::TestReport;
    communication: one may continuity::Communication;
    message_templates: many may continuity::MessageTemplate [MAX_MANY];
    escalations: many may continuity::Escalation [MAX_MANY];
    incident_roles: many may continuity::IncidentRole [MAX_MANY];
    incident: one may continuity::Incident;
    stakeholders: many may continuity::Stakeholder [MAX_MANY];
    compliance: many may compliance::Compliance [MAX_MANY];
    audit: one may compliance::Audit;
    residency: many may compliance::Residency [MAX_MANY];
    costs: many may costs::Cost [MAX_MANY];
    cost_total: one may costs::CostTotal;
    investments: many may costs::Investment [MAX_MANY];
    investment_total: one may costs::InvestmentTotal;
    cloud_costs: one may costs::CloudCosts;
    baselines: many may performance::Baseline [MAX_MANY];
    optimizations: many may performance::Optimization [MAX_MANY];
    alerts: many may performance::Alert [MAX_MANY];
    monitoring: one may performance::Monitoring;
    validation: one may performance::Validation;
    documents: many may practice::Document [MAX_MANY];
    trainings: many may practice::Training [MAX_MANY];
    training_modules: many may practice::TrainingModule [MAX_MANY];
    training_system: one may practice::TrainingSystem;
    maintenance: many may practice::Maintenance [MAX_MANY];
    improvement: one may practice::Improvement;
    kpis: many may goals::Kpi [MAX_MANY];
    phases: many may goals::Phase [MAX_MANY];
    accepted: many may goals::Accept [MAX_MANY];
}

/// The root under reading.
struct Reading<'r, 't> {
    root: &'r Table<'t>,
    context: &'r Context,
    /// Whether the plan has one site only, which needs no links.
    one_site: Cell<bool>,
}

/// A list of sections under reading.
struct Many<'r, 't, T> {
    reading: &'r Reading<'r, 't>,
    most: usize,
    of: std::marker::PhantomData<T>,
}

/// A single section under reading.
struct One<'r, 't, T> {
    reading: &'r Reading<'r, 't>,
    of: std::marker::PhantomData<T>,
}

impl<'r, 't> Reading<'r, 't> {
    fn text_must(&self, key: &'static str) -> Stated<String> {
        let field = self.root.required(key);
        field.and_then(|field| text(&field)).unwrap_or_else(|| placeholder((0.0, 0.0), key))
    }

    fn text_may(&self, key: &'static str) -> Option<Stated<String>> {
        self.root.optional(key).and_then(|field| text(&field))
    }

    fn many<T: Record>(&'r self, most: usize) -> Many<'r, 't, T> {
        Many { reading: self, most, of: std::marker::PhantomData }
    }

    fn one<T: Record>(&'r self) -> One<'r, 't, T> {
        One { reading: self, of: std::marker::PhantomData }
    }
}

fn text(field: &Field<'_>) -> Option<Stated<String>> {
    let value = field.text()?.to_owned();
    let (span, key) = (Span::from(&field.span), Span::from(&field.key_span));
    Some(Stated { value, span, key, source: None, ours: false, others: Vec::new() })
}

impl<'t, T: Record> Many<'_, 't, T> {
    fn must(self) -> Vec<T> {
        let tables = self.reading.root.required_tables(T::SECTION, &title::<T>());
        let sections = self.all(tables);
        if T::SECTION == "site" {
            self.reading.one_site.set(sections.len() == 1);
        }
        sections
    }

    fn may(self) -> Vec<T> {
        let tables = self.reading.root.tables(T::SECTION, &title::<T>());
        self.all(tables)
    }

    fn linked(self) -> Vec<T> {
        if self.reading.one_site.get() { self.may() } else { self.must() }
    }

    /// At most the most; tells if there are more.
    fn all(&self, mut tables: Vec<Table<'t>>) -> Vec<T> {
        if let Some(table) = tables.get(self.most) {
            let message = format!("there are {} of {}; a plan has at most {}", tables.len(), table.title, self.most);
            let advice = format!("this is the first of {} too many", tables.len() - self.most);
            table.sink.error(&table.span, message, advice);
        }
        tables.truncate(self.most);
        tables.into_iter().map(|table| T::read(table, self.reading.context)).collect()
    }
}

impl<T: Record> One<'_, '_, T> {
    fn must(self) -> T {
        let table = self.reading.root.required_table(T::SECTION, &title::<T>());
        table.map_or_else(T::placeholder, |table| T::read(table, self.reading.context))
    }

    fn may(self) -> Option<T> {
        let table = self.reading.root.table(T::SECTION, &title::<T>())?;
        Some(T::read(table, self.reading.context))
    }
}

/// `[raft]` or `[[site]]`.
fn title<T: Record>() -> String {
    if T::MANY { format!("[[{}]]", T::SECTION) } else { format!("[{}]", T::SECTION) }
}
