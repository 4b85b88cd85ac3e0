//! Each invariant holds where it should, and goes red where it must.

use super::*;
use crate::disk::Speed;
use firedrill_model::{Epoch, Rng, StackConfig, Time};
use firedrill_stack::entry::{Entry, Payload};
use firedrill_stack::io::{DiskOp, DiskToken, FileId, Input, Output};
use firedrill_stack::message::RaftMessage;
use firedrill_stack::storage::format::{self, LOG_FILE, MetaView};
use firedrill_stack::storage::standing::Standing;
use std::sync::Arc;

const A: SiteId = SiteId(0);
const B: SiteId = SiteId(1);
const C: SiteId = SiteId(2);

/// Insides that a test sets.
#[derive(Clone, Default)]
struct Posed {
    insides: Insides,
    /// The digest at index i + 1.
    digests: Vec<u64>,
    /// The term of the entry at index i + 1.
    terms: Vec<u64>,
}

impl Process for Posed {
    fn new(_: Arc<StackConfig>, _: SiteId, _: Rng) -> Posed {
        Posed::default()
    }
    fn handle(&mut self, _: Time, _: Input) {}
    fn poll_output(&mut self) -> Option<Output> {
        None
    }
    fn poll_deadline(&self) -> Option<Time> {
        None
    }
    fn insides(&self) -> Insides {
        self.insides
    }
    fn applied_digest(&self) -> u64 {
        self.digest_at(self.insides.applied).unwrap_or_default()
    }
    fn digest_at(&self, index: LogIndex) -> Option<u64> {
        self.digests.get(index.prev().0 as usize).copied()
    }
    fn entry_term(&self, index: LogIndex) -> Option<Term> {
        self.terms.get(index.prev().0 as usize).copied().map(Term)
    }
}

/// Three sites with disks on which records are put.
struct Bench {
    invariants: Invariants,
    disks: Vec<Disk>,
    ends: [u64; 3],
    versions: u64,
}

impl Bench {
    fn new() -> Bench {
        let speed = Speed { sync_min: 0, sync_max: 0, slower: 0 };
        let mut bench = Bench {
            invariants: Invariants::new(3),
            disks: (0..3).map(|site| Disk::new(1, site, speed)).collect(),
            ends: [0; 3],
            versions: 0,
        };
        for site in [A, B, C] {
            for file in [FileId::MetaA, FileId::MetaB, LOG_FILE] {
                bench.disks[site.index()].issue(Time::ZERO, DiskOp::Create { file });
            }
            bench.done(site, DiskOp::SyncDir { token: DiskToken(0) });
            bench.joined(site);
        }
        bench
    }

    /// A site has metadata, as one has that joined the group; any later copy is newer.
    fn joined(&mut self, site: SiteId) {
        self.write(site, FileId::MetaA, 0, format::encode_meta(FileId::MetaA, &MetaView::default()));
        self.sync(site, FileId::MetaA);
    }

    /// Issues an operation and lets the disk finish it.
    fn done(&mut self, site: SiteId, op: DiskOp) {
        let disk = &mut self.disks[site.index()];
        if let Some((_, completion)) = disk.issue(Time::ZERO, op) {
            let (touched, _) = disk.complete(completion);
            self.invariants.became_durable(site, disk, touched);
        }
    }

    fn write(&mut self, site: SiteId, file: FileId, offset: u64, bytes: Vec<u8>) {
        self.done(site, DiskOp::Write { file, offset, bytes });
    }

    fn sync(&mut self, site: SiteId, file: FileId) {
        self.done(site, DiskOp::Sync { file, token: DiskToken(0) });
    }

    /// Puts an entry into a site's log, without a sync.
    fn append(&mut self, site: SiteId, index: u64, term: u64) {
        let entry = Entry { index: LogIndex(index), term: Term(term), payload: Payload::Noop };
        let mut bytes = Vec::new();
        let offset = self.ends[site.index()];
        format::encode_record(&mut bytes, offset, &entry, Term(0), 0);
        self.ends[site.index()] += bytes.len() as u64;
        self.write(site, LOG_FILE, offset, bytes);
    }

