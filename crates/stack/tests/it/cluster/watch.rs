//! Safety, looked at after every input: one leader per term, leader completeness, state machine safety (Raft §5, figure 3), what is committed is durable on a
//! quorum, no site that lacks it could be elected from what is durable, what is promised in a vote is durable. It knows nothing of hazards.

use super::disk::Disk;
use firedrill_model::{LogIndex, Role, SiteId, Term};
use firedrill_stack::log::Log;
use firedrill_stack::message::RaftMessage;
use firedrill_stack::storage::format::{self, MetaView};
use firedrill_stack::{FileId, Message, Site};
use std::collections::BTreeMap;

/// What is durable at a site, and how much of what it did was looked at.
#[derive(Clone, Default)]
struct Seen {
    commit: u64,
    applied: u64,
    log: Log,
    meta: Option<MetaView>,
}

impl Seen {
    /// Would vote, and stand for election.
    fn votes(&self) -> bool {
        self.meta.is_some_and(|meta| !meta.standing.abstains())
    }

    fn holds(&self, index: LogIndex, term: Term) -> bool {
        index < self.log.base() || self.log.term(index) == Some(term)
    }
}

/// What was seen of all sites.
#[derive(Clone)]
pub struct Watch {
    leaders: BTreeMap<Term, SiteId>,
    /// The term of each committed entry; the first is at 0.
    committed: Vec<Term>,
    digests: BTreeMap<u64, u64>,
    sites: Vec<Seen>,
    /// What was wrong.
    pub violations: Vec<String>,
}

impl Watch {
    pub fn new(sites: usize) -> Watch {
        Watch {
            leaders: BTreeMap::new(),
            committed: Vec::new(),
            digests: BTreeMap::new(),
            sites: vec![Seen::default(); sites],
            violations: Vec::new(),
        }
    }

    /// How many entries were committed.
    pub fn committed(&self) -> usize {
        self.committed.len()
    }

    /// How many terms had a leader.
    pub fn terms_led(&self) -> usize {
        self.leaders.len()
    }

    pub fn restarted(&mut self, site: SiteId, disk: &Disk) {
        self.sites[site.index()] = Seen::default();
        self.synced(site, disk);
    }

    /// Follows what is durable.
    pub fn synced(&mut self, site: SiteId, disk: &Disk) {
        let seen = &mut self.sites[site.index()];
        let copies = [FileId::MetaA, FileId::MetaB].map(|file| format::decode_meta(file, disk.synced.get(&file)?));
        seen.meta = copies.into_iter().flatten().max_by_key(|meta| meta.version);
        seen.log = disk.recovered().log;
        self.look_at_electable();
    }

    /// If the power of all sites failed now, no site could be elected that lacks the last committed entry.
    fn look_at_electable(&mut self) {
        let Some(term) = self.committed.last() else {
            return;
        };
        let last = |seen: &Seen| (seen.log.last_term(), seen.log.last_index());
        let place = LogIndex(self.committed.len() as u64);
        let wins = |candidate: &&Seen| {
            let voters = self.sites.iter().filter(|voter| voter.votes() && last(candidate) >= last(voter));
            candidate.votes() && voters.count() > self.sites.len() / 2
        };
        let mut lacking = self.sites.iter().filter(|seen| !seen.holds(place, *term));
        if let Some(seen) = lacking.find(wins) {
            self.violations.push(format!(
                "a site whose durable log ends at {:?} could be elected and lacks {} of {term}",
                last(seen),
                place
            ));
        }
    }

    /// A site sends a message.
    pub fn sent(&mut self, from: SiteId, to: SiteId, message: &Message) {
        let Message::Raft(RaftMessage::VoteResponse { term, granted: true, pre_vote: false }) = message else {
            return;
        };
        let meta = self.sites[from.index()].meta.unwrap_or_default();
        let durable = meta.term > *term || (meta.term == *term && meta.voted_for == Some(to));
        if !durable {
            self.violations.push(format!("a vote of {from} in {term} leaves before it is durable"));
        }
    }

    /// A site has handled an input.
    pub fn looked_at(&mut self, me: SiteId, site: &Site) {
        self.look_at_leader(me, site);
        self.look_at_commit(me, site);
        self.look_at_applied(me, site);
    }

    fn look_at_leader(&mut self, me: SiteId, site: &Site) {
        if site.role() != Role::Leader {
            return;
        }
        let term = site.term();
        if let Some(leader) = self.leaders.get(&term) {
            if *leader != me {
                self.violations.push(format!("{leader} and {me} both lead in {term}"));
            }
            return;
        }
        self.leaders.insert(term, me);
        let base = site.log_base().0;
        let mut known = (1..).zip(&self.committed).filter(|(index, _)| *index >= base);
        let lacks = known.find(|(index, term)| site.entry_term(LogIndex(*index)) != Some(**term));
        if let Some((index, _)) = lacks {
            self.violations.push(format!("{me} leads in {term} and lacks committed entry {index}"));
        }
    }

    fn look_at_commit(&mut self, me: SiteId, site: &Site) {
        for index in self.sites[me.index()].commit + 1..=site.commit_index().0 {
            let term = site.entry_term(LogIndex(index));
            match self.committed.get(index as usize - 1) {
                Some(known) if term == Some(*known) => {}
                Some(_) if index < site.log_base().0 => {}
                Some(known) => {
                    self.violations.push(format!("{me} holds entry {index} of {term:?} committed, others of {known}"))
                }
                None => self.newly_committed(me, index, term),
            }
        }
        let seen = &mut self.sites[me.index()].commit;
        *seen = site.commit_index().0.max(*seen);
    }

    fn newly_committed(&mut self, me: SiteId, index: u64, term: Option<Term>) {
        let Some(term) = term else {
            let what = format!("{me} holds entry {index} committed and lacks it");
            return self.violations.push(what);
        };
        self.committed.push(term);
        let holds = |seen: &&Seen| seen.holds(LogIndex(index), term);
        let holders = self.sites.iter().filter(holds).count();
        if holders <= self.sites.len() / 2 {
            self.violations.push(format!("entry {index} of {term} is committed by {me} and durable at {holders}"));
        }
    }

    fn look_at_applied(&mut self, me: SiteId, site: &Site) {
        let applied = site.applied_index().0;
        for index in self.sites[me.index()].applied + 1..=applied {
            let Some(digest) = site.digest_at(LogIndex(index)) else {
                continue;
            };
            if *self.digests.entry(index).or_insert(digest) != digest {
                self.violations.push(format!("{me} applied something else up to entry {index}"));
            }
        }
        self.sites[me.index()].applied = applied;
    }

    /// Two logs that agree at an entry agree before it (log matching).
    pub fn compare_logs(&mut self, sites: &[Option<Site>]) {
        for (at, a) in sites.iter().enumerate() {
            for b in sites[at + 1..].iter().flatten() {
                let Some(a) = a else { continue };
                let last = a.last_index().min(b.last_index()).0;
                let first = a.log_base().max(b.log_base()).0;
                let agree = |index: &u64| a.entry_term(LogIndex(*index)) == b.entry_term(LogIndex(*index));
                let top = (first..=last).rev().find(agree).unwrap_or(0);
                if let Some(index) = (first..top).find(|index| !agree(index)) {
                    self.violations.push(format!("logs agree at {top} and not at {index}"));
                }
            }
        }
    }
}
