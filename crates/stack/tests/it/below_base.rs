//! A copy that diverged where the writer retains nothing any more: no record is left by which the two could agree.

use crate::cluster::Cluster;
use crate::log::load::{Load, base, with_retention};
use crate::log::{self, LONDON, NY, SINGAPORE, settled_with};
use firedrill_model::{Observation, Position, Rng, SiteId, SiteSet};
use firedrill_stack::wal::message::LogMessage;
use firedrill_stack::wal::segment::Incarnation;
use firedrill_stack::{FileId, Message};
use std::collections::BTreeMap;
use std::time::Duration;

const RETENTION: u64 = 300;

/// New York has five records as London has them, and is cut off.
fn cut_off() -> (Cluster, Load) {
    let (mut cluster, mut load) = (settled_with(with_retention(RETENTION)), Load::new());
    load.append(&mut cluster, NY, 5);
    cluster.isolate(NY);
    (cluster, load)
}

/// New York has five records as London has them, and so many that nobody else has; London goes on.
fn diverged(tail: u64) -> (Cluster, Load) {
    let (mut cluster, mut load) = cut_off();
    load.append(&mut cluster, NY, tail);
    goes_on(cluster, load)
}

/// The same, and New York's disk still has not said that it holds the last record.
fn diverged_while_a_sync_is_under_way(tail: u64) -> (Cluster, Load) {
    let (mut cluster, mut load) = cut_off();
    load.append(&mut cluster, NY, tail - 1);
    cluster.slow_disks.insert(NY);
    load.append(&mut cluster, NY, 1);
    goes_on(cluster, load)
}

fn goes_on(mut cluster: Cluster, mut load: Load) -> (Cluster, Load) {
    cluster.run(140);
    load.append(&mut cluster, LONDON, 20);
    (cluster, load)
}

/// London retains none of the records that New York has as London had them. Then New York is heard again.
fn away(tail: u64) -> (Cluster, Load) {
    expired(diverged(tail), Position(5 + tail))
}

fn expired((mut cluster, mut load): (Cluster, Load), end: Position) -> (Cluster, Load) {
    cluster.run(RETENTION);
    load.append(&mut cluster, LONDON, 3);
    assert_eq!((cluster.site(0).log_end(), cluster.site(1).log_end()), (end, Position(28)));
    assert_eq!((base(&cluster, NY), cluster.site(0).log_confirmed()), (Position(0), Position(5)));
    let begins = base(&cluster, LONDON);
    assert!(begins > Position(10) && begins < Position(28), "{begins}");
    cluster.cut.clear();
    (cluster, load)
}

/// What New York's log holds after a record, as it was sealed.
fn sealed(cluster: &Cluster, after: Position) -> Vec<u8> {
    let mut all = Vec::new();
    for (file, bytes) in &cluster.disks[0].written {
        let FileId::Wal(number) = file else { continue };
        for segment in log::segments(*number, bytes).iter().filter(|segment| segment.header.first > after) {
            all.extend_from_slice(&segment.bytes);
        }
    }
    all
}

/// Who wrote which record of London's log, as far as that was seen. London writes, so it is never anything else.
#[derive(Default)]
struct Written {
    by: BTreeMap<Position, Incarnation>,
    acknowledged: Position,
    /// What New York last said that it holds.
    held: Position,
}

impl Written {
    fn look(&mut self, cluster: &Cluster) {
        let london = cluster.site(1);
        let first = self.by.last_key_value().map_or(Position(0), |(last, _)| last.next());
        let who = |at: u64| Some((Position(at), london.log_incarnation(Position(at))?));
        self.by.extend((first.0..=london.log_end().0).filter_map(who));
    }

    /// New York's disk holds London's record at a position, or it begins behind that.
    fn keeps(&self, cluster: &Cluster, at: Position) -> bool {
        let durable = log::durable(cluster, NY).incarnation(at);
        self.holds(cluster, at) && (base(cluster, NY) == at || durable.as_ref() == self.by.get(&at))
    }

