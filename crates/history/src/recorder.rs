//! Takes a run's events one by one.

use crate::digest::{Digest, EventHasher};
use crate::event::Event;
use crate::journal::Journal;
use crate::manifest::{Environment, Manifest};

/// Keeps a run's events and hashes them as they come, so that the digest costs nothing more at the
/// end.
#[derive(Clone, Debug)]
pub struct Recorder {
    manifest: Manifest,
    events: Vec<Event>,
    hasher: EventHasher,
}

impl Recorder {
    /// A journal with no event yet.
    pub fn new(manifest: Manifest) -> Recorder {
        let hasher = EventHasher::new(&manifest);
        Recorder { manifest, events: Vec::new(), hasher }
    }

    /// Takes the next event.
    pub fn push(&mut self, event: Event) {
        self.hasher.push(&event);
        self.events.push(event);
    }

    /// What the run was.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The events so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The digest of the journal so far.
    pub fn digest(&self) -> Digest {
        self.hasher.digest()
    }

    /// The journal and its digest.
    pub fn finish(self, environment: Environment) -> (Journal, Digest) {
        let digest = self.hasher.digest();
        (Journal { manifest: self.manifest, environment, events: self.events }, digest)
    }
}
