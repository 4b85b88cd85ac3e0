//! Two sites that durably have a record of the same position and incarnation have the same bytes, and what was before it too (log matching, as Raft §5.3 has it).
//!
//! Looked at whenever a segment becomes durable at a site. Does not compare what an old incarnation left at a site with what a newer one wrote elsewhere: that is a diverged tail,
//! which is cut when the site rejoins.

use super::durable_log::Kept;
use firedrill_model::{Position, SiteId};
use firedrill_stack::wal::segment::Incarnation;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const NAME: &str = "log-copies-agree";

/// Positions in a page.
const PAGE: u64 = 512;

/// The first position and the incarnation of a segment.
type Place = (Position, Incarnation);

/// What was first seen of each segment, in shared pages, so that a fork is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogCopiesAgree {
    pages: Vec<Arc<BTreeMap<Place, Kept>>>,
}

impl LogCopiesAgree {
    /// A segment became durable at a site.
    pub(crate) fn kept(&mut self, site: SiteId, kept: Kept) -> Option<String> {
        let page = (kept.first.0 / PAGE) as usize;
        while self.pages.len() <= page {
            self.pages.push(Arc::default());
        }
        let place = (kept.first, kept.incarnation);
        match self.pages[page].get(&place) {
            Some(seen) if *seen == kept => None,
            Some(_) => Some(format!(
                "{site} has other records at {} of the incarnation of {} than another site",
                kept.first, kept.incarnation.0
            )),
            None => {
                Arc::make_mut(&mut self.pages[page]).insert(place, kept);
                None
            }
        }
    }
}