    /// New York holds London's record at a position, or the end of what London dropped.
    fn holds(&self, cluster: &Cluster, at: Position) -> bool {
        cluster.site(0).log_incarnation(at).is_some_and(|ours| self.by.get(&at) == Some(&ours))
    }

    /// What counts as held is held. The messages before this one were looked at when they were sent.
    fn nothing_wrong_counts(&mut self, cluster: &Cluster, seen: usize) {
        self.look(cluster);
        if cluster.sites[0].is_none() {
            return;
        }
        let (confirmed, acknowledged) = (cluster.site(0).log_confirmed(), cluster.site(1).log_confirmed());
        assert!(confirmed <= Position(5) || self.holds(cluster, confirmed), "New York takes {confirmed} for confirmed");
        if cluster.site(1).log_state().members == SiteSet::only(NY) && self.acknowledged != acknowledged {
            self.acknowledged = acknowledged;
            assert!(self.keeps(cluster, acknowledged), "{acknowledged} is acknowledged");
        }
        for (from, _, message) in cluster.links.iter().skip(seen) {
            if let (NY, Message::Log(LogMessage::Held { ok: true, position, .. })) = (*from, message)
                && self.held != *position
            {
                self.held = *position;
                assert!(self.keeps(cluster, *position), "New York says it holds {position}");
            }
        }
    }

    /// One of the syncs under way ends, or none.
    fn finish_a_sync(&mut self, cluster: &mut Cluster, rng: &mut Rng) {
        let seen = cluster.links.len();
        if let Some(at) = (!cluster.waiting_syncs.is_empty()).then(|| rng.below(cluster.waiting_syncs.len() as u64)) {
            let sync = cluster.waiting_syncs.remove(at as usize);
            cluster.finish_sync(sync);
        }
        self.nothing_wrong_counts(cluster, seen);
    }

    /// Lets time pass, and looks after every message.
    fn run(&mut self, cluster: &mut Cluster, secs: u64) {
        (0..secs * 10).for_each(|_| self.run_for_a_moment(cluster, |_| ()));
    }

    /// The same for 100 ms; something may be done to the messages before each is delivered.
    fn run_for_a_moment(&mut self, cluster: &mut Cluster, mut disturb: impl FnMut(&mut Cluster)) {
        cluster.now += Duration::from_millis(100);
        let seen = cluster.links.len();
        cluster.wake();
        self.nothing_wrong_counts(cluster, seen);
        while !cluster.links.is_empty() {
            disturb(cluster);
            let seen = cluster.links.len().saturating_sub(1);
            cluster.deliver_at(0);
            self.nothing_wrong_counts(cluster, seen);
        }
    }
}

/// From where London's log begins, or New York dropped what is old too, New York's is the same, also when it is read again.
fn is_the_same(cluster: &mut Cluster) {
    let end = cluster.site(1).log_end();
    let same = |cluster: &Cluster| {
        let from = base(cluster, NY);
        let who = |site: u8, at: u64| cluster.site(site).log_incarnation(Position(at));
        assert!(from >= base(cluster, LONDON) && from <= Position(25) && cluster.site(0).log_end() == end, "{from}");
        assert!((from.0..=end.0).all(|at| who(0, at).is_some() && who(0, at) == who(1, at)));
    };
    same(cluster);
    assert_eq!(log::readable(cluster, NY), end);
    cluster.power_loss(NY);
    cluster.start(NY);
    assert!(!cluster.site(0).log_damaged());
    same(cluster);
}

fn returns(tail: u64) {
    let (mut cluster, mut load) = away(tail);
    let before = sealed(&cluster, Position(0));
    let mut written = Written::default();
    written.run(&mut cluster, 10);
    let asked = load.ask(&mut cluster, LONDON);
    written.run(&mut cluster, 10);
    assert_eq!(cluster.replies[&asked], log::appended(29));
    assert_eq!(base(&cluster, NY), base(&cluster, LONDON));
    is_the_same(&mut cluster);
    let cut = |(site, seen): &(_, Observation)| match seen {
        Observation::TailCut { after, records, .. } if *site == NY => Some((*after, *records)),
        _ => None,
    };
    let cuts: Vec<_> = cluster.observed.iter().filter_map(cut).collect();
    assert_eq!(cuts, [(Position(0), 5 + tail)], "nothing of it is known to be the same");
    assert!(cluster.disks[0].synced[&FileId::WalAside(1)] == before, "all of it is kept aside");
}

