//! What the exit code means.

use firedrill_checks::Verdict;
use std::process::ExitCode;

/// Why the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// What was asked was done; for runs, the worst verdict.
    Done(Verdict),
    /// 64: bad input or usage.
    Usage,
    /// 70: our own error.
    Internal,
    /// 75: refused for safety, or because something is missing here (no container engine).
    Refused,
    /// 130: halted.
    Halted,
}

impl Exit {
    /// Everything went well.
    pub const OK: Exit = Exit::Done(Verdict::Pass);

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done(verdict) => verdict.exit_code(),
            Exit::Usage => 64,
            Exit::Internal => 70,
            Exit::Refused => 75,
            Exit::Halted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
