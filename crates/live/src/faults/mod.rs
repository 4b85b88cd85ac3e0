//! What does each fault, and what undoes it.
//!
//! - [`mechanism`]: which mechanism does which fault here
//! - [`sites`]: containers and disks; `links`: proxy and packet filters
//!
//! Most faults are told to have begun before they are done, since they may be felt long before the engine says that they were. Those that
//! show by being done whether they hit anything are told when they are done; loss when the first packet was lost, and those that fail
//! operations of a disk when they hit the first. See [`Telling`].

mod links;
pub mod mechanism;
pub mod sites;

use crate::clock::monotonic_ns;
use crate::error::LiveError;
use crate::host::disk::Disk;
use crate::links::control::Control;
use crate::links::entries::Entry;
use bollard::Docker;
use firedrill_model::{Fault, FaultId, Rng, SiteId};
use futures_util::future::join_all;
use links::Links;
use mechanism::Means;
use sites::{Site, Sites};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// When a fault is told to have begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// Before it is done.
    Before,
    /// After it is done, which shows whether it struck.
    After,
    /// When it is seen to have struck, or, if it never did, at its end.
    WhenItStrikes,
}

/// The faults of a run.
#[derive(Debug)]
pub struct Faults {
    sites: Sites,
    links: Links,
    means: Means,
    seed: u64,
    begun: std::sync::Mutex<BTreeMap<FaultId, Fault>>,
}

impl Faults {
    /// None yet, on sites in containers of these names and addresses and with these disks, and the entries of the proxy.
    pub fn new(
        docker: &Docker,
        sites: Vec<(String, Ipv4Addr, Option<Disk>)>,
        control: Control,
        entries: Vec<Entry>,
        means: Means,
        seed: u64,
    ) -> Faults {
        Faults {
            sites: Sites::new(docker, sites),
            links: Links::new(means, control, entries),
            means,
            seed,
            begun: std::sync::Mutex::default(),
        }
    }

    /// A site's container.
    pub fn site(&self, site: SiteId) -> Option<&Site> {
        self.sites.get(site)
    }

