//! What is said between the two processes: frames of 4 bytes of length (little-endian) and the message in postcard's format.

use crate::world::{Capabilities, Command, Physics, Setup};
use firedrill_model::{FaultKind, StackConfig, Time};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};
use std::time::Duration;

/// The version of what is said. Both sides come from one build; others are refused.
pub const VERSION: u32 = 1;
/// The longest message, in bytes.
const MAX_LEN: usize = 256 << 20;

/// The invariant that queues of messages stay within their bounds.
pub const QUEUES_BOUNDED: &str = "queues-bounded";

/// What the program says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`]
    pub version: u32,
    /// Its world's name.
    pub world: String,
    /// What it has mechanisms for.
    pub faults: Vec<FaultKind>,
    /// Whether the same seed gives the same journal.
    pub deterministic: bool,
    /// The invariants that it judges.
    pub invariants: Vec<String>,
}

impl Hello {
    /// Of a world that can do this.
    pub fn of(capabilities: &Capabilities) -> Hello {
        Hello {
            version: VERSION,
            world: capabilities.world.to_owned(),
            faults: capabilities.faults.clone(),
            deterministic: capabilities.deterministic,
            invariants: capabilities.invariants.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}

/// What the world is made from: of the setup, what its physics need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begin {
    /// The seed of the run.
    pub seed: u64,
    /// The figures that the stack obeys.
    pub config: StackConfig,
    /// Round trips between sites, by site and site.
    pub links: Vec<Vec<Duration>>,
    /// Round trips between regions and sites, by region and site.
    pub regions: Vec<Vec<Duration>>,
    /// The physics that the seed drew.
    pub physics: Physics,
}

impl Begin {
    /// Of a setup.
    pub fn of(setup: &Setup) -> Begin {
        let links = setup.plan.links.iter().map(|row| row.iter().map(|link| link.round_trip).collect());
        Begin {
            seed: setup.seed,
            config: setup.config.clone(),
            links: links.collect(),
            regions: setup.plan.regions.iter().map(|region| region.round_trips.clone()).collect(),
            physics: setup.physics.clone(),
        }
    }
}

/// One step that the program is asked for; it answers with a [`crate::world::Step`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Until then at most.
    pub until: Time,
    /// To be taken over.
    pub commands: Vec<Command>,
}

/// Writes a message.
///
/// # Errors
/// As the pipe reports them.
pub fn send<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(io::Error::other)?;
    let len = u32::try_from(frame.len() - 4).map_err(io::Error::other)?;
    frame[..4].copy_from_slice(&len.to_le_bytes());
    to.write_all(&frame)?;
    to.flush()
}

/// Reads a message; `None`: the other side ended between two messages.
///
/// # Errors
/// As the pipe reports them; or the bytes are not a message of this type.
pub fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut len = [0; 4];
    match from.read(&mut len[..1])? {
        0 => return Ok(None),
        _ => from.read_exact(&mut len[1..])?,
    }
    let len = u32::from_le_bytes(len) as usize;
    if len > MAX_LEN {
        return Err(io::Error::other(format!("a message of {len} bytes; at most {MAX_LEN} are allowed")));
    }
    let mut payload = Vec::new();
    if from.take(len as u64).read_to_end(&mut payload)? < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&payload).map(Some).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Happened, Step, WorldEvent};

    fn step(invariant: &'static str) -> Step {
        let event = WorldEvent::Judged { invariant, times: 3 };
        Step { now: Time::from_secs(2), events: vec![Happened { t: Time::from_secs(1), event }] }
    }

    #[test]
    fn messages_come_back_as_they_were_sent_and_then_the_end() {
        let mut pipe = Vec::new();
        send(&mut pipe, &step(QUEUES_BOUNDED)).unwrap();
        send(&mut pipe, &Ask { until: Time::MAX, commands: Vec::new() }).unwrap();
        let mut rest = pipe.as_slice();
        assert_eq!(receive(&mut rest).unwrap(), Some(step(QUEUES_BOUNDED)));
        assert_eq!(receive(&mut rest).unwrap(), Some(Ask { until: Time::MAX, commands: Vec::new() }));
        assert_eq!(receive::<Ask>(&mut rest).unwrap(), None);
    }

    #[test]
    fn what_is_cut_short_too_long_or_unknown_is_an_error() {
        let mut pipe = Vec::new();
        send(&mut pipe, &step(QUEUES_BOUNDED)).unwrap();
        for len in 1..pipe.len() {
            assert!(receive::<Step>(&mut &pipe[..len]).is_err(), "{len} bytes");
        }
        assert!(receive::<Step>(&mut [255; 9].as_slice()).is_err());
        let mut pipe = Vec::new();
        send(&mut pipe, &step("not-known")).unwrap();
        assert!(receive::<Step>(&mut pipe.as_slice()).is_err());
    }
}
