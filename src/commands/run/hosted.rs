//! The programs of the hosts, turmoil and madsim: where they are, and a world in one.

use crate::cli::WorldName;
use firedrill_drill::Capabilities;
use firedrill_drill::World;
use firedrill_drill::remote::Remote;
use firedrill_drill::world::Setup;
use std::path::PathBuf;

/// The folder of the hosts' programs, if it is not the one of `firedrill`.
const FOLDER: &str = "FIREDRILL_HOSTS";

/// A host's program that was found, and answers.
pub struct HostProgram {
    path: PathBuf,
    /// What it can do.
    pub capabilities: Capabilities,
}

/// Finds the program of a host: in the folder that FIREDRILL_HOSTS names, or beside `firedrill` itself.
///
/// # Errors
/// How to build it; or why it is of no use.
pub fn find(world: WorldName) -> Result<HostProgram, String> {
    let name = if world == WorldName::Turmoil { "turmoil" } else { "madsim" };
    let beside = || Some(std::env::current_exe().ok()?.parent()?.to_owned());
    let folder = std::env::var_os(FOLDER).map(PathBuf::from).or_else(beside).unwrap_or_default();
    let path = folder.join(format!("firedrill-{name}"));
    if !path.is_file() {
        return Err(format!(
            "{} is not there. Build it, in Firedrill's repository, with\n    ci/build-hosts {}\nor name the folder that \
             has it in {FOLDER}",
            path.display(),
            folder.display()
        ));
    }
    let remote = Remote::start(&path).map_err(|error| error.to_string())?;
    let capabilities = remote.capabilities();
    if capabilities.world != name {
        return Err(format!("{}: it is the host of {}, not of {name}", path.display(), capabilities.world));
    }
    Ok(HostProgram { path, capabilities })
}

impl HostProgram {
    /// A world in a process of its own.
    pub fn start(&self, setup: &Setup) -> Result<Remote, String> {
        let why = |error: std::io::Error| format!("{}: {error}", self.path.display());
        let mut remote = Remote::start(&self.path).map_err(why)?;
        remote.begin(setup).map_err(why)?;
        Ok(remote)
    }
}
