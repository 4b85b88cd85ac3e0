//! Each hazard of the shell is found here, by checks that know of none: a seed that finds it, run with the hazard and without. (`docs/hazards-of-the-shell.md`
//! has how often each is found, made by `ci/hazards-of-the-shell`.)

use firedrill_checks::{Judgement, Options, Verdict, judge};
use firedrill_drill::{Drill, Go, Schedule, run};
use firedrill_history::{Environment, Event, Journal, Recorder};
use firedrill_madsim::{capabilities, on_its_own_thread};
use firedrill_model::{Hazard, HazardSet, Observation};
use std::path::Path;
use std::sync::Arc;

/// Hazard, scenario, a seed that finds it, and a check that fails of it.
const FOUND: &[(Hazard, &str, u64, &str)] = &[
    (Hazard::NoReconnect, "daily/node-crashes.toml", 1, "convergence"),
    (Hazard::NoDeadline, "daily/node-crashes.toml", 4, "convergence"),
    (Hazard::SplitFrameDropped, "daily/node-crashes.toml", 2, "convergence"),
    (Hazard::LateReplyMismatched, "daily/node-crashes.toml", 4, "linearizable"),
    (Hazard::UnboundedQueue, "daily/partition-both-ways.toml", 1, "queues-bounded"),
    (Hazard::AnswersBeforeRecovery, "daily/node-crashes.toml", 1, "linearizable"),
    (Hazard::ShutdownLosesAcknowledged, "daily/shutdowns.toml", 1, "linearizable"),
];

fn ran(scenario: &str, seed: u64, hazards: HazardSet) -> (Journal, Judgement) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scenarios").join(scenario);
    let (plan, read) = firedrill_plan::load(&path).unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    let schedule = Arc::new(Schedule::draw(&plan, &read, scenario, seed, &capabilities(), hazards));
    let mut recorder = Recorder::new(schedule.manifest());
    let mut world = on_its_own_thread(&firedrill_drill::remote::wire::Begin::of(&schedule.setup));
    run(&mut world, Drill::new(schedule), &mut recorder, &mut |_| Go::On);
    let (journal, _) = recorder.finish(Environment::default());
    let judgement = judge(&journal, &Options::default());
    (journal, judgement)
}

fn failed(judgement: &Judgement) -> Vec<&str> {
    let checks =
        judgement.checks.iter().filter(|check| check.verdict == Verdict::Fail).map(|check| check.name.as_str());
    let missed = judgement.objectives.iter().filter(|objective| objective.verdict == Verdict::Fail);
    checks.chain(missed.map(|objective| objective.name.as_str())).collect()
}

fn reached(journal: &Journal, hazard: Hazard) -> bool {
    let told = |event: &Event| matches!(event, Event::Observed { observation: Observation::HazardReached { hazard: number }, .. } if *number == hazard.number());
    journal.events.iter().any(told)
}

#[test]
fn each_hazard_of_the_shell_is_found_and_nothing_without_it() {
    let shell = Hazard::ALL.into_iter().filter(|hazard| hazard.is_of_the_shell());
    for hazard in shell {
        let (_, scenario, seed, check) =
            FOUND.iter().find(|(found, ..)| *found == hazard).unwrap_or_else(|| panic!("no seed finds {hazard}"));
        let (journal, judgement) = ran(scenario, *seed, [hazard].into_iter().collect());
        assert!(reached(&journal, hazard), "{hazard}: its line did not run");
        assert!(failed(&judgement).contains(check), "{hazard}: failed are {:?}", failed(&judgement));
        let (_, sound) = ran(scenario, *seed, HazardSet::NONE);
        assert_eq!(sound.verdict, Verdict::Pass, "{scenario} {seed}: failed without a hazard are {:?}", failed(&sound));
    }
}
