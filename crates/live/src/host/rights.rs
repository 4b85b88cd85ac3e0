//! What works on this machine: each thing tried once, on something that is thrown away.

use super::command::run_now;
use super::disk::Disk;
use super::filter;
use std::sync::OnceLock;

/// What works here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// The packet filter in another network namespace.
    pub filter: bool,
    /// Resetting connections in another network namespace.
    pub reset: bool,
    /// A file system of its own for a site, whose disk can be cut off.
    pub disks: bool,
    /// One that fails when it is told to, through which the site sees its own.
    pub failing_disks: bool,
}

/// What works here. Tried once in a process.
pub fn rights() -> Rights {
    static RIGHTS: OnceLock<Rights> = OnceLock::new();
    *RIGHTS.get_or_init(|| {
        let enters = run_now("nsenter", &["--net=/proc/self/ns/net", "true"], "").is_ok();
        let disks = Disk::try_out().is_ok();
        Rights {
            filter: enters && can_filter(),
            reset: enters && can_reset(),
            disks,
            failing_disks: disks && Disk::try_out_failing().is_ok(),
        }
    })
}

fn can_filter() -> bool {
    let rules = filter::ruleset(&[filter::Rule::cut(1), filter::Rule::loss(1, 2, 500)]);
    run_now("unshare", &["--net", "nft", "-f", "-"], &rules).is_ok()
}

fn can_reset() -> bool {
    run_now("unshare", &["--net", "ss", "-H", "-K", "-t", "dport", "=", ":1"], "").is_ok()
}
