//! What clients send: sessions, numbers, retries, pauses, and that nothing is handed over late.

mod fake;
mod fixture;

use fake::Fake;
use firedrill_drill::world::{Action, Capabilities, Command, RequestId, Step, WorldEvent};
use firedrill_drill::{Drill, Go, World, run};
use firedrill_history::{Event, Purpose};
use firedrill_model::{ClientId, NotApplied, Op, OpId, Outcome, Request, Response, SessionId, SiteId, SiteSet, Time};
use firedrill_plan::Scenario;
use firedrill_plan::scenario::{FaultSpec, Rollbacks};
use fixture::{draw, exactly, secs, site_failure, swarm};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A world that remembers what it was told, and when.
struct Recorder {
    world: Fake,
    now: Time,
    commands: Vec<(Time, Command)>,
    /// Requests of which the client learned that they were not applied.
    not_applied: BTreeSet<RequestId>,
}

impl World for Recorder {
    fn capabilities(&self) -> Capabilities {
        self.world.capabilities()
    }

    fn step(&mut self, until: Time, commands: &[Command]) -> Step {
        self.commands.extend(commands.iter().map(|command| (self.now, command.clone())));
        let step = self.world.step(until, commands);
        self.now = step.now;
        for happened in &step.events {
            match happened.event {
                WorldEvent::Refused { id } | WorldEvent::Answered { id, response: Response::NotApplied(_) } => {
                    self.not_applied.insert(id);
                }
                _ => {}
            }
        }
        step
    }
}

fn record(scenario: &Scenario, seed: u64) -> (Vec<(Time, Command)>, Vec<Event>) {
    let (world, events) = recorded(scenario, seed);
    (world.commands, events)
}

fn recorded(scenario: &Scenario, seed: u64) -> (Recorder, Vec<Event>) {
    let schedule = draw(scenario, seed);
    let mut world = Recorder {
        world: Fake::new(&schedule.setup),
        now: Time::ZERO,
        commands: Vec::new(),
        not_applied: BTreeSet::new(),
    };
    let mut events = Vec::new();
    run(&mut world, Drill::new(Arc::new(schedule)), &mut events, &mut |_| Go::On);
    (world, events)
}

fn sends(commands: &[(Time, Command)]) -> impl Iterator<Item = (Time, &Request)> {
    commands.iter().filter_map(|(_, command)| match &command.action {
        Action::Send { request, .. } => Some((command.due, request)),
        _ => None,
    })
}

/// The client that a session is of: its upper half.
fn client(session: SessionId) -> ClientId {
    ClientId((session.0 >> 32) as u32)
}

/// All three sites crash, and restart with the heal phase.
fn all_crash() -> Scenario {
    let mut scenario = site_failure();
    let step = scenario.method[0].clone();
    scenario.method = (0..3)
        .map(|site| {
            let fault = FaultSpec::Crash(SiteSet::only(SiteId(site)));
            firedrill_plan::scenario::Step { fault, lasts: Some(exactly(secs(60))), ..step.clone() }
        })
        .collect();
    Scenario { rollbacks: Rollbacks::All, ..scenario }
}

#[test]
fn numbers_rise_by_one_with_each_operation_and_stay_with_a_retry() {
    for seed in 0..5 {
        let (commands, _) = record(&swarm(), seed);
        let mut last: BTreeMap<SessionId, Request> = BTreeMap::new();
        let mut retries = 0;
        for (_, request) in sends(&commands) {
            match last.get(&request.session) {
                None => assert_eq!(request.seq, 1, "{request:?}"),
                Some(before) if before.seq == request.seq => {
                    assert_eq!(before, request, "a retry is the same request");
                    retries += 1;
                }
                Some(before) => assert_eq!(request.seq, before.seq + 1, "{request:?} after {before:?}"),
            }
            last.insert(request.session, request.clone());
        }
        assert!(retries > 0, "a swarm without a retry tests nothing here");
    }
}

