//! Bytes and lines out of a stream, with their places; never more than a line's beginning in memory.

use super::error::ImportError;
use std::io::BufRead;

/// A file that is being read.
pub(super) struct Source<R> {
    input: R,
    /// The line that is being read, from 1.
    pub(super) line: u64,
    /// The bytes of it that were read, from 0.
    pub(super) column: usize,
    /// Its beginning.
    text: Vec<u8>,
    failed: Option<std::io::Error>,
    limit: usize,
}

/// As much of a line is kept for showing.
const KEPT: usize = 4096;

impl<R: BufRead> Source<R> {
    pub(super) fn new(input: R, limit: usize) -> Source<R> {
        Source { input, line: 1, column: 0, text: Vec::new(), failed: None, limit }
    }

    /// What was not read yet, for a reader of its own.
    pub(super) fn rest(&mut self) -> &mut R {
        &mut self.input
    }

    /// How long a form or line may be.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// The next byte, left where it is. `None` at the end, and where reading fails.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.input.fill_buf() {
                Ok(buffer) => return buffer.first().copied(),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = Some(error);
                    return None;
                }
            }
        }
    }

    /// Takes the next byte.
    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.input.consume(1);
        if byte == b'\n' {
            self.line += 1;
            self.column = 0;
            self.text.clear();
        } else {
            self.column += 1;
            if self.text.len() < KEPT {
                self.text.push(byte);
            }
        }
        Some(byte)
    }

    /// The next line without its end, and its number; `None` at the end.
    pub(super) fn line(&mut self) -> Result<Option<(u64, Vec<u8>)>, ImportError> {
        let number = self.line;
        let mut line = Vec::new();
        while let Some(byte) = self.next() {
            if byte == b'\n' {
                line.pop_if(|last| *last == b'\r');
                return Ok(Some((number, line)));
            }
            if line.len() == self.limit {
                return Err(self.error(format!("the line is longer than {} bytes", self.limit)));
            }
            line.push(byte);
        }
        self.end()?;
        Ok((!line.is_empty()).then_some((number, line)))
    }

    /// At the end: whether it is one.
    pub(super) fn end(&mut self) -> Result<(), ImportError> {
        match self.failed.take() {
            Some(error) => Err(self.error(format!("the file can't be read on: {error}"))),
            None => Ok(()),
        }
    }

    /// An error at the byte that was read last.
    pub(super) fn error(&mut self, message: impl Into<String>) -> ImportError {
        let (line, column) = (self.line, self.column.max(1));
        // The rest of the line is shown too.
        while self.text.len() < KEPT.min(self.column + 60) && self.peek().is_some_and(|byte| byte != b'\n') {
            self.next();
        }
        ImportError::at(line, column, &self.text, message)
    }
}
