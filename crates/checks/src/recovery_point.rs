//! The recovery point achieved, per data class: what was acknowledged, and is lost.
//!
//! DESIGN.md: counted over records with unique ids and a full scan after recovery: records acknowledged before onset and lost: how many,
//! and onset minus the acknowledgement of the oldest. Records acknowledged *after* onset and lost are split-brain loss: counted, dated,
//! and the class fails. A class with target 0 passes only with no record lost.
//!
//! A run has many faults. The *onset* that a lost record is counted from is that of the next fault to strike after its acknowledgement. A
//! record that was acknowledged while a fault was there, or after the last one began, is split-brain loss: no disaster
//! came between the acknowledgement and the loss that a recovery point could be counted from.
//!
//! *Transaction log*: every acknowledged record must be in the final scan. *Sessions*: a session's last value, where it is beyond doubt (no
//! mutation of it was unknown, and the last one began after all others had returned), must be what the final scan read.
//!
//! Does not check order, duplicates or positions (`log-order` does), nor sessions whose last value is in doubt (`linearizable` does).

use crate::facts::Facts;
use crate::facts::log::{Fate, LogFacts};
use crate::judgement::{ClaimResult, ClaimVerdict, ObjectiveResult};
use crate::verdict::Verdict;
use firedrill_history::Purpose;
use firedrill_model::{ClassObjective, DataClass, Key, Op, OpResult, Outcome, Time, Value};
use std::time::Duration;

/// How many lost records are named.
const NAMED: usize = 3;

/// What a class lost.
#[derive(Default)]
struct Losses {
    /// Acknowledged records that were looked for.
    judged: u64,
    /// Lost, with its name and when it was acknowledged.
    lost: Vec<(Time, String)>,
    /// Why not everything could be looked for.
    doubt: Option<String>,
}

/// One result per data class of the objectives.
pub(crate) fn judge(facts: &Facts<'_>) -> Vec<ObjectiveResult> {
    let classes = &facts.journal.manifest.objectives.classes;
    classes.iter().map(|objective| judge_one(facts, objective)).collect()
}

/// A result where the scenario does not judge the RPO: a figure of the plan beside what was measured.
pub(crate) fn into_claim(result: ObjectiveResult) -> ClaimResult {
    let verdict = match (result.achieved, result.verdict) {
        (None, _) => ClaimVerdict::Unknown,
        (Some(_), Verdict::Pass) => ClaimVerdict::Held,
        (Some(_), _) => ClaimVerdict::Refuted,
    };
    let name = format!("RPO of {}", result.subject);
    ClaimResult { name, claimed: result.target, measured: result.achieved, unit: result.unit, verdict }
}

fn judge_one(facts: &Facts<'_>, objective: &ClassObjective) -> ObjectiveResult {
    let losses = match objective.class {
        DataClass::TransactionLog => log_losses(facts),
        DataClass::Sessions => session_losses(facts),
    };
    let (verdict, achieved, why) = weigh(facts, objective.rpo, &losses);
    ObjectiveResult {
        name: "RPO".to_owned(),
        subject: objective.name.clone(),
        target: objective.rpo.as_secs_f64(),
        achieved: achieved.map(|achieved| achieved.as_secs_f64()),
        unit: "s".to_owned(),
        verdict,
        phases: Vec::new(),
        judged: losses.judged,
        why,
    }
}

fn weigh(facts: &Facts<'_>, target: Duration, losses: &Losses) -> (Verdict, Option<Duration>, String) {
    let Losses { judged, lost, doubt } = losses;
    let mut ages: Vec<Duration> = Vec::new();
    let mut split: Vec<&(Time, String)> = Vec::new();
    for record in lost {
        match onset_after(facts, record.0) {
            Some(onset) => ages.push(onset.since(record.0)),
            None => split.push(record),
        }
    }
    let named = |records: &[&(Time, String)]| {
        let names: Vec<String> = records.iter().take(NAMED).map(|(t, name)| format!("{name} of {t}")).collect();
        names.join(", ")
    };
    let achieved = ages.iter().max().copied().unwrap_or_default();
    if let Some((first, _)) = split.first() {
        let (count, names) = (split.len(), named(&split));
        let why =
            format!("acknowledged after a fault began, and lost: {count} of {judged}, the first of {first}: {names}");
        return (Verdict::Fail, Some(achieved), why);
    }
    if !lost.is_empty() {
        let all: Vec<_> = lost.iter().collect();
        let why = format!("{} of {judged} acknowledged records are lost: {}", lost.len(), named(&all));
        let verdict = if target.is_zero() || achieved > target { Verdict::Fail } else { Verdict::Pass };
        return (verdict, Some(achieved), why);
    }
    match doubt {
        Some(why) => (Verdict::Unknown, None, why.clone()),
        None if *judged == 0 => (Verdict::Unknown, None, "no acknowledged record to look for".to_owned()),
        None => (Verdict::Pass, Some(Duration::ZERO), format!("0 of {judged} acknowledged records are lost")),
    }
}

