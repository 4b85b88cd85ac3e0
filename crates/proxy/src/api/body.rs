//! What bodies may say. Unknown fields are ignored and null is as good as missing, as in Go, whose clients rely on it.

use crate::error::Error;
use crate::registry::{Changes, Wanted};
use crate::toxic::{Effect, Stream, Toxic};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Where a proxy listens that doesn't say: some port, for this machine only.
const ANY_PORT: &str = "127.0.0.1:0";

/// A proxy, whole or in part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProxyBody {
    name: Option<String>,
    listen: Option<String>,
    upstream: Option<String>,
    enabled: Option<bool>,
    toxics: Option<Vec<ToxicBody>>,
}

impl ProxyBody {
    /// A new proxy; `place` says which of several it is, for the error.
    pub fn wanted(self, place: &str) -> Result<Wanted, Error> {
        let required = |field: &str, given: Option<String>| {
            given.filter(|text| !text.is_empty()).ok_or_else(|| Error::MissingField(format!("{field}{place}")))
        };
        let name = required("name", self.name)?;
        let upstream = required("upstream", self.upstream)?;
        let listen = self.listen.filter(|text| !text.is_empty()).unwrap_or_else(|| ANY_PORT.into());
        let toxics: Vec<Toxic> =
            self.toxics.unwrap_or_default().into_iter().map(ToxicBody::toxic).collect::<Result<_, _>>()?;
        let mut names = BTreeSet::new();
        match toxics.iter().find(|toxic| !names.insert(&toxic.name)) {
            Some(twice) => Err(Error::ToxicExists(twice.name.clone())),
            None => Ok(Wanted { name, listen, upstream, enabled: self.enabled.unwrap_or(true), toxics }),
        }
    }

    /// Changes to the proxy of this name, which itself can't change. The toxics have routes of their own.
    pub fn changes(self, name: &str) -> Result<Changes, Error> {
        if self.name.is_some_and(|given| !given.is_empty() && given != name) {
            return Err(Error::BadBody("a proxy's name can't be changed; delete it and create another".into()));
        }
        let not_empty = |given: Option<String>| given.filter(|text| !text.is_empty());
        Ok(Changes { listen: not_empty(self.listen), upstream: not_empty(self.upstream), enabled: self.enabled })
    }
}

/// The body of `/populate` and of a configuration file: a list of proxies, or an object that holds it as `proxies`.
pub(crate) fn populate_list(body: Value) -> Result<Vec<Wanted>, Error> {
    let list = match body {
        Value::Object(mut object) => object.remove("proxies").unwrap_or(Value::Null),
        other => other,
    };
    let Value::Array(list) = list else {
        return Err(Error::BadBody("expected a list of proxies, or an object with such a list as \"proxies\"".into()));
    };
    let parse = |(index, value)| {
        let place = format!(" at proxy {}", index + 1);
        let body: ProxyBody =
            serde_json::from_value(value).map_err(|error| Error::BadBody(format!("{error}{place}")))?;
        body.wanted(&place)
    };
    list.into_iter().enumerate().map(parse).collect()
}

/// A toxic, whole or in part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ToxicBody {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    stream: Option<String>,
    toxicity: Option<f64>,
    attributes: Option<Map<String, Value>>,
}

impl ToxicBody {
    /// A new toxic; its id is given to it where it is added.
    pub fn toxic(self) -> Result<Toxic, Error> {
        let kind = self.kind.unwrap_or_default();
        if !Effect::TYPES.contains(&kind.as_str()) {
            return Err(Error::InvalidType(kind));
        }
        let stream = match self.stream.as_deref() {
            None | Some("downstream") => Stream::Downstream,
            Some("upstream") => Stream::Upstream,
            Some(other) => return Err(Error::InvalidStream(other.into())),
        };
        let name = self.name.filter(|name| !name.is_empty());
        Ok(Toxic {
            id: 0,
            name: name.unwrap_or_else(|| format!("{kind}_{}", stream.name())),
            stream,
            toxicity: probability(self.toxicity.unwrap_or(1.0))?,
            effect: Effect::new(&kind, self.attributes.unwrap_or_default()).map_err(Error::BadBody)?,
        })
    }

    /// What this makes of a toxic: other attributes, another toxicity.
    pub fn edit(self, toxic: &Toxic) -> Result<Toxic, Error> {
        let fixed =
            [(&self.name, toxic.name.as_str()), (&self.kind, toxic.effect.kind()), (&self.stream, toxic.stream.name())];
        if fixed.iter().any(|(given, is)| given.as_deref().is_some_and(|given| !given.is_empty() && given != *is)) {
            let why = "a toxic's name, type and stream can't be changed; delete it and add another";
            return Err(Error::BadBody(why.into()));
        }
        Ok(Toxic {
            toxicity: probability(self.toxicity.unwrap_or(toxic.toxicity))?,
            effect: toxic.effect.with(self.attributes.unwrap_or_default()).map_err(Error::BadBody)?,
            ..toxic.clone()
        })
    }
}

fn probability(toxicity: f64) -> Result<f64, Error> {
    if (0.0..=1.0).contains(&toxicity) {
        return Ok(toxicity);
    }
    Err(Error::BadBody(format!("toxicity is a probability from 0 to 1, not {toxicity}")))
}
