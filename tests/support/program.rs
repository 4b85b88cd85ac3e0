//! The program, as the tests start it.

use std::process::{Command, Output};

/// What the program says and how it ends, started in the repository's folder.
pub fn firedrill(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program starts")
}
