//! Memory and disks of the sites that stay, while Singapore is away for long under load: bounded by the plan's figures, whatever the time.

use crate::support::*;
use firedrill_drill::world::{Action, Command, RequestId, Setup};
use firedrill_model::rng::mix;
use firedrill_model::{
    Direction, Endpoint, Fault, Key, Op, Position, Request, ServiceId, SessionId, SiteId, StackConfig, Time, Value,
};
use firedrill_sim::Sim;
use firedrill_stack::io::FileId;
use firedrill_stack::memory::Memory;
use firedrill_stack::wal::dedup;
use std::time::Duration;

/// So many sessions are written, and so many records appended, in a second.
const RATE: u64 = 100;
/// Records and values have so many bytes.
const SIZE: usize = 100;
/// Sessions have so many keys and clients, so that the state stays the same.
const KEYS: u64 = 1_000;
const CLIENTS: u64 = 200;

/// A session that is written or a record that is appended, in the log, in memory and on a disk: what it contains, and what is around it (ADR 0008 counts 250 bytes for a
/// record of 100 alone in a segment; an entry is counted with its value twice, and has a header, a key, and numbers).
const RECORD: usize = 3 * SIZE;

/// What the sites that stay may take at most, by the plan's figures.
struct Bounds {
    memory: Memory,
    /// Of the transaction log, in bytes.
    wal: usize,
    /// Of metadata, snapshots and replicated log, in bytes.
    raft: usize,
}

const MIB: usize = 1 << 20;

impl Bounds {
    fn of(config: &StackConfig) -> Bounds {
        let raft = &config.raft;
        let threshold = raft.snapshot_threshold as usize;
        // What is appended from when a snapshot falls due until it is durable: a batch to a message, as many as may be under way.
        let meanwhile = raft.max_batch as usize * raft.max_in_flight as usize;
        // A quarter of a threshold stays for followers that are a little behind.
        let entries = threshold + threshold / 4 + meanwhile;
        let retention = config.transaction_log.as_ref().expect("the plan has a log").retention;
        let state = (KEYS + CLIENTS) as usize * RECORD;
        // For as long as Raft waits for an answer, requests wait.
        let patience = raft.election_timeout.as_secs() as usize * RATE as usize * 2;
        let memory = Memory {
            replicated_log: entries * RECORD,
            waiting_for_disk: patience * RECORD,
            // The latest 256 KiB and a chunk more, two files, what is under way to a copy.
            transaction_log: (256 << 10) + 2 * FILE + (4 << 20) + patience * RECORD,
            // A record's operation is named in the order of the records, and by its session.
            retries: 2 * (dedup::WINDOW as usize + 512) * 32,
            requests: patience * RECORD,
        };
        Bounds {
            memory,
            // The retention, the file that holds its beginning, and the last one.
            wal: (retention.as_secs() + 1) as usize * RATE as usize * RECORD + 2 * FILE,
            // The log before a snapshot goes when that is durable; the snapshot before it likewise. A segment may begin before the snapshot.
            raft: 2 * entries * RECORD + 2 * (state + 4_096) + 2 * FILE,
        }
    }

    /// What is above its bound.
    fn broken(&self, most: &Most) -> Vec<String> {
        let (bound, memory) = (&self.memory, &most.memory);
        let all = [
            ("entries in memory", memory.replicated_log, bound.replicated_log),
            ("what waits for the disk", memory.waiting_for_disk, bound.waiting_for_disk),
            ("segments in memory", memory.transaction_log, bound.transaction_log),
            ("retries in memory", memory.retries, bound.retries),
            ("requests in memory", memory.requests, bound.requests),
            ("the transaction log on the disk", most.wal, self.wal),
            ("the replicated log and snapshots on the disk", most.raft, self.raft),
        ];
        let broken = all.iter().filter(|(_, taken, bound)| taken > bound);
        broken.map(|(what, taken, bound)| format!("{what}: {taken} bytes, bound {bound}")).collect()
    }
}

/// A file or segment is followed by a new one at 1 MiB, and may be longer by a batch of 256 KiB.
const FILE: usize = MIB + (256 << 10);

/// The most that was seen of each.
#[derive(Clone, Copy, Debug, Default)]
struct Most {
    memory: Memory,
    wal: usize,
    raft: usize,
    /// The site's whole state as text, so that nothing is forgotten: what is not counted above shows here.
    text: usize,
}

impl Most {
    fn look(&mut self, world: &Sim, site: SiteId) {
        let now = world.process(site).expect("the site runs").memory();
        let most = &mut self.memory;
        most.replicated_log = most.replicated_log.max(now.replicated_log);
        most.waiting_for_disk = most.waiting_for_disk.max(now.waiting_for_disk);
        most.transaction_log = most.transaction_log.max(now.transaction_log);
        most.retries = most.retries.max(now.retries);
        most.requests = most.requests.max(now.requests);
        let of_wal = |file: &FileId| matches!(file, FileId::Wal(_) | FileId::WalAside(_));
        let (wal, raft): (Vec<_>, Vec<_>) = world.files(site).partition(|(file, _)| of_wal(file));
        let sum = |files: &[(FileId, usize)]| files.iter().map(|(_, len)| len).sum();
        (self.wal, self.raft) = (self.wal.max(sum(&wal)), self.raft.max(sum(&raft)));
    }

    fn look_at_all(&mut self, world: &Sim, site: SiteId) {
        self.text = self.text.max(format!("{:?}", world.process(site).expect("the site runs")).len());
    }
}