#[test]
fn after_an_unknown_a_client_opens_a_new_session_and_after_nothing_else() {
    let (commands, events) = record(&swarm(), 3);
    let mut sessions: BTreeMap<ClientId, BTreeSet<SessionId>> = BTreeMap::new();
    for (_, request) in sends(&commands) {
        sessions.entry(client(request.session)).or_default().insert(request.session);
    }
    let mut whose: BTreeMap<OpId, ClientId> = BTreeMap::new();
    let mut unknowns: BTreeMap<ClientId, usize> = BTreeMap::new();
    let mut invoked_after: BTreeMap<ClientId, usize> = BTreeMap::new();
    for event in &events {
        match event {
            Event::Invoked { id, client, .. } => {
                whose.insert(*id, *client);
                invoked_after.insert(*client, unknowns.get(client).copied().unwrap_or(0));
            }
            Event::Returned { id, outcome: Outcome::Unknown, .. } => *unknowns.entry(whose[id]).or_default() += 1,
            _ => {}
        }
    }
    // An unknown after which the client invoked nothing opened a session that nobody saw.
    for (client, before_last) in invoked_after {
        assert_eq!(sessions[&client].len(), before_last + 1, "{client}");
    }
    assert!(unknowns.values().sum::<usize>() > 10);
}

#[test]
fn a_refused_operation_is_tried_again_after_growing_pauses_and_fails() {
    let (commands, events) = record(&all_crash(), 1);
    let mut refused = BTreeMap::new();
    for event in &events {
        match event {
            Event::Invoked { id, client, purpose: Purpose::Workload, t, op, .. } => {
                refused.insert(*id, (*client, *t, op));
            }
            Event::Returned { id, outcome, .. } if *outcome != Outcome::Failed(NotApplied::Refused) => {
                refused.remove(id);
            }
            _ => {}
        }
    }
    // Those that were refused from their first attempt on.
    refused.retain(|_, (_, t, _)| *t > Time::from_secs(31) && *t < Time::from_secs(75));
    // Two reads of one key look alike in the commands; a written value is unique.
    refused.retain(|_, (_, _, op)| !op.is_read());
    assert!(refused.len() > 5, "{}", refused.len());
    for (whose, t, op) in refused.into_values() {
        let of_it = |(due, request): &(Time, &Request)| {
            client(request.session) == whose && request.op == *op && *due >= t && *due < t + secs(10)
        };
        let dues: Vec<Time> = sends(&commands).filter(of_it).map(|(due, _)| due).collect();
        let round_trip = Duration::from_millis(if whose.0 % 2 == 0 { 10 } else { 60 });
        let pauses: Vec<Duration> = dues.windows(2).map(|pair| pair[1].since(pair[0]) - round_trip).collect();
        let expected = [100, 200, 400, 800].map(Duration::from_millis);
        let first = |pauses: &[Duration]| pauses.iter().copied().take(4).collect::<Vec<_>>();
        assert_eq!(first(&pauses), expected, "{whose} {op:?}");
        assert!(pauses[4..].iter().all(|pause| *pause == secs(1)), "{pauses:?}");
    }
}

