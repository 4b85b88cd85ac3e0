//! The tests of the crate as a whole, in one program, which is quicker to build than one for each file: `cargo test --test it FILE::` runs one file's.
//! To add one: a file here, and its `mod` below.

mod bounded;
mod clients;
mod conformance;
mod disks;
mod hosts;
mod links;
mod log;
mod repeat;
mod restart;
mod stack;
mod support;
mod wires;
