//! DR plan and scenario files: schema, errors with line and caret; yields the resolved [`Plan`] and [`Scenario`].
#![forbid(unsafe_code)]

pub mod plan;
pub mod scenario;

pub use plan::Plan;
pub use scenario::Scenario;
