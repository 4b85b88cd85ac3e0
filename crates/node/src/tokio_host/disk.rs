//! The disk's thread: it blocks, so that nobody else must.

use super::files::Files;
use crate::host::Disk;
use firedrill_stack::io::{DiskOp, DiskToken, FileId, Input};
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A thread that carries out operations on a directory, one after the other. Dropping it waits until all that was submitted is done.
#[derive(Debug)]
pub struct DiskThread {
    // Both are `Some` until the drop.
    ops: Option<Sender<DiskOp>>,
    thread: Option<JoinHandle<()>>,
    // Unbounded, but there is at most one answer for each operation, and the core stops submitting when too many are pending.
    answers: UnboundedReceiver<Input>,
    pending: Arc<AtomicUsize>,
}

impl DiskThread {
    /// Opens the directory `dir` and starts its thread.
    ///
    /// # Errors
    /// As the operating system reports them; `WouldBlock` if another process uses the directory.
    pub fn open(dir: &Path) -> io::Result<DiskThread> {
        let files = Files::open(dir)?;
        let (ops, to_do) = channel();
        let (tell, answers) = unbounded_channel();
        let pending = Arc::new(AtomicUsize::new(0));
        let done = pending.clone();
        let thread =
            std::thread::Builder::new().name("disk".into()).spawn(move || work(files, &to_do, &tell, &done))?;
        Ok(DiskThread { ops: Some(ops), thread: Some(thread), answers, pending })
    }
}

impl Disk for DiskThread {
    fn submit(&mut self, op: DiskOp) {
        self.pending.fetch_add(1, Ordering::SeqCst);
        if let Some(ops) = &self.ops {
            // If the thread is gone, `completed` says so.
            drop(ops.send(op));
        }
    }

    async fn completed(&mut self) -> Option<Input> {
        self.answers.recv().await
    }

    fn try_completed(&mut self) -> Option<Input> {
        self.answers.try_recv().ok()
    }

    fn pending(&self) -> usize {
        self.pending.load(Ordering::SeqCst)
    }
}

impl Drop for DiskThread {
    fn drop(&mut self) {
        self.ops = None;
        if let Some(thread) = self.thread.take() {
            // Its panic, if it had one, has been printed.
            drop(thread.join());
        }
    }
}

fn work(mut files: Files, to_do: &Receiver<DiskOp>, tell: &UnboundedSender<Input>, pending: &AtomicUsize) {
    while let Ok(first) = to_do.recv() {
        let mut batch: VecDeque<DiskOp> = std::iter::once(first).chain(to_do.try_iter()).collect();
        while let Some(op) = batch.pop_front() {
            let shared = if let DiskOp::Sync { file, .. } = op { shared_sync(file, &batch) } else { 0 };
            let group: Vec<DiskOp> = std::iter::once(op).chain(batch.drain(..shared)).collect();
            let count = group.len();
            let told = carry_out(&mut files, group);
            // Before the answers, so that who has heard them all finds nothing pending.
            pending.fetch_sub(count, Ordering::SeqCst);
            for input in told {
                // Nobody listens any more: what was submitted is carried out all the same.
                drop(tell.send(input));
            }
        }
    }
}

/// How many of the operations that wait share the sync of `file` that is next: writes to it, up to its last sync before anything else
/// is asked for. (One call of the system then serves them all, as a group commit.)
fn shared_sync(file: FileId, waiting: &VecDeque<DiskOp>) -> usize {
    let same = |op: &&DiskOp| matches!(op, DiskOp::Write { file: f, .. } | DiskOp::Sync { file: f, .. } if *f == file);
    let run = waiting.iter().take_while(same);
    run.enumerate().filter(|(_, op)| matches!(op, DiskOp::Sync { .. })).last().map_or(0, |(at, _)| at + 1)
}

/// Carries out operations in order; of several syncs, of one file then, only the last, and it answers for all.
fn carry_out(files: &mut Files, group: Vec<DiskOp>) -> Vec<Input> {
    let tokens: Vec<_> =
        group.iter().filter_map(|op| if let DiskOp::Sync { token, .. } = op { Some(*token) } else { None }).collect();
    let mut told = Vec::new();
    for op in group {
        match op {
            DiskOp::Sync { token, .. } if tokens.last() != Some(&token) => {}
            op => told.extend(files.carry_out(op)),
        }
    }
    match told.last().cloned() {
        Some(Input::Synced { .. }) => told.extend(rest(&tokens).map(|token| Input::Synced { token })),
        Some(Input::SyncFailed { error, .. }) => {
            told.extend(rest(&tokens).map(|token| Input::SyncFailed { token, error }))
        }
        _ => {}
    }
    told
}

fn rest(tokens: &[DiskToken]) -> impl Iterator<Item = DiskToken> {
    tokens[..tokens.len().saturating_sub(1)].iter().copied()
}
