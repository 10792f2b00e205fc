//! A duty of the keeper's: uploads and bundles of models whose process died between storing their
//! bytes and writing their row leave objects that nothing names, and these are deleted.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use db::{Pool, Time};
use futures::TryStreamExt;
use models::{TrackId, datasets, metrics, registry, tracks};
use queue::{Duty, Term};
use storage::{Entry, Key, Storage, StorageError};

/// How often all objects are looked at.
const EVERY: Duration = Duration::from_hours(24);
/// A row is written moments after its bytes. One that is still missing after so long never comes.
const GRACE: Duration = Duration::from_hours(24);
/// How many objects are compared with the table at a time.
const BATCH: usize = 500;

/// Deletes uploads and bundles that no row names, a day after they were put.
pub fn orphaned_uploads(pool: Pool, storage: Storage) -> Duty {
    Duty::new("sweep_uploads", EVERY, move |term| {
        sweep(pool.clone(), storage.clone(), term)
    })
}

async fn sweep(pool: Pool, storage: Storage, term: Term) -> Result<u64, SweepError> {
    let before = term.queue().now() - GRACE;
    let mut listed = storage.list(Some(&Key::new("artists")?));
    let mut swept = 0;
    loop {
        let mut old = Vec::with_capacity(BATCH);
        while old.len() < BATCH
            && let Some(entry) = listed.try_next().await?
        {
            old.extend(looked_at(entry, before));
        }
        // Deletes are what a process that no longer leads must not begin.
        if old.is_empty() || !term.holds() {
            return Ok(swept);
        }
        swept += delete_unnamed(&pool, &storage, old).await?;
    }
}

/// An object that a track, a dataset, an import or a version of a model must name, when it was put
/// long enough ago.
fn looked_at(entry: Entry, before: Time) -> Option<Key> {
    let key = entry.key.as_str();
    let of_row = tracks::of_object_key(key).is_some()
        || datasets::is_object_key(key)
        || metrics::import_of_object_key(key).is_some()
        || registry::is_object_key(key);
    (of_row && instant(entry.put_at) < before).then_some(entry.key)
}

async fn delete_unnamed(pool: &Pool, storage: &Storage, old: Vec<Key>) -> Result<u64, SweepError> {
    let keys: Vec<&str> = old.iter().map(Key::as_str).collect();
    let of_tracks: Vec<TrackId> = keys
        .iter()
        .filter_map(|key| tracks::of_object_key(key))
        .collect();
    let of_imports: Vec<_> = keys
        .iter()
        .filter_map(|key| metrics::import_of_object_key(key))
        .collect();
    let named: HashSet<String> = {
        let mut db = pool.get().await?;
        let tracks = tracks::object_keys(&mut db, &of_tracks).await?;
        let imports = metrics::import_object_keys(&mut db, &of_imports).await?;
        let datasets = datasets::named(&mut db, &keys).await?;
        let bundles = registry::named(&mut db, &keys).await?;
        let uploads = tracks.into_iter().chain(imports).chain(datasets);
        uploads.chain(bundles).collect()
    };
    let mut deleted = 0;
    for key in old {
        if !named.contains(key.as_str()) {
            storage.delete(&key).await?;
            tracing::info!(object = %key, "deleted an object that no row names");
            deleted += 1;
        }
    }
    Ok(deleted)
}

fn instant(at: SystemTime) -> Time {
    let since_1970 = at.duration_since(SystemTime::UNIX_EPOCH);
    Time::from_micros(0) + since_1970.unwrap_or_default()
}

/// Why a sweep ended early. The next begins anew.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Db(#[from] db::DbError),
}

#[cfg(test)]
mod tests {
    use db::PoolOptions;
    use models::registry::VersionRow;
    use models::tracks::TrackRow;
    use models::{ArtistId, DatasetId, ImportId, JobId, accounts};
    use storage::{Options, Place};

    use super::*;

    const NOW: Time = Time::from_micros(1_700_000_000_000_000);

