//! Our judge, on one thread.

use crate::{EACH, Judged, ROUNDS, Table, is_etcd};
use firedrill_checks::Verdict;
use firedrill_checks::linearizable::imported::{Settings, judge};
use firedrill_checks::linearizable::models::ModelName;
use firedrill_history::import::{Format, History, Imported, Limits, read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub(crate) fn judge_files(files: &[PathBuf]) -> Result<Table, String> {
    files.iter().map(|path| Ok((path.clone(), judge_over_and_over(path)?))).collect()
}

fn judge_over_and_over(path: &Path) -> Result<Judged, String> {
    let (format, model) =
        if is_etcd(path) { (Format::JepsenLog, ModelName::CasRegister) } else { (Format::PorcupineKv, ModelName::Kv) };
    let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let history = match read(text.as_slice(), format, Limits::default()) {
        Ok(Imported::Operations(history)) => history,
        Ok(Imported::Transactions(_)) => return Err(format!("{} is of transactions", path.display())),
        Err(error) => return Err(error.render(&path.display().to_string())),
    };
    let begun = Instant::now();
    let mut times = Vec::new();
    let mut linearizable = false;
    while times.len() < ROUNDS || begun.elapsed() < EACH {
        let (verdict, took) = judge_once(&history, model)?;
        linearizable = match verdict {
            Verdict::Pass => true,
            Verdict::Fail => false,
            other => return Err(format!("{}: {other}", path.display())),
        };
        times.push(took);
    }
    times.sort_unstable();
    Ok(Judged { linearizable, took: times[times.len() / 2] })
}

fn judge_once(history: &History, model: ModelName) -> Result<(Verdict, Duration), String> {
    let decided = OnceLock::new();
    let begun = Instant::now();
    let settings = Settings {
        memory_bytes: 1 << 30,
        steps: u64::MAX,
        stop: &|| false,
        jobs: 1,
        orders: false,
        decided: &|| {
            decided.get_or_init(|| begun.elapsed());
        },
    };
    let report = judge(history, model, None, &settings).map_err(|unfit| unfit.message)?;
    Ok((report.verdict, decided.get().copied().unwrap_or_else(|| begun.elapsed())))
}
