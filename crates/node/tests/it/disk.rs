//! The disk's thread against a real directory.

use firedrill_node::host::Disk;
use firedrill_node::tokio_host::DiskThread;
use firedrill_node::tokio_host::files::file_of_name;
use firedrill_stack::io::{DiskError, DiskOp, DiskToken, FileId, Input};
use proptest::prelude::*;
use std::path::Path;

const LOG: FileId = FileId::Log(1);

fn write(file: FileId, offset: u64, bytes: &[u8]) -> DiskOp {
    DiskOp::Write { file, offset, bytes: bytes.to_vec() }
}

/// Submits all at once, and returns what the disk tells until it answered `last`.
async fn told(disk: &mut DiskThread, ops: Vec<DiskOp>, last: DiskToken) -> Vec<Input> {
    ops.into_iter().for_each(|op| disk.submit(op));
    let mut told = Vec::new();
    loop {
        let input = disk.completed().await.expect("the disk is there");
        let token = match &input {
            Input::FileRead { token, .. } | Input::FilesListed { token, .. } => Some(*token),
            Input::Synced { token } | Input::SyncFailed { token, .. } => Some(*token),
            _ => None,
        };
        told.push(input);
        if token == Some(last) {
            return told;
        }
    }
}

fn read_back(dir: &Path, file: FileId) -> Vec<u8> {
    std::fs::read(dir.join(file.name())).unwrap()
}

#[tokio::test]
async fn operations_take_effect_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let mut disk = DiskThread::open(&dir.path().join("made/on/demand")).unwrap();
    let ops = vec![
        DiskOp::Create { file: LOG },
        DiskOp::SyncDir { token: DiskToken(1) },
        write(LOG, 0, b"hello"),
        DiskOp::Sync { file: LOG, token: DiskToken(2) },
        write(LOG, 5, b" world"),
        write(LOG, 0, b"J"),
        DiskOp::Sync { file: LOG, token: DiskToken(3) },
        DiskOp::Truncate { file: LOG, len: 4 },
        write(LOG, 6, b"!"),
        DiskOp::Create { file: LOG },
        DiskOp::Read { file: LOG, token: DiskToken(4) },
        DiskOp::Read { file: FileId::MetaA, token: DiskToken(5) },
        DiskOp::Create { file: FileId::MetaA },
        DiskOp::Rename { from: LOG, to: FileId::Log(2) },
        write(FileId::Log(2), 0, b"h"),
        DiskOp::Create { file: FileId::MetaB },
        DiskOp::Delete { file: FileId::MetaB },
        DiskOp::List { token: DiskToken(6) },
    ];
    let mut told = told(&mut disk, ops, DiskToken(6)).await;
    let expected = [
        Input::Synced { token: DiskToken(1) },
        Input::Synced { token: DiskToken(2) },
        Input::Synced { token: DiskToken(3) },
        Input::FileRead { token: DiskToken(4), result: Ok(Some(b"Jell\0\0!".to_vec())) },
        Input::FileRead { token: DiskToken(5), result: Ok(None) },
        Input::FilesListed { token: DiskToken(6), result: Ok(vec![FileId::MetaA, FileId::Log(2)]) },
    ];
    told.sort_by_key(|input| match input {
        Input::Synced { token } | Input::FileRead { token, .. } | Input::FilesListed { token, .. } => *token,
        other => panic!("{other:?}"),
    });
    assert_eq!(told, expected);
    assert_eq!(disk.pending(), 0);
    assert_eq!(read_back(&dir.path().join("made/on/demand"), FileId::Log(2)), b"hell\0\0!");
}

#[tokio::test]
async fn what_fails_is_told_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut disk = DiskThread::open(dir.path()).unwrap();
    let ops = vec![
        write(LOG, 0, b"into nothing"),
        DiskOp::Sync { file: LOG, token: DiskToken(1) },
        write(LOG, 0, b"into nothing"),
        DiskOp::Sync { file: LOG, token: DiskToken(2) },
        DiskOp::Delete { file: LOG },
        DiskOp::List { token: DiskToken(3) },
    ];
    let told = told(&mut disk, ops, DiskToken(3)).await;
    let failed = |input: &&Input| matches!(input, Input::WriteFailed { file: LOG, error: DiskError::Io });
    assert_eq!(told.iter().filter(failed).count(), 3, "{told:?}");
    for token in [1, 2].map(DiskToken) {
        assert!(told.contains(&Input::SyncFailed { token, error: DiskError::Io }), "{told:?}");
    }
}

