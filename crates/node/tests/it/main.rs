//! The tests of the crate as a whole, in one program, which is quicker to build than one for each file: `cargo test --test it FILE::` runs one file's.
//! To add one: a file here, and its `mod` below.

mod cluster;
mod disk;
mod frames;
mod outgoing;
mod process;
mod restart;
mod settings;
mod support;
