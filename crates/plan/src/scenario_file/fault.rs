//! What goes wrong, by its action: which keys belong to it, and their meaning.
//!
//! To add a kind of fault: its reading in [`read`], and the keys that only it has in [`KEYS`] and in [`refuse_others`].

use super::sides::{direction, sides};
use super::{Places, SHORTEST};
use crate::read::Table;
use crate::scenario::{DiskTrouble, FaultSpec, LinkTrouble, Range};
use crate::suggest;
use firedrill_model::{Direction, Endpoint, FaultKind, FileClass, IoMethod, SiteSet};
use std::time::Duration;

/// No delay or jitter or offset of a clock is more.
pub(super) const MOST_DELAY: Duration = Duration::from_secs(3600);
/// The widest link, in kilobytes a second.
const MOST_RATE: u64 = 100_000_000;
/// The most bits that rot at once.
const MOST_BITS: u32 = 10_000;

/// The keys that some actions have and others have not, besides `target` and `peers`.
pub(super) const KEYS: [&str; 9] =
    ["direction", "delay_ms", "jitter_ms", "offset_ms", "percent", "rate_kb_per_s", "files", "methods", "bits"];

/// What goes wrong; keys that only other actions have are refused.
pub(super) fn read(table: &Table<'_>, places: &Places<'_>, kind: FaultKind) -> FaultSpec {
    refuse_others(table, kind);
    match kind {
        FaultKind::SiteLoss => FaultSpec::SiteLoss(all_of(table, places)),
        FaultKind::PowerLoss => FaultSpec::PowerLoss(all_of(table, places)),
        FaultKind::Crash => FaultSpec::Crash(one_of(table, places)),
        FaultKind::Freeze => FaultSpec::Freeze(one_of(table, places)),
        FaultKind::Shutdown => FaultSpec::Shutdown(one_of(table, places)),
        FaultKind::SlowFsync => FaultSpec::SlowFsync { sites: one_of(table, places), delay: delay(table) },
        FaultKind::CpuStress => FaultSpec::CpuStress { sites: one_of(table, places), delay: delay(table) },
        FaultKind::ClockSkew => FaultSpec::ClockSkew {
            sites: one_of(table, places),
            offset: table.duration("offset_ms", SHORTEST, MOST_DELAY),
        },
        FaultKind::Partition | FaultKind::PartitionOneWay => {
            let (a, b) = sides(table, places);
            FaultSpec::Partition { a, b, direction: direction(table, kind) }
        }
        FaultKind::Latency => {
            let (a, b) = sides(table, places);
            FaultSpec::Latency {
                a,
                b,
                direction: direction(table, kind),
                delay: table.duration("delay_ms", Duration::ZERO, MOST_DELAY),
                jitter: table.duration_or("jitter_ms", Duration::ZERO, Duration::ZERO, MOST_DELAY),
            }
        }
        FaultKind::Loss | FaultKind::Duplicate | FaultKind::Reorder | FaultKind::Corrupt => {
            of_links(table, places, kind)
        }
        FaultKind::Bandwidth | FaultKind::ResetPeer => of_links(table, places, kind),
        FaultKind::BitRot
        | FaultKind::TornWrite
        | FaultKind::MisdirectedWrite
        | FaultKind::IoError
        | FaultKind::DiskFull
        | FaultKind::ReadOnly
        | FaultKind::FailedFsync
        | FaultKind::LyingFsync
        | FaultKind::DiskLoss => of_disk(table, places, kind),
    }
}

/// Refuses the keys that only other actions have.
fn refuse_others(table: &Table<'_>, kind: FaultKind) {
    let refuse = |key: &'static str, allowed: bool, why: &str| {
        if !allowed {
            table.refuse(key, why);
        }
    };
    refuse("peers", kind.is_of_links(), "only faults of links have two sides");
    let directed = kind.is_of_links() && kind != FaultKind::ResetPeer;
    refuse("direction", directed, "only faults of links have a direction, and a reset has none");
    let delays = [FaultKind::Latency, FaultKind::SlowFsync, FaultKind::Reorder, FaultKind::CpuStress];
    refuse("delay_ms", delays.contains(&kind), "it belongs to `latency`, `slow-fsync`, `reorder` and `cpu-stress`");
    refuse("jitter_ms", kind == FaultKind::Latency, "it belongs to `latency`");
    refuse("offset_ms", kind == FaultKind::ClockSkew, "it belongs to `clock-skew`");
    refuse("percent", kind.is_by_chance(), "this action does not hit by chance");
    refuse("rate_kb_per_s", kind == FaultKind::Bandwidth, "it belongs to `bandwidth`");
    refuse("files", kind.is_of_files(), "this action is not about some files only");
    refuse("methods", kind == FaultKind::IoError, "it belongs to `io-error`");
    refuse("bits", kind == FaultKind::BitRot, "it belongs to `bit-rot`");
}

