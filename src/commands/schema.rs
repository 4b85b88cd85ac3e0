//! `firedrill schema`: the JSON Schema of plan or scenario files.

use crate::cli::{SchemaArgs, SchemaOf};
use crate::exit::Exit;
use firedrill_plan::document::schema;
use std::io::Write;

/// Prints it.
pub fn schema(args: &SchemaArgs) -> Exit {
    let schema = match args.of {
        SchemaOf::Plan => schema::plan(),
        SchemaOf::Scenario => schema::scenario(),
    };
    // A reader that has seen enough (`| head`) is no mistake.
    match writeln!(std::io::stdout().lock(), "{schema:#}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            super::complain(format!("the schema can't be written: {error}"));
            Exit::Internal
        }
        _ => Exit::OK,
    }
}
