//! Nothing passes. After `timeout` the connection is closed; with 0 it hangs until the toxic is removed, and then what was held
//! arrives.

use super::hang;
use crate::stage::Rule;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Timeout {
    /// Milliseconds from when it takes effect on a connection, or was last changed; 0 is forever.
    timeout: u64,
}

impl Timeout {
    /// The rule for one connection.
    pub fn rule(&self, now: Instant) -> Box<dyn Rule> {
        match self.timeout {
            0 => hang::forever(),
            millis => hang::then_close(now, Duration::from_millis(millis)),
        }
    }
}
