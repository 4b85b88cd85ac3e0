//! In one fencing epoch one site acknowledges records of the transaction log, and a writer that was replaced acknowledges none that its successor's log lacks
//! (DESIGN.md, Authority).
//!
//! Looked at when an acknowledgement leaves a writer. Does not look at reads.

use super::durable_log::Logs;
use crate::process::Writes;
use firedrill_model::{Epoch, Position, SiteId};
use firedrill_stack::wal::segment::Incarnation;
use std::collections::BTreeMap;

pub(crate) const NAME: &str = "one-log-writer-per-epoch";

/// Who acknowledged in which epoch, and the last incarnation that did.
#[derive(Clone, Debug, Default)]
pub(crate) struct OneLogWriterPerEpoch {
    sites: BTreeMap<Epoch, SiteId>,
    last: Option<(Incarnation, SiteId)>,
}

impl OneLogWriterPerEpoch {
    /// A writer acknowledges a record.
    pub(crate) fn acknowledged(
        &mut self,
        logs: &Logs,
        site: SiteId,
        writes: &Writes,
        position: Position,
    ) -> Option<String> {
        let first = *self.sites.entry(writes.epoch).or_insert(site);
        if first != site {
            return Some(format!("{first} and {site} both acknowledge records in {}", writes.epoch));
        }
        let (last, successor) = *self.last.get_or_insert((writes.incarnation, site));
        if writes.incarnation >= last {
            self.last = Some((writes.incarnation, site));
            return None;
        }
        let wrote = writes.incarnation_of(position)?;
        let there = logs.at(successor).at(position).is_some_and(|kept| kept.incarnation == wrote);
        (!there).then(|| format!("{site} acknowledges {position} after {successor} took over, whose log lacks it"))
    }
}
