//! Files into plan and scenario; all errors of all files in one go.

use crate::exit::Exit;
use firedrill_plan::{Plan, Scenario};
use std::path::{Path, PathBuf};

/// A scenario that is ready to run.
pub struct Loaded {
    /// The file, as it was named on the command line.
    pub path: String,
    /// The plan, scaled.
    pub plan: Plan,
    /// The scenario.
    pub scenario: Scenario,
}

impl Loaded {
    /// One scenario, unscaled; complains of what is wrong with it.
    pub fn one(path: &Path) -> Result<Loaded, Exit> {
        load_all(&[path.to_owned()], 1)?.pop().ok_or(Exit::Internal)
    }
}

/// Reads every file, and complains about every error in every one of them.
pub fn load_all(paths: &[PathBuf], time_scale: u32) -> Result<Vec<Loaded>, Exit> {
    let mut loaded = Vec::new();
    let mut refused = false;
    for path in paths {
        let (plan, scenario) = match firedrill_plan::load(path) {
            Ok(both) => both,
            Err(diagnostics) => {
                anstream::eprint!("{}", diagnostics.render(crate::commands::colour_on_stderr()));
                refused = true;
                continue;
            }
        };
        match plan.scaled(time_scale) {
            Ok(plan) => loaded.push(Loaded { path: path.display().to_string(), plan, scenario }),
            Err(why) => {
                crate::commands::complain(format!("--time-scale {time_scale}: {why}"));
                refused = true;
            }
        }
    }
    if refused { Err(Exit::Usage) } else { Ok(loaded) }
}
