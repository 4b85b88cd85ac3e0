//! One file (or folder) per subcommand. To add one: its arguments in `cli`, its file here, its line in [`dispatch`].

mod check;
#[cfg(feature = "live")]
mod cleanup;
mod explain;
mod init;
mod judge;
#[cfg(feature = "live")]
mod node;
mod plan;
#[cfg(feature = "live")]
mod proxy;
mod replay;
mod report;
mod run;
mod schema;

pub use init::SiteCount;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use std::path::{Path, PathBuf};

/// What a kept run's journal is called in its folder.
const JOURNAL: &str = "journal.jsonl.zst";

/// The journal of a run's folder, or the file itself.
fn journal_file(run: &Path) -> PathBuf {
    if run.is_dir() { run.join(JOURNAL) } else { run.to_owned() }
}

/// Does what the command line says.
pub fn dispatch(cli: Cli) -> Exit {
    match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Report(args) => report::report(&args),
        Command::Check(args) => check::check(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Init(args) => init::init(&args),
        Command::Schema(args) => schema::schema(&args),
        Command::Judge(args) => judge::judge(&args),
        #[cfg(feature = "live")]
        Command::Node(args) => node::node(&args),
        #[cfg(feature = "live")]
        Command::Proxy(args) => proxy::proxy(&args),
        #[cfg(feature = "live")]
        Command::Cleanup(args) => cleanup::cleanup(&args),
        #[cfg(not(feature = "live"))]
        Command::Node(_) | Command::Proxy(_) | Command::Cleanup(_) => without_live(),
    }
}

/// Says that this build can't do it.
#[cfg(not(feature = "live"))]
fn without_live() -> Exit {
    complain("this build has no container world; build it with the feature `live`");
    Exit::Refused
}

/// An error, on standard error.
fn complain(what: impl std::fmt::Display) {
    anstream::eprintln!("\x1b[1;31merror\x1b[0m: {what}");
}

/// Whether standard error shows colours.
fn colour_on_stderr() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}