    /// What does a fault here; `None`: nothing does.
    pub fn mechanism(&self, fault: &Fault) -> Option<&'static str> {
        self.means.of(fault)
    }

    /// Whether a site's machine is lost, so that nobody gets an answer or a refusal from it.
    pub fn is_lost(&self, site: SiteId) -> bool {
        let loses = |fault: &Fault| match fault {
            Fault::SiteLoss { .. } | Fault::PowerLoss { .. } | Fault::DiskLoss { .. } => fault.sites().contains(site),
            _ => false,
        };
        self.begun().values().any(loses)
    }

    /// Whether a site's disk fails operations just now, so that its process may end, and would again if it were started.
    pub fn is_troubled(&self, site: SiteId) -> bool {
        self.begun().values().any(|fault| fails_operations(fault) && fault.sites().contains(site))
    }

    /// Starts a site again that stopped because its disk failed it, if nothing else keeps it dead.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn revive(&self, site: SiteId) -> Result<(), LiveError> {
        let Some(revived) = self.site(site) else { return Ok(()) };
        if revived.revive().await? { self.links.filter_again(&self.sites, site).await } else { Ok(()) }
    }

    /// When a fault is told to have begun.
    pub fn telling(fault: &Fault) -> Telling {
        match fault {
            Fault::Loss { .. } => Telling::WhenItStrikes,
            _ if is_seen_by_operations(fault) => Telling::WhenItStrikes,
            Fault::ResetPeer { .. }
            | Fault::BitRot { .. }
            | Fault::DiskLoss { .. }
            | Fault::DiskFull { .. }
            | Fault::ReadOnly { .. } => Telling::After,
            _ => Telling::Before,
        }
    }

    /// Whether a fault would take effect on something that is there.
    ///
    /// # Errors
    /// If the engine can't tell.
    pub async fn would_strike(&self, fault: &Fault) -> Result<bool, LiveError> {
        match fault {
            Fault::SiteLoss { sites } | Fault::PowerLoss { sites } => {
                any(join_all(sites.iter().map(|site| self.sites.run(site))).await)
            }
            Fault::Crash { site, .. } | Fault::Freeze { site } | Fault::Shutdown { site } => {
                self.sites.run(*site).await
            }
            _ => Ok(self.links.has_any_of(fault)),
        }
    }

    /// Begins a fault that has a mechanism. Whether it struck, where doing it shows that.
    ///
    /// # Errors
    /// If its mechanism fails.
    pub async fn begin(&self, id: FaultId, fault: &Fault) -> Result<bool, LiveError> {
        self.begun().insert(id, fault.clone());
        match fault {
            Fault::SiteLoss { sites } => all(join_all(sites.iter().map(|site| self.kill(id, site))).await)?,
            Fault::PowerLoss { sites } => all(join_all(sites.iter().map(|site| self.lose_power(id, site))).await)?,
            Fault::Crash { site, .. } => {
                self.kill(id, *site).await?;
                self.links.change(&self.sites, id, Some(fault)).await?;
            }
            Fault::Shutdown { site } => self.shut_down(id, *site, fault).await?,
            Fault::Freeze { site } => match self.site(*site) {
                Some(site) => site.freeze(id).await?,
                None => return Ok(false),
            },
            Fault::ResetPeer { .. } => return self.links.reset(&self.sites, fault).await,
            Fault::BitRot { site, files, bits } => return self.rot(id, *site, *files, *bits).await,
            Fault::DiskLoss { site } => {
                self.kill(id, *site).await?;
                return self.with_disk(*site, Disk::wipe).await;
            }
            Fault::DiskFull { site } => return self.with_disk(*site, Disk::fill).await,
            Fault::ReadOnly { site } => return self.with_disk(*site, |disk| disk.cut_off().map(|()| true)).await,
            _ if is_seen_by_operations(fault) => {
                for site in fault.sites().iter() {
                    let fault = fault.clone();
                    let begin = move |disk: &Disk| {
                        disk.begin(id, &fault);
                        Ok(())
                    };
                    self.with_disk(site, begin).await?;
                }
            }
            _ => self.links.change(&self.sites, id, Some(fault)).await?,
        }
        Ok(true)
    }

    /// When a fault that is told when it strikes has struck, as far as that is known, in nanoseconds of the monotonic clock; `None`: it has not.
    ///
    /// # Errors
    /// If the engine can't tell.
    pub async fn struck(&self, id: FaultId, fault: &Fault) -> Result<Option<u64>, LiveError> {
        if is_seen_by_operations(fault) {
            return Ok(fault.sites().iter().find_map(|site| self.site(site)?.disk.as_ref()?.struck(id)));
        }
        let lost = self.links.has_lost(&self.sites, id, fault).await?;
        Ok(lost.then(monotonic_ns))
    }

    /// A fault that has begun.
    pub fn of(&self, id: FaultId) -> Option<Fault> {
        self.begun().get(&id).cloned()
    }

    /// Ends a fault, if it had begun.
    ///
    /// # Errors
    /// If its mechanism fails.
    pub async fn end(&self, id: FaultId) -> Result<(), LiveError> {
        let begun = self.begun().remove(&id);
        match begun {
            Some(Fault::SiteLoss { sites } | Fault::PowerLoss { sites }) => {
                all(join_all(sites.iter().map(|site| self.restart(id, site))).await)
            }
            Some(Fault::Crash { site, .. } | Fault::Shutdown { site }) => {
                self.restart(id, site).await?;
                self.links.change(&self.sites, id, None).await
            }
            Some(Fault::DiskLoss { site }) => self.restart(id, site).await,
            Some(Fault::Freeze { site }) => match self.site(site) {
                Some(site) => site.thaw(id).await,
                None => Ok(()),
            },
            // What the site did while its disk failed it is over: it starts again.
            Some(Fault::DiskFull { site }) => {
                self.with_disk(site, Disk::unfill).await?;
                self.kill(id, site).await?;
                self.restart(id, site).await
            }
            Some(Fault::ReadOnly { site }) => {
                self.kill(id, site).await?;
                self.with_disk(site, Disk::mount_again).await?;
                self.restart(id, site).await
            }
            Some(Fault::ResetPeer { .. } | Fault::BitRot { .. }) | None => Ok(()),
            Some(fault) if is_seen_by_operations(&fault) => {
                for site in fault.sites().iter() {
                    let end = move |disk: &Disk| {
                        disk.end(id);
                        Ok(())
                    };
                    self.with_disk(site, end).await?;
                    if !self.is_troubled(site) {
                        self.revive(site).await?;
                    }
                }
                Ok(())
            }
            Some(_) => self.links.change(&self.sites, id, None).await,
        }
    }

    async fn kill(&self, id: FaultId, site: SiteId) -> Result<(), LiveError> {
        match self.site(site) {
            Some(site) => site.kill(id).await,
            None => Ok(()),
        }
    }

    async fn restart(&self, id: FaultId, site: SiteId) -> Result<(), LiveError> {
        let Some(restarted) = self.site(site) else { return Ok(()) };
        if restarted.restart(id).await? { self.links.filter_again(&self.sites, site).await } else { Ok(()) }
    }

    /// Its machine refuses in its place once it has ended, unless the fault ended first.
    async fn shut_down(&self, id: FaultId, site: SiteId, fault: &Fault) -> Result<(), LiveError> {
        let Some(ending) = self.site(site) else { return Ok(()) };
        if !self.sites.run(site).await? {
            return Ok(());
        }
        ending.shut_down(id).await?;
        if self.of(id).is_some() { self.links.change(&self.sites, id, Some(fault)).await } else { Ok(()) }
    }

    /// What was not synced is lost; what comes back finds the rest.
    async fn lose_power(&self, id: FaultId, site: SiteId) -> Result<(), LiveError> {
        self.kill(id, site).await?;
        self.with_disk(site, Disk::lose_power).await
    }

    async fn rot(
        &self,
        id: FaultId,
        site: SiteId,
        files: firedrill_model::FileClass,
        bits: u32,
    ) -> Result<bool, LiveError> {
        let mut rng = Rng::new(self.seed, "bit-rot").split(u64::from(id.0));
        self.with_disk(site, move |disk| disk.rot(files, bits, &mut rng).map(|rotten| rotten > 0)).await
    }

    async fn with_disk<T: Default + Send + 'static>(
        &self,
        site: SiteId,
        work: impl FnOnce(&Disk) -> Result<T, String> + Send + 'static,
    ) -> Result<T, LiveError> {
        match self.site(site) {
            Some(site) => site.with_disk(work).await,
            None => Ok(T::default()),
        }
    }

    fn begun(&self) -> std::sync::MutexGuard<'_, BTreeMap<FaultId, Fault>> {
        self.begun.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Whether a fault hits operations of a disk, and is seen by those that it hit.
fn is_seen_by_operations(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::IoError { .. }
            | Fault::FailedFsync { .. }
            | Fault::LyingFsync { .. }
            | Fault::SlowFsync { .. }
            | Fault::TornWrite { .. }
            | Fault::MisdirectedWrite { .. }
    )
}

/// Whether a fault fails operations of a disk.
fn fails_operations(fault: &Fault) -> bool {
    matches!(fault, Fault::IoError { .. } | Fault::FailedFsync { .. } | Fault::DiskFull { .. } | Fault::ReadOnly { .. })
}

/// Whether one at least is true.
fn any(done: Vec<Result<bool, LiveError>>) -> Result<bool, LiveError> {
    let done = done.into_iter().collect::<Result<Vec<bool>, LiveError>>()?;
    Ok(done.contains(&true))
}

fn all(done: Vec<Result<(), LiveError>>) -> Result<(), LiveError> {
    done.into_iter().collect()
}
