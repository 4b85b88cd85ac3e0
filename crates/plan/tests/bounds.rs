//! Properties of the bounds: of any plan, not only of those that are shipped.

use firedrill_model::{SiteId, SiteSet};
use firedrill_plan::analysis::bounds::{Bound, Met};
use firedrill_plan::analysis::model::{Class, Copies, Dependency, Model, Service, Site};
use firedrill_plan::analysis::{Loss, Matrix};
use proptest::prelude::*;
use std::time::Duration;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn site(number: usize) -> impl Strategy<Value = Site> {
    let maybe = |most: u64| proptest::option::of((0..most).prop_map(Duration::from_secs));
    (any::<bool>(), 1_u32..=100, maybe(3000), maybe(3000)).prop_map(move |(votes, capacity_percent, readiness, lag)| {
        Site {
            name: format!("site-{number}"),
            votes: votes || number == 0,
            serves: true,
            capacity_percent,
            readiness,
            lag,
        }
    })
}

fn copies(sites: usize) -> impl Strategy<Value = Copies> {
    prop_oneof![
        Just(Copies::Majority),
        Just(Copies::Unstated),
        (0_u64..1_000_000).prop_map(|interval| Copies::Periodic(MS(interval))),
        (0_u64..1_000_000).prop_map(|after| Copies::Everywhere(MS(after))),
        (proptest::collection::vec(1..sites.max(2), 0..3), 0_u64..10_000).prop_map(|(copies, interval)| {
            Copies::Synchronous {
                copies: copies.into_iter().map(|place| SiteId(place as u8)).collect(),
                send_interval: MS(interval),
            }
        }),
    ]
}

fn model() -> impl Strategy<Value = Model> {
    (1_usize..=5).prop_flat_map(|count| {
        let sites: Vec<_> = (0..count).map(site).collect();
        let trips = proptest::collection::vec(1_u64..400, count * count);
        let service = (1_u64..3600, any::<bool>(), 0_u32..4);
        let class = (0_u64..3600, copies(count), proptest::option::of(0_u64..7200), proptest::option::of(0_u64..7200));
        let services = proptest::collection::vec(service, 1..4);
        let classes = proptest::collection::vec(class, 0..4);
        let others = (proptest::option::of(0_u64..900), 0_u64..300, 0_u64..200);
        (sites, trips, services, classes, others).prop_map(
            move |(sites, trips, services, classes, (approval, detection, dns))| {
                let trip =
                    |a: usize, b: usize| if a == b { Duration::ZERO } else { MS(trips[a.min(b) * count + a.max(b)]) };
                Model {
                    round_trips: (0..count).map(|a| (0..count).map(|b| trip(a, b)).collect()).collect(),
                    sites,
                    check_interval: MS(5000),
                    detection: Duration::from_secs(detection),
                    approval: approval.map(Duration::from_secs),
                    dns: Duration::from_secs(dns),
                    services: services
                        .into_iter()
                        .enumerate()
                        .map(|(place, (rto, manual, after))| Service {
                            name: format!("service-{place}"),
                            tier: "tier".to_owned(),
                            rto: Duration::from_secs(rto),
                            manual,
                            after,
                        })
                        .collect(),
                    classes: classes
                        .into_iter()
                        .enumerate()
                        .map(|(place, (rpo, copies, backup, restore))| Class {
                            name: format!("class-{place}"),
                            rpo: Duration::from_secs(rpo),
                            copies,
                            backup: backup.map(Duration::from_secs),
                            restore: restore.map(Duration::from_secs),
                        })
                        .collect(),
                    dependencies: vec![Dependency { name: "dns".to_owned(), rto: Some(MS(500)), needed_by: vec![0] }],
                    burst_percent: 0,
                    load_percent: 100,
                    degraded_percent: None,
                }
            },
        )
    })
}

/// No less good: a bound that did not get worse.
fn no_worse(before: Bound, after: Bound) -> bool {
    match (before, after) {
        (Bound::Within(before), Bound::Within(after)) => {
            after.at_most <= before.at_most && after.at_least <= before.at_least
        }
        (Bound::Never, _) | (Bound::Unstated, Bound::Unstated) => true,
        (Bound::Within(_), _) | (Bound::Unstated, _) => false,
    }
}

/// The row of this loss.
fn row(matrix: &Matrix, loss: &Loss) -> Option<usize> {
    matrix.rows.iter().position(|(known, _)| known == loss)
}

