//! A file system of its own for a site: ext4 in a file of this machine, so that it can be full, and be cut off from its disk without warning.
//!
//! Cut off, it takes nothing more, and nothing that was not synced reaches the file: what a loss of power does. It is done by making ext4 believe in an
//! error (`trigger_fs_error`, with `errors=remount-ro`, which aborts its journal). Mounted again, it is as it was when it was last synced, or later.
//!
//! All of a run's lie in one folder, with its labels in a file beside them, by which `cleanup` finds and removes them.

use super::command::run_now;
use crate::engine::labels::Labels;
use crate::engine::owner::Owner;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// All runs' folders lie here.
const ROOT: &str = "/var/tmp/firedrill";
/// In a run's folder: its labels.
const LABELS: &str = "labels.json";
/// The size of a disk: room for the longest drill, and quickly filled.
const SIZE: u64 = 256 << 20;
/// An unmounted file system is let go by all within this.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(5);
/// What fills a disk.
const FILLER: &str = "firedrill-filler";

/// A site's file system.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: PathBuf,
}

/// The folder of a run's disks.
pub fn folder_of(run: &str) -> PathBuf {
    Path::new(ROOT).join(run)
}

impl Disk {
    /// Makes one and mounts it. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn make(labels: &Labels, site: &str) -> Result<Disk, String> {
        let run = folder_of(&labels.run);
        let failed = |error: io::Error| format!("{}: {error}", run.display());
        fs::create_dir_all(&run).map_err(failed)?;
        let named = serde_json::to_string(&labels.map()).map_err(|error| error.to_string())?;
        fs::write(run.join(LABELS), named).map_err(failed)?;
        let disk = Disk { folder: run.join(site) };
        fs::create_dir_all(disk.mount_point()).map_err(failed)?;
        fs::File::create(disk.image()).and_then(|file| file.set_len(SIZE)).map_err(failed)?;
        run_now("mkfs.ext4", &["-q", "-E", "nodiscard", &text(&disk.image())], "")?;
        disk.mount()?;
        Ok(disk)
    }

    /// Whether all this works here: makes one, cuts it off, and removes it. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn try_out() -> Result<(), String> {
        let labels = Labels::of_run(&format!("trial-{}", std::process::id()));
        let tried = Disk::make(&labels, "disk").and_then(|disk| {
            disk.cut_off()?;
            let taken = fs::write(disk.mount_point().join("file"), "x");
            if taken.is_ok() { Err("it took a write although it was cut off".to_owned()) } else { Ok(()) }
        });
        remove(&folder_of(&labels.run))?;
        tried
    }

    /// Where its files are.
    pub fn mount_point(&self) -> PathBuf {
        self.folder.join("files")
    }

    fn image(&self) -> PathBuf {
        self.folder.join("disk.img")
    }

    fn mount(&self) -> Result<(), String> {
        let (image, files) = (text(&self.image()), text(&self.mount_point()));
        run_now("mount", &["-t", "ext4", "-o", "loop,errors=remount-ro", &image, &files], "").map(drop)
    }

    /// Cuts it off: nothing that is not synced will reach the disk, and nothing can be changed. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn cut_off(&self) -> Result<(), String> {
        let device = device(&self.mount_point())?;
        let trigger = format!("/sys/fs/ext4/{device}/trigger_fs_error");
        fs::write(&trigger, "1").map_err(|error| format!("{trigger}: {error}"))
    }

    /// Mounts it again, as it is on the disk. Nobody may use it. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn mount_again(&self) -> Result<(), String> {
        let device = device(&self.mount_point())?;
        run_now("umount", &[&text(&self.mount_point())], "")?;
        // A container that is being started or taken down may hold a copy of the mount for a moment. As long as one does, to mount would give
        // back what was cut off.
        let (in_use, began) = (format!("/sys/fs/ext4/{device}"), Instant::now());
        while Path::new(&in_use).exists() {
            if began.elapsed() > PATIENCE {
                return Err(format!("{} is still in use", text(&self.mount_point())));
            }
            std::thread::sleep(PAUSE);
        }
        self.mount()
    }

    /// Fills it up; whether no byte is free. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn fill(&self) -> Result<bool, String> {
        let path = self.mount_point().join(FILLER);
        let mut file = fs::File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut chunk = 1 << 20;
        loop {
            match file.write(&vec![0; chunk]) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull && chunk > 1 => chunk /= 2,
                Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(true),
                Err(error) => return Err(format!("{}: {error}", path.display())),
            }
        }
    }

    /// Takes away what filled it. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn unfill(&self) -> Result<(), String> {
        let path = self.mount_point().join(FILLER);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(format!("{}: {error}", path.display())),
            _ => Ok(()),
        }
    }
}

/// The name of the device that is mounted there.
fn device(mount_point: &Path) -> Result<String, String> {
    let mounts = fs::read_to_string("/proc/self/mounts").map_err(|error| format!("/proc/self/mounts: {error}"))?;
    let wanted = text(mount_point);
    let mut lines = mounts.lines().rev().map(|line| line.split(' ').collect::<Vec<_>>());
    let found = lines.find(|words| words.get(1) == Some(&wanted.as_str()));
    let device = found.and_then(|words| words.first()?.strip_prefix("/dev/").map(str::to_owned));
    device.ok_or_else(|| format!("nothing is mounted at {wanted}"))
}

/// The runs that have disks here, with the process that made each.
pub fn runs() -> Vec<(String, Owner)> {
    let entries = fs::read_dir(ROOT).into_iter().flatten().filter_map(Result::ok);
    let run = |entry: fs::DirEntry| {
        let labels = fs::read(entry.path().join(LABELS)).ok()?;
        let labels: HashMap<String, String> = serde_json::from_slice(&labels).ok()?;
        Some((entry.file_name().into_string().ok()?, Owner::of(&labels)))
    };
    entries.filter_map(run).collect()
}

/// Removes a run's folder with all that is mounted in it. Blocks.
///
/// # Errors
/// Why not.
pub fn remove(folder: &Path) -> Result<(), String> {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let files = entry.path().join("files");
        while device(&files).is_ok() {
            // Whoever still has it open has it to themselves.
            run_now("umount", &["--lazy", &text(&files)], "")?;
        }
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(format!("{}: {error}", folder.display())),
        _ => Ok(()),
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
