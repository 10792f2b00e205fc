//! What every storage holds to: the same suite on a local folder and on a real S3 server.
#![expect(
    clippy::unwrap_used,
    reason = "the set-up of a test ends the test when it fails"
)]

use std::path::PathBuf;

use bytes::Bytes;
use futures::TryStreamExt;
use storage::{Key, Options, Place, Spooled, Storage, StorageError};
use tempfile::TempDir;

mod s3;

/// A storage with the folder that its bytes end up in.
struct Fixture {
    storage: Storage,
    dir: TempDir,
}

impl Fixture {
    fn local() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            storage: Self::open(&dir, Place::Local(dir.path().join("objects"))),
            dir,
        }
    }

    async fn s3() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = s3::serve(&dir.path().join("server")).await;
        Self {
            storage: Self::open(&dir, Place::S3(options)),
            dir,
        }
    }

    fn open(dir: &TempDir, place: Place) -> Storage {
        Storage::open(&Options {
            place,
            spool_dir: dir.path().join("tmp"),
        })
        .unwrap()
    }

    fn spool_files(&self) -> usize {
        std::fs::read_dir(self.dir.path().join("tmp"))
            .unwrap()
            .count()
    }
}

fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

/// Bytes that differ from place to place.
fn pattern(len: usize) -> Bytes {
    (0..len)
        .map(|at| u8::try_from(at * 31 % 251).unwrap())
        .collect::<Vec<u8>>()
        .into()
}

async fn read(storage: &Storage, name: &str, range: std::ops::Range<u64>) -> Vec<u8> {
    let pieces = storage.get_range(&key(name), range).await.unwrap();
    pieces
        .try_fold(Vec::new(), |all, piece| async move {
            Ok([all, piece.to_vec()].concat())
        })
        .await
        .unwrap()
}

/// Gives each property of the suite a test on both places.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod on_a_local_folder {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::local()).await; })*
        }
        mod on_an_s3_server {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::s3().await).await; })*
        }
    };
}

on_both! {
    what_was_put_is_read_back_whole_and_in_ranges,
    a_spooled_upload_keeps_its_hash_and_leaves_no_spool_file,
    a_large_file_goes_in_parts_and_comes_back_the_same,
    putting_again_replaces,
    what_is_missing_is_not_found_and_deleting_it_is_no_failure,
    ranges_outside_the_object_are_refused,
    a_folder_of_names_is_listed_and_deleted_alone,
    many_puts_and_deletes_at_the_same_time_do_not_disturb_each_other,
}

async fn what_was_put_is_read_back_whole_and_in_ranges(fixture: Fixture) {
    let storage = &fixture.storage;
    let bytes = pattern(300_000);
    storage
        .put_bytes(&key("a/b.wav"), bytes.clone())
        .await
        .unwrap();
    assert_eq!(
        storage.head(&key("a/b.wav")).await.unwrap().size_bytes,
        300_000
    );
    for range in [0..300_000, 0..1, 299_999..300_000, 131_071..131_074, 5..5] {
        let (start, end) = (
            usize::try_from(range.start).unwrap(),
            usize::try_from(range.end).unwrap(),
        );
        assert!(read(storage, "a/b.wav", range).await == bytes.get(start..end).unwrap());
    }
    storage
        .put_bytes(&key("empty"), Bytes::new())
        .await
        .unwrap();
    assert!(read(storage, "empty", 0..0).await.is_empty());
    storage.check().await.unwrap();
}

async fn a_spooled_upload_keeps_its_hash_and_leaves_no_spool_file(fixture: Fixture) {
    let mut spool = fixture.storage.spool(1000).unwrap();
    for chunk in ["The quick brown fox ", "jumps over the lazy dog"] {
        spool
            .write_chunk(&Bytes::from_static(chunk.as_bytes()))
            .await
            .unwrap();
    }
    let spooled = spool.finish().await.unwrap();
    assert_eq!(spooled.size_bytes(), 43);
    assert_eq!(
        spooled.sha256(),
        "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"
    );
    assert_eq!(std::fs::read(spooled.path()).unwrap().len(), 43);
    fixture
        .storage
        .put_spooled(&key("u/1"), spooled)
        .await
        .unwrap();
    assert_eq!(read(&fixture.storage, "u/1", 4..9).await, b"quick");
    assert_eq!(fixture.spool_files(), 0);
}

