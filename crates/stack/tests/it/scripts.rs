//! Golden scripts: what the sites say to each other, step by step, in the situations of the Raft paper's figures and a few of our own. Each file in
//! `tests/scripts` tells a story; its output is checked. After an intended change run with `UPDATE_SCRIPTS=1`, and commit the difference only when it is understood.

use crate::script;
use std::path::Path;

fn check(path: &Path) -> Result<(), String> {
    let shown = path.display();
    let input = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let output =
        goldenscript::generate(&mut script::Script::default(), &input).map_err(|error| format!("{shown}: {error}"))?;
    if output == input {
        return Ok(());
    }
    if std::env::var_os("UPDATE_SCRIPTS").is_some() {
        return std::fs::write(path, output).map_err(|error| format!("{shown}: {error}"));
    }
    let mut lines = (1..).zip(input.lines().zip(output.lines()));
    let differs = lines.find(|(_, (was, is))| was != is);
    Err(match differs {
        Some((line, (was, is))) => format!("{shown}:{line}\n  was: {was}\n  is:  {is}"),
        None => format!("{shown}: the output is longer or shorter than it was"),
    })
}

#[test]
fn the_scripts_say_what_happens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let files = std::fs::read_dir(&folder).expect("the folder of scripts");
    let mut paths: Vec<_> = files
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ext| ext == "txt"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 8, "{} scripts in {}", paths.len(), folder.display());
    let wrong: Vec<String> = paths.iter().filter_map(|path| check(path).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
