//! The loop that lets a drill and a world run together.

use crate::drill::Drill;
use crate::sink::Sink;
use crate::world::World;
use firedrill_model::Time;

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// It does.
    On,
    /// Cut it short; its journal ends with `halted`.
    Halt,
}

/// Runs a drill in a world until it is over, feeding its events to `sink` in the order in which they happened. Before each step `control` is asked, with the
/// world's clock, whether to go on. Returns the world's clock at the end.
pub fn run<W: World + ?Sized, S: Sink + ?Sized>(
    world: &mut W,
    mut drill: Drill,
    sink: &mut S,
    control: &mut dyn FnMut(Time) -> Go,
) -> Time {
    while !drill.is_over() {
        step(world, &mut drill, sink, control);
    }
    drill.now()
}

/// One step of [`run`], for a caller that wants to look, or to fork both, in between.
pub fn step<W: World + ?Sized, S: Sink + ?Sized>(
    world: &mut W,
    drill: &mut Drill,
    sink: &mut S,
    control: &mut dyn FnMut(Time) -> Go,
) {
    if control(drill.now()) == Go::Halt {
        drill.cut_short("halted");
    } else {
        drill.plan();
        let until = drill.until();
        drill.absorb(world.step(until, drill.commands()));
    }
    drill.drain().for_each(|event| sink.push(event));
}
