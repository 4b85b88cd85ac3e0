//! Where a run's events go: into memory, or to a writer while the run goes on.

use firedrill_history::Event;

/// Takes the events of a run, in the order in which they happened.
pub trait Sink {
    /// Takes one.
    fn push(&mut self, event: Event);
}

impl Sink for Vec<Event> {
    fn push(&mut self, event: Event) {
        Vec::push(self, event);
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn push(&mut self, event: Event) {
        (**self).push(event);
    }
}

impl Sink for firedrill_history::Recorder {
    fn push(&mut self, event: Event) {
        firedrill_history::Recorder::push(self, event);
    }
}