    #[tokio::test]
    async fn an_upload_that_no_track_names_is_deleted_and_every_other_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("sweep.db").display());
        db::migrate(&url).await.unwrap();
        let pool = Pool::connect(&url, PoolOptions::default()).await.unwrap();
        let storage = Storage::open(&Options {
            place: Place::Local(dir.path().join("objects")),
            spool_dir: dir.path().join("tmp"),
        })
        .unwrap();
        let (named, orphan) = (TrackId::new(), TrackId::new());
        let (kept, swept, others) = {
            let mut db = pool.writer().await.unwrap();
            let (artist, _) = accounts::create(&mut db, "Nina", NOW).await.unwrap();
            let key = |track| Key::new(tracks::object_key(artist.id, track, "wav")).unwrap();
            let row = TrackRow {
                id: named,
                artist_id: artist.id,
                filename: "song.wav".into(),
                format: "wav".into(),
                media_type: "audio/wav".into(),
                extension: "wav".into(),
                sample_rate_hz: 48_000,
                channels: 2,
                bits: Some(16),
                duration_seconds: Some(1.0),
                size_bytes: 1,
                sha256: "0".repeat(64),
                object_key: key(named).as_str().to_owned(),
                created_at: NOW,
            };
            tracks::insert(&mut db, &row).await.unwrap();
            // A version's bundle, one that no version names, and a dataset that has no row.
            let bundle = || registry::object_key(artist.id);
            let version = VersionRow {
                artist_id: artist.id,
                model: "fans".into(),
                version: "0".repeat(64),
                parent: None,
                task: registry::Task::Churn,
                metadata: db::Document(serde_json::Value::Null),
                size_bytes: 1,
                object_key: bundle(),
                job_id: JobId::new(),
                created_at: NOW,
            };
            registry::insert_version(&mut db, &version).await.unwrap();
            let dataset = datasets::object_key(artist.id, DatasetId::new());
            let others = [version.object_key, bundle(), dataset];
            let others = others.map(|key| Key::new(key).unwrap());
            (key(named), key(orphan), others)
        };
        for key in [&kept, &swept].into_iter().chain(&others) {
            storage
                .put_bytes(key, b"sound".as_slice().into())
                .await
                .unwrap();
        }
        let import = Key::new(metrics::object_key(ArtistId::new(), ImportId::new())).unwrap();
        storage
            .put_bytes(&import, b"date".as_slice().into())
            .await
            .unwrap();
        let mut old = vec![kept.clone(), swept.clone(), import.clone()];
        old.extend(others.clone());
        assert_eq!(delete_unnamed(&pool, &storage, old).await.unwrap(), 4);
        let [named, bundle, dataset] = others;
        for key in [kept, named] {
            assert!(storage.head(&key).await.is_ok());
        }
        for key in [swept, bundle, dataset, import] {
            assert!(storage.head(&key).await.is_err());
        }
    }

    #[test]
    fn only_uploads_of_long_ago_are_looked_at() {
        let put = |key: &str, ago: Duration| Entry {
            key: Key::new(key).unwrap(),
            size_bytes: 1,
            put_at: SystemTime::UNIX_EPOCH + (NOW - ago).since(Time::from_micros(0)),
        };
        let looked = |entry| looked_at(entry, NOW - GRACE).is_some();
        let track = "artists/018bcfe5-6800-7000-8000-000000000001/tracks/018bcfe5-6800-7000-8000-000000000002.wav";
        let (lately, long_ago) = (Duration::from_hours(23), Duration::from_hours(25));
        assert!(looked(put(track, long_ago)));
        assert!(!looked(put(track, lately)));
        assert!(!looked(put(&track.replace("tracks", "masters"), long_ago)));
        assert!(looked(put(
            &track.replace("tracks", "metrics").replace(".wav", ""),
            long_ago
        )));
        assert!(!looked(put("artists/nobody/tracks/song.wav", long_ago)));
        let artist = ArtistId::new();
        for key in [
            datasets::object_key(artist, DatasetId::new()),
            registry::object_key(artist),
        ] {
            assert!(looked(put(&key, long_ago)) && !looked(put(&key, lately)));
        }
    }
}
