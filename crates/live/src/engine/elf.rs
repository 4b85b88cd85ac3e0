//! What a program needs beside itself to run in an empty image: its shared libraries and its interpreter, as `ldd` names them.

use crate::error::LiveError;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files that `program` needs; none if it is static.
///
/// # Errors
/// If `ldd` can't be run, or a library is missing.
pub fn libraries(program: &Path) -> Result<Vec<PathBuf>, LiveError> {
    let output =
        Command::new("ldd").arg(program).env("LC_ALL", "C").output().map_err(|error| {
            LiveError::Program(format!("ldd, which names its shared libraries, can't be run: {error}"))
        })?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if err.contains("not a dynamic executable") || out.contains("statically linked") {
        return Ok(Vec::new());
    }
    if !output.status.success() {
        return Err(LiveError::Program(format!("ldd {}: {}", program.display(), err.trim())));
    }
    parse(&out)
}

fn parse(listing: &str) -> Result<Vec<PathBuf>, LiveError> {
    let mut libraries = Vec::new();
    for line in listing.lines().map(str::trim) {
        let (name, path) = match line.split_once(" => ") {
            Some((name, rest)) => (name, rest),
            None => (line, line),
        };
        if path.starts_with("not found") {
            return Err(LiveError::Program(format!("its shared library {name} is not installed here")));
        }
        // Without a path it is the kernel's own (linux-vdso).
        let path = path.rsplit_once(" (").map_or(path, |(path, _)| path);
        if path.starts_with('/') {
            libraries.push(PathBuf::from(path));
        }
    }
    Ok(libraries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_ldd_writes() {
        let listing = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x00007f1)\n\
                       \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f2)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f3)\n";
        let expected =
            ["/lib/x86_64-linux-gnu/libssl.so.3", "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"];
        assert_eq!(parse(listing).unwrap(), expected.map(PathBuf::from));
        let missing = parse("\tlibssl.so.3 => not found\n").unwrap_err();
        assert!(missing.to_string().contains("libssl.so.3"), "{missing}");
    }

    #[test]
    fn this_test_needs_libc_and_its_interpreter() {
        let needed = libraries(&std::env::current_exe().unwrap()).unwrap();
        // A static build needs none, and says so; a dynamic one needs files that are there.
        assert!(needed.iter().all(|path| path.is_file()), "{needed:?}");
    }
}