    fn durable(&mut self, site: SiteId, entries: &[(u64, u64)]) {
        for (index, term) in entries {
            self.append(site, *index, *term);
        }
        self.sync(site, LOG_FILE);
    }

    /// Puts term and vote into a copy of the metadata, without a sync.
    fn vote(&mut self, site: SiteId, file: FileId, term: u64, voted_for: Option<SiteId>) {
        self.versions += 1;
        let meta = MetaView { version: self.versions, term: Term(term), voted_for, ..MetaView::default() };
        self.write(site, file, 0, format::encode_meta(file, &meta));
    }

    fn grants(&mut self, site: SiteId, to: SiteId, term: u64, pre_vote: bool) {
        let message = Message::Raft(RaftMessage::VoteResponse { term: Term(term), granted: true, pre_vote });
        self.invariants.sends(site, to, &message);
    }

    /// Poses as a site that has committed and applied `index` entries.
    fn poses(&mut self, site: SiteId, role: Role, term: u64, terms: &[u64], digests: &[u64]) {
        let applied = LogIndex(digests.len() as u64);
        let insides = Insides { role, term: Term(term), commit: LogIndex(terms.len() as u64), applied };
        let posed = Posed { insides, digests: digests.to_vec(), terms: terms.to_vec() };
        self.invariants.handled(site, &posed);
    }

    fn found(&mut self) -> Vec<(&'static str, SiteId)> {
        let found = self.invariants.take_found().into_iter();
        found.map(|violation| (violation.invariant.name(), violation.site)).collect()
    }
}

#[test]
fn two_leaders_in_a_term_are_told_once() {
    let mut bench = Bench::new();
    bench.poses(A, Role::Leader, 3, &[], &[]);
    bench.poses(A, Role::Follower, 4, &[], &[]);
    bench.poses(B, Role::Leader, 4, &[], &[]);
    assert_eq!(bench.found(), []);
    bench.poses(C, Role::Leader, 3, &[], &[]);
    assert_eq!(bench.found(), [("one-leader-per-term", C)]);
    bench.poses(A, Role::Leader, 4, &[], &[]);
    assert_eq!(bench.found(), [], "once is enough");
    assert_eq!(bench.invariants.judged(Invariant::OneLeaderPerTerm), 4);
}

#[test]
fn a_leader_that_came_and_went_within_one_input_is_seen_by_what_it_tells() {
    let mut bench = Bench::new();
    bench.poses(A, Role::Leader, 3, &[], &[]);
    bench.invariants.observes(B, &Observation::RoleChanged { role: Role::Leader, term: Term(3) });
    assert_eq!(bench.found(), [("one-leader-per-term", B)]);
}

#[test]
fn a_site_that_leads_again_in_the_same_term_after_a_restart_is_another_leader() {
    let mut bench = Bench::new();
    bench.invariants.started(A, 1);
    bench.poses(A, Role::Leader, 3, &[], &[]);
    bench.invariants.started(A, 2);
    bench.poses(A, Role::Leader, 3, &[], &[]);
    assert_eq!(bench.found(), [("one-leader-per-term", A)]);
}

#[test]
fn digests_that_differ_at_an_index_are_found_whoever_comes_first_and_after_a_restart() {
    let mut bench = Bench::new();
    bench.poses(A, Role::Follower, 1, &[], &[11, 22, 33]);
    bench.poses(B, Role::Follower, 1, &[], &[11, 22]);
    bench.poses(B, Role::Follower, 1, &[], &[11, 22, 33, 44]);
    bench.invariants.started(A, 2);
    bench.poses(A, Role::Follower, 1, &[], &[11, 22, 33, 44]);
    assert_eq!(bench.found(), []);
    assert_eq!(bench.invariants.judged(Invariant::AppliedDigestsAgree), 11);
    // The last digest agrees; one in between does not.
    bench.poses(C, Role::Follower, 1, &[], &[11, 99, 33]);
    assert_eq!(bench.found(), [("applied-digests-agree", C)]);
}