/// What clients ask in a second: sessions and records, evenly spread.
fn second(from: Time, number: u64) -> Vec<Command> {
    let ask = |n: u64, id: u64, op: Op| {
        let due = from + Duration::from_secs(1) * n as u32 / RATE as u32;
        let request = Request { session: SessionId(id % CLIENTS), seq: id, service: ServiceId(0), op };
        Command { due, action: Action::Send { id: RequestId(id), region: US_EAST, site: NEW_YORK, request } }
    };
    let both = |n: u64| {
        let id = 2 * (number * RATE + n) + 1;
        // What does not compress.
        let bytes: Vec<u8> = (0..).flat_map(|n| mix(id << 8 | n).to_be_bytes()).take(SIZE).collect();
        let key = Key::new(&format!("k{}", id / 2 % KEYS));
        let write = Op::Write { key, value: Value::new(&bytes) };
        [ask(n, id, write), ask(n, id + 1, Op::Append { record: Value::new(&bytes) })]
    };
    (0..RATE).flat_map(both).collect()
}

/// Singapore is cut off for so long. The most of the first half, and of the second, at each of the sites that stay; and the world, with Singapore back for a while.
struct Away {
    halves: [[Most; 2]; 2],
    world: Sim,
}

fn away(setup: &Setup, seconds: u64, also: &[Command]) -> Away {
    let mut world = Sim::new(setup);
    let begun = 30;
    let cut = Fault::Partition {
        a: vec![Endpoint::Site(NEW_YORK), Endpoint::Site(LONDON)],
        b: vec![Endpoint::Site(SINGAPORE)],
        direction: Direction::Both,
    };
    run(&mut world, Time::from_secs(begun), &[&[begin(Time::from_secs(begun), 0, cut)], also].concat());
    let mut halves = [[Most::default(); 2]; 2];
    for number in 0..seconds {
        let now = Time::from_secs(begun + number);
        run(&mut world, now + Duration::from_secs(1), &second(now, number));
        let half = &mut halves[usize::from(number >= seconds / 2)];
        for (most, site) in half.iter_mut().zip([NEW_YORK, LONDON]) {
            most.look(&world, site);
            if number % (seconds / 10) == seconds / 10 - 1 {
                most.look_at_all(&world, site);
            }
        }
    }
    let now = begun + seconds;
    run(&mut world, Time::from_secs(now + 120), &[end(Time::from_secs(now), 0)]);
    Away { halves, world }
}

/// The plan, with a retention that passes several times while Singapore is away.
fn retaining(setup: &mut Setup, retention: Duration) {
    setup.config.transaction_log.as_mut().expect("the plan has a log").retention = retention;
}

/// Singapore is away for so long; nothing is above its bound, and nothing grows from the first half to the second.
fn stays_bounded(seconds: u64, retention: Duration) {
    let mut setup = setup(11);
    retaining(&mut setup, retention);
    let bounds = Bounds::of(&setup.config);
    let Away { halves: [first, second], world } = away(&setup, seconds, &[]);
    println!("{first:#?}\n{second:#?}");
    for (first, second) in first.iter().zip(&second) {
        assert_eq!(bounds.broken(first), Vec::<String>::new());
        assert_eq!(bounds.broken(second), Vec::<String>::new());
    }
    came_back(&world);
    let new_york = world.process(NEW_YORK).expect("it runs");
    assert_eq!(new_york.log_confirmed(), Position(RATE * seconds), "all were appended");
    assert!(new_york.applied_index().0 >= RATE * seconds, "all were written");
    grew_not(&first, &second, seconds);
}

/// Singapore has what the others have.
fn came_back(world: &Sim) {
    let site = |site| world.process(site).expect("all run");
    let state = |of| (site(of).applied_index(), site(of).applied_digest(), site(of).log_digest());
    assert_eq!((state(LONDON), state(SINGAPORE)), (state(NEW_YORK), state(NEW_YORK)));
    assert!(!site(SINGAPORE).log_damaged());
}

/// The text of a state that does not grow varies with how much of a snapshot threshold has passed; what grows with every entry adds one byte at least for each of those of
/// the second half.
fn grew_not(first: &[Most; 2], second: &[Most; 2], seconds: u64) {
    for (first, second) in first.iter().zip(second) {
        let grown = second.text.saturating_sub(first.text) as u64;
        assert!(grown < RATE * seconds / 2, "{grown} bytes of text in the second half");
    }
}

#[test]
fn memory_and_disks_stay_bounded_while_singapore_is_away_for_an_hour() {
    stays_bounded(3_600, Duration::from_secs(600));
}

/// Whenever a sync is over, something waits for the next.
#[test]
fn a_disk_that_never_rests_drops_what_is_old_too() {
    let mut setup = setup(11);
    retaining(&mut setup, Duration::from_secs(10));
    let slow = |site: SiteId| {
        let fault = Fault::SlowFsync { site, delay: millis(40) };
        begin(Time::from_secs(25), 1 + u16::from(site.0), fault)
    };
    let Away { halves: [_, second], world } = away(&setup, 500, &[NEW_YORK, LONDON].map(slow));
    came_back(&world);
    for most in second {
        assert_eq!(Bounds::of(&setup.config).broken(&most), Vec::<String>::new());
    }
}

/// So that it is seen that the bounds can be broken.
#[test]
fn what_keeps_everything_is_seen() {
    let mut setup = setup(11);
    retaining(&mut setup, Duration::from_secs(30));
    let bounds = Bounds::of(&setup.config);
    retaining(&mut setup, Duration::from_secs(7 * 86_400));
    setup.config.raft.snapshot_threshold = u64::MAX;
    let Away { halves: [_, [new_york, london]], .. } = away(&setup, 400, &[]);
    for most in [new_york, london] {
        let broken = bounds.broken(&most);
        let told = |what: &str| broken.iter().any(|text| text.starts_with(what));
        assert!(told("entries in memory") && told("the transaction log on the disk"), "{broken:?} {most:?}");
    }
}
