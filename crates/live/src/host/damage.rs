//! Damage to a site's files: bits flip, all is gone.

use firedrill_model::{FileClass, Rng};
use std::fs;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// A bit of a file that was flipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    /// The file's name.
    pub name: String,
    /// Which byte.
    pub byte: u64,
    /// Which bit of it.
    pub bit: u32,
}

/// Flips so many bits in files of a class; which it flipped. Of logs only the first three quarters rot: behind that may be what their writer does not
/// know to be synced, where nobody could tell rot from a torn tail. Blocks.
///
/// # Errors
/// If a file can't be read or written.
pub fn rot(folder: &Path, files: FileClass, bits: u32, rng: &mut Rng) -> Result<Vec<Flip>, String> {
    let mut rotten = Vec::new();
    for _ in 0..bits {
        let targets: Vec<(String, PathBuf, u64)> = list(folder)?
            .into_iter()
            .filter(|(name, _, _)| FileClass::of(name) != FileClass::Any && files.has(name))
            .filter_map(|(name, path, len)| {
                let appended = matches!(FileClass::of(&name), FileClass::Log | FileClass::Wal);
                let len = if appended { len / 4 * 3 } else { len };
                (len > 0).then_some((name, path, len))
            })
            .collect();
        let Some((name, path, len)) = rng.pick(&targets) else { continue };
        let (byte, bit) = (rng.below(*len), rng.below(8) as u32);
        flip(path, byte, bit).map_err(|error| format!("{}: {error}", path.display()))?;
        rotten.push(Flip { name: name.clone(), byte, bit });
    }
    Ok(rotten)
}

fn flip(path: &Path, offset: u64, bit: u32) -> io::Result<()> {
    let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset)?;
    file.write_all_at(&[byte[0] ^ 1 << bit], offset)?;
    file.sync_all()
}

/// Deletes all files; whether there were any. Blocks.
///
/// # Errors
/// If one can't be deleted.
pub fn wipe(folder: &Path) -> Result<bool, String> {
    let files = list(folder)?;
    for (_, path, _) in &files {
        fs::remove_file(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(!files.is_empty())
}

/// Name, path and length of each file, by name.
fn list(folder: &Path) -> Result<Vec<(String, PathBuf, u64)>, String> {
    let failed = |error: io::Error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let about = entry.metadata().map_err(failed)?;
        if about.is_file() {
            files.push((entry.file_name().to_string_lossy().into_owned(), entry.path(), about.len()));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("firedrill-damage-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("meta.a"), [7; 40]).unwrap();
        fs::write(folder.join("log.00000001"), [7; 400]).unwrap();
        fs::write(folder.join("else"), [7; 40]).unwrap();
        folder
    }

    #[test]
    fn rot_flips_bits_of_its_class_and_spares_the_end_of_logs() {
        let folder = folder("rot");
        let mut rng = Rng::new(1, "rot");
        assert_eq!(rot(&folder, FileClass::Wal, 5, &mut rng).unwrap(), []);
        for _ in 0..50 {
            assert_eq!(rot(&folder, FileClass::Log, 1, &mut rng).unwrap().len(), 1);
        }
        let log = fs::read(folder.join("log.00000001")).unwrap();
        assert!(log[..300].iter().any(|byte| *byte != 7) && log[300..].iter().all(|byte| *byte == 7));
        assert_eq!(fs::read(folder.join("meta.a")).unwrap(), [7; 40]);
        rot(&folder, FileClass::Any, 200, &mut rng).unwrap();
        assert_ne!(fs::read(folder.join("meta.a")).unwrap(), [7; 40]);
        assert_eq!(fs::read(folder.join("else")).unwrap(), [7; 40], "of no class: not the site's");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_wiped_folder_is_empty() {
        let folder = folder("wipe");
        assert!(wipe(&folder).unwrap());
        assert!(!wipe(&folder).unwrap());
        fs::remove_dir_all(folder).unwrap();
    }
}
