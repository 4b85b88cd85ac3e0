//! Which figures of a plan are what. A *parameter* is obeyed by the stack, an *objective* is what a run is judged by, a *claim* is what a
//! run must prove and is never turned into a delay or a constant, *physics* is what a world imitates. A *scalable* figure may be divided
//! by a live run's time scale. The README's table is made from this one, and this one from [`crate::document`].

use crate::document::PlanDocument;
use std::sync::LazyLock;

/// What a figure is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The stack obeys it.
    Parameter,
    /// A run, or the analysis, judges by it.
    Objective,
    /// A run must prove it; reported, and judged only where a scenario says so.
    Claim,
    /// A world imitates it.
    Physics,
}

impl Use {
    /// As the reference has it.
    pub fn word(self) -> &'static str {
        match self {
            Use::Parameter => "parameter",
            Use::Objective => "objective",
            Use::Claim => "claim",
            Use::Physics => "physics",
        }
    }
}

/// A figure of a plan file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The section: `raft`.
    pub section: &'static str,
    /// The key, which ends in its unit.
    pub key: &'static str,
    /// What it is for; `None` of names, and of what only people read.
    pub used: Option<Use>,
    /// Whether a time scale divides it.
    pub scalable: bool,
    /// In a few words.
    pub about: &'static str,
}

/// All of them, in the order of the reference.
pub static FIGURES: LazyLock<Vec<Figure>> = LazyLock::new(|| {
    let figures = |section: crate::document::SectionInfo| {
        let name = section.name;
        let figure = move |key: crate::document::Key| Figure {
            section: name,
            key: key.key,
            used: key.used,
            scalable: key.scalable,
            about: key.about,
        };
        section.keys.into_iter().map(figure)
    };
    PlanDocument::sections().into_iter().flat_map(figures).collect()
});
