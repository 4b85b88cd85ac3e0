//! `failover`: the seed's steps, in the seed's order.

use crate::build::{CORE, LONDON, NEW_YORK, REPORTS, Run, SINGAPORE, check, failover_run, ms, s};
use firedrill_checks::Verdict;
use firedrill_history::Event;
use firedrill_model::{Epoch, LogIndex, Observation, SiteSet};

/// The run with what the sites told about its failover changed: `None` leaves it out.
fn told(change: impl Fn(&Observation) -> Option<Observation>) -> Run {
    let mut run = failover_run();
    run.events = run
        .events
        .into_iter()
        .filter_map(|event| match event {
            Event::Observed { t, site, site_t, observation } => {
                change(&observation).map(|observation| Event::Observed { t, site, site_t, observation })
            }
            other => Some(other),
        })
        .collect();
    run
}

fn without(leave_out: impl Fn(&Observation) -> bool) -> Run {
    told(|observation| (!leave_out(observation)).then(|| observation.clone()))
}

/// The verdict, and whether the reason names this.
fn assert_red(run: &Run, verdict: Verdict, why: &str) {
    let judgement = run.judge();
    let result = check(&judgement, "failover");
    assert_eq!(result.verdict, verdict, "{}", result.why);
    assert!(result.why.contains(why), "{}", result.why);
}

#[test]
fn a_failover_in_the_plans_order_passes() {
    let judgement = failover_run().judge();
    let result = check(&judgement, "failover");
    assert_eq!((result.verdict, result.judged), (Verdict::Pass, 1), "{}", result.why);
}

#[test]
fn where_none_is_expected_and_none_took_place_it_is_not_listed() {
    let mut run = without(|observation| matches!(observation, Observation::FailoverDecided { .. }));
    run.manifest.objectives.failovers_expected = 0;
    assert!(run.judge().checks.iter().all(|check| check.name != "failover"));
}

#[test]
fn fewer_than_expected_are_unknown() {
    let mut run = failover_run();
    run.manifest.objectives.failovers_expected = 2;
    assert_red(&run, Verdict::Unknown, "1 of 2 expected failovers took place");
    let run = without(|observation| matches!(observation, Observation::FailoverDecided { .. }));
    assert_red(&run, Verdict::Unknown, "0 of 1 expected failovers took place");
}

#[test]
fn each_step_that_was_not_observed_fails() {
    type IsStep = fn(&Observation) -> bool;
    let steps: [(IsStep, &str); 7] = [
        (|told| matches!(told, Observation::EpochRaised { .. }), "no isolation"),
        (|told| matches!(told, Observation::RedirectPrepared { .. }), "no redirection"),
        (|told| matches!(told, Observation::ServicePromoted { service: REPORTS, .. }), "no promotion of reports"),
        (|told| matches!(told, Observation::WeightsSwitched { service: CORE, .. }), "no switch of the weights of core"),
        (|told| matches!(told, Observation::DnsChanged { service: CORE, .. }), "no change of the DNS record of core"),
        (|told| matches!(told, Observation::NotificationSent { .. }), "no notification over email"),
        (|told| matches!(told, Observation::FailoverCompleted { .. }), "no completion"),
    ];
    for (is_step, why) in steps {
        assert_red(&without(is_step), Verdict::Fail, why);
    }
}

#[test]
fn a_step_for_which_there_was_no_time_is_unknown() {
    let mut run = without(|told| matches!(told, Observation::FailoverCompleted { .. }));
    run.manifest.objectives.convergence_deadline = std::time::Duration::from_secs(200);
    assert_red(&run, Verdict::Unknown, "no completion");
}

#[test]
fn services_that_are_promoted_against_their_order_fail() {
    let swapped = |service| if service == CORE { REPORTS } else { CORE };
    let run = told(|observation| {
        Some(match observation.clone() {
            Observation::ServicePromoted { service, sites } => {
                Observation::ServicePromoted { service: swapped(service), sites }
            }
            Observation::WeightsSwitched { service, weights, serial } => {
                Observation::WeightsSwitched { service: swapped(service), weights, serial }
            }
            other => other,
        })
    });
    assert_red(&run, Verdict::Fail, "promotion of reports came before promotion of core");
}

