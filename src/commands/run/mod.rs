//! `firedrill run`: scenarios in, verdicts out.
//!
//! - [`load`]: files into plan and scenario
//! - [`simulated`]: one seed, or many, in the simulator
//! - [`hosted`]: seeds in a world of another program, turmoil or madsim
//! - [`live`]: one run in containers
//! - [`unjudged`]: one seed of which only the journal is wanted
//! - [`keep`]: what `--out` receives

mod hosted;
mod keep;
#[cfg(feature = "live")]
mod live;
mod load;
mod simulated;
mod unjudged;

use crate::cli::{RunArgs, WorldName};
use crate::exit::Exit;
use firedrill_checks::{Judgement, Verdict};
use firedrill_history::Journal;
use firedrill_model::HazardSet;
use firedrill_reports::run::Circumstances;
use firedrill_reports::{RunReport, reproduce};
pub use load::Loaded;
pub use simulated::judged;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
pub use unjudged::journal_of;

/// Runs the scenarios one after the other. All files are read before anything is run.
pub fn run(args: &RunArgs) -> Exit {
    if args.expect_digest.is_some() && (args.seeds.is_some() || args.scenarios.len() > 1) {
        super::complain("--expect-digest is about one run: give one scenario and no --seeds");
        return Exit::Usage;
    }
    if args.world == WorldName::Live && args.seeds.is_some() {
        super::complain("--seeds runs in simulated worlds; a live run takes one --seed");
        return Exit::Usage;
    }
    let loaded: Result<Vec<Loaded>, Exit> = load::load_all(&args.scenarios, args.time_scale);
    let scenarios = match loaded {
        Ok(scenarios) => scenarios,
        Err(exit) => return exit,
    };
    let halted = Arc::new(AtomicBool::new(false));
    let mut worst = Verdict::Pass;
    for (number, scenario) in scenarios.iter().enumerate() {
        let folder = args.out.as_deref().map(|out| keep::folder(out, scenario, scenarios.len() > 1));
        let exit = match args.world {
            WorldName::Sim => {
                simulated::run(args, scenario, simulated::Worlds::Simulator, folder.as_deref(), &halted, number == 0)
            }
            WorldName::Turmoil | WorldName::Madsim => match hosted::find(args.world) {
                Ok(host) => {
                    let worlds = simulated::Worlds::Host(&host);
                    simulated::run(args, scenario, worlds, folder.as_deref(), &halted, number == 0)
                }
                Err(why) => {
                    super::complain(why);
                    return Exit::Refused;
                }
            },
            #[cfg(feature = "live")]
            WorldName::Live => live::run(args, scenario, folder.as_deref(), &halted, number == 0),
            #[cfg(not(feature = "live"))]
            WorldName::Live => super::without_live(),
        };
        match exit {
            Exit::Done(verdict) => worst = worst.worse(verdict),
            other => return other,
        }
    }
    Exit::Done(worst)
}

fn hazards(args: &RunArgs) -> HazardSet {
    args.hazards.iter().copied().collect()
}

/// Sets `halted` on Ctrl-C (and SIGTERM); a second one ends the program at once.
pub fn listen_for_halt(halted: &Arc<AtomicBool>) {
    let flag = halted.clone();
    let heard = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(Exit::Halted.code()));
        }
    });
    if let Err(error) = heard {
        super::complain(format!("Ctrl-C will end the run without cleaning up: {error}"));
    }
}

/// A run that is over.
struct Finished {
    journal: Journal,
    judgement: Judgement,
    digest: String,
    virtual_seconds: f64,
    wall_seconds: f64,
}

/// Keeps, shows and judges the digest of one run that is over.
fn conclude(args: &RunArgs, finished: Finished, folder: Option<&Path>) -> Exit {
    let manifest = finished.journal.manifest.clone();
    let mut report = RunReport::new(
        &manifest,
        finished.judgement.clone(),
        Circumstances {
            virtual_seconds: finished.virtual_seconds,
            wall_seconds: finished.wall_seconds,
            reproduce: reproduce::line(&manifest, &finished.digest),
            journal_digest: finished.digest,
            journal: None,
        },
    );
    if let Some(folder) = folder
        && let Err(error) = keep::keep(folder, &mut report, &finished.journal, &finished.judgement)
    {
        super::complain(format!("{}: {error}", folder.display()));
        return Exit::Internal;
    }
    show(args, &report);
    match &args.expect_digest {
        Some(expected) if !report.journal_digest.starts_with(&expected.to_lowercase()) => {
            super::complain(format!(
                "the journal's digest is {}, not {expected}: another version of Firedrill, a changed scenario, or a leak of determinism",
                report.journal_digest
            ));
            Exit::Internal
        }
        _ => Exit::Done(report.verdict),
    }
}

fn show(args: &RunArgs, report: &RunReport) {
    if !args.json {
        print!("{}", firedrill_reports::terminal::summary(report));
        return;
    }
    print_json(report.to_json());
}

fn print_json(json: serde_json::Result<String>) {
    match json {
        Ok(json) => println!("{json}"),
        Err(error) => super::complain(format!("the report can't be written as JSON: {error}")),
    }
}