#[test]
fn a_diverged_log_that_ends_before_the_writers_begins_anew_there() {
    returns(3);
}

#[test]
fn a_diverged_log_that_ends_within_the_writers_begins_anew_there() {
    returns(20);
}

#[test]
fn a_diverged_log_that_ends_behind_the_writers_begins_anew_there() {
    returns(40);
}

/// Whatever is lost, late or doubled on the way, whenever the power fails and in whatever order syncs end: nothing wrong counts meanwhile, and in the end the logs are
/// the same. What of New York's log is kept aside in any case.
fn nothing_wrong_counts_however_it_returns((away, load): &(Cluster, Load), aside: &[u8]) {
    for seed in 0..20 {
        let (mut cluster, mut load, mut rng) = (away.clone(), load.clone(), Rng::new(seed, "below"));
        let mut written = Written::default();
        for _ in 0..rng.between(2, 6) {
            cluster.slow_disks.extend(rng.chance(500).then_some(NY));
            if rng.chance(500) {
                cluster.power_loss(NY);
                cluster.start(NY);
            }
            load.ask(&mut cluster, LONDON);
            let mut late = Vec::new();
            for _ in 0..rng.between(1, 40) {
                written.run_for_a_moment(&mut cluster, |cluster| disturb(cluster, &mut late, &mut rng));
                written.finish_a_sync(&mut cluster, &mut rng);
            }
            cluster.links.extend(late);
        }
        while !cluster.waiting_syncs.is_empty() {
            written.finish_a_sync(&mut cluster, &mut rng);
        }
        cluster.slow_disks.clear();
        written.run(&mut cluster, 30);
        is_the_same(&mut cluster);
        let kept = |(file, bytes): (&FileId, &Vec<u8>)| matches!(file, FileId::WalAside(_)) && *bytes == aside;
        assert!(cluster.disks[0].synced.iter().any(kept), "seed {seed}: all of it is kept aside");
    }
}

#[test]
fn a_copy_counts_for_what_it_holds_while_its_log_begins_anew() {
    let away = away(20);
    let aside = sealed(&away.0, Position(0));
    nothing_wrong_counts_however_it_returns(&away, &aside);
}

/// What a sync makes durable that began before is none of the new log's.
#[test]
fn a_log_does_not_begin_anew_before_the_sync_that_is_under_way_has_ended() {
    let (mut cluster, _) = expired(diverged_while_a_sync_is_under_way(40), Position(45));
    let aside = sealed(&cluster, Position(0));
    let mut written = Written::default();
    for _ in 0..100 {
        written.run_for_a_moment(&mut cluster, |_| ());
        let of_log = |file: &FileId| matches!(file, FileId::Wal(_));
        while let Some(at) = cluster.waiting_syncs.iter().position(|sync| !of_log(&sync.file)) {
            let sync = cluster.waiting_syncs.remove(at);
            cluster.finish_sync(sync);
        }
    }
    assert!(cluster.disks[0].synced[&FileId::WalAside(1)] == aside, "all of it is put aside");
    assert_eq!(cluster.site(0).log_end(), Position(45), "and not given up yet");
    cluster.finish_syncs();
    written.run(&mut cluster, 30);
    is_the_same(&mut cluster);
}

/// London's log has an incarnation between where New York's diverged and its own: a message without segments, where the logs agree, shows no divergence.
#[test]
fn a_copy_never_counts_for_the_length_of_its_log() {
    let (mut cluster, load) = diverged(30);
    cluster.power_loss(LONDON);
    cluster.start(LONDON);
    cluster.run(30);
    assert_eq!((cluster.site(1).log_state().start, base(&cluster, LONDON)), (Position(25), Position(0)));
    let aside = sealed(&cluster, Position(5));
    cluster.cut.clear();
    nothing_wrong_counts_however_it_returns(&(cluster, load), &aside);
}