#[test]
fn dependencies_come_before_priorities() {
    let mut run = failover_run();
    run.manifest.config.services[0].priority = 9;
    assert_red(&run, Verdict::Pass, "took place");
    run.manifest.config.services[1].depends_on.clear();
    assert_red(&run, Verdict::Fail, "promotion of core came before promotion of reports");
}

#[test]
fn records_that_change_before_the_promotion_fail() {
    let mut run = failover_run();
    for event in &mut run.events {
        if let Event::Observed { t, observation: Observation::DnsChanged { .. }, .. } = event {
            *t = ms(160_650);
        }
    }
    assert_red(&run, Verdict::Fail, "the DNS record of core came before");
}

#[test]
fn whatever_moves_to_the_failed_site_fails() {
    let back = SiteSet::only(NEW_YORK);
    let run = told(|observation| {
        Some(match observation.clone() {
            Observation::ServicePromoted { service, .. } => Observation::ServicePromoted { service, sites: back },
            other => other,
        })
    });
    assert_red(&run, Verdict::Fail, "promotion of core to new-york");
    let run = told(|observation| {
        Some(match observation.clone() {
            Observation::EpochRaised { epoch, .. } => Observation::EpochRaised { epoch, primary: NEW_YORK },
            other => other,
        })
    });
    assert_red(&run, Verdict::Fail, "has the failed new-york as primary");
}

#[test]
fn a_standby_that_is_declared_down_is_no_failover() {
    let mut run = failover_run();
    let decided = Observation::FailoverDecided { failed: SINGAPORE, entry: LogIndex(40) };
    run.observe(s(20), NEW_YORK, decided);
    assert_red(&run, Verdict::Pass, "1 took place");
}

#[test]
fn what_a_restarted_site_tells_again_is_not_a_second_failover() {
    let mut run = failover_run();
    run.observe(s(250), LONDON, Observation::Started);
    crate::build::failover(&mut run, LONDON, 91_000);
    let judgement = run.judge();
    assert_eq!(check(&judgement, "failover").judged, 1);
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:#?}");
}

#[test]
fn what_a_site_tells_after_a_restart_belongs_to_no_failover_that_it_told_before() {
    let mut run = failover_run();
    run.events.retain(|event| !matches!(event, Event::Observed { site: SINGAPORE, .. }));
    assert_red(&run, Verdict::Pass, "1 took place");
    run.observe(ms(160_300), LONDON, Observation::Started);
    assert_red(&run, Verdict::Fail, "no isolation");
}

#[test]
fn a_second_failover_is_judged_by_where_services_are_by_then() {
    let mut run = failover_run();
    let entry = LogIndex(80);
    let left = SiteSet::only(SINGAPORE);
    let mut at = 280_000;
    let mut tell = |run: &mut Run, observation| {
        run.observe(ms(at), SINGAPORE, observation);
        at += 10;
    };
    tell(&mut run, Observation::FailoverDecided { failed: LONDON, entry });
    tell(&mut run, Observation::EpochRaised { epoch: Epoch(3), primary: SINGAPORE });
    tell(&mut run, Observation::RedirectPrepared { to: left });
    for service in [CORE, REPORTS] {
        tell(&mut run, Observation::ServicePromoted { service, sites: left });
        tell(&mut run, Observation::WeightsSwitched { service, weights: vec![0, 0, 60], serial: 82 });
    }
    for service in [CORE, REPORTS] {
        tell(&mut run, Observation::DnsChanged { service, sites: left, serial: 83 });
    }
    tell(&mut run, Observation::NotificationSent { channel: "email".to_owned(), entry });
    tell(&mut run, Observation::FailoverCompleted { entry });
    run.manifest.objectives.failovers_expected = 2;
    assert_red(&run, Verdict::Pass, "2 took place");
}
