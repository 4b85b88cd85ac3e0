//! A run as text, for a person who is tired: the verdict first, then what it rests on, then how to see it again.
//!
//! The text carries ANSI styles; the caller strips them where the output is no terminal.

use crate::campaign::CampaignReport;
use crate::run::RunReport;
use anstyle::{AnsiColor, Style};
use firedrill_checks::Verdict;
use firedrill_checks::judgement::{
    CheckKind, CheckResult, ClaimVerdict, Destruction, FaultResult, ObjectiveResult, PhaseResult,
};
use std::fmt::Write;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The style and the word of a verdict.
pub fn verdict(verdict: Verdict) -> (Style, &'static str) {
    let colour = |colour: AnsiColor| colour.on_default().bold();
    match verdict {
        Verdict::Pass => (colour(AnsiColor::Green), "pass"),
        Verdict::Fail => (colour(AnsiColor::Red), "FAIL"),
        Verdict::Unknown => (colour(AnsiColor::Yellow), "UNKNOWN"),
        Verdict::BeyondPlan => (colour(AnsiColor::Magenta), "BEYOND THE PLAN"),
    }
}

fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

fn mark(of: Verdict) -> String {
    let (style, word) = verdict(of);
    styled(style, &format!("{word:<7}"))
}

/// The summary of one run, ending in a newline.
pub fn summary(run: &RunReport) -> String {
    let mut text = String::new();
    headline(&mut text, run);
    objectives(&mut text, &run.objectives);
    checks(&mut text, "What clients saw", CheckKind::Client, &run.checks);
    checks(&mut text, "Invariants over the sites' insides", CheckKind::Invariant, &run.checks);
    faults(&mut text, &run.faults);
    claims(&mut text, run);
    footer(&mut text, run);
    text
}

/// `writeln!` into a string can't fail.
macro_rules! line {
    ($text:expr) => { let _ = writeln!($text); };
    ($text:expr, $($arg:tt)*) => { let _ = writeln!($text, $($arg)*); };
}

fn headline(text: &mut String, run: &RunReport) {
    let (style, word) = verdict(run.verdict);
    let scale = if run.time_scale == 1 { String::new() } else { format!(", time scale 1:{}", run.time_scale) };
    line!(text, "{}  {}", styled(style, &word.to_uppercase()), styled(BOLD, &run.title));
    line!(text, "{}", styled(DIM, &format!("{}, seed {}, world {}{scale}", run.scenario, run.seed, run.world)));
    if !run.hazards.is_empty() {
        line!(text, "hazards switched on: {}", run.hazards.join(", "));
    }
    if let Some(destruction) = destruction(run) {
        line!(text, "{}", destruction.why);
    }
}

/// What was destroyed, where that is the verdict.
fn destruction(run: &RunReport) -> Option<&Destruction> {
    run.beyond_plan.as_ref().filter(|_| run.verdict == Verdict::BeyondPlan)
}

fn seconds(value: Option<f64>) -> String {
    value.map_or_else(|| "n/a".to_owned(), |seconds| format!("{seconds:.1}"))
}

fn phase_names(objectives: &[ObjectiveResult]) -> Vec<String> {
    let longest = objectives.iter().map(|objective| &objective.phases).max_by_key(|phases| phases.len());
    longest.into_iter().flatten().map(|phase| phase.phase.clone()).collect()
}

fn objectives(text: &mut String, objectives: &[ObjectiveResult]) {
    if objectives.is_empty() {
        return;
    }
    let phases = phase_names(objectives);
    let width = objectives.iter().map(|objective| objective.subject.len()).max().unwrap_or(0);
    let mut head = format!("  {:<7} {:<width$}  {:>8} {:>8}", "", "Objectives (seconds)", "target", "achieved");
    phases.iter().for_each(|phase| {
        let _ = write!(head, " {phase:>8}");
    });
    line!(text, "\n{}", styled(DIM, &head));
    for objective in objectives {
        let subject = format!("{} {}", objective.name, objective.subject);
        let width = width + 4;
        let _ = write!(text, "  {} {subject:<width$}", mark(objective.verdict));
        let _ = write!(text, "{:>8.0} {:>8}", objective.target, seconds(objective.achieved));
        for name in &phases {
            let found: Option<&PhaseResult> = objective.phases.iter().find(|phase| phase.phase == *name);
            let shown = found.map_or_else(String::new, |phase| seconds(phase.seconds));
            let _ = write!(text, " {shown:>8}");
        }
        line!(text);
        if objective.verdict != Verdict::Pass {
            line!(text, "          {}", objective.why);
        }
    }
}

fn checks(text: &mut String, title: &str, kind: CheckKind, checks: &[CheckResult]) {
    let mut checks = checks.iter().filter(|check| check.kind == kind).peekable();
    if checks.peek().is_none() {
        return;
    }
    line!(text, "\n{}", styled(DIM, &format!("  {title}")));
    for check in checks {
        line!(text, "  {} {:<34} judged {}", mark(check.verdict), check.name, check.judged);
        if check.verdict != Verdict::Pass {
            check.why.lines().for_each(|why| {
                line!(text, "          {why}");
            });
        }
    }
}

