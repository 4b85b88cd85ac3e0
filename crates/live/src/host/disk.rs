//! A file system of its own for a site: ext4 in a file of this machine, so that it can be full, and be cut off from its disk without warning.
//!
//! Cut off, it takes nothing more, and nothing that was not synced reaches the file: what a loss of power does. It is done by making ext4 believe in an
//! error (`trigger_fs_error`, with `errors=remount-ro`, which aborts its journal). Mounted again, it is as it was when it was last synced, or later.
//!
//! A site may see it through a [`FailingFs`], so that each operation can fail.
//!
//! All of a run's lie in one folder, with its labels in a file beside them, by which `cleanup` finds and removes them.

use super::command::run_now;
use super::damage;
use super::failing::FailingFs;
use crate::engine::labels::Labels;
use crate::engine::owner::Owner;
use firedrill_model::{Fault, FaultId, FileClass, Rng, SiteId};
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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
/// In a site's folder: where its file system is mounted, and where the one is through which it sees that.
const MOUNT_POINTS: [&str; 2] = ["files", "seen"];

/// A site's file system.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: PathBuf,
    /// Through which the site sees it.
    failing: Option<Arc<FailingFs>>,
}

/// The folder of a run's disks.
pub fn folder_of(run: &str) -> PathBuf {
    Path::new(ROOT).join(run)
}

/// Where a site's file system is mounted, and where the one through which it may see that.
pub fn mount_points(run: &str, site: &str) -> [PathBuf; 2] {
    MOUNT_POINTS.map(|name| folder_of(run).join(site).join(name))
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
        let disk = Disk { folder: run.join(site), failing: None };
        fs::create_dir_all(disk.mount_point()).map_err(failed)?;
        fs::File::create(disk.image()).and_then(|file| file.set_len(SIZE)).map_err(failed)?;
        run_now("mkfs.ext4", &["-q", "-E", "nodiscard", &text(&disk.image())], "")?;
        disk.mount()?;
        Ok(disk)
    }

    /// Has its site see it through a file system that can fail each operation, with these draws. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn seen_through_a_failing_one(mut self, labels: &Labels, draws: Rng) -> Result<Disk, String> {
        let seen = self.folder.join(MOUNT_POINTS[1]);
        fs::create_dir_all(&seen).map_err(|error| format!("{}: {error}", seen.display()))?;
        let source = format!("firedrill-{}", labels.run);
        self.failing = Some(Arc::new(FailingFs::mount(&self.mount_point(), &seen, &source, draws)?));
        Ok(self)
    }

    /// Whether all this works here: makes one, cuts it off, and removes it. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn try_out() -> Result<(), String> {
        try_with("disk", |disk, _| {
            disk.cut_off()?;
            let taken = fs::write(disk.mount_point().join("file"), "x");
            if taken.is_ok() { Err("it took a write although it was cut off".to_owned()) } else { Ok(()) }
        })
    }

    /// Whether a sync can be made to fail here, and is not otherwise. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn try_out_failing() -> Result<(), String> {
        try_with("failing", |disk, labels| {
            let disk = disk.seen_through_a_failing_one(labels, Rng::new(0, "trial"))?;
            // Another process, since this one must not wait for itself.
            let file = format!("of={}", text(&disk.seen().join("log.trial")));
            let sync = || run_now("dd", &["if=/dev/zero", &file, "count=1", "conv=fsync,notrunc"], "");
            let tried = sync().and_then(|_| {
                let fault = Fault::FailedFsync { site: SiteId(0), files: FileClass::Log, per_mille: 1000 };
                disk.begin(FaultId(0), &fault);
                sync().map_or(Ok(()), |_| Err("a sync that was to fail did not".to_owned()))
            });
            disk.close();
            tried
        })
    }

    /// Where its files are.
    pub fn mount_point(&self) -> PathBuf {
        self.folder.join(MOUNT_POINTS[0])
    }

    /// Where its site sees them.
    pub fn seen(&self) -> PathBuf {
        self.folder.join(MOUNT_POINTS[usize::from(self.failing.is_some())])
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
        match &self.failing {
            Some(failing) => failing.let_go_while(|| self.mount_now()),
            None => self.mount_now(),
        }
    }

    fn mount_now(&self) -> Result<(), String> {
        let (device, began) = (device(&self.mount_point())?, Instant::now());
        // A program that is just being started has for a moment all that this process had open, also what it has closed since.
        while let Err(error) = run_now("umount", &[&text(&self.mount_point())], "") {
            if !error.contains("busy") || began.elapsed() > PATIENCE {
                return Err(error);
            }
            std::thread::sleep(PAUSE);
        }
        // A container that is being started or taken down may hold a copy of the mount for a moment. As long as one does, to mount would give
        // back what was cut off.
        let in_use = format!("/sys/fs/ext4/{device}");
        while Path::new(&in_use).exists() {
            if began.elapsed() > PATIENCE {
                return Err(format!("{} is still in use", text(&self.mount_point())));
            }
            std::thread::sleep(PAUSE);
        }
        self.mount()
    }

    /// Takes what was not synced, as a loss of power does. Nobody may use it. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn lose_power(&self) -> Result<(), String> {
        match &self.failing {
            Some(failing) => failing.lose_power(|| self.cut_off().and_then(|()| self.mount_now())),
            None => self.cut_off().and_then(|()| self.mount_now()),
        }
    }

    /// Flips so many bits in files of a class; how many it flipped. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn rot(&self, files: FileClass, bits: u32, rng: &mut Rng) -> Result<usize, String> {
        let flips = damage::rot(&self.mount_point(), files, bits, rng)?;
        if let Some(failing) = &self.failing {
            failing.flipped(&flips);
        }
        Ok(flips.len())
    }

    /// Deletes all files; whether there were any. Nobody may use it. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn wipe(&self) -> Result<bool, String> {
        if let Some(failing) = &self.failing {
            failing.forget();
        }
        damage::wipe(&self.mount_point())
    }

    /// A fault that hits operations begins. Blocks.
    pub fn begin(&self, id: FaultId, fault: &Fault) {
        if let Some(failing) = &self.failing {
            failing.begin(id, fault);
        }
    }

    /// It ends. Blocks.
    pub fn end(&self, id: FaultId) {
        if let Some(failing) = &self.failing {
            failing.end(id);
        }
    }

    /// When it first hit an operation, in nanoseconds of the monotonic clock.
    pub fn struck(&self, id: FaultId) -> Option<u64> {
        self.failing.as_ref().and_then(|failing| failing.struck(id))
    }

    /// Takes away the file system through which its site saw it. Blocks.
    pub fn close(&self) {
        if let Some(failing) = &self.failing {
            // What could not be unmounted is found by whoever removes the folder.
            drop(unmount(&self.seen()));
            failing.close();
        }
    }

    /// Fills it up, so that no block is free. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn fill(&self) -> Result<bool, String> {
        let path = self.mount_point().join(FILLER);
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        let file = fs::File::create(&path).map_err(failed)?;
        let (mut at, mut chunk) = (0, SIZE);
        while chunk > 0 {
            match fallocate(&file, FallocateFlags::empty(), at, chunk) {
                Ok(()) => at += chunk,
                Err(Errno::NOSPC) => chunk /= 2,
                Err(error) => return Err(failed(error.into())),
            }
        }
        Ok(true)
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

