//! What the tests of the simulator share: a setup, a client, and a process that does what its requests say.

use firedrill_drill::world::{Action, Command, Happened, Physics, RequestId, Setup, World, WorldEvent};
use firedrill_model::{
    Fault, FaultId, Key, LogIndex, Op, OpResult, RegionId, Request, Response, Rng, ServiceId, SessionId, SiteId,
    StackConfig, Term, Time, Value,
};
use firedrill_sim::process::Insides;
use firedrill_sim::{Process, Sim};
use firedrill_stack::io::{DiskOp, DiskToken, FileId, Input, Output};
use firedrill_stack::{Message, Ticket};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub const NEW_YORK: SiteId = SiteId(0);
pub const LONDON: SiteId = SiteId(1);
pub const SINGAPORE: SiteId = SiteId(2);
/// Its clients have 10 ms to New York and 90 ms to London.
pub const US_EAST: RegionId = RegionId(0);

/// The plan of the seed design on links without jitter and loss, and disks that sync in 1 to 3 ms.
pub fn setup(seed: u64) -> Setup {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/plans/erlmcp-v3.toml");
    let plan = firedrill_plan::load_plan(&path).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let config = plan.stack_config();
    let physics = Physics { sync_min: millis(1), sync_max: millis(3), jitter_per_mille: 0, loss_per_mille: 0 };
    Setup { plan, config, seed, physics }
}

pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub const fn at(millis: u64) -> Time {
    Time::from_millis(millis)
}

/// A request; what the scripted process does with it is said by the key.
pub fn send(due: Time, id: u64, region: RegionId, site: SiteId, key: &str) -> Command {
    let op = Op::Read { key: Key::new(key) };
    ask(due, id, region, site, op)
}

pub fn ask(due: Time, id: u64, region: RegionId, site: SiteId, op: Op) -> Command {
    let request = Request { session: SessionId(id), seq: 1, service: ServiceId(0), op };
    Command { due, action: Action::Send { id: RequestId(id), region, site, request } }
}

pub fn write(key: &str, value: &str) -> Op {
    Op::Write { key: Key::new(key), value: Value::new(value.as_bytes()) }
}

pub fn read(key: &str) -> Op {
    Op::Read { key: Key::new(key) }
}

pub fn begin(due: Time, id: u16, fault: Fault) -> Command {
    Command { due, action: Action::Begin { id: FaultId(id), fault } }
}

pub fn end(due: Time, id: u16) -> Command {
    Command { due, action: Action::End { id: FaultId(id) } }
}

pub fn forget(due: Time, id: u64) -> Command {
    Command { due, action: Action::Forget { id: RequestId(id) } }
}

pub fn report(due: Time) -> Command {
    Command { due, action: Action::Report }
}

/// Steps until a time, whatever comes in between; returns all that was told.
pub fn run(world: &mut impl World, until: Time, commands: &[Command]) -> Vec<Happened> {
    let mut told = Vec::new();
    let mut commands = commands;
    loop {
        let step = world.step(until, commands);
        commands = &[];
        told.extend(step.events);
        if step.now >= until {
            return told;
        }
    }
}

/// How the request of this name ended, and when.
pub fn ending(told: &[Happened], id: u64) -> Option<(Time, &'static str)> {
    told.iter().find_map(|happened| {
        let (found, how) = match &happened.event {
            WorldEvent::Answered { id, .. } => (id, "answered"),
            WorldEvent::Refused { id } => (id, "refused"),
            WorldEvent::Broken { id } => (id, "broken"),
            _ => return None,
        };
        (found.0 == id).then_some((happened.t, how))
    })
}

/// Which sites were up at the end, or when that was asked.
pub fn up(told: &[Happened]) -> Vec<bool> {
    let up = |happened: &Happened| match happened.event {
        WorldEvent::FinalState { up, .. } => Some(up),
        _ => None,
    };
    told.iter().filter_map(up).collect()
}

/// When a fault was told to have begun, and whether it struck.
pub fn began(told: &[Happened], fault: u16) -> Option<(Time, bool)> {
    told.iter().find_map(|happened| match &happened.event {
        WorldEvent::FaultBegan { id, struck, .. } if id.0 == fault => Some((happened.t, *struck)),
        _ => None,
    })
}

/// A process that does what its requests say, and remembers what it was told.
///
/// Keys, of words separated by blanks: `reply`; `hold` nothing; `send SITE` one message with the next nonce; `burst SITE N`; `append` five bytes to a file
/// without a sync; `sync` the file; `wake MILLIS` from now by its own clock; `spin` wake at once, for ever; `pingpong SITE` a message that is
/// answered by two.
#[derive(Clone, Debug)]
pub struct Scripted {
    pub told: Vec<(Time, Told)>,
    out: Vec<Output>,
    nonce: u64,
    size: u64,
    wake: Option<Time>,
    spins: bool,
    feeds: bool,
}

