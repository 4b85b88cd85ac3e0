//! Names of invariants on the wire: they are constants, so only those that are known here can be read.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Those that worlds in other processes judge.
pub(crate) const KNOWN: [&str; 1] = [super::wire::QUEUES_BOUNDED];

pub(crate) fn serialize<S: Serializer>(name: &&'static str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(name)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
    let name = String::deserialize(from)?;
    let known = KNOWN.into_iter().find(|known| *known == name);
    known.ok_or_else(|| D::Error::custom(format!("an invariant that is not known here: {name}")))
}