fn faults(text: &mut String, faults: &[FaultResult]) {
    if faults.is_empty() {
        return;
    }
    line!(text, "\n{}", styled(DIM, "  Faults"));
    for fault in faults {
        let mechanism = fault.mechanism.as_deref().unwrap_or("no mechanism in this world");
        let struck = format!("struck {} of {}", fault.struck, fault.scheduled);
        line!(text, "  {} {:<34} {struck}, {} ({mechanism})", mark(fault.verdict), fault.name, fault.target);
    }
}

fn claims(text: &mut String, run: &RunReport) {
    if run.claims.is_empty() {
        return;
    }
    line!(text, "\n{}", styled(DIM, "  Claims of the plan (reported, not judged)"));
    for claim in &run.claims {
        let word = match claim.verdict {
            ClaimVerdict::Held => "held",
            ClaimVerdict::Refuted => "refuted",
            ClaimVerdict::Unknown => "unknown",
        };
        let measured =
            claim.measured.map_or_else(|| "nothing".to_owned(), |value| format!("{value:.0} {}", claim.unit));
        line!(text, "  {word:<7} {:<34} claimed {:.0} {}, measured {measured}", claim.name, claim.claimed, claim.unit);
    }
}

fn footer(text: &mut String, run: &RunReport) {
    let digest = run.journal_digest.get(..16).unwrap_or(&run.journal_digest);
    line!(
        text,
        "\n  {:.0} s in the world, {:.1} s on the wall; journal digest {digest}",
        run.virtual_seconds,
        run.wall_seconds
    );
    if let Some(journal) = &run.journal {
        line!(text, "  journal: {journal}");
    }
    line!(text, "  again:   {}", styled(BOLD, &run.reproduce));
}

/// A run among many that did not pass: the verdict, the first reason, and the line that runs it again.
pub fn brief(run: &RunReport) -> String {
    let (style, word) = verdict(run.verdict);
    let bad_check = run.checks.iter().find(|check| check.verdict == run.verdict);
    let bad_objective = run.objectives.iter().find(|objective| objective.verdict == run.verdict);
    let bad_fault = run.faults.iter().find(|fault| fault.verdict == run.verdict);
    let why = destruction(run)
        .map(|destruction| destruction.why.clone())
        .or_else(|| bad_check.map(|check| format!("{}: {}", check.name, check.why)))
        .or_else(|| {
            bad_objective.map(|objective| format!("{} {}: {}", objective.name, objective.subject, objective.why))
        })
        .or_else(|| bad_fault.map(|fault| format!("{} struck {} of {}", fault.name, fault.struck, fault.scheduled)))
        .unwrap_or_default();
    let indented = why.lines().collect::<Vec<_>>().join("\n    ");
    format!("{} seed {}\n    {indented}\n    again: {}", styled(style, word), run.seed, styled(BOLD, &run.reproduce))
}

/// The summary of a campaign, ending in a newline.
pub fn campaign(report: &CampaignReport) -> String {
    let mut text = String::new();
    let summary = &report.summary;
    let (style, word) = verdict(summary.verdict);
    let counts = &summary.counts;
    let speed = report.virtual_seconds / report.wall_seconds.max(1e-9);
    line!(text, "{}  {}", styled(style, &word.to_uppercase()), styled(BOLD, &report.scenario));
    line!(
        text,
        "  {} seeds from {}: {} passed, {} failed, {} unknown, {} beyond the plan",
        counts.seeds,
        report.first_seed,
        counts.passed,
        counts.failed,
        counts.unknown,
        counts.beyond_plan
    );
    line!(
        text,
        "  {:.0} s in the world, {:.1} s on the wall: {speed:.0} virtual seconds per wall second",
        report.virtual_seconds,
        report.wall_seconds
    );
    if let Some(share) = summary.failing_at_most {
        line!(text, "  bounds the share of failing seeds: at most {:.2} %, at 95 %", share * 100.0);
    }
    distributions(&mut text, report);
    line!(text, "\n{}", styled(DIM, "  Faults that struck"));
    for fault in &summary.faults {
        line!(text, "  {:<34} {} of {}", fault.kind, fault.struck, fault.scheduled);
    }
    line!(text, "\n{}", styled(DIM, "  Checks that judged"));
    for check in &summary.checks {
        line!(text, "  {:<34} {} times in {} runs", check.name, check.judged, check.runs);
    }
    for (hazard, runs) in &report.hazards_reached {
        line!(text, "  hazard {hazard}: its line ran in {runs} of {} runs", counts.seeds);
    }
    for hole in &summary.vacuous {
        line!(text, "  a hole: {hole} had nothing to show");
    }
    text
}

fn distributions(text: &mut String, report: &CampaignReport) {
    let distributions = &report.summary.distributions;
    let labels: Vec<String> =
        distributions.iter().map(|one| format!("{} {}", one.name, one.subject).trim_end().to_owned()).collect();
    let Some(width) = labels.iter().map(String::len).max() else { return };
    let heads = ["target", "min", "p1", "p50", "p99", "max"].map(|head| format!(" {head:>8}")).concat();
    line!(text, "\n{}", styled(DIM, &format!("  {:<width$}{heads}  shown by", "")));
    for (one, label) in distributions.iter().zip(&labels) {
        let figures = [Some(one.target), one.min, one.p1, one.p50, one.p99, one.max];
        let figures = figures.map(|figure| format!(" {:>8}", seconds(figure))).concat();
        let runs = one.runs + one.without;
        line!(text, "  {label:<width$}{figures}  {} of {runs} runs, {}", one.runs, one.unit);
    }
}