async fn a_large_file_goes_in_parts_and_comes_back_the_same(fixture: Fixture) {
    let work = fixture.storage.work_dir().unwrap();
    let to = work.path().join("to");
    let bytes = pattern(20_000_003);
    let from = tempfile::NamedTempFile::new_in(work.path()).unwrap();
    std::fs::write(&from, &bytes).unwrap();
    let spooled = Spooled::adopt(from.into_temp_path()).unwrap();
    assert_eq!(spooled.size_bytes(), 20_000_003);
    assert_eq!(spooled.sha256().len(), 64);
    fixture
        .storage
        .put_spooled(&key("large.bin"), spooled)
        .await
        .unwrap();
    // It was taken over, not copied.
    assert_eq!(std::fs::read_dir(work.path()).unwrap().count(), 0);
    assert_eq!(
        fixture
            .storage
            .fetch_to(&key("large.bin"), &to)
            .await
            .unwrap(),
        20_000_003
    );
    assert!(std::fs::read(&to).unwrap() == bytes);
    drop(work);
    assert_eq!(fixture.spool_files(), 0);
}

async fn putting_again_replaces(fixture: Fixture) {
    for text in ["first", "2nd"] {
        fixture
            .storage
            .put_bytes(&key("x"), Bytes::from_static(text.as_bytes()))
            .await
            .unwrap();
    }
    assert_eq!(read(&fixture.storage, "x", 0..3).await, b"2nd");
    assert_eq!(fixture.storage.head(&key("x")).await.unwrap().size_bytes, 3);
}

async fn what_is_missing_is_not_found_and_deleting_it_is_no_failure(fixture: Fixture) {
    let storage = &fixture.storage;
    assert_eq!(
        storage.head(&key("no/such")).await.unwrap_err().code(),
        "object_not_found"
    );
    let got = storage.get_range(&key("no/such"), 0..1).await;
    assert!(matches!(got.err(), Some(StorageError::NotFound { .. })));
    let opened = storage.open_local(&key("no/such")).await;
    assert!(matches!(
        opened,
        Ok(None) | Err(StorageError::NotFound { .. })
    ));
    let told = storage.head(&key("no/such")).await.unwrap_err();
    assert_eq!(told.to_string(), "no object is named no/such");
    storage.delete(&key("no/such")).await.unwrap();
    storage
        .put_bytes(&key("no/such"), pattern(3))
        .await
        .unwrap();
    storage.delete(&key("no/such")).await.unwrap();
    assert_eq!(
        storage.head(&key("no/such")).await.unwrap_err().code(),
        "object_not_found"
    );
}

async fn ranges_outside_the_object_are_refused(fixture: Fixture) {
    fixture
        .storage
        .put_bytes(&key("r"), pattern(10))
        .await
        .unwrap();
    #[expect(clippy::reversed_empty_ranges, reason = "a caller can send one")]
    for range in [0..11, 10..12, 7..3] {
        let got = fixture.storage.get_range(&key("r"), range).await;
        assert_eq!(got.err().unwrap().code(), "range_not_satisfiable");
    }
}

