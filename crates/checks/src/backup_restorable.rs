//! `backup-restorable`: the last backup can be restored, with its sentinel in it, and none is overdue.
//!
//! A backup is what was restored from it: before it is taken, a sentinel record is written; a restore into an empty place must
//! give back the sentinel and the digest of what was backed up (Blum & Singh, "Data Integrity", in Beyer et al., "Site
//! Reliability Engineering", 2016: what people want is not backups but restores). None is overdue: from `begin` on, a backup is
//! taken at least every so often (at GitLab they had failed in silence when they were needed, 2017-01-31).
//!
//! No machine of the stack tells these facts yet, so the judge of a run does not list this check.
//!
//! Does not check how long a restore takes (that is an RTO), nor what was acknowledged after the backup (that is an RPO).

use crate::judgement::CheckResult;
use crate::verdict::Verdict;
use firedrill_model::Time;
use std::time::Duration;

const NAME: &str = "backup-restorable";

/// A backup was taken, and said to be good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its name.
    pub id: String,
    /// When it was complete.
    pub t: Time,
    /// The record that was written just before.
    pub sentinel: String,
    /// Over all that was backed up.
    pub digest: u64,
}

/// Somebody tried to restore a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore {
    /// The backup's name.
    pub backup: String,
    /// When it ended.
    pub t: Time,
    /// What came of it.
    pub outcome: Restored,
}

/// What came of restoring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restored {
    /// There is a copy again.
    Copy {
        /// Whether the backup's sentinel is in it.
        sentinel: bool,
        /// Over all that is in it.
        digest: u64,
    },
    /// There is none: why.
    Failed(String),
    /// Nobody knows.
    Unknown,
}

/// Judges backups that are to be taken at least `every` so often from `begin` to `end`. Both lists are in the order of time.
pub fn judge(backups: &[Backup], restores: &[Restore], every: Duration, begin: Time, end: Time) -> CheckResult {
    let judged = restores.len() as u64;
    let fail = |why: String| CheckResult::client(NAME, Verdict::Fail, judged, why);
    let unknown = |why: String| CheckResult::client(NAME, Verdict::Unknown, judged, why);
    let taken = backups.iter().map(|backup| backup.t).chain([end]);
    let mut last = begin;
    for t in taken {
        if t.since(last) > every {
            let (gap, every) = (t.since(last).as_secs_f64(), every.as_secs_f64());
            return fail(format!(
                "no backup was taken for {gap} s from {last} on, and there is to be one every {every} s"
            ));
        }
        last = last.max(t);
    }
    for restore in restores {
        match backups.iter().find(|backup| backup.id == restore.backup) {
            None => return unknown(format!("{} was restored, and nobody took it", restore.backup)),
            Some(backup) => {
                if let Some(wrong) = wrong(backup, restore) {
                    return fail(wrong);
                }
            }
        }
    }
    let Some(newest) = backups.last() else {
        return unknown("no backup was taken".to_owned());
    };
    let whole = |restore: &&Restore| restore.backup == newest.id && restore.outcome != Restored::Unknown;
    match restores.iter().rfind(whole) {
        None => unknown(format!("{}, the last, was not restored", newest.id)),
        Some(restore) => {
            let why = format!("{} was restored at {}, with its sentinel", newest.id, restore.t);
            CheckResult::client(NAME, Verdict::Pass, judged, why)
        }
    }
}

fn wrong(backup: &Backup, restore: &Restore) -> Option<String> {
    let Backup { id, sentinel, .. } = backup;
    match &restore.outcome {
        Restored::Failed(why) => Some(format!("{id} can't be restored ({}): {why}", restore.t)),
        Restored::Copy { sentinel: false, .. } => Some(format!("{id} was restored without its sentinel {sentinel}")),
        Restored::Copy { digest, .. } if *digest != backup.digest => {
            Some(format!("{id} was taken of {:016x} and restored as {digest:016x}", backup.digest))
        }
        Restored::Copy { .. } | Restored::Unknown => None,
    }
}