/// A site that does not vote and serves, after all others.
fn with_a_bystander(model: &Model, trips: u64) -> Model {
    let mut larger = model.clone();
    larger.sites.push(Site {
        name: "bystander".to_owned(),
        votes: false,
        serves: true,
        capacity_percent: 10,
        readiness: None,
        lag: None,
    });
    larger.round_trips.iter_mut().for_each(|row| row.push(MS(trips)));
    let mut own = vec![MS(trips); model.sites.len()];
    own.push(Duration::ZERO);
    larger.round_trips.push(own);
    larger
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_site_that_does_not_vote_never_worsens_a_bound(model in model(), trips in 1_u64..500) {
        let (small, large) = (Matrix::new(model.clone()), Matrix::new(with_a_bystander(&model, trips)));
        let bystander = SiteId(model.sites.len() as u8);
        for (place, (loss, _)) in small.rows.iter().enumerate() {
            // The same loss, and for a cut the same with the new site on either side.
            let mut same = vec![loss.clone()];
            if let Loss::Cut(from) = loss {
                same.push(Loss::Cut(from.with(bystander)));
            }
            for other in same.iter().filter_map(|loss| row(&large, loss)) {
                for column in small.columns() {
                    let (before, after) = (small.cell(place, column), large.cell(other, column));
                    if let (Some(before), Some(after)) = (before.bounds, after.bounds) {
                        prop_assert!(no_worse(before.parameters, after.parameters), "{loss:?} {column:?}: {before:?} {after:?}");
                        prop_assert!(no_worse(before.claims, after.claims), "{loss:?} {column:?}: {before:?} {after:?}");
                    }
                }
                prop_assert!(large.capacity(other).parameters >= small.capacity(place).parameters);
            }
        }
    }

    #[test]
    fn a_looser_objective_never_turns_met_into_unmet(model in model(), more in 0_u64..10_000) {
        let mut looser = model.clone();
        looser.services.iter_mut().for_each(|service| service.rto += Duration::from_secs(more));
        looser.classes.iter_mut().for_each(|class| class.rpo += Duration::from_secs(more));
        let (strict, loose) = (Matrix::new(model), Matrix::new(looser));
        for place in 0..strict.rows.len() {
            for column in strict.columns() {
                let (before, after) = (strict.cell(place, column), loose.cell(place, column));
                prop_assert!(before.by_parameters != Met::Yes || after.by_parameters == Met::Yes);
                prop_assert!(before.with_claims != Met::Yes || after.with_claims == Met::Yes);
                prop_assert!(after.survives <= before.survives);
            }
        }
    }

    #[test]
    fn names_change_nothing_but_names(model in model()) {
        let mut renamed = model.clone();
        renamed.sites.iter_mut().for_each(|site| site.name = format!("other-{}", site.name));
        let (one, other) = (Matrix::new(model), Matrix::new(renamed));
        prop_assert_eq!(&one.rows, &other.rows);
        for place in 0..one.rows.len() {
            for column in one.columns() {
                prop_assert_eq!(one.cell(place, column), other.cell(place, column));
                let lines = other.arithmetic(place, column).join("\n").replace("other-site-", "site-");
                prop_assert_eq!(one.arithmetic(place, column).join("\n"), lines);
            }
        }
    }

    #[test]
    fn losing_more_sites_never_helps_a_quorum(model in model()) {
        let matrix = Matrix::new(model);
        let lost = |loss: &Loss| match loss { Loss::Sites(sites) => Some(*sites), _ => None };
        for (small, before) in matrix.rows.iter().filter_map(|(loss, after)| Some((lost(loss)?, after))) {
            for (large, after) in matrix.rows.iter().filter_map(|(loss, after)| Some((lost(loss)?, after))) {
                if small.iter().all(|site| large.contains(site)) {
                    prop_assert!(after.votes <= before.votes);
                    prop_assert!(before.leader.is_some() || after.leader.is_none());
                }
            }
        }
    }
}

#[test]
fn more_losses_than_can_be_looked_at_are_said_to_be_left_out() {
    let site = |place: usize| Site {
        name: format!("site-{place}"),
        votes: true,
        serves: true,
        capacity_percent: 100,
        readiness: None,
        lag: None,
    };
    let count = SiteSet::MAX_SITES;
    let model = Model {
        sites: (0..count).map(site).collect(),
        round_trips: vec![vec![MS(10); count]; count],
        check_interval: MS(5000),
        detection: MS(120_000),
        approval: None,
        dns: MS(30_000),
        services: Vec::new(),
        classes: Vec::new(),
        dependencies: Vec::new(),
        burst_percent: 0,
        load_percent: 100,
        degraded_percent: None,
    };
    let matrix = Matrix::new(model);
    assert!(matrix.rows.len() <= 11_000, "{}", matrix.rows.len());
    assert_eq!(matrix.left_out, ["losses and cuts of 5 or more of the 16 sites at once"]);
}
