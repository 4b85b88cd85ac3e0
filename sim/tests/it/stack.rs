//! The stack in the simulated world: it serves, it survives, and no invariant is violated.

use crate::support::*;
use firedrill_drill::world::{Action, Command, Happened, RequestId, WorldEvent};
use firedrill_model::{
    Fault, LogIndex, Observation, Op, OpResult, RegionId, Request, Response, Role, ServiceId, SessionId, SiteSet, Time,
    Value,
};
use firedrill_sim::Sim;

fn answer(told: &[Happened], wanted: u64) -> Option<Response> {
    told.iter().find_map(|happened| match &happened.event {
        WorldEvent::Answered { id, response } if id.0 == wanted => Some(response.clone()),
        _ => None,
    })
}

fn leader(told: &[Happened]) -> Option<Time> {
    let leads = |happened: &&Happened| {
        matches!(
            &happened.event,
            WorldEvent::Observed { observation: Observation::RoleChanged { role: Role::Leader, .. }, .. }
        )
    };
    told.iter().find(leads).map(|happened| happened.t)
}

fn nothing_violated(told: &[Happened]) {
    let violated: Vec<_> =
        told.iter().filter(|happened| matches!(happened.event, WorldEvent::Violated { .. })).collect();
    assert!(violated.is_empty(), "{violated:?}");
}

/// The number of times that each invariant judged.
fn judged(told: &[Happened]) -> Vec<(&'static str, u64)> {
    let judged = |happened: &Happened| match happened.event {
        WorldEvent::Judged { invariant, times } => Some((invariant, times)),
        _ => None,
    };
    told.iter().filter_map(judged).collect()
}

#[test]
fn three_sites_elect_a_leader_and_serve_a_write_and_a_read() {
    let mut world = Sim::new(&setup(1));
    let told = run(
        &mut world,
        Time::from_secs(40),
        &[
            ask(at(30_000), 1, US_EAST, NEW_YORK, write("k", "v")),
            ask(at(31_000), 2, US_EAST, NEW_YORK, read("k")),
            report(at(39_000)),
        ],
    );
    assert!(leader(&told).is_some_and(|t| t < at(15_000)), "{:?}", leader(&told));
    assert_eq!(answer(&told, 1), Some(Response::Done(OpResult::Written)));
    assert_eq!(answer(&told, 2), Some(Response::Done(OpResult::Value(Some(Value::new(b"v"))))));
    let states: Vec<(LogIndex, u64)> = told
        .iter()
        .filter_map(|happened| match happened.event {
            WorldEvent::FinalState { up: true, applied, digest, .. } => Some((applied, digest)),
            _ => None,
        })
        .collect();
    assert_eq!(states.len(), 3);
    assert!(states.iter().all(|state| *state == states[0] && state.0 > LogIndex(0)), "{states:?}");
    let judged = judged(&told);
    // No epoch begins here; and nobody appends to the transaction log, so its invariants are not listed.
    let vacuous: Vec<_> =
        judged.iter().filter(|(name, times)| *times == 0 && *name != "one-writer-per-epoch").collect();
    assert!(judged.len() == 6 && vacuous.is_empty(), "{judged:?}");
    nothing_violated(&told);
}

#[test]
fn a_loss_of_power_of_all_sites_keeps_every_acknowledged_write() {
    let (mut acknowledged, mut unanswered) = (0, 0);
    for seed in 0..12 {
        let mut world = Sim::new(&setup(seed));
        // A write to a key of its own every 20 ms, until the power fails everywhere at an odd moment.
        let fails = Time::from_nanos(32_000_000_000 + seed * 13_700_001);
        let mut commands: Vec<Command> = (0..150)
            .map(|n| ask(at(30_000 + n * 20), n, RegionId((n % 3) as u8), NEW_YORK, write(&format!("k{n}"), "v")))
            .collect();
        commands.push(begin(fails, 0, Fault::PowerLoss { sites: SiteSet::first(3) }));
        commands.push(end(at(40_000), 0));
        let before = run(&mut world, at(40_000), &commands);
        let reads: Vec<Command> =
            (0..150).map(|n| ask(at(70_000 + n * 20), 1_000 + n, US_EAST, NEW_YORK, read(&format!("k{n}")))).collect();
        let after = run(&mut world, at(80_000), &reads);
        for n in 0..150 {
            let found = answer(&after, 1_000 + n);
            let Some(Response::Done(OpResult::Value(value))) = &found else {
                panic!("seed {seed}: read {n} came to {found:?}");
            };
            if answer(&before, n) == Some(Response::Done(OpResult::Written)) {
                assert_eq!(
                    value.as_ref(),
                    Some(&Value::new(b"v")),
                    "seed {seed}: write {n} was acknowledged and is lost"
                );
                acknowledged += 1;
            } else {
                unanswered += 1;
            }
        }
        nothing_violated(&before);
        nothing_violated(&after);
    }
    assert!(acknowledged > 500 && unanswered > 50, "{acknowledged} {unanswered}");
}

#[test]
fn a_write_that_is_retried_after_the_loss_of_its_answer_applies_once() {
    let mut world = Sim::new(&setup(2));
    let send = |due, id, seq, op: Op| Command {
        due,
        action: Action::Send {
            id: RequestId(id),
            region: US_EAST,
            site: NEW_YORK,
            request: Request { session: SessionId(7), seq, service: ServiceId(0), op },
        },
    };
    let swap = |from: Option<&str>, to: &str| Op::Cas {
        key: firedrill_model::Key::new("k"),
        expected: from.map(|value| Value::new(value.as_bytes())),
        value: Value::new(to.as_bytes()),
    };
    let told = run(
        &mut world,
        at(40_000),
        &[
            send(at(30_000), 1, 1, swap(None, "a")),
            forget(at(30_001), 1),
            // The same operation again: it must not find its own effect.
            send(at(31_000), 2, 1, swap(None, "a")),
            send(at(32_000), 3, 2, swap(Some("a"), "b")),
        ],
    );
    assert_eq!(answer(&told, 2), Some(Response::Done(OpResult::Cas { swapped: true })));
    assert_eq!(answer(&told, 3), Some(Response::Done(OpResult::Cas { swapped: true })));
    nothing_violated(&told);
}
