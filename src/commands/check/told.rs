//! Findings in the format that was asked for.

use crate::cli::CheckFormat;
use firedrill_plan::Diagnostics;
use firedrill_plan::analysis::Analysis;
use firedrill_plan::analysis::show::{json, sarif, text};
use serde::Serialize;
use std::path::Path;

/// Where findings go.
pub struct Told {
    format: CheckFormat,
    log: sarif::Log,
}

impl Told {
    /// Nothing yet.
    pub fn new(format: CheckFormat) -> Told {
        Told { format, log: sarif::Log::new() }
    }

    /// What a file is.
    pub fn summary(&self, path: &Path, summary: &str) {
        match self.format {
            CheckFormat::Text => println!("{}: {summary}", path.display()),
            CheckFormat::Json => print_json(&serde_json::json!({ "file": path, "is": summary })),
            CheckFormat::Sarif => {}
        }
    }

    /// What arithmetic finds in the plan `plan_text`.
    pub fn findings(&mut self, path: &Path, plan_text: &str, analysis: &Analysis) {
        let file = path.display().to_string();
        let findings = analysis.findings.iter();
        match self.format {
            CheckFormat::Text => {
                let color = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
                print!("{}", text::render(&file, plan_text, analysis, color));
            }
            CheckFormat::Json => {
                findings.for_each(|finding| print_json(&json::finding(&file, plan_text, finding)));
                let left_out = analysis.matrix.left_out.iter();
                left_out.for_each(|left_out| print_json(&serde_json::json!({ "file": file, "left_out": left_out })));
            }
            CheckFormat::Sarif => findings.for_each(|finding| self.log.add(&file, plan_text, finding)),
        }
    }

    /// What is wrong with a file.
    pub fn diagnostics(&mut self, diagnostics: &Diagnostics) {
        match self.format {
            CheckFormat::Text => {
                anstream::eprint!("{}", diagnostics.render(crate::commands::colour_on_stderr()));
            }
            CheckFormat::Json => diagnostics.iter().for_each(print_json),
            CheckFormat::Sarif => diagnostics.iter().for_each(|diagnostic| self.log.add_diagnostic(diagnostic)),
        }
    }

    /// All files have been read.
    pub fn end(&self) {
        if self.format == CheckFormat::Sarif {
            print_json(&self.log);
        }
    }
}

fn print_json(what: &impl Serialize) {
    match serde_json::to_string(what) {
        Ok(json) => println!("{json}"),
        Err(error) => crate::commands::complain(format!("the finding can't be written as JSON: {error}")),
    }
}
