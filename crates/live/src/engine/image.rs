//! The image: our own program, what it needs beside itself, and nothing else.

use super::elf;
use super::labels::Labels;
use crate::error::LiveError;
use bollard::query_parameters::CreateImageOptionsBuilder;
use bollard::{Docker, body_full};
use futures_util::TryStreamExt as _;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// The image's name; its tag is the run.
pub const NAME: &str = "firedrill-node";
/// Where the program is in it.
const PROGRAM: &str = "firedrill";
/// Directories that are made in it.
const DIRECTORIES: [&str; 2] = ["data", "tmp"];

/// Makes the image of a run out of `program`.
///
/// # Errors
/// If the program can't be read or the engine refuses.
pub async fn make(docker: &Docker, program: &Path, labels: &Labels) -> Result<(), LiveError> {
    let path = program.to_path_buf();
    let packed = tokio::task::spawn_blocking(move || pack(&path)).await;
    let (archive, library_path) = packed.map_err(|panic| LiveError::Program(panic.to_string()))??;
    let mut changes = vec![format!("ENTRYPOINT [\"/{PROGRAM}\"]")];
    changes.extend(labels.pairs().map(|(name, value)| format!("LABEL {name}=\"{value}\"")));
    if !library_path.is_empty() {
        changes.push(format!("ENV LD_LIBRARY_PATH={library_path}"));
    }
    let options = CreateImageOptionsBuilder::new().from_src("-").repo(NAME).tag(&labels.run).changes(changes).build();
    let progress = docker.create_image(Some(options), Some(body_full(archive.into())), None);
    let doing = || LiveError::engine(format!("making the image {NAME}:{}", labels.run));
    progress.try_for_each(|_| async { Ok(()) }).await.map_err(doing())
}

/// A tar archive of `program` and what it needs, and the directories in which its libraries are to be looked for.
fn pack(program: &Path) -> Result<(Vec<u8>, String), LiveError> {
    let failed = |path: &Path, error: io::Error| LiveError::Program(format!("{}: {error}", path.display()));
    let libraries = elf::libraries(program)?;
    let mut archive = tar::Builder::new(Vec::new());
    for name in DIRECTORIES {
        let mut header = header(0, 0o755);
        header.set_entry_type(tar::EntryType::Directory);
        archive.append_data(&mut header, format!("{name}/"), io::empty()).map_err(|error| failed(program, error))?;
    }
    let here = PathBuf::from("/").join(PROGRAM);
    let files =
        std::iter::once((program, here.as_path())).chain(libraries.iter().map(|path| (path.as_path(), path.as_path())));
    for (from, to) in files {
        let bytes = std::fs::read(from).map_err(|error| failed(from, error))?;
        let name = to.strip_prefix("/").unwrap_or(to);
        archive
            .append_data(&mut header(bytes.len() as u64, 0o755), name, bytes.as_slice())
            .map_err(|error| failed(from, error))?;
    }
    let directories: BTreeSet<String> =
        libraries.iter().filter_map(|path| Some(path.parent()?.display().to_string())).collect();
    let library_path = directories.into_iter().collect::<Vec<_>>().join(":");
    archive.into_inner().map(|bytes| (bytes, library_path)).map_err(|error| failed(program, error))
}

fn header(size: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_the_program_and_all_that_it_needs() {
        let program = std::env::current_exe().unwrap();
        let (archive, _) = pack(&program).unwrap();
        let mut archive = tar::Archive::new(archive.as_slice());
        let entries: Vec<(PathBuf, u64)> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.map(|entry| (entry.path().unwrap().into_owned(), entry.size())).unwrap())
            .collect();
        let size = |path: &Path| entries.iter().find(|(name, _)| name == path).map(|(_, size)| *size);
        assert_eq!(size(Path::new(PROGRAM)), Some(program.metadata().unwrap().len()));
        for library in elf::libraries(&program).unwrap() {
            assert!(size(library.strip_prefix("/").unwrap()) > Some(0), "{} is missing", library.display());
        }
    }

    #[test]
    fn a_missing_program_is_an_error() {
        assert!(matches!(pack(Path::new("/nowhere/at/all")), Err(LiveError::Program(_))));
    }
}
