//! What a seed draws: the same always, and never against the rules.

mod fixture;

use firedrill_drill::Schedule;
use firedrill_history::ScheduledFault;
use firedrill_model::{Fault, FaultKind, Hazard, HazardSet, SiteId, SiteSet, Time};
use firedrill_plan::scenario::{FaultSpec, Range, Step};
use fixture::{capabilities, draw, exactly, plan, secs, site_failure, swarm};
use proptest::prelude::*;
use std::time::Duration;

/// The sites whose process a fault takes away.
fn taken(fault: &Fault) -> SiteSet {
    match fault {
        Fault::SiteLoss { sites } | Fault::PowerLoss { sites } => *sites,
        Fault::Crash { site, .. } | Fault::Freeze { site } | Fault::Shutdown { site } => SiteSet::only(*site),
        _ => SiteSet::EMPTY,
    }
}

fn overlap(a: &ScheduledFault, b: &ScheduledFault) -> bool {
    a.begin <= b.end.unwrap_or(Time::MAX) && b.begin <= a.end.unwrap_or(Time::MAX)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_swarm_keeps_the_rules(seed: u64, gap in 0_u64..30_000, lasts in 0_u64..60_000, least in 0_u32..3, more in 0_u32..4) {
        let mut scenario = swarm();
        for kind in &mut scenario.swarm.as_mut().expect("a swarm").kinds {
            kind.gap = Range { low: secs(0), high: Duration::from_millis(gap) };
            kind.lasts = Range { low: secs(0), high: Duration::from_millis(lasts) };
            kind.sites_at_once = (least, least + more);
        }
        scenario.method = site_failure().method;
        scenario.method[0].lasts = Some(Range { low: secs(10), high: secs(20) });
        let schedule = draw(&scenario, seed);
        let ends = schedule.swarm_ends().expect("a swarm");
        prop_assert!(schedule.faults.iter().any(|fault| fault.fixed), "a fixed step has precedence");
        for (place, fault) in schedule.faults.iter().enumerate() {
            prop_assert_eq!(fault.id.index(), place);
            prop_assert!(fault.begin >= schedule.hurt_begins());
            prop_assert!(fault.end.is_some_and(|end| fault.begin <= end && end <= ends));
            for earlier in &schedule.faults[..place] {
                prop_assert!(earlier.begin <= fault.begin);
                let both = taken(&earlier.fault).iter().any(|site| taken(&fault.fault).contains(site));
                prop_assert!(!(both && overlap(earlier, fault)), "{earlier:?} and {fault:?} hit one site at a time");
            }
        }
    }

    #[test]
    fn the_same_seed_draws_the_same(seed: u64) {
        let (one, other) = (draw(&swarm(), seed), draw(&swarm(), seed));
        prop_assert_eq!(one.manifest(), other.manifest());
        prop_assert_eq!(one.setup.physics, other.setup.physics);
    }
}

fn of_kind(schedule: &Schedule, kind: FaultKind) -> Vec<&ScheduledFault> {
    schedule.faults.iter().filter(|fault| fault.fault.kind() == kind).collect()
}

#[test]
fn seeds_differ_and_every_kind_and_defence_is_on_in_some_and_left_out_in_some() {
    let schedules: Vec<Schedule> = (0..100).map(|seed| draw(&swarm(), seed)).collect();
    assert_ne!(schedules[0].faults, schedules[1].faults);
    for kind in FaultKind::ALL {
        let left_out = schedules.iter().filter(|schedule| schedule.left_out.iter().any(|name| name == kind.name()));
        let left_out = left_out.count();
        assert!((10..60).contains(&left_out), "{} is left out by {left_out} of 100", kind.name());
        for schedule in &schedules {
            let out = schedule.left_out.iter().any(|name| name == kind.name());
            assert!(!out || of_kind(schedule, kind).is_empty(), "{} is left out and there", kind.name());
        }
    }
    let without_pre_vote = schedules.iter().filter(|schedule| !schedule.setup.config.raft.pre_vote);
    assert!(without_pre_vote.clone().all(|schedule| schedule.left_out.iter().any(|name| name == "pre-vote")));
    assert!((20..80).contains(&without_pre_vote.count()));
    for batch in [1, 2, 64] {
        assert!(schedules.iter().any(|schedule| schedule.setup.config.raft.max_batch == batch));
    }
    assert!(schedules.iter().any(|schedule| schedule.setup.physics.loss_per_mille > 10));
    assert!(schedules.iter().all(|schedule| schedule.setup.physics.sync_min <= schedule.setup.physics.sync_max));
}

#[test]
fn crashes_are_at_once_half_of_the_time_and_power_losses_hit_one_or_two_sites() {
    let schedules: Vec<Schedule> = (0..200).map(|seed| draw(&swarm(), seed)).collect();
    let faults = || schedules.iter().flat_map(|schedule| schedule.faults.iter().map(|fault| &fault.fault));
    let after: Vec<u32> = faults()
        .filter_map(|fault| if let Fault::Crash { after_outputs, .. } = fault { Some(*after_outputs) } else { None })
        .collect();
    let at_once = after.iter().filter(|after| **after == 0).count();
    assert!(
        after.len() > 100 && at_once * 3 > after.len() && at_once * 3 < after.len() * 2,
        "{at_once} of {}",
        after.len()
    );
    assert!(after.iter().any(|after| *after > 150) && after.iter().all(|after| *after <= 200));
    let counts: Vec<usize> = faults()
        .filter_map(|fault| if let Fault::PowerLoss { sites } = fault { Some(sites.len()) } else { None })
        .collect();
    assert!(counts.contains(&1) && counts.contains(&2) && counts.iter().all(|count| (1..=2).contains(count)));
}

