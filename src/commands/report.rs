//! `firedrill report`: the reports of a kept run, made again from its journal alone.

use crate::cli::{ReportArgs, ReportFormat};
use crate::exit::Exit;
use firedrill_checks::{Judgement, Options, judge};
use firedrill_history::Journal;
use firedrill_reports::{html, junit};
use std::io;
use std::path::{Path, PathBuf};

/// Every format.
pub const ALL: [ReportFormat; 2] = [ReportFormat::Junit, ReportFormat::Html];

/// Judges the journal again, and writes what is asked for.
pub fn report(args: &ReportArgs) -> Exit {
    let journal_file = super::journal_file(&args.run);
    let journal = match Journal::read(&journal_file) {
        Ok(journal) => journal,
        Err(error) => {
            super::complain(error);
            return Exit::Usage;
        }
    };
    let judgement = judge(&journal, &Options::default());
    let beside = journal_file.parent().unwrap_or(Path::new("."));
    let folder = args.out.as_deref().unwrap_or(beside);
    let formats = if args.formats.is_empty() { &ALL[..] } else { &args.formats };
    let digest = journal.digest().to_string();
    match write(folder, formats, &journal, &judgement, &digest) {
        Ok(files) => {
            for file in files {
                println!("{}", file.display());
            }
            Exit::Done(judgement.verdict)
        }
        Err(error) => {
            super::complain(format!("{}: {error}", folder.display()));
            Exit::Internal
        }
    }
}

/// Writes the reports of a run into a folder, which is made if it is not there; returns the files.
///
/// # Errors
/// What the file system says.
pub fn write(
    folder: &Path,
    formats: &[ReportFormat],
    journal: &Journal,
    judgement: &Judgement,
    digest: &str,
) -> io::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let mut files = Vec::new();
    for format in formats {
        let (name, text) = match format {
            ReportFormat::Junit => ("junit.xml", junit::run(journal, judgement, digest).map_err(io::Error::other)?),
            ReportFormat::Html => ("report.html", html::page(journal, judgement, digest)),
        };
        let file = folder.join(name);
        std::fs::write(&file, text)?;
        files.push(file);
    }
    Ok(files)
}
