//! Seeds in a simulated world: the simulator, or a host's.

use super::hosted::HostProgram;
use super::load::Loaded;
use super::{Finished, keep, show};
use crate::cli::RunArgs;
use crate::exit::Exit;
use firedrill_checks::{Campaign, Judgement, Options, judge};
use firedrill_drill::{Capabilities, Drill, Go, Schedule, World, run as drive};
use firedrill_history::{Environment, Manifest, Recorder};
use firedrill_model::HazardSet;
use firedrill_reports::run::Circumstances;
use firedrill_reports::{RunReport, campaign as many_seeds, reproduce, terminal};
use firedrill_sim::{Sim, bulk};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Where the worlds of a run come from.
#[derive(Clone, Copy)]
pub enum Worlds<'a> {
    /// The simulator, in this process.
    Simulator,
    /// A host's program, one process a world.
    Host(&'a HostProgram),
}

impl Worlds<'_> {
    fn capabilities(self) -> Capabilities {
        match self {
            Worlds::Simulator => firedrill_sim::capabilities(),
            Worlds::Host(host) => host.capabilities.clone(),
        }
    }

    fn make(self, setup: &firedrill_drill::world::Setup) -> Result<Box<dyn World>, String> {
        match self {
            Worlds::Simulator => Ok(Box::new(Sim::new(setup))),
            Worlds::Host(host) => Ok(Box::new(host.start(setup)?)),
        }
    }
}

/// One seed, or many.
pub fn run(
    args: &RunArgs,
    scenario: &Loaded,
    worlds: Worlds<'_>,
    folder: Option<&Path>,
    halted: &Arc<AtomicBool>,
    first: bool,
) -> Exit {
    let run = Run { args, course: Course { scenario, worlds, hazards: super::hazards(args), halted } };
    if args.dry_run {
        return run.preview();
    }
    if first {
        super::listen_for_halt(halted);
    }
    match args.seeds {
        None => run.one(folder),
        Some(count) => run.many(count, folder),
    }
}

/// How one seed is judged in the simulator, all defences on; `None` if it was halted.
///
/// # Errors
/// Why it could not be run.
pub fn judged(scenario: &Loaded, seed: u64, halted: &AtomicBool) -> Result<Option<Judgement>, String> {
    let course = Course { scenario, worlds: Worlds::Simulator, hazards: HazardSet::NONE, halted };
    Ok(course.simulate(seed)?.map(|finished| finished.judgement))
}

/// What runs of all seeds share.
struct Course<'a> {
    scenario: &'a Loaded,
    worlds: Worlds<'a>,
    hazards: HazardSet,
    halted: &'a AtomicBool,
}

impl Course<'_> {
    fn draw(&self, seed: u64) -> Schedule {
        let Loaded { plan, scenario, path } = self.scenario;
        Schedule::draw(plan, scenario, path, seed, &self.worlds.capabilities(), self.hazards)
    }

    fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Relaxed)
    }

    /// Runs one seed; `None` if it was halted.
    fn simulate(&self, seed: u64) -> Result<Option<Finished>, String> {
        let began = Instant::now();
        let schedule = Arc::new(self.draw(seed));
        let mut recorder = Recorder::new(schedule.manifest());
        let mut world = self.worlds.make(&schedule.setup)?;
        let mut control = |_| if self.is_halted() { Go::Halt } else { Go::On };
        let end = drive(&mut *world, Drill::new(schedule), &mut recorder, &mut control);
        if self.is_halted() {
            return Ok(None);
        }
        let environment = Environment { version: env!("CARGO_PKG_VERSION").to_owned(), ..Environment::default() };
        let (journal, digest) = recorder.finish(environment);
        let judgement = judge(&journal, &Options::default());
        let virtual_seconds = end.as_nanos() as f64 / 1e9;
        let wall_seconds = began.elapsed().as_secs_f64();
        Ok(Some(Finished { journal, judgement, digest: digest.to_string(), virtual_seconds, wall_seconds }))
    }
}

/// What was asked for.
struct Run<'a> {
    args: &'a RunArgs,
    course: Course<'a>,
}

/// What is kept of each of many seeds.
struct Brief {
    manifest: Manifest,
    reached: HazardSet,
    judgement: Judgement,
    circumstances: Circumstances,
}

