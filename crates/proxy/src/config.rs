//! How a server is set up.

use crate::api::populate_list;
use crate::registry::Wanted;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Where Toxiproxy's clients look for the API by default.
pub const DEFAULT_API: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8474);

/// How a server is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the API listens; port 0 takes any.
    pub api: SocketAddr,
    /// A JSON file with the proxies to begin with, in the shape that `POST /populate` takes.
    pub file: Option<PathBuf>,
    /// Decides which connections a toxicity below 1 strikes, and jitter; without one it is drawn.
    pub seed: Option<u64>,
}

impl Config {
    /// The API at this address, no proxies, a drawn seed.
    pub fn new(api: SocketAddr) -> Config {
        Config { api, file: None, seed: None }
    }

    /// What the file says; an error names the file.
    pub(crate) fn proxies(&self) -> io::Result<Vec<Wanted>> {
        let Some(path) = &self.file else {
            return Ok(Vec::new());
        };
        let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {why}", path.display()));
        let text =
            fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        let json = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        populate_list(json).map_err(|error| wrong(error.to_string()))
    }
}

impl Default for Config {
    fn default() -> Config {
        Config::new(DEFAULT_API)
    }
}
