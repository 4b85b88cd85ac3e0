//! `registry-converges`: replicas of the registry that have received the same updates hold the same entries, and nothing that was removed
//! comes back.
//!
//! Strong eventual consistency of an observed-remove set (Shapiro, Preguiça, Baquero & Zawirski, "Conflict-free Replicated Data Types",
//! 2011; "A comprehensive study of Convergent and Commutative Replicated Data Types", INRIA RR-7506, 2011): each addition has a tag of its
//! own; a removal takes away the tags that it saw, and no others. Judged are: no replica holds a tag that nobody added; a tag that a
//! replica held and lost is not held there again (a resurrected entry, as with tombstones that are collected too early); and once all
//! updates were delivered, each replica holds exactly the tags that were added and not removed.
//!
//! No machine of the stack tells these facts yet, so the judge of a run does not list this check.
//!
//! Does not check what an entry says, nor how long delivery took.

use crate::judgement::CheckResult;
use crate::verdict::Verdict;
use firedrill_model::{SiteId, Time};
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "registry-converges";

/// The name of one addition; no two are alike.
pub type Tag = u64;

/// An update that a client was told took place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// An entry was added under this tag.
    Added(Tag),
    /// An entry was removed: these tags were seen of it.
    Removed(Vec<Tag>),
}

/// What a replica held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// When.
    pub t: Time,
    /// Where.
    pub site: SiteId,
    /// The tags of all its entries.
    pub tags: BTreeSet<Tag>,
    /// Whether all updates had been delivered to it by then.
    pub complete: bool,
}

/// Judges replicas; what they held is in the order of time.
pub fn judge(updates: &[Update], held: &[Held], sites: &[SiteId]) -> CheckResult {
    let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
    for update in updates {
        match update {
            Update::Added(tag) => drop(added.insert(*tag)),
            Update::Removed(tags) => removed.extend(tags.iter().copied()),
        }
    }
    let judged = held.len() as u64;
    let expected: BTreeSet<Tag> = added.difference(&removed).copied().collect();
    let mut seen: BTreeMap<SiteId, (BTreeSet<Tag>, BTreeSet<Tag>)> = BTreeMap::new();
    let mut complete = BTreeSet::new();
    for look in held {
        let (holds, lost) = seen.entry(look.site).or_default();
        lost.extend(holds.difference(&look.tags));
        if let Some(wrong) = wrong(look, lost, &added, &expected) {
            return CheckResult::client(NAME, Verdict::Fail, judged, wrong);
        }
        holds.clone_from(&look.tags);
        if look.complete {
            complete.insert(look.site);
        }
    }
    match sites.iter().find(|site| !complete.contains(site)) {
        _ if updates.is_empty() => CheckResult::client(NAME, Verdict::Unknown, judged, "nothing was added or removed"),
        _ if sites.is_empty() => CheckResult::client(NAME, Verdict::Unknown, judged, "there is no replica to judge"),
        Some(site) => {
            let why = format!("{site} was not seen after all updates had been delivered to it");
            CheckResult::client(NAME, Verdict::Unknown, judged, why)
        }
        None => {
            let why = format!("{} replicas hold the same {} entries", sites.len(), expected.len());
            CheckResult::client(NAME, Verdict::Pass, judged, why)
        }
    }
}

fn wrong(look: &Held, lost: &BTreeSet<Tag>, added: &BTreeSet<Tag>, expected: &BTreeSet<Tag>) -> Option<String> {
    let Held { t, site, tags, complete } = look;
    if let Some(tag) = tags.difference(added).next() {
        return Some(format!("{site} held entry {tag} at {t}, which nobody added"));
    }
    if let Some(tag) = tags.intersection(lost).next() {
        return Some(format!("entry {tag} was resurrected: {site} had lost it and held it again at {t}"));
    }
    if !complete {
        return None;
    }
    if let Some(tag) = tags.difference(expected).next() {
        return Some(format!("{site} held entry {tag} at {t}, which was removed"));
    }
    let tag = expected.difference(tags).next()?;
    Some(format!("{site} did not hold entry {tag} at {t}, which was added and not removed"))
}
