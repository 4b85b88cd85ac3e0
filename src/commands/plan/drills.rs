//! `firedrill plan drills`: a scenario for each row of the plan's matrix, the tightest first; and, if asked, a run of each.

use super::compare::{self, Agreement, Compared};
use super::scenario;
use crate::cli::DrillsArgs;
use crate::commands::run::{Loaded, judged};
use crate::exit::Exit;
use firedrill_checks::Verdict;
use firedrill_plan::analysis::{Analysis, Column, Date, Matrix};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What became of a row.
#[derive(Debug, Serialize)]
struct Drill {
    loss: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    compared: Vec<Compared>,
}

/// Writes the scenarios, and runs them if asked.
pub fn drills(args: &DrillsArgs) -> Exit {
    let plan = match firedrill_plan::load_plan(&args.plan) {
        Ok(plan) => plan,
        Err(diagnostics) => {
            anstream::eprint!("{}", diagnostics.render(crate::commands::colour_on_stderr()));
            return Exit::Usage;
        }
    };
    // Which findings are accepted does not matter here.
    let Some(any_day) = Date::new(2000, 1, 1) else { return Exit::Internal };
    let matrix = Analysis::of(&plan, any_day).matrix;
    let written = prepare(&args.out, &plan.text).and_then(|()| write_all(&matrix, args));
    let mut drills = match written {
        Ok(drills) => drills,
        Err(error) => {
            crate::commands::complain(format!("{}: {error}", args.out.display()));
            return Exit::Usage;
        }
    };
    let exit = if args.run { run_all(&matrix, args, &mut drills) } else { Exit::OK };
    for (_, drill) in &drills {
        tell(args, drill);
    }
    conclude(args, &matrix, &drills);
    exit
}

/// Makes the folder, with the plan in it.
fn prepare(out: &Path, plan: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join(scenario::PLAN_FILE), plan)
}

/// Rows, the tightest margin first; those that are not met by any means, and those that nothing happens in, after them.
fn tightest_first(matrix: &Matrix) -> Vec<usize> {
    let columns = matrix.columns();
    let margin = |row: &usize| {
        let margins = columns.iter().filter(|column| matches!(column, Column::Service(_)));
        let least = margins.filter_map(|column| matrix.cell(*row, *column).margin).min();
        let after = &matrix.rows[*row].1;
        (!after.failover(), least.unwrap_or(Duration::MAX), *row)
    };
    let mut rows: Vec<usize> = (0..matrix.rows.len()).collect();
    rows.sort_by_key(margin);
    rows
}

fn write_all(matrix: &Matrix, args: &DrillsArgs) -> std::io::Result<Vec<(usize, Drill)>> {
    let mut drills = Vec::new();
    let mut number = 0;
    for row in tightest_first(matrix) {
        let loss = &matrix.rows[row].0;
        let mut drill = Drill {
            loss: loss.words(&matrix.model),
            scenario: None,
            left_out: None,
            verdict: None,
            compared: Vec::new(),
        };
        match scenario::of(matrix, row) {
            Ok(_) if number >= args.most => drill.left_out = Some(format!("more than --most {}", args.most)),
            Ok(text) => {
                number += 1;
                let path = args.out.join(file_name(number, &loss.slug(&matrix.model)));
                std::fs::write(&path, text)?;
                drill.scenario = Some(path);
            }
            Err(why) => drill.left_out = Some(why),
        }
        drills.push((row, drill));
    }
    Ok(drills)
}

/// Names of sites are short, but there may be many of them.
fn file_name(number: usize, slug: &str) -> String {
    let safe: String = slug
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' })
        .take(80)
        .collect();
    format!("{number:03}-{safe}.toml")
}

fn run_all(matrix: &Matrix, args: &DrillsArgs, drills: &mut [(usize, Drill)]) -> Exit {
    let halted = std::sync::Arc::new(AtomicBool::new(false));
    crate::commands::run::listen_for_halt(&halted);
    let mut worst = Verdict::Pass;
    for (row, drill) in drills {
        let Some(path) = &drill.scenario else { continue };
        let loaded = match Loaded::one(path) {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        };
        let judgement = match judged(&loaded, args.seed, &halted) {
            Ok(Some(judgement)) => judgement,
            Ok(None) => return Exit::Halted,
            Err(error) => {
                crate::commands::complain(error);
                return Exit::Internal;
            }
        };
        drill.verdict = Some(judgement.verdict);
        drill.compared = compare::row(matrix, *row, &judgement);
        for compared in &drill.compared {
            worst = worst.worse(match compared.agreement {
                Agreement::Agree => Verdict::Pass,
                Agreement::Unknown => Verdict::Unknown,
                Agreement::Disagree => Verdict::Fail,
            });
        }
    }
    Exit::Done(worst)
}

fn tell(args: &DrillsArgs, drill: &Drill) {
    if args.json {
        match serde_json::to_string(drill) {
            Ok(json) => println!("{json}"),
            Err(error) => crate::commands::complain(format!("the drill can't be written as JSON: {error}")),
        }
        return;
    }
    match (&drill.scenario, &drill.left_out) {
        (Some(path), _) => println!("\x1b[1m{}\x1b[0m: {}", path.display(), drill.loss),
        (None, why) => println!("no scenario: {}: {}", drill.loss, why.as_deref().unwrap_or_default()),
    }
    for compared in &drill.compared {
        let achieved = compared.achieved_s.map_or_else(|| "not shown".to_owned(), |seconds| format!("{seconds:.1} s"));
        let agreement = match compared.agreement {
            Agreement::Agree => "\x1b[32magree\x1b[0m   ",
            Agreement::Unknown => "\x1b[33munknown\x1b[0m ",
            Agreement::Disagree => "\x1b[1;31mdisagree\x1b[0m",
        };
        println!(
            "  {agreement}  {}: demanded {} s, arithmetic: {}, run: {achieved} ({})",
            compared.subject, compared.objective_s, compared.expected, compared.verdict
        );
    }
}

fn conclude(args: &DrillsArgs, matrix: &Matrix, drills: &[(usize, Drill)]) {
    if args.json {
        return;
    }
    let written = drills.iter().filter(|(_, drill)| drill.scenario.is_some()).count();
    println!("{written} scenarios written to {}; {} losses have none", args.out.display(), drills.len() - written);
    for left_out in &matrix.left_out {
        println!("not looked at: {left_out}");
    }
    if args.run {
        let count = |agreement: Agreement| {
            let all = drills.iter().flat_map(|(_, drill)| &drill.compared);
            all.filter(|compared| compared.agreement == agreement).count()
        };
        println!(
            "{} cells agree, {} disagree, {} the runs could not tell",
            count(Agreement::Agree),
            count(Agreement::Disagree),
            count(Agreement::Unknown)
        );
    }
}
