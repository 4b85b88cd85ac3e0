//! All checks over one journal, and the combined verdict.

use crate::beyond_plan::Beyond;
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
    let beyond = beyond_plan::of(&facts);
    let mut judgement = Judgement {
        verdict: Verdict::Pass,
        beyond_plan: beyond.first().map(|beyond| beyond.told(&facts)),
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
        judgement.verdict = combined(&facts, &beyond, &judgement, &recoveries);
        judgement.objectives.splice(0..0, recoveries.into_iter().map(|recovery| recovery.result));
    } else {
        judgement.verdict = combined(&facts, &beyond, &judgement, &[]);
        judgement.claims.splice(0..0, recoveries.into_iter().map(Recovery::into_claim));
    }
    judgement
}

/// The worst of all, but for what destruction beyond the plan explains. The objectives of the judgement are those on data.
fn combined(facts: &Facts<'_>, beyond: &[Beyond], judgement: &Judgement, recoveries: &[Recovery]) -> Verdict {
    let explain = |verdict, explained: bool| match verdict {
        Verdict::Fail | Verdict::Unknown if explained => Verdict::BeyondPlan,
        verdict => verdict,
    };
    let cut_short = facts.ended == Some(journal_complete::DEADLINE) && facts.malformed.count == 0;
    let checks = judgement.checks.iter().map(|check| {
        let explained = match check.name.as_str() {
            journal_complete::NAME => cut_short && !beyond.is_empty(),
            name => beyond.iter().any(|beyond| beyond.explains_check(name, check.verdict)),
        };
        explain(check.verdict, explained)
    });
    let objectives = recoveries.iter().map(|recovery| {
        let explained = beyond.iter().any(|beyond| beyond.explains_outage(recovery));
        explain(recovery.result.verdict, explained)
    });
    let data = judgement.objectives.iter().map(|objective| {
        explain(objective.verdict, beyond.iter().any(|beyond| beyond.explains_loss(facts, objective)))
    });
    let faults = judgement.faults.iter().map(|fault| fault.verdict);
    Verdict::worst(checks.chain(objectives).chain(data).chain(faults))
}