/// What the process was told, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Started,
    Time,
    Message(SiteId, u64),
    Request(Ticket, String),
    File(Option<Vec<u8>>),
    Synced(u64),
    Other,
}

pub const FILE: FileId = FileId::Log(1);

impl Scripted {
    fn obey(&mut self, now: Time, ticket: Ticket, words: &str) {
        let words: Vec<&str> = words.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().expect("a number");
        match words[0] {
            "reply" => self.out.push(Output::Reply { ticket, response: Response::Done(OpResult::Written) }),
            "hold" => {}
            "send" => self.send(number(1), 1),
            "burst" => self.send(number(1), number(2)),
            "append" => {
                self.out.push(Output::Disk(DiskOp::Create { file: FILE }));
                self.out.push(Output::Disk(DiskOp::Write { file: FILE, offset: self.size, bytes: b"bytes".to_vec() }));
                self.size += 5;
            }
            "sync" => {
                let token = DiskToken(self.size);
                self.out.push(Output::Disk(DiskOp::Sync { file: FILE, token }));
                self.out.push(Output::Disk(DiskOp::SyncDir { token: DiskToken(0) }));
            }
            "wake" => self.wake = Some(now + millis(number(1))),
            "spin" => (self.wake, self.spins) = (Some(now), true),
            "pingpong" => {
                self.feeds = true;
                self.send(number(1), 1);
            }
            other => panic!("{other} is not in the script"),
        }
    }

    fn send(&mut self, to: u64, times: u64) {
        for _ in 0..times {
            self.nonce += 1;
            self.out.push(Output::Send { to: SiteId(to as u8), message: Message::HealthCheck { nonce: self.nonce } });
        }
    }

    /// What the process was told, without the times.
    pub fn heard(&self) -> Vec<&Told> {
        self.told.iter().map(|(_, told)| told).collect()
    }
}

impl Process for Scripted {
    fn new(_: Arc<StackConfig>, _: SiteId, _: Rng) -> Scripted {
        Scripted { told: Vec::new(), out: Vec::new(), nonce: 0, size: 0, wake: None, spins: false, feeds: false }
    }

    fn handle(&mut self, now: Time, input: Input) {
        if matches!(input, Input::KeyGiven { .. }) {
            return;
        }
        let told = match input {
            Input::Started => {
                self.out.push(Output::Disk(DiskOp::Read { file: FILE, token: DiskToken(0) }));
                Told::Started
            }
            Input::TimePassed => {
                self.wake = self.wake.filter(|_| self.spins);
                Told::Time
            }
            Input::MessageReceived { from, message: Message::HealthCheck { nonce } } => {
                if self.feeds || nonce == u64::MAX {
                    let again = Message::HealthCheck { nonce: u64::MAX };
                    self.out.extend([(); 2].map(|()| Output::Send { to: from, message: again.clone() }));
                }
                Told::Message(from, nonce)
            }
            Input::RequestReceived { ticket, request } => {
                let words = request.op.key().map_or(String::new(), |key| key.as_str().to_owned());
                self.obey(now, ticket, &words);
                Told::Request(ticket, words)
            }
            Input::FileRead { result, .. } => Told::File(result.expect("this disk does not fail")),
            Input::Synced { token } => Told::Synced(token.0),
            _ => Told::Other,
        };
        self.told.push((now, told));
    }

    fn poll_output(&mut self) -> Option<Output> {
        (!self.out.is_empty()).then(|| self.out.remove(0))
    }

    fn poll_deadline(&self) -> Option<Time> {
        self.wake
    }

    fn insides(&self) -> Insides {
        Insides::default()
    }

    fn applied_digest(&self) -> u64 {
        0
    }

    fn digest_at(&self, _: LogIndex) -> Option<u64> {
        None
    }

    fn entry_term(&self, _: LogIndex) -> Option<Term> {
        None
    }
}

/// A world of scripted processes.
pub fn scripted(setup: &Setup) -> Sim<Scripted> {
    Sim::running(setup)
}

/// The messages that a site got, by nonce, with the time by its clock.
pub fn messages(world: &Sim<Scripted>, site: SiteId) -> Vec<(Time, u64)> {
    let process = world.process(site).expect("a process runs");
    let message = |(t, told): &(Time, Told)| match told {
        Told::Message(_, nonce) => Some((*t, *nonce)),
        _ => None,
    };
    process.told.iter().filter_map(message).collect()
}
