//! Erasing an artist takes along what was written in its name until then, and lets nothing come after.

use db::{DbError, Pool};
use models::{ArtistId, accounts, erasing, tokens};

use crate::shelf::{NOW, Shelf};

on_both! {
    who_writes_in_an_artists_name_comes_before_its_end_or_is_refused
}

async fn erase(pool: Pool, artist: ArtistId) -> Result<Option<erasing::Counts>, DbError> {
    pool.tx(move |db| Box::pin(erasing::erase(db, artist)))
        .await
}

async fn who_writes_in_an_artists_name_comes_before_its_end_or_is_refused(shelf: Shelf) {
    // Each has a token.
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    let pool = shelf.pool.clone();
    let erased = shelf.pool.tx(move |db| {
        Box::pin(async move {
            let standing = accounts::standing(db, &[one, other]).await?;
            assert_eq!(standing, [one, other]);
            // It waits for this transaction, and finds what it writes.
            let erased = tokio::spawn(erase(pool, one));
            tokens::create(db, one, "another", NOW).await?;
            Ok::<_, DbError>(erased)
        })
    });
    let counts = erased.await.unwrap().await.unwrap().unwrap().unwrap();
    assert_eq!((counts["artists"], counts["api_tokens"]), (1, 2));
    assert_eq!(erase(shelf.pool.clone(), one).await.unwrap(), None);
    let mut db = shelf.db().await;
    let refused = tokens::create(&mut db, one, "late", NOW).await.unwrap_err();
    assert!(refused.is_foreign_key(), "{refused:?}");
    let standing = accounts::standing(&mut db, &[one, other]).await.unwrap();
    assert_eq!(standing, [other]);
    assert_eq!(erasing::end_access(&mut db, one).await.unwrap(), None);
    let counts = erasing::counts(&mut db, other).await.unwrap();
    assert_eq!(counts["api_tokens"], 1);
}
