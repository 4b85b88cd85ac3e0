//! One run in containers.

use super::Finished;
use super::load::Loaded;
use crate::cli::RunArgs;
use crate::exit::Exit;
use firedrill_checks::{Options, judge};
use firedrill_drill::{Drill, Go, Schedule, Sink, run as drive};
use firedrill_history::{Environment, Event, Journal, Recorder};
use firedrill_live::{Halt, Live, LiveError, LiveOptions, Storage};
use firedrill_model::{Objectives, Observation, Role};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Runs one seed's schedule for real.
pub fn run(args: &RunArgs, scenario: &Loaded, folder: Option<&Path>, halted: &Arc<AtomicBool>, first: bool) -> Exit {
    let capabilities = firedrill_live::capabilities();
    let schedule = Schedule::draw(
        &scenario.plan,
        &scenario.scenario,
        &scenario.path,
        args.seed,
        &capabilities,
        super::hazards(args),
    );
    let storage = Storage::for_faults(schedule.faults.iter().map(|fault| fault.fault.kind()));
    let options = LiveOptions { storage, ..LiveOptions::default() };
    if args.dry_run {
        println!("{}: a live run would make and do this; nothing was made", scenario.scenario.title);
        firedrill_live::plan_of_work(&schedule.setup, &options).iter().for_each(|line| println!("  {line}"));
        return Exit::OK;
    }
    if first {
        super::listen_for_halt(halted);
    }
    let watch = Watch::over(halted, &options.halt);
    let outcome = drill(Arc::new(schedule), options, halted);
    drop(watch);
    match outcome {
        Ok(Some(finished)) => super::conclude(args, finished, folder),
        Ok(None) => failed(LiveError::Halted),
        Err(error) => failed(error),
    }
}

/// The journal of one run, unjudged by objectives.
pub(super) fn journal_of(schedule: Schedule, halted: &Arc<AtomicBool>) -> Result<Journal, Exit> {
    let options = LiveOptions::default();
    let watch = Watch::over(halted, &options.halt);
    let outcome = drill(Arc::new(schedule), options, halted);
    drop(watch);
    outcome.and_then(|finished| finished.ok_or(LiveError::Halted)).map(|finished| finished.journal).map_err(failed)
}

/// Says why there is no run.
fn failed(error: LiveError) -> Exit {
    match error {
        LiveError::Halted => {
            eprintln!("halted; all that was made is removed");
            Exit::Halted
        }
        error @ (LiveError::NoEngine(_) | LiveError::Plan(_)) => {
            crate::commands::complain(error);
            Exit::Refused
        }
        error => {
            crate::commands::complain(error);
            Exit::Internal
        }
    }
}

/// Runs and judges; `None` if it was halted. Whatever happens, all that was made is removed.
fn drill(schedule: Arc<Schedule>, options: LiveOptions, halted: &AtomicBool) -> Result<Option<Finished>, LiveError> {
    eprintln!("starting {} sites and the proxy in containers", schedule.setup.plan.sites.len());
    let began = Instant::now();
    let began_unix_s = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs());
    let mut world = Live::start(&schedule.setup, options)?;
    let mut told = Told { recorder: Recorder::new(schedule.manifest()), names: schedule.objectives.clone() };
    let mut control = |_| if halted.load(Ordering::Relaxed) { Go::Halt } else { Go::On };
    let end = drive(&mut world, Drill::new(schedule), &mut told, &mut control);
    world.close()?;
    if halted.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let wall = began.elapsed();
    let environment = Environment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        began_unix_s,
        wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
    };
    let (journal, digest) = told.recorder.finish(environment);
    let judgement = judge(&journal, &Options::default());
    let virtual_seconds = end.as_nanos() as f64 / 1e9;
    Ok(Some(Finished {
        journal,
        judgement,
        digest: digest.to_string(),
        virtual_seconds,
        wall_seconds: wall.as_secs_f64(),
    }))
}

/// Records the events and tells the important ones on standard error, since a live run takes minutes.
struct Told {
    recorder: Recorder,
    names: Objectives,
}

impl Sink for Told {
    fn push(&mut self, event: Event) {
        if let Some(line) = self.line(&event) {
            eprintln!("{:>10}  {line}", event.t().to_string());
        }
        self.recorder.push(event);
    }
}

impl Told {
    fn line(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::PhaseBegan { phase, .. } => format!("phase {phase:?}").to_lowercase(),
            Event::FaultBegan { fault, mechanism, .. } => {
                let name = &self.recorder.manifest().schedule.get(fault.index())?.name;
                format!("{name} begins: {}", mechanism.as_deref().unwrap_or("no mechanism here"))
            }
            Event::FaultEnded { fault, .. } => {
                format!("{} ends", self.recorder.manifest().schedule.get(fault.index())?.name)
            }
            Event::Observed { site, observation, .. } => {
                format!("{}: {}", self.names.sites.get(site.index())?, important(observation)?)
            }
            Event::Ended { why, .. } => format!("the run ended: {why}"),
            _ => return None,
        })
    }
}

fn important(observation: &Observation) -> Option<String> {
    match observation {
        Observation::RoleChanged { role: Role::Leader, term } => Some(format!("leads in {term}")),
        Observation::PeerDown { .. }
        | Observation::PeerUp { .. }
        | Observation::FailoverDecided { .. }
        | Observation::EpochRaised { .. }
        | Observation::ServicePromoted { .. }
        | Observation::DnsChanged { .. }
        | Observation::FailoverCompleted { .. }
        | Observation::Diverged { .. }
        | Observation::DiskFailed { .. } => Some(format!("{observation:?}")),
        _ => None,
    }
}

/// Passes a halt on to the world, from a thread of its own, while it lives.
struct Watch(Arc<AtomicBool>);

impl Watch {
    fn over(halted: &Arc<AtomicBool>, halt: &Halt) -> Watch {
        let over = Arc::new(AtomicBool::new(false));
        let (ended, halted, halt) = (over.clone(), halted.clone(), halt.clone());
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                if halted.load(Ordering::Relaxed) {
                    return halt.halt();
                }
                std::thread::park_timeout(Duration::from_millis(50));
            }
        });
        Watch(over)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
