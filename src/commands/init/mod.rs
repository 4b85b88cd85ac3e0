//! `firedrill init`: a commented plan to begin with.
//!
//! - `answers`: the questions, and what is taken where nobody is asked
//! - `template`: the plan that the answers make

mod answers;
mod template;

pub use answers::SiteCount;

use crate::cli::InitArgs;
use crate::exit::Exit;
use answers::Answers;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;

/// Asks, writes, and says what to do next.
pub fn init(args: &InitArgs) -> Exit {
    // Before anything is asked: nobody likes to answer for nothing.
    if args.out.exists() && !args.force {
        return taken(&args.out);
    }
    let answers = if args.yes {
        Answers::usual(args.sites.unwrap_or(SiteCount::Three))
    } else if io::stdin().is_terminal() && io::stderr().is_terminal() {
        match Answers::ask(args.sites) {
            Ok(answers) => answers,
            Err(dialoguer::Error::IO(error)) if error.kind() == ErrorKind::Interrupted => {
                super::complain("nothing was written");
                return Exit::Halted;
            }
            Err(error) => {
                super::complain(format!("the terminal can't be asked: {error}; `--yes` asks nothing"));
                return Exit::Refused;
            }
        }
    } else {
        super::complain("there is no terminal to ask questions on; `--yes` writes a plan without asking");
        return Exit::Usage;
    };
    let text = template::plan(&answers, &args.out);
    if let Err(wrong) = firedrill_plan::Plan::parse(&args.out.display().to_string(), &text) {
        super::complain("the plan that these answers make is not right, which is our mistake:");
        anstream::eprint!("{}", wrong.render(super::colour_on_stderr()));
        return Exit::Internal;
    }
    match write(&args.out, &text, args.force) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return taken(&args.out),
        Err(error) => {
            super::complain(format!("{} can't be written: {error}", args.out.display()));
            return Exit::Usage;
        }
    }
    let file = args.out.display();
    println!("{file} is written. Next:");
    println!("  firedrill check {file}");
    println!("and put your own services, objectives and measured times in: every section says what it is for.");
    Exit::OK
}

fn taken(file: &Path) -> Exit {
    super::complain(format!("{} is there already; `--force` replaces it, `--out FILE` writes another", file.display()));
    Exit::Usage
}

/// Never over a file that appeared meanwhile, unless that is asked for.
fn write(file: &Path, text: &str, force: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    options.open(file)?.write_all(text.as_bytes())
}
