//! What upkeep put together to learn from goes when no version in reach learned from it.

use models::registry::Alias;
use models::trainings::{self, TrainingRow};
use models::upkeep;
use models::{ArtistId, DatasetId, JobId, TrainingId, datasets};

use crate::erasing::asked;
use crate::shelf::{MODEL, NOW, Shelf, name, wish};
use crate::upkeep::retraining;

on_both! {
    rows_go_when_no_version_in_reach_learned_from_them
}

/// A retraining; with a number it made that version.
async fn retrained(shelf: &Shelf, artist: ArtistId, version: Option<u64>) -> DatasetId {
    let row = retraining(shelf, artist).await;
    if let Some(version) = version {
        shelf.put(artist, version).await;
        let (mut db, id) = (shelf.db().await, row.training_id);
        let made = trainings::complete(&mut db, artist, id, &name(version), NOW).await;
        assert!(made.unwrap());
    }
    row.base_dataset_id.unwrap()
}

async fn forget(shelf: &Shelf, artist: ArtistId) -> usize {
    let mut db = shelf.db().await;
    upkeep::forget_lessons(&mut db, artist, MODEL, NOW)
        .await
        .unwrap()
}

/// Which of these have their rows, by every way that asks for them.
async fn there(shelf: &Shelf, artist: ArtistId, ids: &[DatasetId]) -> Vec<bool> {
    let mut db = shelf.db().await;
    let mut there = Vec::new();
    for id in ids {
        let row = datasets::find(&mut db, artist, *id).await.unwrap().unwrap();
        let found = datasets::learned_from(&mut db, artist, Some(*id)).await;
        let named = datasets::named(&mut db, &[&row.object_key]).await.unwrap();
        let found = found.unwrap().is_some();
        assert_eq!(
            (found, !named.is_empty()),
            (row.removed_at.is_none(), found)
        );
        there.push(found);
    }
    there
}

async fn rows_go_when_no_version_in_reach_learned_from_them(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    assert_eq!(forget(&shelf, one).await, 0);
    let mut sets = Vec::new();
    for version in 1..=4 {
        sets.push(retrained(&shelf, one, Some(version)).await);
    }
    sets.push(retrained(&shelf, one, None).await);
    let others = retrained(&shelf, other, Some(1)).await;
    retrained(&shelf, other, None).await;
    // What the artist handed in is never the upkeep's to remove.
    let own = asked(&shelf, one).await.dataset_id.unwrap();
    sets.push(own);
    // The first was champion before the second; the third was dropped; on the rows of the fourth the artist
    // has another model trained.
    for wish in [
        wish(one, Alias::Champion, None, 1),
        wish(one, Alias::Champion, Some(1), 2),
    ] {
        assert!(shelf.move_alias(wish).await.unwrap().is_some());
    }
    let by_hand = TrainingRow {
        id: TrainingId::new(),
        model: "others".to_owned(),
        dataset_id: Some(sets[3]),
        job_id: JobId::new(),
        version: None,
        completed_at: None,
        ..asked(&shelf, one).await
    };
    trainings::insert(&mut *shelf.db().await, &by_hand)
        .await
        .unwrap();

    assert_eq!(forget(&shelf, one).await, 1);
    assert_eq!(
        there(&shelf, one, &sets).await,
        [true, true, false, true, true, true]
    );
    assert_eq!(forget(&shelf, one).await, 0);
    // With another champion a rollback comes back to the second, and no more to the first.
    let next = wish(one, Alias::Champion, Some(2), 4);
    assert!(shelf.move_alias(next).await.unwrap().is_some());
    assert_eq!(forget(&shelf, one).await, 1);
    assert_eq!(
        there(&shelf, one, &sets).await,
        [false, true, false, true, true, true]
    );
    assert_eq!(there(&shelf, other, &[others]).await, [true]);
    assert_eq!(
        forget(&shelf, other).await,
        1,
        "it has no alias that names it"
    );
}
