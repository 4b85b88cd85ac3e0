//! All checks over one journal, and the combined verdict.

use crate::facts::Facts;
use crate::judgement::Judgement;
use crate::linearizable::{self, Budget};
use crate::recovery_time::Recovery;
use crate::verdict::Verdict;
use crate::{
    applied_digests_agree, beyond_plan, convergence, failover, faults, holes_refilled, journal_complete, latency_claim,
    level, log_order, one_leader_per_term, one_writer_per_epoch, recovery_point, recovery_time, session_guarantees,
    sites_insides, staleness, steady_state,
};
use firedrill_history::Journal;

/// How to judge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How much the search for a linearization may cost; past it, the check is unknown.
    pub linearizable: Budget,
}

/// Judges a run by its journal alone. The same journal gives the same judgement, whatever the
/// machine.
pub fn judge(journal: &Journal, options: &Options) -> Judgement {
    let facts = Facts::of(journal);
    let series = level::series(&facts);
    let recoveries = recovery_time::judge(&facts, &series);
    let mut checks = vec![
        journal_complete::judge(&facts),
        steady_state::judge(&facts, &series),
        linearizable::judge(&facts, options.linearizable),
        convergence::judge(&facts, &series),
    ];
    checks.extend(session_guarantees::judge(&facts));
    checks.extend(log_order::judge(&facts));
    checks.extend(holes_refilled::judge(&facts));
    checks.extend(failover::judge(&facts));
    let insides =
        [one_leader_per_term::judge(&facts), applied_digests_agree::judge(&facts), one_writer_per_epoch::judge(&facts)];
    checks.extend(sites_insides::judge(&facts, insides));
    let mut judgement = Judgement {
        verdict: Verdict::Pass,
        objectives: Vec::new(),
        checks,
        claims: latency_claim::judge(&facts),
        faults: faults::judge(&facts),
    };
    // What the scenario does not judge is reported beside the plan's figure, and without a say.
    let objectives = &journal.manifest.objectives;
    let points = recovery_point::judge(&facts);
    if objectives.judge_rpo {
        judgement.objectives.extend(points);
        judgement.objectives.extend(staleness::judge(&facts));
    } else {
        judgement.claims.splice(0..0, points.into_iter().map(recovery_point::into_claim));
    }
    if objectives.judge_rto {
        judgement.verdict = combined(&facts, &judgement, &recoveries);
        judgement.objectives.splice(0..0, recoveries.into_iter().map(|recovery| recovery.result));
    } else {
        judgement.verdict = combined(&facts, &judgement, &[]);
        judgement.claims.splice(0..0, recoveries.into_iter().map(Recovery::into_claim));
    }
    judgement
}

/// The worst of all, but for what destruction beyond the plan explains. The objectives of the judgement are those on data.
fn combined(facts: &Facts<'_>, judgement: &Judgement, recoveries: &[Recovery]) -> Verdict {
    let beyond = beyond_plan::since(facts);
    let explain = |verdict, explained: bool| match verdict {
        Verdict::Fail | Verdict::Unknown if explained => Verdict::BeyondPlan,
        verdict => verdict,
    };
    let checks = judgement.checks.iter().map(|check| {
        let explained = match check.name.as_str() {
            convergence::NAME | failover::NAME => true,
            log_order::NAME | holes_refilled::NAME => check.verdict == Verdict::Unknown,
            journal_complete::NAME => facts.ended == Some(journal_complete::DEADLINE) && facts.malformed.count == 0,
            _ => false,
        };
        explain(check.verdict, explained && beyond.is_some())
    });
    let objectives = recoveries.iter().map(|recovery| {
        let explained = beyond.is_some_and(|since| recovery.explained_by(since));
        explain(recovery.result.verdict, explained)
    });
    let data = judgement.objectives.iter().map(|objective| explain(objective.verdict, beyond.is_some()));
    let faults = judgement.faults.iter().map(|fault| fault.verdict);
    Verdict::worst(checks.chain(objectives).chain(data).chain(faults))
}
