//! What rules look at: the resolved plan, its text as a tree of figures with their places, and the matrix.

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
        let title = |key: &str, count: usize| if count == 1 { format!("[{key}]") } else { format!("[[{key}]]") };
        let of = |key: &'t str| {
            let sections = self.root.each(key);
            let title = title(key, sections.len());
            sections.into_iter().map(move |section| (title.clone(), section))
        };
        self.root.keys().flat_map(of).collect()
    }

    /// The backup of a data class.
    pub(crate) fn backup_of(&self, class: &str) -> Option<Section<'t>> {
        self.root
            .each("backup")
            .into_iter()
            .find(|backup| backup.text("data_class").is_some_and(|of| of.value == class))
    }

    /// Latencies that the plan claims for operations that a quorum commits, and whose they are.
    pub(crate) fn latency_claims(&self) -> Vec<(Figure<Duration>, &'static str)> {
        let claim = self.root.one("claims").and_then(|claims| claims.time("latency_ms"));
        claim.into_iter().map(|claim| (claim, "the latency of any operation")).collect()
    }
}

fn model(plan: &Plan, _root: Section<'_>) -> Model {
    Model::of_plan(plan)
}
