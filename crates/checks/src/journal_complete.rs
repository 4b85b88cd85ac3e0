//! `journal-complete`: the journal is one of a whole run.
//!
//! A run that was halted, or that the world could not go on with, shows less than the scenario
//! asked for; and a journal in which an operation returns twice, or returns without having been
//! invoked, is of no run. Both are unknown, whatever the other checks say.
//!
//! Does not check the digest (reading does), nor that the run did what its scenario says (`faults`
//! and the drill do).

use crate::facts::Facts;
use crate::judgement::CheckResult;
use crate::verdict::Verdict;

pub(crate) const NAME: &str = "journal-complete";
/// The run ended because what it waited for did not come; what that means is for the other checks
/// to say.
pub(crate) const DEADLINE: &str = "deadline";

/// Judges the journal as a whole.
pub(crate) fn judge(facts: &Facts<'_>) -> CheckResult {
    let judged = facts.journal.events.len() as u64;
    let doubt = if facts.malformed.count > 0 {
        Some(format!(
            "no run has such a journal ({} oddities): {}",
            facts.malformed.count,
            facts.malformed.first.join("; ")
        ))
    } else {
        match facts.ended {
            None => Some("the journal does not say how the run ended; run the seed again".to_owned()),
            Some("complete") => None,
            Some(why) => Some(format!("the run was cut short at {}: {why}", facts.end)),
        }
    };
    match doubt {
        Some(why) => CheckResult::client(NAME, Verdict::Unknown, judged, why),
        None => CheckResult::client(NAME, Verdict::Pass, judged, format!("{judged} events until {}", facts.end)),
    }
}