#[test]
fn a_kind_more_changes_nothing_in_the_draws_of_the_others() {
    let mut fewer = swarm();
    fewer.swarm.as_mut().expect("a swarm").kinds.retain(|kind| kind.kind != FaultKind::SlowFsync);
    for seed in 0..20 {
        let rest = |schedule: &Schedule| -> Vec<(Time, Fault)> {
            let others = schedule.faults.iter().filter(|fault| fault.fault.kind() != FaultKind::SlowFsync);
            others.map(|fault| (fault.begin, fault.fault.clone())).collect()
        };
        assert_eq!(rest(&draw(&swarm(), seed)), rest(&draw(&fewer, seed)));
    }
}

#[test]
fn a_swarm_draws_only_what_the_world_can_do_and_a_fixed_step_stays() {
    let mut scenario = swarm();
    scenario.method = site_failure().method;
    let can = capabilities(&[FaultKind::Crash]);
    let mut crashes = 0;
    for seed in 0..20 {
        let schedule = Schedule::draw(&plan(), &scenario, "test.toml", seed, &can, HazardSet::NONE);
        assert!(schedule.faults.iter().all(|fault| fault.fixed || fault.fault.kind() == FaultKind::Crash));
        assert_eq!(of_kind(&schedule, FaultKind::SiteLoss).len(), 1);
        assert!(schedule.left_out.iter().any(|name| name == "freeze"));
        crashes += of_kind(&schedule, FaultKind::Crash).len();
    }
    assert!(crashes > 0);
}

#[test]
fn a_kind_that_is_listed_twice_is_left_out_only_if_both_are() {
    let mut scenario = swarm();
    let kinds = &mut scenario.swarm.as_mut().expect("a swarm").kinds;
    let mut crash = kinds.iter().find(|kind| kind.kind == FaultKind::Crash).expect("a crash").clone();
    crash.on_per_mille = 1000;
    let never = firedrill_plan::scenario::SwarmKind { on_per_mille: 0, ..crash.clone() };
    *kinds = vec![crash, never.clone()];
    assert_eq!(draw(&scenario, 1).left_out.iter().filter(|name| *name == "crash").count(), 0);
    scenario.swarm.as_mut().expect("a swarm").kinds = vec![never.clone(), never];
    assert_eq!(draw(&scenario, 1).left_out.iter().filter(|name| *name == "crash").count(), 1);
}

#[test]
fn the_ranges_and_choices_of_a_step_are_drawn() {
    let mut scenario = site_failure();
    let fault = FaultSpec::Freeze([SiteId(0), SiteId(2)].into_iter().collect());
    let (at, lasts) = (Range { low: secs(10), high: secs(20) }, Range { low: secs(5), high: secs(6) });
    scenario.method.push(Step { name: "freeze".into(), fault, at, lasts: Some(lasts) });
    let mut hit = SiteSet::EMPTY;
    for seed in 0..30 {
        let schedule = draw(&scenario, seed);
        let frozen = of_kind(&schedule, FaultKind::Freeze);
        let [fault] = frozen.as_slice() else { panic!("one step is one fault: {frozen:?}") };
        let begin = schedule.hurt_begins();
        assert!((begin + secs(10)..=begin + secs(20)).contains(&fault.begin));
        let lasted = fault.end.expect("it ends").since(fault.begin);
        assert!((secs(5)..=secs(6)).contains(&lasted) && fault.fixed && fault.name == "freeze");
        taken(&fault.fault).iter().for_each(|site| {
            hit.insert(site);
        });
    }
    assert_eq!(hit, [SiteId(0), SiteId(2)].into_iter().collect(), "one of the two, each in some seed");
}

#[test]
fn a_swarm_without_gaps_is_held_to_what_can_be_named() {
    let mut scenario = swarm();
    let swarm = scenario.swarm.as_mut().expect("a swarm");
    swarm.lasts = secs(1_000_000);
    let mut kind = swarm.kinds[0].clone();
    (kind.on_per_mille, kind.kind) = (1000, FaultKind::ClockSkew);
    (kind.gap, kind.lasts) = (exactly(secs(0)), exactly(secs(0)));
    swarm.kinds = vec![kind; 100];
    let schedule = draw(&scenario, 1);
    assert!((1000..=65_535).contains(&schedule.faults.len()), "{}", schedule.faults.len());
    assert_eq!(schedule.faults.last().map(|fault| fault.id.index()), Some(schedule.faults.len() - 1));
}

#[test]
fn the_manifest_says_what_the_run_was() {
    let hazards = [Hazard::NoFencing].into_iter().collect();
    let can = capabilities(&FaultKind::ALL);
    let schedule = Schedule::draw(&plan(), &site_failure(), "a/b.toml", 7, &can, hazards);
    let manifest = schedule.manifest();
    assert_eq!((manifest.seed, manifest.scenario_path.as_str(), manifest.world.as_str()), (7, "a/b.toml", "fake"));
    assert_eq!((manifest.hazards, manifest.config.hazards), (hazards, hazards));
    assert_eq!(manifest.schedule, schedule.faults);
    assert_eq!(manifest.objectives.services.len(), 2);
}