/// The next fault to strike after `acknowledged`, unless one was there at that time.
fn onset_after(facts: &Facts<'_>, acknowledged: Time) -> Option<Time> {
    let struck = || facts.strikes.iter().filter(|strike| strike.struck());
    let active = |began: Time, ended: Option<Time>| began <= acknowledged && ended.is_none_or(|end| acknowledged < end);
    if struck().any(|strike| active(strike.began, strike.ended)) {
        return None;
    }
    struck().map(|strike| strike.began).filter(|began| *began > acknowledged).min()
}

fn log_losses(facts: &Facts<'_>) -> Losses {
    let Some(log) = LogFacts::of(&facts.calls) else {
        return Losses::default();
    };
    let places = log.places();
    let mut losses = Losses { doubt: log.incomplete.clone(), ..Losses::default() };
    for append in &log.appends {
        let Fate::Acknowledged(t, position) = append.fate else {
            continue;
        };
        losses.judged += 1;
        // What an incomplete scan did not read is not lost for that.
        if !places.contains_key(append.record.as_bytes()) && log.incomplete.is_none() {
            losses.lost.push((t, format!("{:?} at {position}", append.record)));
        }
    }
    losses.lost.sort();
    losses
}

/// What is known of a session.
#[derive(Default)]
struct Session<'j> {
    /// The last mutation that began: its value, when it began, and when it was acknowledged.
    last: Option<(&'j Value, Time, Time)>,
    /// When the last of the other mutations returned.
    others: Time,
    /// Some mutation has no known outcome, or mutations at the end overlap.
    in_doubt: bool,
    scanned: Option<Option<&'j Value>>,
}

fn session_losses(facts: &Facts<'_>) -> Losses {
    let mut sessions: Vec<Session<'_>> = Vec::new();
    sessions.resize_with(facts.sessions.len(), Session::default);
    for call in &facts.calls {
        let Some(session) = call.session.and_then(|number| sessions.get_mut(number as usize)) else {
            continue;
        };
        match (call.op, call.outcome(), call.returned) {
            (Op::Read { .. }, Outcome::Ok(OpResult::Value(value)), _) if call.purpose == Purpose::Scan => {
                session.scanned = Some(value.as_ref());
            }
            (Op::Write { value, .. }, Outcome::Ok(OpResult::Written), Some(returned))
            | (Op::Cas { value, .. }, Outcome::Ok(OpResult::Cas { swapped: true }), Some(returned)) => {
                session.mutated(value, call.invoked.t, returned.at.t);
            }
            (Op::Write { .. } | Op::Cas { .. }, Outcome::Unknown, _) => session.in_doubt = true,
            _ => {}
        }
    }
    let mut losses = Losses::default();
    let mut by_key: Vec<(&Key, Session<'_>)> = facts.sessions.iter().copied().zip(sessions).collect();
    by_key.sort_by_key(|(key, _)| *key);
    for (key, session) in &by_key {
        let (Some((value, began, acknowledged)), false) = (session.last, session.in_doubt) else {
            continue;
        };
        if began <= session.others {
            continue;
        }
        match session.scanned {
            Some(Some(seen)) if seen == value => losses.judged += 1,
            Some(_) => {
                losses.judged += 1;
                losses.lost.push((acknowledged, format!("{value:?} in session {}", key.as_str())));
            }
            None => losses.doubt = Some(format!("session {} was not read after recovery", key.as_str())),
        }
    }
    losses.lost.sort();
    losses
}

impl<'j> Session<'j> {
    fn mutated(&mut self, value: &'j Value, began: Time, acknowledged: Time) {
        match self.last {
            Some((_, last_began, _)) if last_began > began => self.others = self.others.max(acknowledged),
            Some((_, _, last_acknowledged)) => {
                self.others = self.others.max(last_acknowledged);
                self.last = Some((value, began, acknowledged));
            }
            None => self.last = Some((value, began, acknowledged)),
        }
    }
}