#[test]
fn an_operation_failed_only_if_every_attempt_was_certainly_not_applied() {
    let (mut failed, mut doubtful) = (0, 0);
    for seed in 0..10 {
        // The first site freezes, and while it still is, it crashes: first no answer, then refusals until the deadline.
        let mut scenario = all_crash();
        let step = scenario.method[0].clone();
        let freeze = FaultSpec::Freeze(SiteSet::only(SiteId(0)));
        let lasts = Some(exactly(secs(60)));
        for step in &mut scenario.method {
            step.at = exactly(secs(5));
        }
        scenario.method.push(firedrill_plan::scenario::Step { fault: freeze, at: exactly(secs(0)), lasts, ..step });
        let (world, events) = recorded(&scenario, seed);
        let mut attempts: BTreeMap<ClientId, Vec<(SessionId, u64, Vec<RequestId>)>> = BTreeMap::new();
        for (_, command) in &world.commands {
            let Action::Send { id, request, .. } = &command.action else { continue };
            let of_client = attempts.entry(client(request.session)).or_default();
            match of_client.last_mut() {
                Some((session, seq, ids)) if (*session, *seq) == (request.session, request.seq) => ids.push(*id),
                _ => of_client.push((request.session, request.seq, vec![*id])),
            }
        }
        let mut invoked: BTreeMap<ClientId, usize> = BTreeMap::new();
        let mut places: BTreeMap<OpId, (ClientId, usize)> = BTreeMap::new();
        for event in &events {
            match event {
                Event::Invoked { id, client, .. } => {
                    let place = invoked.entry(*client).or_default();
                    places.insert(*id, (*client, *place));
                    *place += 1;
                }
                Event::Returned { id, outcome, .. } => {
                    let (client, place) = places[id];
                    let ids = &attempts[&client][place].2;
                    let certain = ids.iter().filter(|id| world.not_applied.contains(id)).count();
                    match outcome {
                        Outcome::Failed(_) => {
                            assert_eq!(certain, ids.len(), "{id}");
                            failed += 1;
                        }
                        Outcome::Unknown => {
                            assert!(certain < ids.len(), "{id} could have been told from one that failed");
                            doubtful += u32::from(certain > 0);
                        }
                        Outcome::Ok(_) => {}
                    }
                }
                _ => {}
            }
        }
    }
    assert!(failed > 20 && doubtful > 20, "{failed} failed, {doubtful} in doubt though some attempts were refused");
}

#[test]
fn an_attempt_without_an_answer_is_forgotten_before_it_is_sent_again() {
    let (commands, _) = record(&site_failure(), 1);
    let mut open: BTreeMap<SessionId, RequestId> = BTreeMap::new();
    let (mut given_up, mut forgotten) = (0, BTreeSet::new());
    for (_, command) in &commands {
        match &command.action {
            Action::Send { id, request, .. } => {
                if let Some(before) = open.insert(request.session, *id)
                    && forgotten.contains(&before)
                {
                    given_up += 1;
                }
            }
            Action::Forget { id } => assert!(forgotten.insert(*id), "{id:?} was forgotten twice"),
            _ => {}
        }
    }
    assert!(given_up > 0, "a lost site leaves attempts without an answer");
}

#[test]
fn what_is_known_beforehand_is_handed_over_before_it_is_due() {
    let (commands, events) = record(&swarm(), 2);
    for (now, command) in &commands {
        let in_time = match &command.action {
            Action::Begin { .. } => command.due >= *now + Duration::from_millis(10),
            _ => command.due >= *now,
        };
        assert!(in_time, "at {now}: {command:?}");
        assert!(command.due <= *now + Duration::from_millis(100), "not too early: at {now}: {command:?}");
    }
    let late = events.iter().filter(|event| matches!(event, Event::FaultBegan { late, .. } if *late > Duration::ZERO));
    assert_eq!(late.count(), 0);
}

#[test]
fn a_compare_and_set_expects_what_its_client_saw_last() {
    let (_, events) = record(&fixture::calm(), 4);
    let mut seen: BTreeMap<(ClientId, firedrill_model::Key), Option<firedrill_model::Value>> = BTreeMap::new();
    let mut invoked = BTreeMap::new();
    let mut checked = 0;
    for event in &events {
        match event {
            Event::Invoked { id, client, op, purpose: Purpose::Workload, .. } => {
                if let Op::Cas { key, expected, .. } = op {
                    let last = seen.get(&(*client, key.clone())).cloned().flatten();
                    assert_eq!(*expected, last, "{client} on {key:?}");
                    checked += u32::from(expected.is_some());
                }
                invoked.insert(*id, (*client, op.clone()));
            }
            Event::Returned { id, outcome: Outcome::Ok(result), .. } => {
                let Some((client, op)) = invoked.remove(id) else { continue };
                let key = (client, op.key().expect("a session").clone());
                use firedrill_model::OpResult::{Cas, Value, Written};
                match (op, result) {
                    (Op::Read { .. }, Value(value)) => drop(seen.insert(key, value.clone())),
                    (Op::Write { value, .. }, Written) | (Op::Cas { value, .. }, Cas { swapped: true }) => {
                        drop(seen.insert(key, Some(value)));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    assert!(checked > 20, "{checked}");
}
