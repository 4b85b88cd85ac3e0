//! What marks a container, network, volume or image as ours.

use super::owner::Owner;
use std::collections::HashMap;

/// On everything; its value is `1`.
pub const OURS: &str = "dev.firedrill";
/// The run that made it.
pub const RUN: &str = "dev.firedrill.run";
/// The process that made it: `<pid>:<start time>`.
pub const OWNER: &str = "dev.firedrill.owner";
/// The machine, boot and process namespace in which that process lives.
pub const HOST: &str = "dev.firedrill.host";

/// The labels of one run.
#[derive(Clone, Debug)]
pub struct Labels {
    /// The run's name.
    pub run: String,
    owner: Owner,
}

impl Labels {
    /// Those of a run of this process.
    pub fn of_run(run: &str) -> Labels {
        Labels { run: run.to_owned(), owner: Owner::this_process() }
    }

    /// As names and values.
    pub fn pairs(&self) -> [(String, String); 4] {
        [
            (OURS, "1".to_owned()),
            (RUN, self.run.clone()),
            (OWNER, self.owner.process.clone()),
            (HOST, self.owner.host.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    /// As a map.
    pub fn map(&self) -> HashMap<String, String> {
        self.pairs().into_iter().collect()
    }
}

/// A filter for the engine's lists: only what is ours.
pub fn ours() -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("{OURS}=1")])])
}
