//! Taking snapshots of the applied state, and taking over those that arrive.
//!
//! At the plan's threshold the log goes on in a new segment; once all that lies in the old ones is applied, the state as of that entry is written, a piece
//! with each turn, and when it is durable the log before it is dropped, on the disk and in memory.

use super::Site;
use crate::control::Control;
use crate::io::Output;
use crate::snapshot::{Head, Image};
use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::sync::Arc;
use firedrill_model::{LogIndex, Observation, Time};

/// How far a snapshot is.
#[derive(Clone, Debug, Default)]
pub(super) enum Taking {
    /// None is being taken.
    #[default]
    Idle,
    /// One is taken once this entry is applied.
    WhenApplied(LogIndex),
    /// It is being written from this piece on; without one, it is being made durable.
    Writing(Arc<Image>, Option<u64>),
}

impl Site {
    /// After what is committed was applied: takes the next step of a snapshot.
    pub(super) fn snapshot_step(&mut self) {
        match core::mem::take(&mut self.taking) {
            Taking::Idle => {
                let since = self.applied.0 - self.snapshot_index().0.min(self.applied.0);
                if since >= self.config.raft.snapshot_threshold.max(1) && !self.storage.snapshot_under_way() {
                    self.storage.begin_segment();
                    self.taking = Taking::WhenApplied(self.last_index());
                }
            }
            Taking::WhenApplied(index) => {
                // What was to be applied may have been superseded.
                let index = index.min(self.last_index());
                if self.storage.snapshot_under_way() {
                    return;
                }
                if self.applied < index {
                    self.taking = Taking::WhenApplied(index);
                } else if let Some(image) = self.image() {
                    self.storage.begin_snapshot(image.head.index, image.head.term);
                    self.write_piece(image, 0);
                }
            }
            Taking::Writing(image, next) => {
                // One that arrived may have taken its place.
                let current = self.storage.snapshot_under_way_at() == Some(image.head.index);
                match next {
                    _ if self.storage.snapshot_index() == image.head.index => self.snapshot_taken(image),
                    Some(at) if current => self.write_piece(image, at),
                    None if current => self.taking = Taking::Writing(image, None),
                    _ => {}
                }
            }
        }
    }

    fn image(&self) -> Option<Arc<Image>> {
        let head = Head {
            index: self.applied,
            term: self.raft.log().term(self.applied)?,
            digest: self.applied_digest(),
            control: self.control.image(),
        };
        Some(Arc::new(Image { head, sessions: self.sessions.clone() }))
    }

    fn write_piece(&mut self, image: Arc<Image>, at: u64) {
        let (piece, next) = image.piece(at);
        self.storage.write_piece(&piece);
        if next.is_none() {
            self.storage.finish_snapshot();
        }
        self.taking = Taking::Writing(image, next);
    }

    fn snapshot_taken(&mut self, image: Arc<Image>) {
        let index = image.head.index;
        self.raft.set_image(image);
        self.out.push_back(Output::Observe(Observation::SnapshotTaken { index }));
    }

    /// A snapshot is on the disk: the own one, or one that arrived.
    pub(super) fn snapshot_written(&mut self, now: Time) {
        if let Taking::Writing(image, None) = &self.taking
            && self.storage.snapshot_under_way_at() == Some(image.head.index)
            && !self.raft.receives_snapshot()
        {
            return self.storage.adopt_snapshot(false);
        }
        let (raft, mut ctx) = self.context(now);
        raft.snapshot_written(&mut ctx);
    }

    /// Takes over a snapshot that took the place of the log.
    pub(super) fn apply_installed(&mut self) {
        if let Some(image) = self.raft.take_installed() {
            self.take_over(&image);
        }
    }

    /// The state is this from now on.
    pub(super) fn take_over(&mut self, image: &Arc<Image>) {
        let Some(control) = Control::restore(self.config.clone(), &image.head.control) else {
            let error = "the snapshot is of another group of sites or services".to_string();
            return self.stop(Observation::DiskFailed { error });
        };
        self.control = control;
        self.sessions = image.sessions.clone();
        self.applied = image.head.index;
        self.digests = VecDeque::from([image.head.digest]);
        self.storage.raise_epoch(self.control.epoch());
        self.raft.set_preferred(self.control.primary());
    }

    /// The entry as of which this site has a snapshot on its disk; 0 if it has none.
    pub fn snapshot_index(&self) -> LogIndex {
        self.storage.snapshot_index()
    }

    /// The log in memory begins after this entry.
    pub fn log_base(&self) -> LogIndex {
        self.raft.log().base()
    }
}
