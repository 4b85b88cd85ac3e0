//! EDN, as much of it as histories use, out of a stream (github.com/edn-format/edn). Why not a library:
//! docs/adr/0007-our-own-edn-reader.md.

use super::error::ImportError;
use super::source::Source;
use super::value::Value;
use std::io::BufRead;

/// How deep forms may be nested.
const DEPTH: usize = 64;

/// The forms of a file: those in its outermost brackets, or one after the other without any.
pub(super) struct Forms<'s, R> {
    source: &'s mut Source<R>,
    /// What ends the outermost brackets.
    closing: Option<u8>,
    begun: bool,
    /// How much of the form may still come, in bytes.
    left: usize,
}

impl<'s, R: BufRead> Forms<'s, R> {
    pub(super) fn new(source: &'s mut Source<R>) -> Forms<'s, R> {
        let left = source.limit();
        Forms { source, closing: None, begun: false, left }
    }

    /// An error at the form that was read last.
    pub(super) fn error(&mut self, message: impl Into<String>) -> ImportError {
        self.source.error(message)
    }

    /// The next form and its first line; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Value)>, ImportError> {
        self.left = self.source.limit();
        let mut first = self.skip()?;
        if !self.begun {
            self.begun = true;
            self.closing = first.and_then(closing_of).filter(|_| matches!(first, Some(b'[' | b'(')));
            if self.closing.is_some() {
                self.source.next();
                first = self.skip()?;
            }
        }
        match (first, self.closing) {
            (None, None) => Ok(None),
            (None, Some(closing)) => Err(self.missing(closing)),
            (Some(byte), Some(closing)) if byte == closing => {
                self.source.next();
                if self.skip()?.is_some() {
                    self.source.next();
                    return Err(self.error("something comes after the end of the history"));
                }
                self.closing = None;
                Ok(None)
            }
            _ => {
                let line = self.source.line;
                Ok(Some((line, self.form(0)?)))
            }
        }
    }

    fn missing(&mut self, closing: u8) -> ImportError {
        self.error(format!("the file ends here, and `{}` is missing", char::from(closing)))
    }

    fn take(&mut self) -> Result<u8, ImportError> {
        self.left = match self.left.checked_sub(1) {
            Some(left) => left,
            None => return Err(self.error(format!("the form is longer than {} bytes", self.source.limit()))),
        };
        match self.source.next() {
            Some(byte) => Ok(byte),
            None => {
                self.source.end()?;
                Err(self.error("the file ends within a form"))
            }
        }
    }

    /// Over blanks, commas, comments and discarded forms, to the next byte of a form.
    fn skip(&mut self) -> Result<Option<u8>, ImportError> {
        loop {
            match self.source.peek() {
                None => return self.source.end().map(|()| None),
                Some(byte) if byte.is_ascii_whitespace() || byte == b',' => {
                    self.source.next();
                }
                Some(b';') => while !matches!(self.source.next(), None | Some(b'\n')) {},
                byte => return Ok(byte),
            }
        }
    }

    fn form(&mut self, depth: usize) -> Result<Value, ImportError> {
        let Some(first) = self.skip()? else {
            return Err(self.error("the file ends within a form"));
        };
        if depth > DEPTH {
            return Err(self.error(format!("forms are nested deeper than {DEPTH}")));
        }
        match first {
            b'[' | b'(' => {
                self.take()?;
                self.list(if first == b'[' { b']' } else { b')' }, depth).map(Value::List)
            }
            b'{' => {
                self.take()?;
                self.map(depth)
            }
            b'"' => {
                self.take()?;
                self.string()
            }
            b'#' => {
                self.take()?;
                self.tagged(depth)
            }
            b'\\' => {
                self.take()?;
                let first = self.take()?;
                let rest = self.token()?;
                self.text([&[first][..], &rest].concat())
            }
            b':' => {
                self.take()?;
                let token = self.token()?;
                self.text(token)
            }
            b']' | b')' | b'}' => {
                self.take()?;
                Err(self.error(format!("`{}` closes nothing", char::from(first))))
            }
            _ => {
                let token = self.token()?;
                if token.is_empty() {
                    self.take()?;
                    return Err(self.error("this begins no EDN form"));
                }
                self.atom(token)
            }
        }
    }