impl Run<'_> {
    /// Says what the seed drew, and runs nothing.
    fn preview(&self) -> Exit {
        let schedule = self.course.draw(self.args.seed);
        println!("{}: seed {} draws", self.course.scenario.scenario.title, self.args.seed);
        for fault in &schedule.faults {
            let end =
                fault.end.map_or_else(|| "for good, or until the heal phase".to_owned(), |end| format!("until {end}"));
            println!("  {:>10}  {} ({end}): {:?}", fault.begin.to_string(), fault.name, fault.fault);
        }
        if !schedule.left_out.is_empty() {
            println!("  left out: {}", schedule.left_out.join(", "));
        }
        println!("Nothing was run. A simulated world touches nothing outside its process.");
        Exit::OK
    }

    fn one(&self, folder: Option<&Path>) -> Exit {
        match self.course.simulate(self.args.seed) {
            Ok(Some(finished)) => super::conclude(self.args, finished, folder),
            Ok(None) => Exit::Halted,
            Err(error) => {
                crate::commands::complain(error);
                Exit::Internal
            }
        }
    }

    fn brief(&self, seed: u64) -> Result<Option<Brief>, String> {
        let Some(finished) = self.course.simulate(seed)? else { return Ok(None) };
        let circumstances = Circumstances {
            virtual_seconds: finished.virtual_seconds,
            wall_seconds: finished.wall_seconds,
            reproduce: reproduce::line(&finished.journal.manifest, &finished.digest),
            journal_digest: finished.digest,
            journal: None,
        };
        let reached = many_seeds::hazards_reached(&finished.journal);
        let (manifest, judgement) = (finished.journal.manifest, finished.judgement);
        Ok(Some(Brief { manifest, reached, judgement, circumstances }))
    }

    fn many(&self, count: u64, folder: Option<&Path>) -> Exit {
        let (args, scenario) = (self.args, self.course.scenario);
        let began = Instant::now();
        let jobs = if args.jobs == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { args.jobs };
        let bar = progress(count);
        let mut campaign = Campaign::default();
        let mut virtual_seconds = 0.0;
        let mut reached: BTreeMap<&'static str, u64> = args.hazards.iter().map(|hazard| (hazard.name(), 0)).collect();
        let mut trouble = None;
        let mut troubled = Vec::new();
        let seeds = args.seed..args.seed.saturating_add(count);
        bulk::campaign(
            seeds,
            jobs,
            |seed| self.brief(seed),
            |seed, brief| {
                let brief = match brief {
                    Ok(Some(brief)) => brief,
                    Ok(None) => return ControlFlow::Break(()),
                    Err(error) => {
                        trouble = Some(error);
                        return ControlFlow::Break(());
                    }
                };
                virtual_seconds += brief.circumstances.virtual_seconds;
                campaign.add(&brief.judgement);
                brief.reached.iter().for_each(|hazard| *reached.entry(hazard.name()).or_default() += 1);
                bar.inc(1);
                bar.set_message(format!("{:.0} virtual s per wall s", virtual_seconds / began.elapsed().as_secs_f64()));
                if brief.judgement.verdict != firedrill_checks::Verdict::Pass {
                    match bar.suspend(|| self.tell(seed, brief, folder)) {
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
        if self.course.is_halted() {
            return Exit::Halted;
        }
        let wall_seconds = began.elapsed().as_secs_f64();
        let of = (scenario.path.as_str(), self.course.worlds.capabilities().world);
        let took = (virtual_seconds, wall_seconds);
        let report = many_seeds::report(of, args.seed, &campaign, reached, took);
        if let Some(folder) = folder
            && let Err(error) = keep::keep_campaign(folder, &report, &troubled)
        {
            crate::commands::complain(format!("{}: {error}", folder.display()));
            return Exit::Internal;
        }
        if args.json {
            super::print_json(report.to_json());
        } else {
            anstream::print!("{}", terminal::campaign(&report));
        }
        Exit::Done(report.summary.verdict)
    }

    /// Tells of a seed that did not pass, and returns what was told; with `--out` runs it again and keeps its journal.
    fn tell(&self, seed: u64, brief: Brief, folder: Option<&Path>) -> Result<Option<RunReport>, String> {
        let mut report = RunReport::new(&brief.manifest, brief.judgement, brief.circumstances);
        if let Some(folder) = folder {
            let Some(finished) = self.course.simulate(seed)? else { return Ok(None) };
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
        if self.args.json {
            show(self.args, &report)
        } else {
            anstream::println!("{}", terminal::brief(&report))
        }
        Ok(Some(report))
    }
}

/// A bar with seeds, speed and time left; drawn on standard error, and only on a terminal.
fn progress(seeds: u64) -> ProgressBar {
    let bar = ProgressBar::new(seeds);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} seeds, {msg}, {eta} left") {
        bar.set_style(style);
    }
    bar
}