/// Loses the message that is to be delivered, lets others overtake it, or delivers it once more, soon or late.
fn disturb(cluster: &mut Cluster, late: &mut Vec<(SiteId, SiteId, Message)>, rng: &mut Rng) {
    let Some(first) = cluster.links.front().cloned() else { return };
    match rng.below(12) {
        0 => drop(cluster.links.pop_front()),
        1 => cluster.links.rotate_left(1),
        2 => cluster.links.push_back(first),
        3 => late.push(first),
        _ => {}
    }
}

/// London dropped records that New York still has, and hears nothing of New York's next process before that has sent and sent again.
#[test]
fn a_copy_whose_log_begins_behind_the_writers_and_agrees_goes_on() {
    let (mut cluster, mut load) = (settled_with(with_retention(RETENTION)), Load::new());
    load.append(&mut cluster, NY, 5);
    cluster.power_loss(LONDON);
    cluster.start(LONDON);
    cluster.run(5);
    load.append(&mut cluster, NY, 5);
    cluster.run(200);
    load.append(&mut cluster, NY, 10);
    cluster.run(95);
    assert_eq!((base(&cluster, NY), base(&cluster, LONDON)), (Position(0), Position(5)));
    cluster.isolate(LONDON);
    cluster.power_loss(NY);
    cluster.start(NY);
    cluster.run(10);
    load.append(&mut cluster, NY, 10);
    cluster.run(10);
    assert_eq!(cluster.site(0).log_confirmed(), Position(30));
    cluster.cut.clear();
    cluster.run(10);
    assert_eq!((cluster.site(1).log_durable(), base(&cluster, LONDON)), (Position(30), Position(5)));
    let who = |site: u8, at: u64| cluster.site(site).log_incarnation(Position(at));
    assert!((5..=30).all(|at| who(0, at) == who(1, at)));
}

/// New York acknowledges alone, so long that it does not retain what the others have; then it is lost, London goes on with a declared loss, and New York returns.
fn returned_from_a_declared_loss(reopened: bool) -> Cluster {
    let (mut cluster, mut load) = (settled_with(with_retention(60)), Load::new());
    load.append(&mut cluster, NY, 4);
    cluster.isolate(SINGAPORE);
    load.append(&mut cluster, NY, 1);
    cluster.cut.clear();
    cluster.isolate(LONDON);
    log::run_without_stand_in(&mut cluster, 10);
    for _ in 0..90 {
        load.ask(&mut cluster, NY);
        log::run_without_stand_in(&mut cluster, 1);
    }
    assert_eq!(cluster.site(0).log_confirmed(), Position(95));
    log::london_takes_over(&mut cluster);
    load.append(&mut cluster, LONDON, 3);
    if reopened {
        load.append(&mut cluster, LONDON, 100);
        cluster.power_loss(LONDON);
        cluster.start(LONDON);
        cluster.run(10);
    }
    let (start, begins) = (cluster.site(1).log_state().start, base(&cluster, NY));
    assert_eq!((start > begins, base(&cluster, LONDON) < begins), (reopened, true), "{start}");
    cluster.cut.clear();
    cluster.run(10);
    load.append(&mut cluster, LONDON, 1);
    cluster.run(10);
    cluster
}

#[test]
fn a_copy_that_retains_only_what_was_lost_begins_anew() {
    for reopened in [false, true] {
        let cluster = returned_from_a_declared_loss(reopened);
        let (from, end) = (base(&cluster, LONDON), cluster.site(1).log_end());
        assert_eq!((base(&cluster, NY), cluster.site(0).log_durable()), (from, end), "reopened: {reopened}");
        let who = |site: u8, at: u64| cluster.site(site).log_incarnation(Position(at));
        assert!((from.0..=end.0).all(|at| who(0, at) == who(1, at)));
        assert_eq!(cluster.site(0).log_confirmed(), cluster.site(1).log_confirmed());
        assert!(cluster.disks[0].synced.contains_key(&FileId::WalAside(1)), "what was lost is kept aside");
    }
}