fn of_links(table: &Table<'_>, places: &Places<'_>, kind: FaultKind) -> FaultSpec {
    let (a, b) = sides(table, places);
    let trouble = match kind {
        FaultKind::Loss => LinkTrouble::Loss { per_mille: chance(table) },
        FaultKind::Duplicate => LinkTrouble::Duplicate { per_mille: chance(table) },
        FaultKind::Reorder => {
            LinkTrouble::Reorder { per_mille: chance(table), delay: table.duration("delay_ms", SHORTEST, MOST_DELAY) }
        }
        FaultKind::Corrupt => LinkTrouble::Corrupt { per_mille: chance(table) },
        FaultKind::Bandwidth => LinkTrouble::Bandwidth { bytes_per_s: rate(table) },
        _ => LinkTrouble::ResetPeer,
    };
    let region = |end: &Endpoint| matches!(end, Endpoint::Region(_));
    if matches!(kind, FaultKind::Duplicate | FaultKind::Reorder) && a.iter().chain(&b).any(region) {
        table.sink.error(
            &table.span,
            format!("`{}` is about links between sites: a client's connection delivers once and in order", kind.name()),
            "name sites only".to_owned(),
        );
    }
    let directed = kind != FaultKind::ResetPeer;
    let direction = if directed { direction(table, kind) } else { Direction::Both };
    FaultSpec::Links { a, b, direction, trouble }
}

fn of_disk(table: &Table<'_>, places: &Places<'_>, kind: FaultKind) -> FaultSpec {
    // What fails always is the rule for disks; what fails now and then must say so.
    let chance_or_always = || table.optional("percent").map_or(Some(1000), |field| field.per_mille()).unwrap_or(1000);
    let trouble = match kind {
        FaultKind::BitRot => DiskTrouble::BitRot { bits: bits(table) },
        FaultKind::TornWrite => DiskTrouble::TornWrite,
        FaultKind::MisdirectedWrite => DiskTrouble::MisdirectedWrite { per_mille: chance_or_always() },
        FaultKind::IoError => DiskTrouble::IoError { methods: methods(table), per_mille: chance_or_always() },
        FaultKind::DiskFull => DiskTrouble::Full,
        FaultKind::ReadOnly => DiskTrouble::ReadOnly,
        FaultKind::FailedFsync => DiskTrouble::FailedFsync { per_mille: chance_or_always() },
        FaultKind::LyingFsync => DiskTrouble::LyingFsync,
        _ => DiskTrouble::Lost,
    };
    let files = if kind.is_of_files() { files(table) } else { FileClass::Any };
    FaultSpec::Disk { sites: one_of(table, places), files, trouble }
}

/// The sites that are hit at once: they must be named.
fn all_of(table: &Table<'_>, places: &Places<'_>) -> SiteSet {
    table.required("target").map(|field| places.sites(&field)).unwrap_or_default()
}

/// The sites of which one is drawn: by default any.
fn one_of(table: &Table<'_>, places: &Places<'_>) -> SiteSet {
    table.optional("target").map_or_else(|| places.all(), |field| places.sites(&field))
}

fn delay(table: &Table<'_>) -> Range {
    let delay = table.required("delay_ms").and_then(|field| field.time_range(Duration::from_micros(1), MOST_DELAY));
    delay.unwrap_or(Range { low: Duration::ZERO, high: Duration::ZERO })
}

/// How many of a thousand messages or operations are hit.
pub(super) fn chance(table: &Table<'_>) -> u32 {
    table.required("percent").and_then(|field| field.per_mille()).unwrap_or_default()
}

/// Bytes a second, from Toxiproxy's kilobytes a second.
pub(super) fn rate(table: &Table<'_>) -> u64 {
    table.whole("rate_kb_per_s", 1, MOST_RATE).saturating_mul(1000)
}

/// How many bits rot: one by default.
pub(super) fn bits(table: &Table<'_>) -> u32 {
    table.count_or("bits", 1, 1, MOST_BITS)
}

