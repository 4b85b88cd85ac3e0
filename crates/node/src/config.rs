//! What a site process is told.

use firedrill_model::{SiteId, SiteSet, StackConfig};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a site process is told, as JSON: in a file, or in an environment variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// The stack's figures; the same at every site.
    pub stack: StackConfig,
    /// Which of the sites this is.
    pub me: SiteId,
    /// The seed of the site's random draws. Each site splits its own from it.
    pub seed: u64,
    /// Where the site keeps its files. Made if it is not there.
    pub data_dir: PathBuf,
    /// Address and port for peers: `0.0.0.0:7000`.
    pub peer_listen: String,
    /// Address and port for clients: `0.0.0.0:8080`.
    pub http_listen: String,
    /// Where each site is reached from here, by site: `10.0.0.2:20001`. The own entry is not used.
    pub peers: Vec<String>,
    /// The run's start, in nanoseconds of the machine's monotonic clock.
    pub run_start_ns: u64,
}

impl NodeConfig {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn from_json(text: &str) -> Result<NodeConfig, String> {
        let config: NodeConfig =
            serde_json::from_str(text).map_err(|error| format!("not a node's configuration: {error}"))?;
        config.check()?;
        Ok(config)
    }

    /// Reads and checks the file at `path`.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn from_file(path: &Path) -> Result<NodeConfig, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        NodeConfig::from_json(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Reads and checks the environment variable `name`.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn from_env(name: &str) -> Result<NodeConfig, String> {
        let text = std::env::var(name).map_err(|error| format!("environment variable {name}: {error}"))?;
        NodeConfig::from_json(&text).map_err(|error| format!("environment variable {name}: {error}"))
    }

    fn check(&self) -> Result<(), String> {
        let sites = self.stack.sites.len();
        if sites == 0 || sites > SiteSet::MAX_SITES {
            return Err(format!("stack.sites: {sites} sites; there must be 1 to {}", SiteSet::MAX_SITES));
        }
        if self.me.index() >= sites {
            return Err(format!("me: {} is not one of the {sites} sites, which count from 0", self.me.0));
        }
        if self.peers.len() != sites {
            return Err(format!("peers: {} addresses for {sites} sites; there must be one each", self.peers.len()));
        }
        Ok(())
    }
}
