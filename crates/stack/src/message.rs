//! What sites tell each other.

use serde::{Deserialize, Serialize};

/// A message between sites.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Message {}