/// Which files: all by default.
pub(super) fn files(table: &Table<'_>) -> FileClass {
    let Some(field) = table.optional("files") else { return FileClass::Any };
    let Some(text) = field.text() else { return FileClass::Any };
    let found = FileClass::ALL.into_iter().find(|class| class.name() == text);
    if found.is_none() {
        let names = FileClass::ALL.map(FileClass::name);
        let message = format!("there are no files called `{text}`");
        field.sink.error(&field.span, message, suggest::among(text, &names, "it is one of"));
    }
    found.unwrap_or_default()
}

/// What fails: one of these, drawn; by default any.
fn methods(table: &Table<'_>) -> Vec<IoMethod> {
    let Some(field) = table.optional("methods") else { return IoMethod::ALL.to_vec() };
    let mut methods = Vec::new();
    for item in field.one_or_more().unwrap_or_default() {
        let Some(text) = item.text() else { continue };
        let found = IoMethod::ALL.into_iter().find(|method| method.name() == text);
        if found.is_none() {
            let names = IoMethod::ALL.map(IoMethod::name);
            let message = format!("there is no method `{text}`");
            item.sink.error(&item.span, message, suggest::among(text, &names, "methods are"));
        }
        methods.extend(found);
    }
    methods
}

impl FaultSpec {
    /// The kind of the faults that are drawn from it.
    pub fn kind(&self) -> FaultKind {
        match self {
            FaultSpec::SiteLoss(_) => FaultKind::SiteLoss,
            FaultSpec::PowerLoss(_) => FaultKind::PowerLoss,
            FaultSpec::Crash(_) => FaultKind::Crash,
            FaultSpec::Freeze(_) => FaultKind::Freeze,
            FaultSpec::Shutdown(_) => FaultKind::Shutdown,
            FaultSpec::Partition { direction: Direction::Both, .. } => FaultKind::Partition,
            FaultSpec::Partition { .. } => FaultKind::PartitionOneWay,
            FaultSpec::SlowFsync { .. } => FaultKind::SlowFsync,
            FaultSpec::ClockSkew { .. } => FaultKind::ClockSkew,
            FaultSpec::Latency { .. } => FaultKind::Latency,
            FaultSpec::CpuStress { .. } => FaultKind::CpuStress,
            FaultSpec::Links { trouble, .. } => match trouble {
                LinkTrouble::Loss { .. } => FaultKind::Loss,
                LinkTrouble::Duplicate { .. } => FaultKind::Duplicate,
                LinkTrouble::Reorder { .. } => FaultKind::Reorder,
                LinkTrouble::Corrupt { .. } => FaultKind::Corrupt,
                LinkTrouble::Bandwidth { .. } => FaultKind::Bandwidth,
                LinkTrouble::ResetPeer => FaultKind::ResetPeer,
            },
            FaultSpec::Disk { trouble, .. } => match trouble {
                DiskTrouble::BitRot { .. } => FaultKind::BitRot,
                DiskTrouble::TornWrite => FaultKind::TornWrite,
                DiskTrouble::MisdirectedWrite { .. } => FaultKind::MisdirectedWrite,
                DiskTrouble::IoError { .. } => FaultKind::IoError,
                DiskTrouble::Full => FaultKind::DiskFull,
                DiskTrouble::ReadOnly => FaultKind::ReadOnly,
                DiskTrouble::FailedFsync { .. } => FaultKind::FailedFsync,
                DiskTrouble::LyingFsync => FaultKind::LyingFsync,
                DiskTrouble::Lost => FaultKind::DiskLoss,
            },
        }
    }

    /// The sites that it may hit; of links, those at either end.
    pub fn sites(&self) -> SiteSet {
        let of = |endpoint: &Endpoint| match endpoint {
            Endpoint::Site(site) => Some(*site),
            Endpoint::Region(_) => None,
        };
        match self {
            FaultSpec::SiteLoss(sites)
            | FaultSpec::PowerLoss(sites)
            | FaultSpec::Crash(sites)
            | FaultSpec::Freeze(sites)
            | FaultSpec::Shutdown(sites)
            | FaultSpec::SlowFsync { sites, .. }
            | FaultSpec::ClockSkew { sites, .. }
            | FaultSpec::Disk { sites, .. }
            | FaultSpec::CpuStress { sites, .. } => *sites,
            FaultSpec::Partition { a, b, .. } | FaultSpec::Latency { a, b, .. } | FaultSpec::Links { a, b, .. } => {
                a.iter().chain(b).filter_map(of).collect::<SiteSet>()
            }
        }
    }
}
