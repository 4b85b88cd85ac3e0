//! What a check, an objective or a run comes to.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A verdict. Doubt is a value of its own, and never counts as a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// What was to be proven was proven.
    Pass,
    /// It was refuted.
    Fail,
    /// Neither: an operation without an answer, a check that could not judge, nothing to judge.
    Unknown,
    /// More was destroyed than the plan claims to survive.
    BeyondPlan,
}

impl Verdict {
    /// The exit code: 0 pass, 1 fail, 2 unknown, 3 beyond the plan.
    pub const fn exit_code(self) -> u8 {
        match self {
            Verdict::Pass => 0,
            Verdict::Fail => 1,
            Verdict::Unknown => 2,
            Verdict::BeyondPlan => 3,
        }
    }

    /// The worse of the two, in the order fail, unknown, beyond the plan, pass.
    #[must_use]
    pub const fn worse(self, other: Verdict) -> Verdict {
        if self.badness() >= other.badness() { self } else { other }
    }

    /// The worst of several; a pass if there is none.
    pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        verdicts.into_iter().fold(Verdict::Pass, Verdict::worse)
    }

    const fn badness(self) -> u8 {
        match self {
            Verdict::Pass => 0,
            Verdict::BeyondPlan => 1,
            Verdict::Unknown => 2,
            Verdict::Fail => 3,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Unknown => "unknown",
            Verdict::BeyondPlan => "beyond_plan",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{self, BeyondPlan, Fail, Pass, Unknown};

    #[test]
    fn the_worst_is_fail_then_unknown_then_beyond_the_plan() {
        assert_eq!(Verdict::worst([Pass, BeyondPlan, Unknown, Fail]), Fail);
        assert_eq!(Verdict::worst([Unknown, BeyondPlan, Pass]), Unknown);
        assert_eq!(Verdict::worst([Pass, BeyondPlan, Pass]), BeyondPlan);
        assert_eq!(Verdict::worst([]), Pass);
    }
}
