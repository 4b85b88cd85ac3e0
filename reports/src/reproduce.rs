//! The line that runs it again.

use firedrill_history::Manifest;

/// So many hexadecimal digits of a digest are enough to tell two journals apart.
const DIGITS: usize = 16;
/// The world that is taken if none is named, and whose journals are the same each time.
const SIMULATOR: &str = "sim";

/// The command that reproduces a run, from its manifest alone. In a world where the same seed gives the same journal it carries the digest.
pub fn line(manifest: &Manifest, digest: &str) -> String {
    let path = shlex::try_quote(&manifest.scenario_path).unwrap_or_else(|_| manifest.scenario_path.as_str().into());
    let mut line = format!("firedrill run {path}");
    if manifest.world != SIMULATOR {
        line.push_str(&format!(" --in {}", manifest.world));
    }
    line.push_str(&format!(" --seed {}", manifest.seed));
    for hazard in manifest.hazards.iter() {
        line.push_str(&format!(" --hazard {hazard}"));
    }
    if manifest.time_scale != 1 {
        line.push_str(&format!(" --time-scale {}", manifest.time_scale));
    }
    if manifest.world != "live" {
        line.push_str(&format!(" --expect-digest {}", digest.get(..DIGITS).unwrap_or(digest)));
    }
    line
}