#[tokio::test]
async fn dropping_it_carries_out_what_was_submitted() {
    let dir = tempfile::tempdir().unwrap();
    let mut disk = DiskThread::open(dir.path()).unwrap();
    disk.submit(DiskOp::Create { file: LOG });
    for number in 0..200 {
        disk.submit(write(LOG, number, &[7]));
    }
    drop(disk);
    assert_eq!(read_back(dir.path(), LOG), [7; 200]);
}

#[tokio::test]
async fn a_directory_has_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let first = DiskThread::open(dir.path()).unwrap();
    assert_eq!(DiskThread::open(dir.path()).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(first);
    DiskThread::open(dir.path()).unwrap();
}

#[tokio::test]
async fn names_of_others_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["meta.a", "log.00000007", "log.7", "log.+0000007", "log.-0000001", "lost+found", "meta.c"] {
        std::fs::write(dir.path().join(name), b"").unwrap();
    }
    let mut disk = DiskThread::open(dir.path()).unwrap();
    let told = told(&mut disk, vec![DiskOp::List { token: DiskToken(1) }], DiskToken(1)).await;
    let files = vec![FileId::MetaA, FileId::Log(7)];
    assert_eq!(told, [Input::FilesListed { token: DiskToken(1), result: Ok(files) }]);
}

/// What a batch of operations on two files must leave behind.
fn reference(ops: &[DiskOp]) -> [Vec<u8>; 2] {
    let mut files = [Vec::new(), Vec::new()];
    for op in ops {
        let place = |file: &FileId| usize::from(*file == FileId::Log(2));
        match op {
            DiskOp::Write { file, offset, bytes } => {
                let content: &mut Vec<u8> = &mut files[place(file)];
                let end = *offset as usize + bytes.len();
                content.resize(content.len().max(end), 0);
                content[*offset as usize..end].copy_from_slice(bytes);
            }
            DiskOp::Truncate { file, len } => files[place(file)].resize(*len as usize, 0),
            _ => {}
        }
    }
    files
}

fn any_op() -> impl Strategy<Value = (u8, u8, u64, Vec<u8>)> {
    (0..4_u8, 1..=2_u8, 0..64_u64, prop::collection::vec(any::<u8>(), 1..16))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// However syncs are shared, each is answered once, and no write is lost or moved.
    #[test]
    fn shared_syncs_change_nothing(drawn in prop::collection::vec(any_op(), 1..60)) {
        let mut tokens = 0;
        let ops: Vec<DiskOp> = drawn.into_iter().map(|(kind, file, offset, bytes)| {
            let file = FileId::Log(u32::from(file));
            match kind {
                0 => DiskOp::Truncate { file, len: offset },
                1 => DiskOp::Write { file, offset, bytes },
                _ => {
                    tokens += 1;
                    DiskOp::Sync { file, token: DiskToken(tokens) }
                }
            }
        }).collect();
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let all: Vec<DiskOp> = [1, 2].map(|n| DiskOp::Create { file: FileId::Log(n) }).into_iter().chain(ops.clone())
            .chain([DiskOp::List { token: DiskToken(0) }]).collect();
        let told = runtime.block_on(async {
            let mut disk = DiskThread::open(dir.path()).unwrap();
            told(&mut disk, all, DiskToken(0)).await
        });
        let mut synced: Vec<u64> = told.iter().filter_map(|input| match input {
            Input::Synced { token } => Some(token.0),
            _ => None,
        }).collect();
        synced.sort_unstable();
        prop_assert_eq!(synced, (1..=tokens).collect::<Vec<u64>>());
        let found = [1, 2].map(|n| read_back(dir.path(), FileId::Log(n)));
        prop_assert_eq!(found, reference(&ops));
    }

    #[test]
    fn names_map_back(number in any::<u32>()) {
        prop_assert_eq!(file_of_name(&FileId::Log(number).name()), Some(FileId::Log(number)));
    }
}
