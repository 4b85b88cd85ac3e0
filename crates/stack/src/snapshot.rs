//! The replicated state as of one entry: what lies in a snapshot file, and what a leader sends to a follower whose next entry it no longer has.
//!
//! A state is cut into *pieces* of about [`PIECE`] bytes, each naming the place where it begins and where the next does, so that one can be made, written, sent
//! and checked alone, in any number of steps, from a state that is shared behind `Arc` and does not change. The same state makes the same pieces at every site.

use crate::control::image::ControlImage;
use crate::entry::LIMIT;
use crate::sessions::{Part, Sessions};
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{LogIndex, Term};
use serde::{Deserialize, Serialize};

/// A piece is full at so many bytes. (A single value may make it larger.)
pub const PIECE: usize = 64 << 10;
/// No piece is larger than this.
pub const MAX_PIECE: usize = 4 << 20;

/// The replicated state as of an entry.
#[derive(Clone, Debug)]
pub struct Image {
    /// All but the sessions.
    pub head: Head,
    /// The sessions.
    pub sessions: Sessions,
}

/// What a snapshot begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The last entry that it covers.
    pub index: LogIndex,
    /// That entry's term.
    pub term: Term,
    /// The digest of all that was applied.
    pub digest: u64,
    /// The control state.
    pub control: ControlImage,
}

/// A part of a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Piece {
    /// It begins here.
    at: u64,
    /// In the first.
    head: Option<Head>,
    part: Part,
    /// The next begins here; none in the last.
    next: Option<u64>,
}

impl Image {
    /// The piece that begins at a place, and where the next one does.
    pub fn piece(&self, at: u64) -> (Vec<u8>, Option<u64>) {
        let (part, next) = self.sessions.part(at, PIECE);
        let head = (at == 0).then(|| self.head.clone());
        let piece = Piece { at, head, part, next };
        (postcard::to_allocvec(&piece).expect("integers, text and bytes always encode"), next)
    }
}

/// A state that is put together from its pieces.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    /// The next piece begins here; `None`: it is complete.
    next: Option<u64>,
    head: Option<Head>,
    sessions: Sessions,
}

impl Assembly {
    /// Nothing yet.
    pub fn new() -> Assembly {
        Assembly { next: Some(0), ..Assembly::default() }
    }

    /// Where the next piece begins; `None`: it is complete.
    pub fn next(&self) -> Option<u64> {
        self.next
    }

    /// Takes the next piece; false if it is not that.
    pub fn take(&mut self, bytes: &[u8]) -> bool {
        if self.next.is_none() || bytes.len() > MAX_PIECE {
            return false;
        }
        let Ok(piece) = postcard::from_bytes::<Piece>(bytes) else {
            return false;
        };
        let first = piece.at == 0;
        let onward = piece.next.is_none_or(|next| next > piece.at);
        if Some(piece.at) != self.next || piece.head.is_some() != first || !onward {
            return false;
        }
        if let Some(head) = piece.head {
            if head.index.0.max(head.term.0) >= LIMIT || head.index.0 == 0 {
                return false;
            }
            self.head = Some(head);
        }
        self.sessions.add(piece.part);
        self.next = piece.next;
        true
    }

    /// The state, if it is complete.
    pub fn finish(self) -> Option<Arc<Image>> {
        let head = self.head.filter(|_| self.next.is_none())?;
        Some(Arc::new(Image { head, sessions: self.sessions }))
    }
}
