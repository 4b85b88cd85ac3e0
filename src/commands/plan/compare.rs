//! What a run shows, beside what the arithmetic said.

use firedrill_checks::{Judgement, Verdict};
use firedrill_plan::analysis::bounds::{Bound, Met};
use firedrill_plan::analysis::{Cell, Column, Matrix};
use serde::Serialize;

/// Whether plan, model and run agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// They do.
    Agree,
    /// The run does not show it.
    Unknown,
    /// They don't.
    Disagree,
}

/// One cell beside a run.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// The service or the data class.
    pub subject: String,
    /// What is demanded, in seconds.
    pub objective_s: f64,
    /// What the arithmetic says: `at most 155.32 s`.
    pub expected: String,
    /// The worst that the run shows, in seconds, of all regions.
    pub achieved_s: Option<f64>,
    /// The run's verdict.
    pub verdict: Verdict,
    /// What they come to.
    pub agreement: Agreement,
}

/// The cells of a row that the run judged.
pub fn row(matrix: &Matrix, row: usize, judgement: &Judgement) -> Vec<Compared> {
    let named = |column: &Column| match column {
        Column::Service(_) => Some("RTO"),
        Column::Class(_) => Some("RPO"),
        Column::Capacity => None,
    };
    let compared = |column: Column| {
        let objective = named(&column)?;
        let name = matrix.name(column);
        let of =
            |subject: &str| subject == name || subject.strip_prefix(name).is_some_and(|rest| rest.starts_with(' '));
        let results: Vec<_> =
            judgement.objectives.iter().filter(|result| result.name == objective && of(&result.subject)).collect();
        let first = results.first()?;
        let verdict = results.iter().fold(Verdict::Pass, |worst, result| worst.worse(result.verdict));
        let achieved = results.iter().filter_map(|result| result.achieved).reduce(f64::max);
        let cell = matrix.cell(row, column);
        Some(Compared {
            subject: format!("{objective} {name}"),
            objective_s: first.target,
            expected: expected(&cell),
            achieved_s: achieved,
            verdict,
            agreement: agreement(&cell, verdict, achieved),
        })
    };
    matrix.columns().into_iter().filter_map(compared).collect()
}

/// A verdict is compared with a verdict, and a measurement with the bounds. (The measurement is a sum of floats from integers of
/// nanoseconds; a millisecond is granted.)
fn agreement(cell: &Cell, verdict: Verdict, achieved: Option<f64>) -> Agreement {
    const GRANTED: f64 = 0.001;
    let verdicts = match (cell.by_parameters, verdict) {
        (_, Verdict::Unknown) | (Met::Unstated, _) => Agreement::Unknown,
        (Met::Yes, Verdict::Pass) | (Met::No, Verdict::Fail | Verdict::BeyondPlan) | (Met::Depends, _) => {
            Agreement::Agree
        }
        _ => Agreement::Disagree,
    };
    let within = match (cell.bounds.map(|bounds| bounds.parameters), achieved) {
        (Some(Bound::Within(span)), Some(achieved)) => {
            achieved >= span.at_least.as_secs_f64() - GRANTED && achieved <= span.at_most.as_secs_f64() + GRANTED
        }
        _ => true,
    };
    if within { verdicts } else { Agreement::Disagree }
}

fn expected(cell: &Cell) -> String {
    match cell.bounds.map(|bounds| bounds.parameters) {
        Some(Bound::Within(span)) if span.at_most.is_zero() => "none".to_owned(),
        Some(Bound::Within(span)) => {
            format!("{} to {} s", span.at_least.as_secs_f64(), span.at_most.as_secs_f64())
        }
        Some(Bound::Never) => "never".to_owned(),
        Some(Bound::Unstated) | None => "the plan does not say".to_owned(),
    }
}
