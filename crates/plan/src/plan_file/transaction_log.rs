//! `[transaction_log]`: who must hold a record before it is acknowledged, and what becomes of it then.

use crate::document::{PlanDocument, WhileOut};
use crate::plan::TransactionLog;
use crate::read::Sink;
use firedrill_model::{SiteId, SiteSet, WithoutCopy};
use std::time::Duration;

const DAY_S: u64 = 86_400;

/// Resolves the section; a plan without one has no transaction log.
pub(super) fn resolve(sink: &Sink<'_>, document: &PlanDocument) -> Option<TransactionLog> {
    let log = document.transaction_log.as_ref()?;
    Some(TransactionLog {
        synchronous: copies(sink, document),
        without_copy: match log.without_copy.value {
            WhileOut::Stop => WithoutCopy::Stop,
            WhileOut::Asynchronous => WithoutCopy::Asynchronous,
        },
        copy_timeout: log.copy_timeout.value,
        send_interval: log.send_interval.value,
        retention: Duration::from_secs(log.retention.value * DAY_S),
        rpo: log.rpo.value,
        staleness: log.staleness.as_ref().map(|staleness| staleness.value),
    })
}

/// The writer is the primary, which needs no copy of its own.
fn copies(sink: &Sink<'_>, document: &PlanDocument) -> SiteSet {
    let mut copies = SiteSet::EMPTY;
    for item in document.transaction_log.iter().flat_map(|log| &log.synchronous.value.items) {
        match document.sites.iter().position(|site| *site.name.value == *item.value) {
            Some(0) => {
                let advice = "name another site".to_owned();
                sink.error(&item.span.into(), "the primary writes the log, and is no copy of it", advice);
            }
            Some(place) => {
                copies.insert(SiteId(u8::try_from(place).unwrap_or(u8::MAX)));
            }
            None => {}
        }
    }
    copies
}
