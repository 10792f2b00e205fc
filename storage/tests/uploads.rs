//! Uploads under attack and under crashes: the limit, the spool's end, and no half objects.
#![expect(
    clippy::unwrap_used,
    reason = "the set-up of a test ends the test when it fails"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use futures::TryStreamExt;
use storage::{Key, Options, Place, Storage};
use tempfile::TempDir;

/// Set in the child process that is killed.
const CHILD: &str = "STORAGE_CRASH_DIR";

fn open(dir: &Path) -> Storage {
    let place = Place::Local(dir.join("objects"));
    Storage::open(&Options {
        place,
        spool_dir: dir.join("tmp"),
    })
    .unwrap()
}

async fn read(storage: &Storage, name: &Key) -> Vec<u8> {
    let size = storage.head(name).await.unwrap().size_bytes;
    let pieces = storage.get_range(name, 0..size).await.unwrap();
    let pieces: Vec<Bytes> = pieces.try_collect().await.unwrap();
    pieces.concat()
}

fn spool_files(dir: &TempDir) -> usize {
    std::fs::read_dir(dir.path().join("tmp")).unwrap().count()
}

#[tokio::test]
async fn the_limit_holds_to_the_byte_and_the_refused_file_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(dir.path());
    let mut spool = storage.spool(1_000_000).unwrap();
    let chunk = Bytes::from(vec![7; 250_000]);
    for _ in 0..4 {
        spool.write_chunk(&chunk).await.unwrap();
    }
    let error = spool
        .write_chunk(&Bytes::from_static(b"x"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "too_large");
    assert_eq!(spool_files(&dir), 1);
    drop(spool);
    assert_eq!(spool_files(&dir), 0);
    let mut spool = storage.spool(1_000_000).unwrap();
    spool
        .write_chunk(&Bytes::from(vec![7; 1_000_000]))
        .await
        .unwrap();
    assert_eq!(spool.finish().await.unwrap().size_bytes(), 1_000_000);
}

#[tokio::test]
async fn an_upload_that_was_dropped_in_the_middle_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(dir.path());
    let mut spool = storage.spool(u64::MAX).unwrap();
    spool
        .write_chunk(&Bytes::from(vec![1; 3_000_000]))
        .await
        .unwrap();
    let spooled = spool.finish().await.unwrap();
    drop(spooled);
    assert_eq!(spool_files(&dir), 0);
    assert_eq!(
        storage.list(None).try_collect::<Vec<_>>().await.unwrap(),
        []
    );
}

#[tokio::test]
async fn a_copy_from_another_file_system_is_staged_and_never_listed() {
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        place: Place::Local(dir.path().join("objects")),
        spool_dir: other.path().join("tmp"),
    };
    let storage = Storage::open(&options).unwrap();
    let name = Key::new("a/b").unwrap();
    storage
        .put_bytes(&name, Bytes::from_static(b"across"))
        .await
        .unwrap();
    assert_eq!(read(&storage, &name).await, b"across");
    let listed: Vec<_> = storage.list(None).try_collect().await.unwrap();
    assert_eq!(listed.len(), 1);
}

/// Runs only as the child of the test below: puts objects until it is killed.
#[tokio::test]
async fn child_that_puts_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD) else {
        return;
    };
    let storage = open(Path::new(&dir));
    for round in 0_u32.. {
        let name = Key::new(format!("round/{round}")).unwrap();
        let byte = u8::try_from(round % 251).unwrap();
        storage
            .put_bytes(&name, Bytes::from(vec![byte; 400_000]))
            .await
            .unwrap();
        println!("\nput {round}");
    }
}

#[tokio::test]
async fn after_a_kill_every_acknowledged_object_is_whole_and_no_half_one_is_seen() {
    for acknowledged in [1, 5, 12] {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child_that_puts_until_it_is_killed",
                "--nocapture",
            ])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let put = lines
            .map_while(Result::ok)
            .filter(|line| line.starts_with("put "));
        assert_eq!(put.take(acknowledged).count(), acknowledged);
        child.kill().unwrap();
        child.wait().unwrap();
        let storage = open(dir.path());
        let listed: Vec<_> = storage.list(None).try_collect().await.unwrap();
        assert!(listed.len() >= acknowledged);
        for entry in listed {
            assert_eq!(entry.size_bytes, 400_000);
            let round: u32 = entry
                .key
                .as_str()
                .trim_start_matches("round/")
                .parse()
                .unwrap();
            let bytes = read(&storage, &entry.key).await;
            assert!(bytes.iter().all(|byte| u32::from(*byte) == round % 251));
        }
    }
}
