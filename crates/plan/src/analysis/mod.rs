//! Refutes a plan by arithmetic, before a disaster does.
//!
//! - [`Analysis`]: the findings on a plan, and the matrix of losses against objectives
//! - [`Model`], [`Loss`], [`Situation`], [`bounds`], [`Matrix`]: what may be lost, who is left, and the best that the plan's figures allow
//! - [`rules`]: what may be wrong with a plan, one file each. To add a rule: its file there, its line in [`rules::RULES`], a plan on
//!   either side of its border in its tests
//! - [`Finding`]: what a rule tells; `accept`: which findings a plan lives with
//! - [`show`]: findings as text, JSON and SARIF
//! - `facts`: what rules look at; `place`: figures as marks of a finding; `tree`: every key, whatever it means
//! - `amount`: exact integers, and how they are written; `date`: days, and what day it is
//!
//! Sums are exact: durations, parts in a million, cents. No float decides.

mod accept;
mod amount;
pub mod bounds;
mod date;
mod facts;
mod finding;
mod loss;
mod matrix;
pub mod model;
mod place;
pub mod rules;
pub mod show;
mod tree;

pub use crate::document::Date;
pub use date::NotADate;
pub use finding::{Accepted, Broken, Finding, Mark, Severity};
pub use loss::{Loss, Situation};
pub use matrix::{Cell, Column, Matrix, Survives};
pub use model::Model;

pub(crate) use facts::Facts;

use crate::plan::Plan;

/// What arithmetic finds in a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Errors first, then in the order of the file.
    pub findings: Vec<Finding>,
    /// Losses against objectives.
    pub matrix: Matrix,
}

impl Analysis {
    /// Of a plan that was read well; acceptances that ended before `today` don't count.
    pub fn of(plan: &Plan, today: Date) -> Analysis {
        let facts = Facts::new(plan);
        let findings = rules::RULES.iter().flat_map(|rule| (rule.check)(&facts)).collect();
        let mut findings = accept::apply(&facts, today, rules::without_told(findings));
        let first = |finding: &Finding| finding.marks.first().map_or(0, |mark| mark.span.start);
        findings.sort_by_key(|finding| (finding.severity, first(finding), finding.code));
        Analysis { findings, matrix: facts.matrix }
    }

    /// Whether there is an error that the plan does not accept.
    pub fn refutes(&self) -> bool {
        self.findings.iter().any(Finding::is_open_error)
    }

    /// How many findings of this severity are open.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity && finding.accepted.is_none()).count()
    }
}
