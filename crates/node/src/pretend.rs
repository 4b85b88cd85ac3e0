//! What a shell that makes a mistake tells the machine of operations that the disk never did (see [`crate::switches`]).

use firedrill_stack::io::{DiskOp, Input};

/// The answer of a disk on which nothing is; `None`: it is not asked what is there.
pub(crate) fn nothing_there(op: &DiskOp) -> Option<Input> {
    match *op {
        DiskOp::Read { token, .. } => Some(Input::FileRead { token, result: Ok(None) }),
        DiskOp::List { token } => Some(Input::FilesListed { token, result: Ok(Vec::new()) }),
        _ => None,
    }
}

/// The answer of a disk that has done what it was told; `None`: it would not say so.
pub(crate) fn done(op: &DiskOp) -> Option<Input> {
    match *op {
        DiskOp::Sync { token, .. } | DiskOp::SyncDir { token } => Some(Input::Synced { token }),
        _ => nothing_there(op),
    }
}
