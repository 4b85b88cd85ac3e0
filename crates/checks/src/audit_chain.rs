//! `audit-chain`: the audit log is one unbroken chain from its first entry to the head that was kept elsewhere.
//!
//! Each entry holds the hash of the one before, so that none can be changed, taken out or put in without changing all after it
//! (Haber & Stornetta, "How to time-stamp a digital document", 1991; Schneier & Kelsey, "Secure audit logs to support computer
//! forensics", 1999). A chain alone does not show that its end was cut off: the last known head must have been kept by somebody
//! else, as with the signed tree heads of RFC 9162. What is hashed is told apart by length, so that no two entries hash alike.
//!
//! No machine of the stack tells these facts yet, so the judge of a run does not list this check. The hash is given, for the
//! check needs none in particular.
//!
//! Does not check that what happened was audited at all, nor who wrote an entry.

use crate::judgement::CheckResult;
use crate::verdict::Verdict;

const NAME: &str = "audit-chain";

/// A hash.
pub type Hash = [u8; 32];

/// What the first entry holds as the hash of the one before.
pub const GENESIS: Hash = [0; 32];

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1.
    pub number: u64,
    /// The hash of the entry before; [`GENESIS`] in the first.
    pub previous: Hash,
    /// What it says.
    pub text: Vec<u8>,
    /// The hash of all this.
    pub hash: Hash,
}

/// What was kept elsewhere: at some time, the log's last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

/// What an entry's hash is taken over: its number, the hash before and its text, each at a place of its own.
pub fn hashed(number: u64, previous: &Hash, text: &[u8]) -> Vec<u8> {
    [number.to_be_bytes().as_slice(), previous.as_slice(), text].concat()
}

/// Judges a log, as it is read, against heads that were kept elsewhere.
pub fn judge(log: &[Entry], heads: &[Head], hash: impl Fn(&[u8]) -> Hash) -> CheckResult {
    let judged = log.len() as u64;
    let fail = |why: String| CheckResult::client(NAME, Verdict::Fail, judged, why);
    let mut previous = GENESIS;
    for (number, entry) in (1..).zip(log) {
        if entry.number != number {
            return fail(format!("entry {} stands where entry {number} is to be", entry.number));
        }
        if entry.previous != previous {
            return fail(format!("entry {number} does not follow the one before: it was changed, or one is missing"));
        }
        if hash(&hashed(number, &entry.previous, &entry.text)) != entry.hash {
            return fail(format!("entry {number} does not have its own hash: it was changed"));
        }
        previous = entry.hash;
    }
    for head in heads {
        let place = head.number.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        match place.and_then(|place| log.get(place)) {
            None => return fail(format!("the log ends at entry {judged}, though it once had entry {}", head.number)),
            Some(entry) if entry.hash != head.hash => {
                return fail(format!(
                    "entry {} is not the one that was kept elsewhere: the log was rewritten",
                    head.number
                ));
            }
            Some(_) => {}
        }
    }
    if log.is_empty() {
        return CheckResult::client(NAME, Verdict::Unknown, 0, "there is no entry");
    }
    let Some(last) = heads.iter().map(|head| head.number).max() else {
        let why = "no head was kept elsewhere, so the end may have been cut off";
        return CheckResult::client(NAME, Verdict::Unknown, judged, why);
    };
    let why = format!("{judged} entries in a row, up to entry {last} as kept elsewhere");
    CheckResult::client(NAME, Verdict::Pass, judged, why)
}
