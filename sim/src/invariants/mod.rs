//! Invariants over the sites' insides: what must hold whatever goes wrong. They know no particular mistake.
//!
//! Each is looked at when something happened that it speaks about, and then only; a violation is told once per run.
//!
//! To add one: a file with its name, its source and what it does not see; a line in [`Invariant`] and in [`Invariant::ALL`]; the place in [`Invariants`] from
//! which it is called; and a test that shows it go red.

mod acknowledged_durable_at_copies;
mod applied_digests_agree;
mod commit_durable_on_quorum;
mod durable;
mod durable_log;
mod electable_implies_complete;
mod log_copies_agree;
mod one_leader_per_term;
mod one_log_writer_per_epoch;
mod one_writer_per_epoch;
#[cfg(test)]
mod tests;
mod vote_durable_before_sent;

use crate::disk::{Disk, Touched};
use crate::process::{Insides, Process};
use acknowledged_durable_at_copies::AcknowledgedDurableAtCopies;
use applied_digests_agree::AppliedDigestsAgree;
use durable::Disks;
use durable_log::Logs;
use firedrill_model::{LogIndex, Observation, OpResult, Response, Role, SiteId, Term};
use firedrill_stack::message::Message;
use log_copies_agree::LogCopiesAgree;
use one_leader_per_term::OneLeaderPerTerm;
use one_log_writer_per_epoch::OneLogWriterPerEpoch;
use one_writer_per_epoch::OneWriterPerEpoch;

/// An invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Invariant {
    OneLeaderPerTerm,
    AppliedDigestsAgree,
    OneWriterPerEpoch,
    VoteDurableBeforeSent,
    CommitDurableOnQuorum,
    ElectableImpliesComplete,
    AcknowledgedDurableAtCopies,
    OneLogWriterPerEpoch,
    LogCopiesAgree,
}

impl Invariant {
    /// All of them.
    pub(crate) const ALL: [Invariant; 9] = [
        Invariant::OneLeaderPerTerm,
        Invariant::AppliedDigestsAgree,
        Invariant::OneWriterPerEpoch,
        Invariant::VoteDurableBeforeSent,
        Invariant::CommitDurableOnQuorum,
        Invariant::ElectableImpliesComplete,
        Invariant::AcknowledgedDurableAtCopies,
        Invariant::OneLogWriterPerEpoch,
        Invariant::LogCopiesAgree,
    ];

    /// Whether it is about the transaction log.
    pub(crate) const fn is_of_log(self) -> bool {
        matches!(
            self,
            Invariant::AcknowledgedDurableAtCopies | Invariant::OneLogWriterPerEpoch | Invariant::LogCopiesAgree
        )
    }

    /// Its name in journals and reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Invariant::OneLeaderPerTerm => one_leader_per_term::NAME,
            Invariant::AppliedDigestsAgree => applied_digests_agree::NAME,
            Invariant::OneWriterPerEpoch => one_writer_per_epoch::NAME,
            Invariant::VoteDurableBeforeSent => vote_durable_before_sent::NAME,
            Invariant::CommitDurableOnQuorum => commit_durable_on_quorum::NAME,
            Invariant::ElectableImpliesComplete => electable_implies_complete::NAME,
            Invariant::AcknowledgedDurableAtCopies => acknowledged_durable_at_copies::NAME,
            Invariant::OneLogWriterPerEpoch => one_log_writer_per_epoch::NAME,
            Invariant::LogCopiesAgree => log_copies_agree::NAME,
        }
    }
}

/// An invariant was violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// This one.
    pub(crate) invariant: Invariant,
    /// At this site.
    pub(crate) site: SiteId,
    /// What was seen.
    pub(crate) detail: String,
}

/// All invariants, with what they have to remember.
#[derive(Clone, Debug)]
pub(crate) struct Invariants {
    one_leader: OneLeaderPerTerm,
    digests: AppliedDigestsAgree,
    one_writer: OneWriterPerEpoch,
    acknowledged: AcknowledgedDurableAtCopies,
    one_log_writer: OneLogWriterPerEpoch,
    log_copies: LogCopiesAgree,
    disks: Disks,
    logs: Logs,
    /// The last entry that any site knew to be committed.
    committed: (LogIndex, Term),
    seen: Vec<Seen>,
    judged: [u64; Invariant::ALL.len()],
    violated: [bool; Invariant::ALL.len()],
    /// Found since they were last taken.
    found: Vec<Violation>,
}

/// A site's insides when it was last looked at, so that nothing is done when nothing changed.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// How many processes the site has had.
    process: u32,
    insides: Insides,
}

impl Invariants {
    /// For so many sites with empty disks.
    pub(crate) fn new(sites: usize) -> Invariants {
        Invariants {
            one_leader: OneLeaderPerTerm::default(),
            digests: AppliedDigestsAgree::new(),
            one_writer: OneWriterPerEpoch::default(),
            acknowledged: AcknowledgedDurableAtCopies::default(),
            one_log_writer: OneLogWriterPerEpoch::default(),
            log_copies: LogCopiesAgree::default(),
            disks: Disks::new(sites),
            logs: Logs::new(sites),
            committed: (LogIndex(0), Term(0)),
            seen: vec![Seen::default(); sites],
            judged: [0; Invariant::ALL.len()],
            violated: [false; Invariant::ALL.len()],
            found: Vec::new(),
        }
    }

