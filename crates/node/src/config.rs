//! What a site process is told.

use firedrill_model::{SiteId, SiteSet, StackConfig};
use firedrill_stack::LogKey;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The environment variable with the key of the transaction log.
pub const KEY_VARIABLE: &str = "FIREDRILL_LOG_KEY";
/// The environment variable with the path of a file that has it.
pub const KEY_FILE_VARIABLE: &str = "FIREDRILL_LOG_KEY_FILE";

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
    /// The key of the transaction log. A secret: it comes from [`log_key`] and is never part of a configuration's text.
    #[serde(skip)]
    pub log_key: Option<LogKey>,
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

    /// Reads the key of the transaction log, if there is one to be written.
    ///
    /// # Errors
    /// If it is missing, or is none.
    pub fn with_log_key(mut self) -> Result<NodeConfig, String> {
        if self.stack.transaction_log.is_some() {
            self.log_key = Some(log_key()?);
        }
        Ok(self)
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

/// The key of the transaction log, from the environment: in a variable, or in the file that another names.
///
/// # Errors
/// If it is missing, or is none.
fn log_key() -> Result<LogKey, String> {
    if let Some(path) = std::env::var_os(KEY_FILE_VARIABLE) {
        let path = PathBuf::from(path);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        return parse_key(text.trim()).ok_or_else(|| format!("{}: {KEY_FORM}", path.display()));
    }
    let text = std::env::var(KEY_VARIABLE).map_err(|_| {
        format!(
            "the transaction log has no key: give one in {KEY_VARIABLE}, or the path of a file in {KEY_FILE_VARIABLE}"
        )
    })?;
    parse_key(text.trim()).ok_or_else(|| format!("environment variable {KEY_VARIABLE}: {KEY_FORM}"))
}

const KEY_FORM: &str = "not a key: it must be a number, a colon and 64 hexadecimal digits, as 1:00…ff";

/// A key in the form `1:00…ff`: its number, and its 32 bytes in hexadecimal.
pub fn parse_key(text: &str) -> Option<LogKey> {
    let (id, digits) = text.split_once(':')?;
    let id = id.parse().ok()?;
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut secret = [0; 32];
    for (at, byte) in secret.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(LogKey { id, secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_number_and_64_digits() {
        let key = parse_key(&format!("7:{}", "0f".repeat(32))).expect("a key");
        assert_eq!(key, LogKey { id: 7, secret: [15; 32] });
        assert!(!format!("{key:?}").contains("15"), "it prints nothing of it");
        for bad in ["", "7", "7:", "x:00", &format!("7:{}", "0g".repeat(32)), &format!("7:{}", "00".repeat(33))] {
            assert_eq!(parse_key(bad), None, "{bad}");
        }
    }
}
