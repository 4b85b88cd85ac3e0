//! A history's file, read.

use super::Wrong;
use firedrill_history::import::{self, Format, Imported, Limits};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

/// A history, and what reading it cost.
pub(super) struct Read {
    pub(super) imported: Imported,
    pub(super) format: Format,
    /// What it takes in memory, roughly.
    pub(super) bytes: u64,
    pub(super) took: Duration,
}

/// So much is looked at to guess the format.
const BEGINNING: usize = 4096;

pub(super) fn read(path: &Path, format: Option<Format>, memory_bytes: u64) -> Result<Read, Wrong> {
    let begun = Instant::now();
    let path = &super::super::journal_file(path);
    let file = path.display();
    let unreadable = |error: std::io::Error| Wrong(format!("{file} can't be read: {error}"));
    let opened = File::open(path).map_err(unreadable)?;
    if opened.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Wrong(format!("{file} is a folder; name the files in it")));
    }
    let mut input = BufReader::with_capacity(1 << 16, opened);
    let beginning = input.fill_buf().map_err(unreadable)?;
    let beginning = &beginning[..beginning.len().min(BEGINNING)];
    let guessed = || import::guess(&file.to_string(), beginning);
    let format = format.or_else(guessed).ok_or_else(|| {
        Wrong(format!("{file}: which format this is, is not obvious; say --format (see firedrill judge --help)"))
    })?;
    let limits = Limits { memory_bytes, ..Limits::default() };
    let imported = import::read(input, format, limits).map_err(|error| Wrong(error.render(&file.to_string())))?;
    let bytes = match &imported {
        Imported::Operations(history) => history.bytes(),
        Imported::Transactions(history) => history.bytes(),
    };
    Ok(Read { imported, format, bytes, took: begun.elapsed() })
}

/// An error at a line that was read well.
pub(super) fn point_at(path: &Path, line: u64, message: &str) -> String {
    let text = File::open(path).ok().and_then(|file| {
        let skipped = usize::try_from(line.saturating_sub(1)).ok()?;
        BufReader::new(file).lines().nth(skipped)?.ok()
    });
    let error = import::ImportError { line, column: 1, text: text.unwrap_or_default(), message: message.to_owned() };
    error.render(&path.display().to_string())
}