    /// A process of a site starts.
    pub(crate) fn started(&mut self, site: SiteId, process: u32) {
        self.seen[site.index()] = Seen { process, insides: Insides::default() };
        self.judge_electable(site);
    }

    /// Something on a site's disk became durable.
    pub(crate) fn became_durable(&mut self, site: SiteId, disk: &Disk, touched: Touched) {
        self.disks.at_mut(site).follow(disk, touched);
        for kept in self.logs.at_mut(site).follow(disk, touched) {
            let verdict = self.log_copies.kept(site, kept);
            self.judge(Invariant::LogCopiesAgree, site, verdict);
        }
    }

    /// All files on a site's disk are gone.
    pub(crate) fn disk_lost(&mut self, site: SiteId) {
        self.disks.at_mut(site).lost();
    }

    /// A site answers a request that it had, or that a peer passed on.
    pub(crate) fn answers(&mut self, site: SiteId, process: &impl Process, response: &Response) {
        let Response::Done(OpResult::Appended { position }) = *response else {
            return;
        };
        // Who only passes an answer on does not write.
        let Some(writes) = process.writes(position) else {
            return;
        };
        let verdict = self.one_log_writer.acknowledged(&self.logs, site, &writes, position);
        self.judge(Invariant::OneLogWriterPerEpoch, site, verdict);
        if self.acknowledged.is_new(position) {
            let verdict = acknowledged_durable_at_copies::acknowledged(&self.logs, site, &writes, position);
            self.judge(Invariant::AcknowledgedDurableAtCopies, site, verdict);
        }
    }

    /// A site sends a message.
    pub(crate) fn sends(&mut self, site: SiteId, to: SiteId, message: &Message) {
        if let Some(term) = vote_durable_before_sent::granted(message) {
            let verdict = vote_durable_before_sent::sent(self.disks.at(site), term, to);
            self.judge(Invariant::VoteDurableBeforeSent, site, verdict);
        }
    }

    /// A site tells something. (A role that it took and lost within one input is seen only here.)
    pub(crate) fn observes(&mut self, site: SiteId, observation: &Observation) {
        match observation {
            Observation::RoleChanged { role: Role::Leader, term } => self.leads(site, *term),
            Observation::EpochRaised { epoch, primary } => {
                let verdict = self.one_writer.raised(*epoch, *primary);
                self.judge(Invariant::OneWriterPerEpoch, site, verdict);
            }
            _ => {}
        }
    }

    /// A site has handled an input.
    pub(crate) fn handled(&mut self, site: SiteId, process: &impl Process) {
        let now = process.insides();
        let before = std::mem::replace(&mut self.seen[site.index()].insides, now);
        if now == before {
            return;
        }
        if now.role == Role::Leader && (before.role, before.term) != (now.role, now.term) {
            self.leads(site, now.term);
        }
        if now.applied > before.applied {
            self.applied(site, process, before.applied, now.applied);
        }
        if now.commit > before.commit && (now.role == Role::Leader || now.commit > self.committed.0) {
            self.commits(site, process, now.commit);
        }
    }

    /// What was found since the last time.
    pub(crate) fn take_found(&mut self) -> Vec<Violation> {
        std::mem::take(&mut self.found)
    }

    /// Whether something was found that nobody has taken yet.
    pub(crate) fn has_found(&self) -> bool {
        !self.found.is_empty()
    }

    /// How often an invariant had something to judge.
    pub(crate) fn judged(&self, invariant: Invariant) -> u64 {
        self.judged[invariant as usize]
    }

    fn leads(&mut self, site: SiteId, term: Term) {
        let verdict = self.one_leader.leads(site, self.seen[site.index()].process, term);
        self.judge(Invariant::OneLeaderPerTerm, site, verdict);
    }

    fn applied(&mut self, site: SiteId, process: &impl Process, before: LogIndex, now: LogIndex) {
        for index in before.0 + 1..now.0 {
            if let Some(digest) = process.digest_at(LogIndex(index)) {
                let verdict = self.digests.applied(LogIndex(index), digest);
                self.judge(Invariant::AppliedDigestsAgree, site, verdict);
            }
        }
        let verdict = self.digests.applied(now, process.applied_digest());
        self.judge(Invariant::AppliedDigestsAgree, site, verdict);
    }

    fn commits(&mut self, site: SiteId, process: &impl Process, index: LogIndex) {
        let Some(term) = process.entry_term(index) else {
            return;
        };
        let verdict = commit_durable_on_quorum::committed(&self.disks, index, term);
        self.judge(Invariant::CommitDurableOnQuorum, site, verdict);
        if index > self.committed.0 {
            self.committed = (index, term);
        }
        self.judge_electable(site);
    }

    fn judge_electable(&mut self, site: SiteId) {
        let (index, term) = self.committed;
        if index > LogIndex(0) {
            let verdict = electable_implies_complete::judge(&self.disks, index, term);
            self.judge(Invariant::ElectableImpliesComplete, site, verdict);
        }
    }

    fn judge(&mut self, invariant: Invariant, site: SiteId, verdict: Option<String>) {
        self.judged[invariant as usize] += 1;
        let Some(detail) = verdict else { return };
        if !std::mem::replace(&mut self.violated[invariant as usize], true) {
            self.found.push(Violation { invariant, site, detail });
        }
    }
}
