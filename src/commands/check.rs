//! `firedrill check`: plan and scenario files, read and found good or bad.

use crate::cli::CheckArgs;
use crate::exit::Exit;

/// Reads every file and tells all that is wrong with each.
pub fn check(args: &CheckArgs) -> Exit {
    let mut refused = false;
    for path in &args.files {
        match firedrill_plan::check_file(path) {
            Ok(checked) if args.json => print_json(&serde_json::json!({ "file": path, "is": checked.summary() })),
            Ok(checked) => println!("{}: {}", path.display(), checked.summary()),
            Err(diagnostics) => {
                refused = true;
                if args.json {
                    diagnostics.iter().for_each(print_json);
                } else {
                    anstream::eprint!("{}", diagnostics.render(super::colour_on_stderr()));
                }
            }
        }
    }
    if refused { Exit::Usage } else { Exit::OK }
}

fn print_json(what: &impl serde::Serialize) {
    match serde_json::to_string(what) {
        Ok(json) => println!("{json}"),
        Err(error) => super::complain(format!("the finding can't be written as JSON: {error}")),
    }
}
