//! Each hazard of the shell is found here, by checks that know of none: a seed that finds it, run with the hazard, without it, and in the simulator. (`docs/hazards-of-the-shell.md`
//! has how often each is found, made by `ci/hazards-of-the-shell`.)

use firedrill_checks::{Judgement, Options, Verdict, judge};
use firedrill_drill::remote::wire::Begin;
use firedrill_drill::{Drill, Go, Schedule, World, run};
use firedrill_history::{Environment, Event, Journal, Recorder};
use firedrill_madsim::{capabilities, on_its_own_thread};
use firedrill_model::{Hazard, HazardSet, Observation};
use firedrill_sim::Sim;
use std::path::Path;
use std::sync::Arc;

/// Hazard, scenario, a seed that finds it, and a check that fails of it.
const FOUND: &[(Hazard, &str, u64, &str)] = &[
    (Hazard::NoReconnect, "daily/node-crashes.toml", 1, "convergence"),
    (Hazard::NoDeadline, "daily/node-crashes.toml", 4, "convergence"),
    (Hazard::SplitFrameDropped, "daily/node-crashes.toml", 2, "convergence"),
    (Hazard::LateReplyMismatched, "daily/node-crashes.toml", 4, "linearizable"),
    (Hazard::UnboundedQueue, "daily/partition-both-ways.toml", 1, "queues-bounded"),
    (Hazard::AnswersBeforeRecovery, "daily/node-crashes.toml", 4, "linearizable"),
    (Hazard::ShutdownLosesAcknowledged, "daily/shutdowns.toml", 1, "linearizable"),
];

fn ran(scenario: &str, seed: u64, hazards: HazardSet, in_simulator: bool) -> (Journal, Judgement) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scenarios").join(scenario);
    let (plan, read) = firedrill_plan::load(&path).unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    let can = if in_simulator { firedrill_sim::capabilities() } else { capabilities() };
    let schedule = Arc::new(Schedule::draw(&plan, &read, scenario, seed, &can, hazards));
    let mut recorder = Recorder::new(schedule.manifest());
    let mut world: Box<dyn World> = match in_simulator {
        true => Box::new(Sim::new(&schedule.setup)),
        false => Box::new(on_its_own_thread(&Begin::of(&schedule.setup))),
    };
    run(&mut *world, Drill::new(schedule), &mut recorder, &mut |_| Go::On);
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
fn each_hazard_of_the_shell_is_found_here_and_nothing_without_it_or_in_the_simulator() {
    for hazard in Hazard::ALL.into_iter().filter(|hazard| hazard.is_of_the_shell()) {
        let (_, scenario, seed, check) =
            FOUND.iter().find(|(found, ..)| *found == hazard).unwrap_or_else(|| panic!("no seed finds {hazard}"));
        let on = [hazard].into_iter().collect();
        let (journal, judgement) = ran(scenario, *seed, on, false);
        assert!(reached(&journal, hazard), "{hazard}: its line did not run");
        assert!(failed(&judgement).contains(check), "{hazard}: failed are {:?}", failed(&judgement));
        let (_, sound) = ran(scenario, *seed, HazardSet::NONE, false);
        assert_eq!(sound.verdict, Verdict::Pass, "{scenario} {seed}: failed without a hazard are {:?}", failed(&sound));
        // The simulator runs no shell: not even the line of the mistake is there.
        let (journal, unseen) = ran(scenario, *seed, on, true);
        assert!(!reached(&journal, hazard), "{hazard}: the simulator ran its line");
        assert_eq!(unseen.verdict, Verdict::Pass, "{hazard}: in the simulator failed are {:?}", failed(&unseen));
    }
}
