//! The latest segments in memory, so that copies that keep up are served without the disk. Bounded by bytes.

use super::segment::Segment;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::Position;

/// So many bytes of segments are kept, or a chunk more.
const KEPT: usize = 256 << 10;
const CHUNK: usize = 32;

/// The latest segments, in chunks behind `Arc`.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    chunks: VecDeque<Arc<Vec<Segment>>>,
    bytes: usize,
}

impl Tail {
    /// How many bytes are kept.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The next segment.
    pub(super) fn push(&mut self, segment: Segment) {
        self.bytes += segment.bytes.len();
        if self.chunks.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push_back(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let Some(chunk) = self.chunks.back_mut() {
            Arc::make_mut(chunk).push(segment);
        }
    }

    /// Lets go what is more than is kept, of what is written up to a position.
    pub(super) fn trim(&mut self, written: Position) {
        let on_disk = |chunk: &Arc<Vec<Segment>>| chunk.last().is_some_and(|last| last.header.last() <= written);
        while self.bytes > KEPT && self.chunks.len() > 1 && self.chunks.front().is_some_and(on_disk) {
            let oldest = self.chunks.pop_front();
            self.bytes -=
                oldest.iter().flat_map(|chunk| chunk.iter()).map(|segment| segment.bytes.len()).sum::<usize>();
        }
    }

    /// Whether the record after a position would be here, if there is one.
    pub(super) fn reaches(&self, after: Position) -> bool {
        let first = self.chunks.front().and_then(|chunk| chunk.first());
        first.is_some_and(|segment| segment.header.first <= after.next())
    }

    /// The segments after a position, from the first that holds a later record on.
    pub(super) fn after(&self, after: Position) -> impl Iterator<Item = &Segment> {
        let from = self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| last.header.last() <= after));
        let chunks = self.chunks.range(from.min(self.chunks.len())..);
        chunks.flat_map(|chunk| chunk.iter()).skip_while(move |segment| segment.header.last() <= after)
    }

    /// The records after a position are no more.
    pub(super) fn cut(&mut self, after: Position) {
        while let Some(chunk) = self.chunks.back_mut() {
            let gone = |segment: &Segment| segment.header.last() > after;
            if !chunk.last().is_some_and(gone) {
                break;
            }
            let chunk = Arc::make_mut(chunk);
            while let Some(segment) = chunk.pop_if(|segment| gone(segment)) {
                self.bytes -= segment.bytes.len();
            }
            if chunk.is_empty() {
                self.chunks.pop_back();
            }
        }
    }
}
