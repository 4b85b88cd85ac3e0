//! What drives a run: schedule, clients, probers, healing; and the contract with the worlds.
#![forbid(unsafe_code)]

pub mod world;
