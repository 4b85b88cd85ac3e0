//! Porcupine's checker, built from its source, as a process on one core.

use crate::{EACH, Judged, ROUNDS, Table};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The program around the checker.
const MAIN: &str = include_str!("porcupine.go");

pub(crate) fn judge_files(source: &Path, files: &[PathBuf]) -> Result<Table, String> {
    let source = source.canonicalize().map_err(|error| format!("{}: {error}", source.display()))?;
    let folder = tempfile::tempdir().map_err(|error| format!("a folder to build in: {error}"))?;
    let module = format!(
        "module beside\n\ngo 1.16\n\nrequire github.com/anishathalye/porcupine v0.0.0\n\n\
         replace github.com/anishathalye/porcupine => {}\n",
        source.display()
    );
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).map_err(|error| format!("{name} can't be written: {error}"))
    };
    write("go.mod", &module)?;
    write("main.go", MAIN)?;
    let program = folder.path().join("beside");
    let mut build = Command::new("go");
    build.current_dir(folder.path()).args(["build", "-o"]).arg(&program).arg(".");
    said(build.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off"))?;
    let mut judge = Command::new(&program);
    judge.env("GOMAXPROCS", "1").arg(EACH.as_millis().to_string()).arg(ROUNDS.to_string()).args(files);
    let told = said(&mut judge)?;
    let line = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (verdict, ns, path) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        let judged = Judged { linearizable: verdict == "pass", took: Duration::from_nanos(ns) };
        Some((PathBuf::from(path), judged))
    };
    told.lines().map(|text| line(text).ok_or_else(|| format!("it said {text:?}"))).collect()
}

/// What a command said.
fn said(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name} can't be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
