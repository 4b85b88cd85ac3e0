//! The kinds of faults.
//!
//! To add one: here in [`FaultKind`], in its `ALL` and its `name`, at the end, since journals name kinds by their place.

#[cfg(doc)]
use super::Fault;
use serde::{Deserialize, Serialize};

/// The kind of a fault: its name in files, flags and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// [`Fault::SiteLoss`]
    SiteLoss,
    /// [`Fault::PowerLoss`]
    PowerLoss,
    /// [`Fault::Crash`]
    Crash,
    /// [`Fault::Freeze`]
    Freeze,
    /// [`Fault::Partition`] with direction `Both`
    Partition,
    /// [`Fault::Partition`] with direction `To` or `From`
    PartitionOneWay,
    /// [`Fault::SlowFsync`]
    SlowFsync,
    /// [`Fault::ClockSkew`]
    ClockSkew,
    /// [`Fault::Latency`]
    Latency,
    /// [`Fault::Loss`]
    Loss,
    /// [`Fault::Duplicate`]
    Duplicate,
    /// [`Fault::Reorder`]
    Reorder,
    /// [`Fault::Corrupt`]
    Corrupt,
    /// [`Fault::Bandwidth`]
    Bandwidth,
    /// [`Fault::ResetPeer`]
    ResetPeer,
    /// [`Fault::BitRot`]
    BitRot,
    /// [`Fault::TornWrite`]
    TornWrite,
    /// [`Fault::MisdirectedWrite`]
    MisdirectedWrite,
    /// [`Fault::IoError`]
    IoError,
    /// [`Fault::DiskFull`]
    DiskFull,
    /// [`Fault::ReadOnly`]
    ReadOnly,
    /// [`Fault::FailedFsync`]
    FailedFsync,
    /// [`Fault::LyingFsync`]
    LyingFsync,
    /// [`Fault::DiskLoss`]
    DiskLoss,
    /// [`Fault::CpuStress`]
    CpuStress,
    /// [`Fault::Shutdown`]
    Shutdown,
}

impl FaultKind {
    /// Whether it is about links.
    pub const fn is_of_links(self) -> bool {
        matches!(
            self,
            FaultKind::Partition
                | FaultKind::PartitionOneWay
                | FaultKind::Latency
                | FaultKind::Loss
                | FaultKind::Duplicate
                | FaultKind::Reorder
                | FaultKind::Corrupt
                | FaultKind::Bandwidth
                | FaultKind::ResetPeer
        )
    }

    /// Whether it is about the files of one class.
    pub const fn is_of_files(self) -> bool {
        matches!(
            self,
            FaultKind::BitRot
                | FaultKind::TornWrite
                | FaultKind::MisdirectedWrite
                | FaultKind::IoError
                | FaultKind::FailedFsync
                | FaultKind::LyingFsync
        )
    }

    /// Whether it hits each message or operation by chance.
    pub const fn is_by_chance(self) -> bool {
        matches!(
            self,
            FaultKind::Loss
                | FaultKind::Duplicate
                | FaultKind::Reorder
                | FaultKind::Corrupt
                | FaultKind::MisdirectedWrite
                | FaultKind::IoError
                | FaultKind::FailedFsync
        )
    }

    /// All of them.
    pub const ALL: [FaultKind; 26] = [
        FaultKind::SiteLoss,
        FaultKind::PowerLoss,
        FaultKind::Crash,
        FaultKind::Freeze,
        FaultKind::Partition,
        FaultKind::PartitionOneWay,
        FaultKind::SlowFsync,
        FaultKind::ClockSkew,
        FaultKind::Latency,
        FaultKind::Loss,
        FaultKind::Duplicate,
        FaultKind::Reorder,
        FaultKind::Corrupt,
        FaultKind::Bandwidth,
        FaultKind::ResetPeer,
        FaultKind::BitRot,
        FaultKind::TornWrite,
        FaultKind::MisdirectedWrite,
        FaultKind::IoError,
        FaultKind::DiskFull,
        FaultKind::ReadOnly,
        FaultKind::FailedFsync,
        FaultKind::LyingFsync,
        FaultKind::DiskLoss,
        FaultKind::CpuStress,
        FaultKind::Shutdown,
    ];

    /// The name in files, flags and reports, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            FaultKind::SiteLoss => "site-loss",
            FaultKind::PowerLoss => "power-loss",
            FaultKind::Crash => "crash",
            FaultKind::Freeze => "freeze",
            FaultKind::Partition => "partition",
            FaultKind::PartitionOneWay => "partition-one-way",
            FaultKind::SlowFsync => "slow-fsync",
            FaultKind::ClockSkew => "clock-skew",
            FaultKind::Latency => "latency",
            FaultKind::Loss => "loss",
            FaultKind::Duplicate => "duplicate",
            FaultKind::Reorder => "reorder",
            FaultKind::Corrupt => "corrupt",
            FaultKind::Bandwidth => "bandwidth",
            FaultKind::ResetPeer => "reset-peer",
            FaultKind::BitRot => "bit-rot",
            FaultKind::TornWrite => "torn-write",
            FaultKind::MisdirectedWrite => "misdirected-write",
            FaultKind::IoError => "io-error",
            FaultKind::DiskFull => "disk-full",
            FaultKind::ReadOnly => "read-only",
            FaultKind::FailedFsync => "failed-fsync",
            FaultKind::LyingFsync => "lying-fsync",
            FaultKind::DiskLoss => "disk-loss",
            FaultKind::CpuStress => "cpu-stress",
            FaultKind::Shutdown => "shutdown",
        }
    }
}
