//! Standard output, for the whole program: `println!` and `print!` here shadow those of the standard library, which panic when whoever
//! reads the other end of a pipe has gone (`firedrill ... | head -1`). Then nobody wants the rest, and the program ends
//! quietly, as one that SIGPIPE ends does. Colours are taken out where they can't be shown.

use std::io::{ErrorKind, Write};

/// What a shell says of a program that SIGPIPE ended: 128 + 13.
const CLOSED_PIPE: i32 = 141;

/// Writes to standard output, with an end of line where `end` is one.
pub fn write(text: std::fmt::Arguments<'_>, end: &str) {
    let mut out = anstream::stdout().lock();
    let written = out.write_fmt(text).and_then(|()| out.write_all(end.as_bytes())).and_then(|()| out.flush());
    let Err(error) = written else { return };
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(CLOSED_PIPE);
    }
    anstream::eprintln!("\x1b[1;31merror\x1b[0m: standard output can't be written: {error}");
    std::process::exit(i32::from(crate::exit::Exit::Internal.code()));
}

macro_rules! print {
    ($($text:tt)*) => { $crate::out::write(format_args!($($text)*), "") };
}

macro_rules! println {
    () => { $crate::out::write(format_args!(""), "\n") };
    ($($text:tt)*) => { $crate::out::write(format_args!($($text)*), "\n") };
}