#[test]
fn an_epoch_with_two_primaries_is_found() {
    let mut bench = Bench::new();
    let raised = |epoch, primary| Observation::EpochRaised { epoch: Epoch(epoch), primary };
    bench.invariants.observes(A, &raised(2, B));
    bench.invariants.observes(B, &raised(2, B));
    bench.invariants.observes(B, &raised(3, C));
    assert_eq!(bench.found(), []);
    bench.invariants.observes(C, &raised(2, C));
    assert_eq!(bench.found(), [("one-writer-per-epoch", C)]);
}

#[test]
fn a_vote_may_leave_once_it_is_synced_in_the_newest_good_copy() {
    let mut bench = Bench::new();
    bench.vote(A, FileId::MetaA, 5, Some(B));
    bench.sync(A, FileId::MetaA);
    bench.grants(A, B, 5, false);
    // A vote in a term that is over can't be given twice.
    bench.grants(A, C, 4, false);
    // Pre-votes promise nothing, nor do refusals.
    bench.grants(A, C, 9, true);
    let refusal = RaftMessage::VoteResponse { term: Term(9), granted: false, pre_vote: false };
    bench.invariants.sends(A, C, &Message::Raft(refusal));
    assert_eq!(bench.found(), []);
    assert_eq!(bench.invariants.judged(Invariant::VoteDurableBeforeSent), 2);
}

#[test]
fn a_vote_that_is_written_and_not_synced_must_not_leave() {
    let mut bench = Bench::new();
    bench.vote(A, FileId::MetaA, 5, Some(B));
    bench.grants(A, B, 5, false);
    assert_eq!(bench.found(), [("vote-durable-before-sent", A)]);
}

#[test]
fn a_vote_for_another_than_the_durable_one_must_not_leave() {
    let mut bench = Bench::new();
    bench.vote(A, FileId::MetaA, 5, Some(B));
    bench.sync(A, FileId::MetaA);
    // The newer copy counts; it is not durable.
    bench.vote(A, FileId::MetaB, 5, Some(C));
    bench.grants(A, C, 5, false);
    assert_eq!(bench.found(), [("vote-durable-before-sent", A)]);
}

#[test]
fn an_entry_on_a_quorum_of_disks_may_be_committed() {
    let mut bench = Bench::new();
    bench.durable(A, &[(1, 1), (2, 1)]);
    bench.durable(C, &[(1, 1), (2, 1), (3, 1)]);
    bench.poses(A, Role::Leader, 1, &[1, 1], &[]);
    assert_eq!(bench.found(), []);
    assert_eq!(bench.invariants.judged(Invariant::CommitDurableOnQuorum), 1);
    assert_eq!(bench.invariants.judged(Invariant::ElectableImpliesComplete), 1);
}

#[test]
fn an_entry_that_only_one_disk_has_must_not_be_committed() {
    let mut bench = Bench::new();
    bench.durable(A, &[(1, 1), (2, 1)]);
    bench.durable(B, &[(1, 1)]);
    // London has it in its page cache only.
    bench.append(B, 2, 1);
    bench.poses(A, Role::Leader, 1, &[1, 1], &[]);
    assert_eq!(bench.found(), [("commit-durable-on-quorum", A), ("electable-implies-complete", A)]);
}

#[test]
fn an_entry_of_another_term_at_the_same_index_does_not_count() {
    let mut bench = Bench::new();
    bench.durable(A, &[(1, 1), (2, 3)]);
    bench.durable(B, &[(1, 1), (2, 2)]);
    bench.durable(C, &[(1, 1)]);
    bench.poses(A, Role::Leader, 3, &[1, 3], &[]);
    assert_eq!(bench.found()[0], ("commit-durable-on-quorum", A));
}

#[test]
fn a_record_supersedes_all_at_or_after_its_index() {
    let mut bench = Bench::new();
    bench.durable(A, &[(1, 1), (2, 2)]);
    bench.durable(B, &[(1, 1), (2, 1), (3, 1), (2, 2)]);
    bench.poses(A, Role::Leader, 2, &[1, 2], &[]);
    assert_eq!(bench.found(), []);
    assert_eq!(bench.invariants.disks.at(B).last(), (Term(2), LogIndex(2)));
}

