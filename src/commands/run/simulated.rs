//! Seeds in the simulator.

use super::load::Loaded;
use super::{Finished, keep, show};
use crate::cli::RunArgs;
use crate::exit::Exit;
use firedrill_checks::{Campaign, Judgement, Options, judge};
use firedrill_drill::{Drill, Go, Schedule, run as drive};
use firedrill_history::{Environment, Manifest, Recorder};
use firedrill_model::HazardSet;
use firedrill_reports::run::Circumstances;
use firedrill_reports::{RunReport, campaign as many_seeds, reproduce, terminal};
use firedrill_sim::{Sim, bulk};
use indicatif::{ProgressBar, ProgressStyle};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// One seed, or many.
pub fn run(args: &RunArgs, scenario: &Loaded, folder: Option<&Path>, halted: &Arc<AtomicBool>, first: bool) -> Exit {
    if args.dry_run {
        return preview(args, scenario);
    }
    if first {
        super::listen_for_halt(halted);
    }
    match args.seeds {
        None => one(args, scenario, folder, halted),
        Some(count) => many(args, scenario, count, folder, halted),
    }
}

fn draw(scenario: &Loaded, seed: u64, hazards: HazardSet) -> Schedule {
    Schedule::draw(&scenario.plan, &scenario.scenario, &scenario.path, seed, &firedrill_sim::capabilities(), hazards)
}

/// Says what the seed drew, and runs nothing.
fn preview(args: &RunArgs, scenario: &Loaded) -> Exit {
    let schedule = draw(scenario, args.seed, super::hazards(args));
    println!("{}: seed {} draws", scenario.scenario.title, args.seed);
    for fault in &schedule.faults {
        let end =
            fault.end.map_or_else(|| "for good, or until the heal phase".to_owned(), |end| format!("until {end}"));
        println!("  {:>10}  {} ({end}): {:?}", fault.begin.to_string(), fault.name, fault.fault);
    }
    if !schedule.left_out.is_empty() {
        println!("  left out: {}", schedule.left_out.join(", "));
    }
    println!("Nothing was run. The simulator touches nothing outside its process.");
    Exit::OK
}

/// Runs one seed; `None` if it was halted.
fn simulate(scenario: &Loaded, seed: u64, hazards: HazardSet, halted: &AtomicBool) -> Option<Finished> {
    let began = Instant::now();
    let schedule = Arc::new(draw(scenario, seed, hazards));
    let mut recorder = Recorder::new(schedule.manifest());
    let mut world = Sim::new(&schedule.setup);
    let mut control = |_| if halted.load(Ordering::Relaxed) { Go::Halt } else { Go::On };
    let end = drive(&mut world, Drill::new(schedule), &mut recorder, &mut control);
    if halted.load(Ordering::Relaxed) {
        return None;
    }
    let environment = Environment { version: env!("CARGO_PKG_VERSION").to_owned(), ..Environment::default() };
    let (journal, digest) = recorder.finish(environment);
    let judgement = judge(&journal, &Options::default());
    let virtual_seconds = end.as_nanos() as f64 / 1e9;
    let wall_seconds = began.elapsed().as_secs_f64();
    Some(Finished { journal, judgement, digest: digest.to_string(), virtual_seconds, wall_seconds })
}

/// How one seed is judged, all defences on; `None` if it was halted.
pub fn judged(scenario: &Loaded, seed: u64, halted: &AtomicBool) -> Option<Judgement> {
    simulate(scenario, seed, HazardSet::NONE, halted).map(|finished| finished.judgement)
}

fn one(args: &RunArgs, scenario: &Loaded, folder: Option<&Path>, halted: &AtomicBool) -> Exit {
    match simulate(scenario, args.seed, super::hazards(args), halted) {
        Some(finished) => super::conclude(args, finished, folder),
        None => Exit::Halted,
    }
}

/// What is kept of each of many seeds.
struct Brief {
    manifest: Manifest,
    judgement: Judgement,
    circumstances: Circumstances,
}

