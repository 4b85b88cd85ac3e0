//! A file system that fails when it is told to: what a site reads and writes passes through it on its way to the site's disk.
//!
//! - [`trouble`]: which faults there are, and what each makes of an operation
//! - [`cache`]: what a site sees of a file, and what the disk has of it
//! - [`files`]: the files of a folder; [`volume`]: what a site asks, and what faults make of it
//! - [`filesystem`]: the kernel's side of it (FUSE)
//!
//! It is served by a thread of this process. When the process ends, however it does, the kernel ends the file system: sites that still run get
//! errors (ENOTCONN), and what is left is a dead mount, which [`super::disk::remove`] takes away. This process must never touch a file through it: one that
//! waits for an answer of its own could not be killed.
//!
//! To add a fault: see [`trouble`].

mod cache;
mod files;
mod filesystem;
mod trouble;
mod volume;

use super::damage::Flip;
use filesystem::Served;
use firedrill_model::{Fault, FaultId, Rng};
use fuser::{BackgroundSession, Config, MountOption, Session, SessionACL};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use trouble::Struck;
use volume::Volume;

/// A mounted file system of this kind.
#[derive(Debug)]
pub struct FailingFs {
    volume: Arc<Mutex<Volume>>,
    struck: Struck,
    session: Mutex<Option<BackgroundSession>>,
}

impl FailingFs {
    /// Mounts one at `mount_point`, over the folder `below`. `source` is what lists of mounts call it; its draws come from `draws`. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn mount(below: &Path, mount_point: &Path, source: &str, draws: Rng) -> Result<FailingFs, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", mount_point.display());
        let volume = Volume::over(below.to_path_buf(), draws);
        let struck = volume.troubles.struck();
        let volume = Arc::new(Mutex::new(volume));
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName(source.to_owned()), MountOption::NoExec];
        // A container's root may be another user here.
        config.acl = SessionACL::All;
        let session = Session::new(Served(volume.clone()), mount_point, &config).map_err(failed)?;
        let session = session.spawn().map_err(failed)?;
        Ok(FailingFs { volume, struck, session: Mutex::new(Some(session)) })
    }

    /// A fault begins. Blocks.
    pub fn begin(&self, id: FaultId, fault: &Fault) {
        self.volume().troubles.begin(id, fault);
    }

    /// A fault ends. Blocks.
    pub fn end(&self, id: FaultId) {
        self.volume().troubles.end(id);
    }

    /// When a fault first hit something, in nanoseconds of the monotonic clock.
    pub fn struck(&self, id: FaultId) -> Option<u64> {
        self.struck.at(id)
    }

    /// Takes what a loss of power takes, but for that of the disk below, which `cut_off` takes. Nobody may use it. Blocks.
    ///
    /// # Errors
    /// Why not.
    pub fn lose_power(&self, cut_off: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
        let mut volume = self.volume();
        volume.lose_power().map_err(|error| error.to_string())?;
        cut_off()
    }

    /// Does something for which nobody may have files of the disk below open. What is cached stays. Blocks.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn let_go_while(&self, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
        let mut volume = self.volume();
        volume.files.let_go();
        work()
    }

    /// Forgets all that is cached: the files below are gone, or will be.
    pub fn forget(&self) {
        drop(self.volume().files.forget());
    }

    /// Bits of the disk below flipped.
    pub fn flipped(&self, flips: &[Flip]) {
        let mut volume = self.volume();
        for Flip { name, byte, bit } in flips {
            if let Some(cache) = volume.files.cached(name) {
                cache.flip(usize::try_from(*byte).unwrap_or(usize::MAX), *bit);
            }
        }
    }

    /// Lets go of everything, once it is unmounted.
    pub fn close(&self) {
        self.forget();
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Its thread ends with the mount.
        drop(session);
    }

    fn volume(&self) -> MutexGuard<'_, Volume> {
        self.volume.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
