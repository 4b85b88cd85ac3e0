//! The tests of the crate as a whole, in one program, which is quicker to build than one for each file: `cargo test --test it FILE::` runs one file's.
//! To add one: a file here, and its `mod` below.

mod below_base;
mod chaos;
mod cluster;
mod hostile;
mod log;
mod log_end;
mod once_wrong;
mod retention;
mod rules;
mod schedules;
mod script;
mod scripts;
mod site;
mod snapshots;
mod storage;
mod wal;
mod wal_faults;
