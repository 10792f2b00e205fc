//! Erasing an artist takes along what was written in its name until then, and lets nothing come after.

use db::{DbError, Pool};
use models::datasets::{self, DatasetRow};
use models::{ArtistId, DatasetId, accounts, erasing};

use crate::shelf::{NOW, Shelf, name};

on_both! {
    who_writes_in_an_artists_name_comes_before_its_end_or_is_refused
}

fn dataset(artist: ArtistId) -> DatasetRow {
    let id = DatasetId::new();
    DatasetRow {
        id,
        artist_id: artist,
        name: "listeners".to_owned(),
        target: "left".to_owned(),
        row_count: 3,
        column_count: 2,
        covers_from: None,
        covers_to: None,
        size_bytes: 20,
        sha256: name(7),
        object_key: datasets::object_key(artist, id),
        created_at: NOW,
    }
}

async fn erase(pool: Pool, artist: ArtistId) -> Result<Option<erasing::Counts>, DbError> {
    pool.tx(move |db| Box::pin(erasing::erase(db, artist)))
        .await
}

async fn who_writes_in_an_artists_name_comes_before_its_end_or_is_refused(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    let kept = dataset(other);
    datasets::insert(&mut shelf.db().await, &kept)
        .await
        .unwrap();
    let pool = shelf.pool.clone();
    let erased = shelf.pool.tx(move |db| {
        Box::pin(async move {
            let standing = accounts::standing(db, &[one, other]).await?;
            assert_eq!(standing, [one, other]);
            // It waits for this transaction, and finds what it writes.
            let erased = tokio::spawn(erase(pool, one));
            datasets::insert(db, &dataset(one)).await?;
            Ok::<_, DbError>(erased)
        })
    });
    let counts = erased.await.unwrap().await.unwrap().unwrap().unwrap();
    assert_eq!((counts["artists"], counts["datasets"]), (1, 1));
    assert_eq!(erase(shelf.pool.clone(), one).await.unwrap(), None);
    let mut db = shelf.db().await;
    let refused = datasets::insert(&mut db, &dataset(one)).await.unwrap_err();
    assert!(refused.is_foreign_key(), "{refused:?}");
    let standing = accounts::standing(&mut db, &[one, other]).await.unwrap();
    assert_eq!(standing, [other]);
    assert_eq!(erasing::end_access(&mut db, one).await.unwrap(), None);
    let counts = erasing::counts(&mut db, other).await.unwrap();
    assert_eq!(counts["datasets"], 1);
}
