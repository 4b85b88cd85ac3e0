//! Reading the log: as many records as fit into an answer, from memory or from the disk.

use super::segment;
use super::store::Reading;
use super::writer::{Asked, Read};
use super::{Context, Wal};
use alloc::vec::Vec;
use firedrill_model::{OpResult, Position, Response, Value};

/// An answer holds no more bytes of records than this, unless a single record is larger.
const MAX_ANSWER: usize = 512 << 10;

impl Wal {
    /// Answers the scans that were accepted, in their order, as far as what they ask for is in memory.
    pub(super) fn scan(&mut self, ctx: &mut Context<'_>) {
        while let Some(writer) = &mut self.writer {
            let Some(read) = writer.scans.front().cloned() else {
                return;
            };
            let Some(response) = self.scan_one(ctx, &read) else {
                return;
            };
            self.replies.push((read.origin, response));
            if let Some(writer) = &mut self.writer {
                writer.scans.pop_front();
            }
        }
    }

    fn scan_one(&mut self, ctx: &mut Context<'_>, read: &Read) -> Option<Response> {
        let Asked::Scan(after) = read.asked else {
            return Some(Response::Unknown);
        };
        let end = self.confirmed_position();
        let from = after.max(self.store.history().base());
        let segments = match self.store.read(from, end, MAX_ANSWER, ctx.out) {
            Reading::There(segments) => segments,
            Reading::Wait => return None,
        };
        if segments.is_empty() && from < end {
            // Damaged: the records are refilled from another site first.
            return Some(Response::Unknown);
        }
        let (mut records, mut bytes, mut at) = (Vec::<Value>::new(), 0, from);
        let cipher = self.store.cipher().cloned()?;
        'segments: for segment in &segments {
            let Some(opened) = segment::open(&cipher, segment) else {
                self.store.lost_on_reading(segment.header.first, segment.header.last());
                break;
            };
            let skip = (at.next().0.saturating_sub(segment.header.first.0)) as usize;
            for record in opened.into_iter().skip(skip) {
                bytes += record.value.as_bytes().len();
                if bytes > MAX_ANSWER && !records.is_empty() {
                    break 'segments;
                }
                at = at.next();
                records.push(record.value);
            }
        }
        if records.is_empty() && from < end {
            return Some(Response::Unknown);
        }
        let first = Position(from.0 + 1);
        Some(Response::Done(OpResult::Records { first, records, end }))
    }
}
