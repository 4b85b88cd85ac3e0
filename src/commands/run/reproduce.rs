//! The line that runs it again.

use super::load::Loaded;
use crate::cli::{RunArgs, WorldName};

/// So many hexadecimal digits of a digest are enough to tell two journals apart.
const DIGITS: usize = 16;

/// The command that reproduces the run of `seed`. In a world where the same seed gives the same journal it carries the digest.
pub fn line(args: &RunArgs, scenario: &Loaded, seed: u64, digest: Option<&str>) -> String {
    let path = shlex::try_quote(&scenario.path).unwrap_or_else(|_| scenario.path.as_str().into());
    let mut line = format!("firedrill run {path}");
    match args.world {
        WorldName::Sim => {}
        WorldName::Turmoil => line.push_str(" --in turmoil"),
        WorldName::Madsim => line.push_str(" --in madsim"),
        WorldName::Live => line.push_str(" --in live"),
    }
    line.push_str(&format!(" --seed {seed}"));
    for hazard in super::hazards(args).iter() {
        line.push_str(&format!(" --hazard {hazard}"));
    }
    if args.time_scale != 1 {
        line.push_str(&format!(" --time-scale {}", args.time_scale));
    }
    if let Some(digest) = digest.filter(|_| args.world != WorldName::Live) {
        line.push_str(&format!(" --expect-digest {}", digest.get(..DIGITS).unwrap_or(digest)));
    }
    line
}
