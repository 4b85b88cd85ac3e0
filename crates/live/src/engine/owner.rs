//! The process that made something, and whether it still lives.

use std::collections::HashMap;
use std::fs;

use super::labels;

/// A process, so named that neither a recycled number nor another machine is taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// `<pid>:<start time in clock ticks since boot>`.
    pub process: String,
    /// `<machine>/<boot>/<namespace of process numbers>`.
    pub host: String,
}

/// What is known of the owner of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It lives, so its things are in use.
    Alive,
    /// It is gone, so its things are leftovers.
    Dead,
    /// It lives, if it does, where we can't see it.
    Elsewhere,
}

impl Owner {
    /// This process.
    pub fn this_process() -> Owner {
        let pid = std::process::id();
        Owner { process: format!("{pid}:{}", start_time(pid).unwrap_or_default()), host: host() }
    }

    /// The owner named by the labels of something.
    pub fn of(labels: &HashMap<String, String>) -> Owner {
        let label = |name| labels.get(name).cloned().unwrap_or_default();
        Owner { process: label(labels::OWNER), host: label(labels::HOST) }
    }

    /// Whether it lives.
    pub fn life(&self) -> Life {
        life(self, &host(), start_time)
    }
}

fn life(owner: &Owner, here: &str, start_time: impl Fn(u32) -> Option<u64>) -> Life {
    let (mut theirs, mut ours) = (owner.host.splitn(3, '/'), here.splitn(3, '/'));
    if theirs.next() != ours.next() {
        return Life::Elsewhere;
    }
    // No process outlives its boot.
    if theirs.next() != ours.next() {
        return Life::Dead;
    }
    if theirs.next() != ours.next() {
        return Life::Elsewhere;
    }
    let Some((pid, start)) = owner.process.split_once(':') else { return Life::Elsewhere };
    match (pid.parse().ok(), start.parse::<u64>().ok()) {
        (Some(pid), Some(start)) if start_time(pid) == Some(start) => Life::Alive,
        (Some(_), Some(_)) => Life::Dead,
        _ => Life::Elsewhere,
    }
}

fn host() -> String {
    let read = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
    let machine =
        Some(read("/etc/machine-id")).filter(|id| !id.is_empty()).unwrap_or_else(|| read("/proc/sys/kernel/hostname"));
    let namespace = fs::read_link("/proc/self/ns/pid").map(|link| link.display().to_string()).unwrap_or_default();
    format!("{machine}/{}/{namespace}", read("/proc/sys/kernel/random/boot_id"))
}

/// When a process started, in clock ticks since boot: the 22nd field of its `stat`. `None`: there is no such process, or it is a
/// zombie, which can't clean up after itself any more.
fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses and may contain anything, parentheses included.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    if state == "Z" || state == "X" { None } else { fields.nth(18)?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(process: &str, host: &str) -> Owner {
        Owner { process: process.into(), host: host.into() }
    }

    #[test]
    fn this_process_lives() {
        assert_eq!(Owner::this_process().life(), Life::Alive);
        assert!(!Owner::this_process().process.ends_with(":0"));
    }

    #[test]
    fn a_recycled_number_is_not_the_owner() {
        let started = |_| Some(8);
        assert_eq!(life(&owner("5:8", "m/b/n"), "m/b/n", started), Life::Alive);
        assert_eq!(life(&owner("5:7", "m/b/n"), "m/b/n", started), Life::Dead);
        assert_eq!(life(&owner("5:8", "m/b/n"), "m/b/n", |_| None), Life::Dead);
    }

    #[test]
    fn another_boot_is_dead_and_another_machine_is_not_ours_to_judge() {
        let started = |_| Some(8);
        assert_eq!(life(&owner("5:8", "m/old/n"), "m/b/n", started), Life::Dead);
        assert_eq!(life(&owner("5:7", "other/b/n"), "m/b/n", started), Life::Elsewhere);
        assert_eq!(life(&owner("5:7", "m/b/inner"), "m/b/n", started), Life::Elsewhere);
        assert_eq!(life(&owner("nonsense", "m/b/n"), "m/b/n", started), Life::Elsewhere);
    }
}