/// Figure 8 of the Raft paper: an entry of an old term lies on a quorum and is taken for committed, while a site that has none of it
/// could still be elected, since its log ends in a later term.
#[test]
fn committing_an_entry_of_an_old_term_by_counting_copies_is_found() {
    let mut bench = Bench::new();
    bench.durable(A, &[(1, 1), (2, 2)]);
    bench.durable(B, &[(1, 1), (2, 2)]);
    bench.durable(C, &[(1, 1), (2, 3)]);
    bench.poses(A, Role::Leader, 4, &[1, 2], &[]);
    assert_eq!(bench.found(), [("electable-implies-complete", A)]);
}

/// As before, but the site with the later log knows that it lost something, and stays out of elections.
#[test]
fn a_site_that_abstains_cannot_be_elected() {
    let mut bench = Bench::new();
    bench.durable(A, &[(1, 1), (2, 2)]);
    bench.durable(B, &[(1, 1), (2, 2)]);
    bench.durable(C, &[(1, 1), (2, 3)]);
    let standing = Standing::Refilling;
    let meta = MetaView { version: 1, standing, ..MetaView::default() };
    bench.write(C, FileId::MetaA, 0, format::encode_meta(FileId::MetaA, &meta));
    bench.sync(C, FileId::MetaA);
    bench.poses(A, Role::Leader, 4, &[1, 2], &[]);
    assert_eq!(bench.found(), []);
    assert_eq!(bench.invariants.judged(Invariant::ElectableImpliesComplete), 1);
}

#[test]
fn what_a_loss_of_power_takes_is_noticed_at_the_next_restart() {
    let mut lost = 0;
    for seed in 0..20 {
        let mut bench = Bench::new();
        bench.disks[1] = Disk::new(seed, 1, Speed { sync_min: 0, sync_max: 0, slower: 0 });
        for file in [FileId::MetaA, LOG_FILE] {
            bench.done(B, DiskOp::Create { file });
        }
        bench.done(B, DiskOp::SyncDir { token: DiskToken(0) });
        bench.joined(B);
        bench.durable(A, &[(1, 1)]);
        bench.durable(B, &[(1, 1)]);
        bench.poses(A, Role::Leader, 1, &[1], &[]);
        assert_eq!(bench.found(), []);
        // A disk that loses what it had synced: the file is there under another name when the power is back.
        bench.done(B, DiskOp::Rename { from: LOG_FILE, to: FileId::Log(9) });
        bench.disks[1].lose_power();
        bench.invariants.became_durable(B, &bench.disks[1], Touched::Anything);
        bench.invariants.started(B, 2);
        let gone = bench.disks[1].durable(LOG_FILE).is_none();
        let expected: &[_] = if gone { &[("electable-implies-complete", B)] } else { &[] };
        assert_eq!(bench.found(), expected);
        lost += usize::from(gone);
    }
    assert!((3..17).contains(&lost), "{lost}");
}

#[test]
fn a_torn_tail_and_a_hole_end_what_counts_as_the_log() {
    let mut bench = Bench::new();
    bench.durable(A, &[(1, 1), (2, 1)]);
    let end = bench.ends[0];
    bench.write(A, LOG_FILE, end, b"no record".to_vec());
    bench.sync(A, LOG_FILE);
    assert_eq!(bench.invariants.disks.at(A).last(), (Term(1), LogIndex(2)));
    // Cut off and written anew, as a restarted site does.
    bench.done(A, DiskOp::Truncate { file: LOG_FILE, len: end });
    bench.durable(A, &[(3, 2)]);
    assert_eq!(bench.invariants.disks.at(A).last(), (Term(2), LogIndex(3)));
    bench.durable(A, &[(5, 2)]);
    assert_eq!(bench.invariants.disks.at(A).last(), (Term(2), LogIndex(3)));
}
