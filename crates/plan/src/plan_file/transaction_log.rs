//! `[transaction_log]`: who must hold a record before it is acknowledged, and what becomes of it then; `[sessions]`.

use super::provenance::Provenance;
use crate::plan::TransactionLog;
use crate::read::{Field, Names, Table};
use crate::suggest;
use firedrill_model::{SiteId, SiteSet, WithoutCopy};
use std::time::Duration;

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);
/// A hundred years.
const LONGEST: Duration = Duration::from_secs(36_525 * 86_400);
const DAY_S: u64 = 86_400;

/// `[sessions]`: the recovery point objective of the session store, if the plan has one.
pub(super) fn sessions(root: &Table<'_>, provenance: &Provenance) -> Option<Duration> {
    let table = root.table("sessions", "[sessions]")?;
    let rpo = table.duration("rpo_s", Duration::ZERO, LONGEST);
    provenance.read(&table, "");
    table.done();
    Some(rpo)
}

/// Reads the section; a plan without one has no transaction log.
pub(super) fn read(root: &Table<'_>, provenance: &Provenance, sites: &[String]) -> Option<TransactionLog> {
    let table = root.table("transaction_log", "[transaction_log]")?;
    let known = root.sink.count() == 0;
    let names = Names::of_plan("site", "sites", known.then(|| sites.iter().map(String::as_str).collect()));
    let log = TransactionLog {
        synchronous: table.required("synchronous").map(|field| copies(&field, &names)).unwrap_or_default(),
        without_copy: table
            .required("without_copy")
            .and_then(|field| without_copy(&field))
            .unwrap_or(WithoutCopy::Stop),
        copy_timeout: table.duration("copy_timeout_ms", MILLISECOND, HOUR),
        send_interval: table.duration("send_interval_ms", MILLISECOND, HOUR),
        retention: Duration::from_secs(table.whole("retention_days", 1, LONGEST.as_secs() / DAY_S) * DAY_S),
        rpo: table.duration("rpo_s", Duration::ZERO, LONGEST),
        staleness: table.optional("staleness_s").and_then(|field| field.duration(MILLISECOND, LONGEST)),
    };
    provenance.read(&table, "");
    table.done();
    Some(log)
}

/// The writer is the primary, which needs no copy of its own.
fn copies(field: &Field<'_>, names: &Names<'_>) -> SiteSet {
    let mut copies = SiteSet::EMPTY;
    for item in field.items_or_none() {
        match names.resolve(&item) {
            Some(0) => {
                let advice = "name another site".to_owned();
                field.sink.error(&item.span, "the primary writes the log, and is no copy of it", advice);
            }
            Some(place) => {
                copies.insert(SiteId(u8::try_from(place).unwrap_or(u8::MAX)));
            }
            None => {}
        }
    }
    copies
}

fn without_copy(field: &Field<'_>) -> Option<WithoutCopy> {
    const WORDS: [&str; 2] = ["stop", "asynchronous"];
    match field.text()? {
        "stop" => Some(WithoutCopy::Stop),
        "asynchronous" => Some(WithoutCopy::Asynchronous),
        text => {
            let advice = suggest::among(text, &WORDS, "what the writer does is one of");
            field.sink.error(&field.span, format!("the writer can't `{text}`"), advice);
            None
        }
    }
}
