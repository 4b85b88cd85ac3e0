//! What the analysis finds.

use super::Date;
use serde::Serialize;
use std::ops::Range;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The plan promises what its own figures forbid, or says two things that cannot both be.
    Error,
    /// The plan holds only as long as a figure that it merely claims does, or leaves open which of two things it means.
    Warning,
    /// The plan does not say enough, or says it imprecisely.
    Note,
}

impl Severity {
    /// As it is printed.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// Which of the plan's figures break an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Broken {
    /// Those that the stack obeys, alone: a run can refute the finding, or confirm it.
    Parameters,
    /// Only together with figures that the plan claims, as readiness: no run can refute it, for no run turns a claim into a delay.
    Claims,
}

/// A place in the plan, and what it says there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Bytes of the plan's text.
    pub span: Range<usize>,
    /// What it says.
    pub says: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's code: `FD1001`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where; the first is the place that the finding is about, the others are what it contradicts. Empty if it is about the whole plan.
    pub marks: Vec<Mark>,
    /// The sums, a line each.
    pub arithmetic: Vec<String>,
    /// The smallest change that mends it.
    pub mend: String,
    /// Which figures break the objective, where the finding is about one.
    pub broken: Option<Broken>,
    /// If the plan accepts it.
    pub accepted: Option<Accepted>,
}

/// Why and until when a finding is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Why.
    pub reason: String,
    /// The last day.
    pub until: Date,
}

impl Finding {
    /// A finding without places and sums yet.
    pub(crate) fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Finding {
        Finding {
            code,
            severity,
            message: message.into(),
            marks: Vec::new(),
            arithmetic: Vec::new(),
            mend: String::new(),
            broken: None,
            accepted: None,
        }
    }

    /// At this place too.
    pub(crate) fn at(mut self, mark: Mark) -> Finding {
        self.marks.push(mark);
        self
    }

    /// With this line of arithmetic.
    pub(crate) fn sum(mut self, line: impl Into<String>) -> Finding {
        self.arithmetic.push(line.into());
        self
    }

    /// Mended by this.
    pub(crate) fn mend(mut self, how: impl Into<String>) -> Finding {
        self.mend = how.into();
        self
    }

    /// Which figures break the objective.
    pub(crate) fn broken_by(mut self, broken: Broken) -> Finding {
        self.broken = Some(broken);
        self
    }

    /// Whether it counts: an error that nobody accepts.
    pub fn is_open_error(&self) -> bool {
        self.severity == Severity::Error && self.accepted.is_none()
    }
}
