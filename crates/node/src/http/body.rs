//! The body of a compare-and-set.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use firedrill_model::Value;
use serde::{Deserialize, Serialize};

/// `{"expected": ..., "value": ...}`; no `expected`, or null: only if the session does not exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cas {
    /// The value that the session must have.
    #[serde(default)]
    pub expected: Option<Content>,
    /// The value that it gets.
    pub value: Content,
}

/// A value: a string, or `{"base64": "..."}` for bytes that are no text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// The bytes of this text.
    Text(String),
    /// The bytes that this stands for.
    Bytes {
        /// In standard base64, padded.
        base64: String,
    },
}

impl Content {
    /// The value.
    ///
    /// # Errors
    /// If the base64 is none.
    pub fn into_value(self) -> Result<Value, String> {
        match self {
            Content::Text(text) => Ok(Value::new(text.as_bytes())),
            Content::Bytes { base64 } => {
                STANDARD.decode(base64).map(|bytes| Value::new(&bytes)).map_err(|error| format!("base64: {error}"))
            }
        }
    }
}
