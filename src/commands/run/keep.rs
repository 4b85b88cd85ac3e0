//! What `--out` receives.

use super::load::Loaded;
use crate::commands::report;
use firedrill_checks::Judgement;
use firedrill_history::Journal;
use firedrill_reports::{CampaignReport, RunReport, junit};
use std::io;
use std::path::{Path, PathBuf};

/// The folder of a scenario's runs: `out` itself, or below it if there are several scenarios.
pub fn folder(out: &Path, scenario: &Loaded, several: bool) -> PathBuf {
    match Path::new(&scenario.path).file_stem() {
        Some(stem) if several => out.join(stem),
        _ => out.to_owned(),
    }
}

/// Writes `journal.jsonl.zst`, `verdict.json`, `junit.xml` and `report.html`; the report learns where its journal is.
pub fn keep(folder: &Path, report: &mut RunReport, journal: &Journal, judgement: &Judgement) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(super::super::JOURNAL);
    journal.write(&path)?;
    report.journal = Some(path.display().to_string());
    let mut json = serde_json::to_string_pretty(report)?;
    json.push('\n');
    std::fs::write(folder.join("verdict.json"), json)?;
    report::write(folder, &report::ALL, journal, judgement, &report.journal_digest).map(drop)
}

/// Writes the `junit.xml` of a campaign.
pub fn keep_campaign(folder: &Path, report: &CampaignReport, troubled: &[RunReport]) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let xml = junit::campaign(report, troubled).map_err(io::Error::other)?;
    std::fs::write(folder.join("junit.xml"), xml)
}