async fn a_folder_of_names_is_listed_and_deleted_alone(fixture: Fixture) {
    let storage = &fixture.storage;
    for name in ["a/b/1", "a/b/2", "a/bc", "z"] {
        storage.put_bytes(&key(name), pattern(4)).await.unwrap();
    }
    let names = async |folder: Option<&Key>| {
        let entries: Vec<_> = storage.list(folder).try_collect().await.unwrap();
        assert!(entries.iter().all(|entry| entry.size_bytes == 4));
        let mut names: Vec<String> = entries.iter().map(|entry| entry.key.to_string()).collect();
        names.sort();
        names
    };
    assert_eq!(names(None).await, ["a/b/1", "a/b/2", "a/bc", "z"]);
    assert_eq!(names(Some(&key("a/b"))).await, ["a/b/1", "a/b/2"]);
    assert!(names(Some(&key("q"))).await.is_empty());
    assert_eq!(storage.delete_prefix(&key("a/b"), &[]).await.unwrap(), 2);
    assert_eq!(names(None).await, ["a/bc", "z"]);
    for name in ["a/b/1", "a/b/2"] {
        storage.put_bytes(&key(name), pattern(4)).await.unwrap();
    }
    let kept = key("a/b/2");
    let deleted = storage.delete_prefix(&key("a/b"), &[kept]).await;
    assert_eq!(deleted.unwrap(), 1);
    assert_eq!(names(None).await, ["a/b/2", "a/bc", "z"]);
}

async fn many_puts_and_deletes_at_the_same_time_do_not_disturb_each_other(fixture: Fixture) {
    // On a local folder a delete takes the emptied folder with it, while a put wants to use it.
    let tasks = (0..16).map(|task| {
        let storage = fixture.storage.clone();
        tokio::spawn(async move {
            for round in 0..30 {
                let name = key(&format!("shared/deep/{task}-{round}"));
                storage.put_bytes(&name, pattern(100)).await.unwrap();
                assert_eq!(storage.head(&name).await.unwrap().size_bytes, 100);
                storage.delete(&name).await.unwrap();
            }
        })
    });
    futures::future::try_join_all(tasks).await.unwrap();
}

#[tokio::test]
async fn a_wrong_s3_key_is_a_failure_of_the_server_and_not_a_missing_object() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = s3::serve(&dir.path().join("server")).await;
    options.secret_access_key = "wrong".to_owned();
    assert!(!format!("{options:?}").contains("wrong"));
    let storage = Fixture::open(&dir, Place::S3(options));
    assert_eq!(
        storage.check().await.unwrap_err().code(),
        "storage_unavailable"
    );
    assert_eq!(
        storage
            .put_bytes(&key("a"), pattern(1))
            .await
            .unwrap_err()
            .code(),
        "storage_unavailable"
    );
}

#[tokio::test]
async fn a_local_object_is_read_in_place() {
    let Fixture { storage, dir } = Fixture::local();
    let path: PathBuf = storage.local_path(&key("a/b.wav")).unwrap();
    assert!(path.starts_with(dir.path().canonicalize().unwrap()) && path.ends_with("a/b.wav"));
    let missing = storage.open_local(&key("a/b.wav")).await.unwrap_err();
    assert_eq!(missing.code(), "object_not_found");
    storage
        .put_bytes(&key("a/b.wav"), pattern(9))
        .await
        .unwrap();
    let file = storage.open_local(&key("a/b.wav")).await.unwrap().unwrap();
    assert_eq!(file.metadata().unwrap().len(), 9);
}

#[tokio::test]
async fn folders_that_a_killed_process_left_empty_are_removed_and_others_are_kept() {
    let fixture = Fixture::local();
    let objects = fixture.dir.path().join("objects");
    let kept = key("artists/one/tracks/song");
    fixture.storage.put_bytes(&kept, pattern(10)).await.unwrap();
    std::fs::create_dir_all(objects.join("artists/one/masters/empty")).unwrap();
    std::fs::create_dir_all(objects.join("artists/other/masters")).unwrap();
    for artist in ["artists/one", "artists/other", "artists/nobody"] {
        let removed = fixture.storage.remove_empty_folders(&key(artist)).await;
        removed.unwrap();
    }
    assert!(!objects.join("artists/one/masters").exists());
    assert!(!objects.join("artists/other").exists());
    assert!(fixture.storage.head(&kept).await.is_ok());
}
