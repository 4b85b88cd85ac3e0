//! Figures of the plan as marks of a finding.

use super::finding::Mark;
use crate::document::{Section, Span, Stated, Statement};
use std::fmt::Display;

/// Something that stands in the plan.
pub(crate) trait Said {
    /// Its mark, with what it says after its paragraph: `§2.2: ready after 30 min`.
    fn mark(&self, what: impl Display) -> Mark;
}

/// An assumption of whoever wrote the plan is called one.
impl<T> Said for Stated<T> {
    fn mark(&self, what: impl Display) -> Mark {
        let assumed = if self.ours { " (an assumption)" } else { "" };
        mark(self.span, self.source.as_deref(), format!("{what}{assumed}"))
    }
}

impl<T> Said for Statement<T> {
    fn mark(&self, what: impl Display) -> Mark {
        mark(self.span, self.source.as_deref(), what)
    }
}

impl Said for Section {
    fn mark(&self, what: impl Display) -> Mark {
        mark(self.span, self.source.as_deref(), what)
    }
}

/// One of [`Stated::statements`].
impl<T> Said for (&T, Span, Option<&str>) {
    fn mark(&self, what: impl Display) -> Mark {
        mark(self.1, self.2, what)
    }
}

fn mark(span: Span, source: Option<&str>, what: impl Display) -> Mark {
    let says = source.map_or_else(|| what.to_string(), |source| format!("{source}: {what}"));
    Mark { span: span.into(), says }
}
