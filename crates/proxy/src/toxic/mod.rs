//! What can be done to a direction of a connection, one file each.
//!
//! To add a toxic: a file with its attributes (`Serialize`, `Deserialize`, every field with a default, unknown fields denied) and
//! its [`Rule`]; then a variant of [`Effect`], which the compiler follows to the few places that list them.

mod bandwidth;
mod hang;
mod latency;
mod limit_data;
mod reset_peer;
mod slicer;
mod slow_close;
mod timeout;

use crate::stage::{Pass, Rule};
use firedrill_model::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::{Duration, Instant};

/// Which half of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stream {
    /// From the client to the upstream.
    Upstream,
    /// From the upstream to the client.
    Downstream,
}

impl Stream {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Stream::Upstream => "upstream",
            Stream::Downstream => "downstream",
        }
    }
}

/// What a toxic does, with its attributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "attributes", rename_all = "snake_case")]
pub(crate) enum Effect {
    /// Everything arrives later.
    Latency(latency::Latency),
    /// So many bytes a second and no more.
    Bandwidth(bandwidth::Bandwidth),
    /// Nothing passes; after a while the connection is closed.
    Timeout(timeout::Timeout),
    /// The connection is reset after a while.
    ResetPeer(reset_peer::ResetPeer),
    /// The end of the stream arrives later than its bytes.
    SlowClose(slow_close::SlowClose),
    /// The connection is closed after so many bytes.
    LimitData(limit_data::LimitData),
    /// Bytes arrive in small pieces.
    Slicer(slicer::Slicer),
}

impl Effect {
    /// The names of all types, as in the API.
    pub const TYPES: [&'static str; 7] =
        ["latency", "bandwidth", "timeout", "reset_peer", "slow_close", "limit_data", "slicer"];

    /// The effect of this type, which must be one of [`Effect::TYPES`], with these attributes; the error says which is wrong.
    pub fn new(kind: &str, attributes: Map<String, Value>) -> Result<Effect, String> {
        let tagged = serde_json::json!({ "type": kind, "attributes": attributes });
        let effect: Effect = serde_json::from_value(tagged).map_err(|error| error.to_string())?;
        match &effect {
            Effect::Slicer(slicer) => slicer.check()?,
            Effect::Latency(_)
            | Effect::Bandwidth(_)
            | Effect::Timeout(_)
            | Effect::ResetPeer(_)
            | Effect::SlowClose(_)
            | Effect::LimitData(_) => {}
        }
        Ok(effect)
    }

    /// The name of its type, as in the API.
    pub fn kind(&self) -> &'static str {
        match self {
            Effect::Latency(_) => "latency",
            Effect::Bandwidth(_) => "bandwidth",
            Effect::Timeout(_) => "timeout",
            Effect::ResetPeer(_) => "reset_peer",
            Effect::SlowClose(_) => "slow_close",
            Effect::LimitData(_) => "limit_data",
            Effect::Slicer(_) => "slicer",
        }
    }

    /// The same with some attributes replaced.
    pub fn with(&self, changed: Map<String, Value>) -> Result<Effect, String> {
        let mut attributes = self.attributes();
        attributes.extend(changed);
        Effect::new(self.kind(), attributes)
    }

    fn attributes(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(mut tagged)) => match tagged.remove("attributes") {
                Some(Value::Object(attributes)) => attributes,
                _ => Map::new(),
            },
            _ => Map::new(),
        }
    }

    fn rule(&self, now: Instant, rng: Rng) -> Box<dyn Rule> {
        match self {
            Effect::Latency(latency) => latency.rule(rng),
            Effect::Bandwidth(bandwidth) => bandwidth.rule(now),
            Effect::Timeout(timeout) => timeout.rule(now),
            Effect::ResetPeer(reset) => reset.rule(now),
            Effect::SlowClose(slow) => slow.rule(),
            Effect::LimitData(limit) => limit.rule(),
            Effect::Slicer(slicer) => slicer.rule(rng),
        }
    }
}

/// A toxic of a proxy.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Toxic {
    /// Unique in its proxy, also over time.
    #[serde(skip)]
    pub id: u64,
    /// Unique in its proxy.
    pub name: String,
    /// The half of each connection that it strikes.
    pub stream: Stream,
    /// The probability with which a connection gets it, from 0 to 1.
    pub toxicity: f64,
    /// What it does.
    #[serde(flatten)]
    pub effect: Effect,
}

impl Toxic {
    /// What it does to a connection from `now` on. Each connection has one stream of random numbers per toxic; its first number
    /// decides whether it is struck, so that changing the toxicity changes no other draw.
    pub fn rule(&self, now: Instant, mut rng: Rng) -> Box<dyn Rule> {
        if unit(&mut rng) < self.toxicity { self.effect.rule(now, rng) } else { Box::new(Pass) }
    }
}

/// A number in [0, 1), by its 53 bits.
fn unit(rng: &mut Rng) -> f64 {
    (rng.bits() >> 11) as f64 / (1_u64 << 53) as f64
}

/// `at` + `delay`; a time too far away for the clock's type is one that never comes.
fn later(at: Instant, delay: Duration) -> Option<Instant> {
    at.checked_add(delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_defaults_and_its_own_name() {
        for kind in Effect::TYPES {
            let given = if kind == "slicer" { r#"{"average_size": 1}"# } else { "{}" };
            let effect = Effect::new(kind, serde_json::from_str(given).unwrap()).unwrap();
            assert_eq!(effect.kind(), kind);
        }
    }

    #[test]
    fn a_wrong_attribute_is_named() {
        let typo = serde_json::from_str(r#"{"latncy": 80}"#).unwrap();
        let error = Effect::new("latency", typo).unwrap_err();
        assert!(error.contains("latncy") && error.contains("jitter"), "{error}");
        let negative = serde_json::from_str(r#"{"latency": -80}"#).unwrap();
        assert!(Effect::new("latency", negative).is_err());
    }

    #[test]
    fn a_change_keeps_the_other_attributes() {
        let old = Effect::new("latency", serde_json::from_str(r#"{"latency":80,"jitter":5}"#).unwrap()).unwrap();
        let new = old.with(serde_json::from_str(r#"{"latency":90}"#).unwrap()).unwrap();
        assert_eq!(serde_json::to_value(new).unwrap()["attributes"], serde_json::json!({"latency":90,"jitter":5}));
    }
}
