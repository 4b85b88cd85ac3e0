//! The same seed in two processes gives the same events.

use firedrill_drill::conformance::setup;
use firedrill_drill::remote::Remote;
use firedrill_drill::world::{Action, Command, Happened, RequestId, World, WorldEvent};
use firedrill_model::{Fault, FaultId, Key, Op, RegionId, Request, ServiceId, SessionId, SiteId, Time, Value};
use std::path::Path;

fn commands() -> Vec<Command> {
    let sends = (0..40_u64).map(|number| {
        let key = Key::new("key");
        let op = match number % 2 {
            0 => Op::Write { key, value: Value::new(&number.to_le_bytes()) },
            _ => Op::Read { key },
        };
        let request = Request { session: SessionId(number), seq: 1, service: ServiceId(0), op };
        let (region, site) = (RegionId((number % 2) as u8), SiteId((number % 3) as u8));
        let action = Action::Send { id: RequestId(number), region, site, request };
        Command { due: Time::from_millis(4_000 + 151 * number), action }
    });
    let fault = Fault::Crash { site: SiteId(1), after_outputs: 3 };
    let begin = Command { due: Time::from_secs(6), action: Action::Begin { id: FaultId(0), fault } };
    let end = Command { due: Time::from_secs(8), action: Action::End { id: FaultId(0) } };
    sends.chain([begin, end]).collect()
}

fn told_by_a_process(seed: u64) -> Vec<Happened> {
    let mut world = Remote::start(Path::new(env!("CARGO_BIN_EXE_firedrill-madsim"))).unwrap();
    world.begin(&firedrill_drill::Setup { seed, ..setup() }).unwrap();
    let (mut commands, mut told) = (commands(), Vec::new());
    loop {
        let step = world.step(Time::from_secs(15), &std::mem::take(&mut commands));
        told.extend(step.events);
        if step.now >= Time::from_secs(15) {
            return told;
        }
    }
}

#[test]
fn two_processes_tell_the_same_and_something() {
    let told = told_by_a_process(7);
    assert_eq!(told, told_by_a_process(7));
    let answered = told.iter().filter(|happened| matches!(happened.event, WorldEvent::Answered { .. })).count();
    assert!(answered >= 20, "{answered} answers");
}
