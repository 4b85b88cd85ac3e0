//! The whole plan file, section by section, as it is written: every figure with its value, the place where it stands, the paragraph of the
//! document that it is taken from, and what the document says elsewhere ([`Stated`]).
//!
//! A figure that two paragraphs state differently is a list of statements, of which one is obeyed:
//!
//! ```toml
//! rto_s = [
//!     { value = 28800, source = "§1.1, §1.3", obeyed = true },
//!     { value = 86400, source = "§10.2" },
//! ]
//! ```
//!
//! - [`topology`]: sites, links, regions, requirements, load
//! - [`services`]: tiers, services, business impact
//! - [`data`]: data classes, replication, conflicts, backups
//! - [`control`]: consensus, detection, failover, failback, continuity strategies, what a run is judged by
//! - [`continuity`]: dependencies, communication, incidents
//! - [`compliance`], [`costs`], [`performance`], [`practice`], [`goals`]: what their names say
//!
//! One declaration of a section (`record`) is its type, its reader, its JSON Schema and its lines in the reference, so they can't drift. To add
//! a figure: one line in its section's file; then the README's table is written anew (`UPDATE=1 cargo test -p firedrill-plan --test readme`).
//! To add a section: its record, and its line in [`sections`] below.

pub mod compliance;
pub(crate) mod context;
pub mod continuity;
pub mod control;
pub mod costs;
pub mod data;
pub mod goals;
pub mod performance;
pub mod practice;
mod record;
mod reference;
mod root;
pub mod schema;
pub mod services;
mod stated;
pub mod topology;
mod value;
mod words;

pub use record::Key;
pub(crate) use record::Record;
pub use reference::{DataName, DependencyName, ServiceName, SiteName, TierName};
pub use root::{PlanDocument, SectionInfo};
pub use stated::{Section, Span, Spanned, Stated, Statement};
pub(crate) use value::Value;
pub use value::{Date, Decimal, List, Name, Pair, PerMille, Priority, RoundTripTo, RoundTrips};
pub use words::{BackupKind, Better, Cadence, Consistency, Criticality, Decision, Mode, Role, Standby, WhileOut};