/// Tries something on a disk that is thrown away.
fn try_with(name: &str, work: impl FnOnce(Disk, &Labels) -> Result<(), String>) -> Result<(), String> {
    let labels = Labels::of_run(&format!("trial-{}-{name}", std::process::id()));
    let tried = Disk::make(&labels, name).and_then(|disk| work(disk, &labels));
    remove(&folder_of(&labels.run))?;
    tried
}

/// What is mounted there, by the name of its device or of what else it comes from.
fn source(mount_point: &Path) -> Result<String, String> {
    let mounts = fs::read_to_string("/proc/self/mounts").map_err(|error| format!("/proc/self/mounts: {error}"))?;
    let wanted = text(mount_point);
    let mut lines = mounts.lines().rev().map(|line| line.split(' ').collect::<Vec<_>>());
    let found = lines.find(|words| words.get(1) == Some(&wanted.as_str()));
    let source = found.and_then(|words| words.first().map(|&source| source.to_owned()));
    source.ok_or_else(|| format!("nothing is mounted at {wanted}"))
}

/// The name of the device that is mounted there.
fn device(mount_point: &Path) -> Result<String, String> {
    let source = source(mount_point)?;
    let device = source.strip_prefix("/dev/").map(str::to_owned);
    device.ok_or_else(|| format!("{source}, which is mounted at {}, is no device", mount_point.display()))
}

/// Unmounts all that is mounted there, dead or alive. Whoever still has it open has it to themselves. Blocks.
fn unmount(mount_point: &Path) -> Result<(), String> {
    while source(mount_point).is_ok() {
        run_now("umount", &["--lazy", &text(mount_point)], "")?;
    }
    Ok(())
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
        for mount_point in MOUNT_POINTS.iter().rev() {
            unmount(&entry.path().join(mount_point))?;
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
