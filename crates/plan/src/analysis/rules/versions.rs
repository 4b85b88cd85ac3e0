//! FD1702: a limit of versions or of age deletes backups before their retention is over.

use super::Rule;
use crate::analysis::amount::time;
use crate::analysis::place::Said;
use crate::analysis::{Facts, Finding, Severity};
use crate::document::data::BackupJob;
use std::time::Duration;

pub(super) static RULE: Rule = Rule {
    code: "FD1702",
    title: "a limit deletes backups before their retention is over",
    about: "A backup job keeps so many versions at most, and makes one at each time of its schedule: it keeps them for (versions x interval). If that \
            is shorter than the retention, the limit deletes what must be kept. A greatest age below the retention does the same. Raise the \
            limit to retention / interval.",
    source: "NIST SP 800-34 rev. 1, §3.4.2; crontab(5) (POSIX) for schedules",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    facts.doc.backup_jobs.iter().flat_map(|job| [too_few(job), too_young(job)]).flatten().collect()
}

fn too_few(job: &BackupJob) -> Option<Finding> {
    let versions = job.max_versions.as_ref()?;
    let interval = interval(&job.schedule.value)?;
    let kept = interval.saturating_mul(u32::try_from(versions.value).ok()?);
    let retention = job.retention.value;
    if kept >= retention {
        return None;
    }
    let needed = retention.as_secs().div_ceil(interval.as_secs());
    let message = format!(
        "{} versions of {}, one every {}, are {}; {} are to be kept",
        versions.value,
        job.name.value,
        time(interval),
        time(kept),
        time(retention)
    );
    Some(
        Finding::new(RULE.code, Severity::Error, message)
            .at(versions.mark(format!("{} versions", versions.value)))
            .at(job.schedule.mark(format!("every {}", time(interval))))
            .at(job.retention.mark(format!("kept {}", time(retention))))
            .sum(format!("{} x {} = {} < {}", versions.value, time(interval), time(kept), time(retention)))
            .mend(format!("allow {needed} versions: {} / {}", time(retention), time(interval))),
    )
}

fn too_young(job: &BackupJob) -> Option<Finding> {
    let age = job.max_age.as_ref().filter(|age| age.value < job.retention.value)?;
    let message = format!(
        "{} is deleted after {}, and to be kept {}",
        job.name.value,
        time(age.value),
        time(job.retention.value)
    );
    Some(
        Finding::new(RULE.code, Severity::Error, message)
            .at(age.mark(time(age.value)))
            .at(job.retention.mark(time(job.retention.value)))
            .sum(format!("{} < {}", time(age.value), time(job.retention.value)))
            .mend(format!("let the greatest age be {}", time(job.retention.value))),
    )
}

/// How often a schedule of five fields fires, where that is regular: each minute, hour, day or week, or every n minutes or hours.
fn interval(schedule: &str) -> Option<Duration> {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let [minute, hour, day, "*", weekday] = fields.as_slice() else { return None };
    let number = |field: &str| field.parse::<u64>().is_ok();
    let every = |field: &str| match field.strip_prefix("*/") {
        Some(step) => step.parse::<u64>().ok().filter(|step| *step > 0),
        None => (field == "*").then_some(1),
    };
    let seconds = match (*minute, *hour, *day, *weekday) {
        (minute, "*", "*", "*") if every(minute).is_some_and(|step| 60_u64.is_multiple_of(step)) => every(minute)? * 60,
        (minute, hour, "*", "*") if number(minute) && every(hour).is_some_and(|step| 24_u64.is_multiple_of(step)) => {
            every(hour)? * 3600
        }
        (minute, hour, "*", "*") if number(minute) && number(hour) => 86_400,
        (minute, hour, "*", weekday) if number(minute) && number(hour) && number(weekday) => 7 * 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read() {
        let every = |schedule: &str| interval(schedule).map(|interval| interval.as_secs());
        assert_eq!(every("*/5 * * * *"), Some(300));
        assert_eq!(every("0 * * * *"), Some(3600));
        assert_eq!(every("0 */6 * * *"), Some(21_600));
        assert_eq!(every("30 2 * * *"), Some(86_400));
        assert_eq!(every("0 9 * * 1"), Some(604_800));
        for irregular in ["*/7 * * * *", "0 0 1 * *", "1,2 * * * *", "", "*/0 * * * *"] {
            assert_eq!(every(irregular), None, "{irregular}");
        }
    }
}
