//! `firedrill schema`: the JSON Schema of plan or scenario files.

use crate::cli::{SchemaArgs, SchemaOf};
use crate::exit::Exit;
use firedrill_plan::document::schema;

/// Prints it.
pub fn schema(args: &SchemaArgs) -> Exit {
    let schema = match args.of {
        SchemaOf::Plan => schema::plan(),
        SchemaOf::Scenario => schema::scenario(),
    };
    println!("{schema:#}");
    Exit::OK
}