    fn list(&mut self, closing: u8, depth: usize) -> Result<Vec<Value>, ImportError> {
        let mut list = Vec::new();
        loop {
            match self.skip()? {
                None => return Err(self.missing(closing)),
                Some(byte) if byte == closing => {
                    self.take()?;
                    return Ok(list);
                }
                // A discarded form is no element.
                Some(b'#') => {
                    self.take()?;
                    if self.source.peek() == Some(b'_') {
                        self.take()?;
                        self.form(depth + 1)?;
                    } else {
                        list.push(self.tagged(depth + 1)?);
                    }
                }
                Some(_) => list.push(self.form(depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, ImportError> {
        let flat = self.list(b'}', depth)?;
        if flat.len() % 2 == 1 {
            return Err(self.error("this map has a key without a value"));
        }
        let mut entries = Vec::with_capacity(flat.len() / 2);
        let mut flat = flat.into_iter();
        while let (Some(key), Some(value)) = (flat.next(), flat.next()) {
            entries.push((key, value));
        }
        Ok(Value::Map(entries))
    }

    /// After a `#`: a set, a discarded form with the one after it, or a tag, which is dropped.
    fn tagged(&mut self, depth: usize) -> Result<Value, ImportError> {
        match self.source.peek() {
            Some(b'{') => {
                self.take()?;
                self.list(b'}', depth).map(Value::List)
            }
            Some(b'_') => {
                self.take()?;
                self.form(depth + 1)?;
                self.form(depth + 1)
            }
            _ => {
                if self.token()?.is_empty() {
                    return Err(self.error("a tag is missing after `#`"));
                }
                self.form(depth + 1)
            }
        }
    }

    /// The bytes up to the next blank or bracket.
    fn token(&mut self) -> Result<Vec<u8>, ImportError> {
        let mut token = Vec::new();
        while let Some(byte) = self.source.peek() {
            if byte.is_ascii_whitespace() || b",;\"()[]{}".contains(&byte) {
                break;
            }
            token.push(self.take()?);
        }
        Ok(token)
    }

    fn string(&mut self) -> Result<Value, ImportError> {
        let mut bytes = Vec::new();
        loop {
            match self.take()? {
                b'"' => return self.text(bytes),
                b'\\' => match self.take()? {
                    b'n' => bytes.push(b'\n'),
                    b't' => bytes.push(b'\t'),
                    b'r' => bytes.push(b'\r'),
                    byte @ (b'"' | b'\\') => bytes.push(byte),
                    byte => return Err(self.error(format!("unknown escape `\\{}`", byte.escape_ascii()))),
                },
                byte => bytes.push(byte),
            }
        }
    }

    fn text(&mut self, bytes: Vec<u8>) -> Result<Value, ImportError> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Value::Text(text.into_boxed_str())),
            Err(_) => Err(self.error("this is no UTF-8")),
        }
    }

    fn atom(&mut self, token: Vec<u8>) -> Result<Value, ImportError> {
        Ok(match token.as_slice() {
            b"nil" => Value::Nil,
            b"true" => Value::Bool(true),
            b"false" => Value::Bool(false),
            _ => match self.text(token)? {
                Value::Text(text) => match text.strip_suffix('N').unwrap_or(&text).parse() {
                    Ok(number) => Value::Int(number),
                    Err(_) => Value::Text(text),
                },
                other => other,
            },
        })
    }
}

fn closing_of(byte: u8) -> Option<u8> {
    match byte {
        b'[' => Some(b']'),
        b'(' => Some(b')'),
        _ => None,
    }
}

/// One form that is all of `text`.
pub(super) fn one(text: &str, limit: usize) -> Result<Value, ImportError> {
    let mut source = Source::new(text.as_bytes(), limit);
    let mut forms = Forms::new(&mut source);
    let value = forms.form(0)?;
    match forms.skip()? {
        None => Ok(value),
        Some(_) => {
            forms.source.next();
            Err(forms.error("something comes after the value"))
        }
    }
}