fn brief(args: &RunArgs, scenario: &Loaded, seed: u64, halted: &AtomicBool) -> Option<Brief> {
    let finished = simulate(scenario, seed, super::hazards(args), halted)?;
    let circumstances = Circumstances {
        virtual_seconds: finished.virtual_seconds,
        wall_seconds: finished.wall_seconds,
        reproduce: reproduce::line(&finished.journal.manifest, &finished.digest),
        journal_digest: finished.digest,
        journal: None,
    };
    Some(Brief { manifest: finished.journal.manifest, judgement: finished.judgement, circumstances })
}

fn many(args: &RunArgs, scenario: &Loaded, count: u64, folder: Option<&Path>, halted: &AtomicBool) -> Exit {
    let began = Instant::now();
    let jobs = if args.jobs == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { args.jobs };
    let bar = progress(count);
    let mut campaign = Campaign::default();
    let mut virtual_seconds = 0.0;
    let mut trouble = None;
    let mut troubled = Vec::new();
    let seeds = args.seed..args.seed.saturating_add(count);
    bulk::campaign(
        seeds,
        jobs,
        |seed| brief(args, scenario, seed, halted),
        |seed, brief| {
            let Some(brief) = brief else { return ControlFlow::Break(()) };
            virtual_seconds += brief.circumstances.virtual_seconds;
            campaign.add(&brief.judgement);
            bar.inc(1);
            bar.set_message(format!("{:.0} virtual s per wall s", virtual_seconds / began.elapsed().as_secs_f64()));
            if brief.judgement.verdict != firedrill_checks::Verdict::Pass {
                match bar.suspend(|| tell(args, scenario, seed, brief, folder, halted)) {
                    Ok(report) => troubled.extend(report),
                    Err(error) => trouble = Some(error),
                }
            }
            if trouble.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    bar.finish_and_clear();
    if let Some(error) = trouble {
        crate::commands::complain(error);
        return Exit::Internal;
    }
    if halted.load(Ordering::Relaxed) {
        return Exit::Halted;
    }
    let wall_seconds = began.elapsed().as_secs_f64();
    let report = many_seeds::report(&scenario.path, args.seed, &campaign, virtual_seconds, wall_seconds);
    if let Some(folder) = folder
        && let Err(error) = keep::keep_campaign(folder, &report, &troubled)
    {
        crate::commands::complain(format!("{}: {error}", folder.display()));
        return Exit::Internal;
    }
    if args.json {
        super::print_json(report.to_json());
    } else {
        print!("{}", terminal::campaign(&report));
    }
    Exit::Done(report.summary.verdict)
}

/// Tells of a seed that did not pass, and returns what was told; with `--out` runs it again and keeps its journal.
fn tell(
    args: &RunArgs,
    scenario: &Loaded,
    seed: u64,
    brief: Brief,
    folder: Option<&Path>,
    halted: &AtomicBool,
) -> Result<Option<RunReport>, String> {
    let mut report = RunReport::new(&brief.manifest, brief.judgement, brief.circumstances);
    if let Some(folder) = folder {
        let Some(finished) = simulate(scenario, seed, super::hazards(args), halted) else { return Ok(None) };
        if finished.digest != report.journal_digest {
            return Err(format!(
                "seed {seed} gave journal {} and then {}: determinism leaks; this is a bug in Firedrill",
                report.journal_digest, finished.digest
            ));
        }
        let folder = folder.join(format!("seed-{seed}"));
        keep::keep(&folder, &mut report, &finished.journal, &finished.judgement)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    if args.json {
        show(args, &report)
    } else {
        println!("{}", terminal::brief(&report))
    }
    Ok(Some(report))
}

/// A bar with seeds, speed and time left; drawn on standard error, and only on a terminal.
fn progress(seeds: u64) -> ProgressBar {
    let bar = ProgressBar::new(seeds);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} seeds, {msg}, {eta} left") {
        bar.set_style(style);
    }
    bar
}
