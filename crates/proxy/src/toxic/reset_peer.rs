//! Nothing passes, and after `timeout` both sides are reset (RST, not FIN); with 0 at once.

use super::hang;
use crate::stage::Rule;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ResetPeer {
    /// Milliseconds from when it takes effect on a connection, or was last changed.
    timeout: u64,
}

impl ResetPeer {
    /// The rule for one connection.
    pub fn rule(&self, now: Instant) -> Box<dyn Rule> {
        hang::then_reset(now, Duration::from_millis(self.timeout))
    }
}
