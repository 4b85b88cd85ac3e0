//! The program's side: one world, served until the input ends.

use super::wire::{self, Ask, Begin, Hello};
use crate::world::{Capabilities, World};
use std::io::{self, Read, Write};

/// Serves the world that `make` makes, over `input` and `output`.
///
/// # Errors
/// As the pipes report them, or what the other side said made no sense.
pub fn serve<W: World>(
    capabilities: &Capabilities,
    make: impl FnOnce(&Begin) -> W,
    mut input: impl Read,
    mut output: impl Write,
) -> io::Result<()> {
    wire::send(&mut output, &Hello::of(capabilities))?;
    let Some(begin) = wire::receive::<Begin>(&mut input)? else { return Ok(()) };
    let mut world = make(&begin);
    while let Some(ask) = wire::receive::<Ask>(&mut input)? {
        wire::send(&mut output, &world.step(ask.until, &ask.commands))?;
    }
    Ok(())
}
