//! Erasing an artist's models leaves no row of theirs, and every row of others'.

use models::datasets::{self, DatasetRow};
use models::registry::{self, Alias, Task};
use models::trainings::{self, TrainingRow};
use models::{ArtistId, DatasetId, JobId, TrainingId};

use crate::shelf::{MODEL, NOW, Shelf, name, wish};

on_both! {
    erasing_an_artist_leaves_no_row
    a_training_has_one_version
}

/// A dataset of the artist's.
pub async fn dataset(shelf: &Shelf, artist: ArtistId) -> DatasetId {
    let id = DatasetId::new();
    let dataset = DatasetRow {
        id,
        artist_id: artist,
        name: "listeners".to_owned(),
        target: "left".to_owned(),
        row_count: 3,
        column_count: 2,
        covers_from: None,
        covers_to: Some("2026-06-30".to_owned()),
        size_bytes: 20,
        sha256: name(7),
        object_key: datasets::object_key(artist, id),
        created_at: NOW,
    };
    let mut db = shelf.db().await;
    datasets::insert(&mut db, &dataset).await.unwrap();
    let found = datasets::find(&mut db, artist, id).await.unwrap();
    assert_eq!(found, Some(dataset));
    id
}

/// A training of the artist's that is asked for, with its dataset.
pub async fn asked(shelf: &Shelf, artist: ArtistId) -> TrainingRow {
    let training = TrainingRow {
        id: TrainingId::new(),
        artist_id: artist,
        model: MODEL.to_owned(),
        task: Task::Churn,
        dataset_id: Some(dataset(shelf, artist).await),
        job_id: JobId::new(),
        seed: 1,
        version: None,
        created_at: NOW,
        completed_at: None,
    };
    let mut db = shelf.db().await;
    trainings::insert(&mut db, &training).await.unwrap();
    training
}

/// Every row that there is of an artist's models.
async fn rows(shelf: &Shelf, artist: ArtistId, training: &TrainingRow) -> [usize; 6] {
    let mut db = shelf.db().await;
    let db = &mut db;
    [
        registry::versions(db, artist, MODEL, 100)
            .await
            .unwrap()
            .len(),
        registry::aliases(db, artist).await.unwrap().len(),
        registry::history(db, artist, MODEL, 100)
            .await
            .unwrap()
            .len(),
        datasets::list(db, artist, None, 100).await.unwrap().len(),
        trainings::models(db, artist).await.unwrap().len(),
        usize::from(
            trainings::find(db, artist, training.id)
                .await
                .unwrap()
                .is_some(),
        ),
    ]
}

async fn erasing_an_artist_leaves_no_row(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    let mut trainings = Vec::new();
    for artist in [one, other] {
        shelf.put(artist, 1).await;
        shelf.put(artist, 2).await;
        for wanted in [
            wish(artist, Alias::Champion, None, 1),
            wish(artist, Alias::Challenger, None, 2),
            wish(artist, Alias::Champion, Some(1), 2),
        ] {
            assert!(shelf.move_alias(wanted).await.unwrap().is_some());
        }
        let training = asked(&shelf, artist).await;
        let mut db = shelf.db().await;
        let done = trainings::complete(&mut db, artist, training.id, &name(2), NOW).await;
        assert!(done.unwrap());
        drop(db);
        trainings.push(training);
    }
    let before = rows(&shelf, other, &trainings[1]).await;
    assert_eq!(before, [2, 2, 3, 1, 1, 1]);
    let erased = shelf
        .pool
        .tx(move |db| Box::pin(registry::erase_artist(db, one)))
        .await
        .unwrap();
    assert_eq!((erased.versions, erased.datasets), (2, 1));
    assert_eq!(erased.jobs, [trainings[0].job_id]);
    assert_eq!(rows(&shelf, one, &trainings[0]).await, [0; 6]);
    assert_eq!(rows(&shelf, other, &trainings[1]).await, before);
}

async fn a_training_has_one_version(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    let training = asked(&shelf, one).await;
    shelf.put(one, 1).await;
    shelf.put(one, 2).await;
    let mut db = shelf.db().await;
    let mut complete = async |artist, version| {
        let done = trainings::complete(&mut db, artist, training.id, &name(version), NOW).await;
        done.unwrap()
    };
    assert!(!complete(other, 1).await, "another artist's training");
    assert!(complete(one, 1).await);
    assert!(!complete(one, 2).await, "it has one");
    let found = trainings::find(&mut db, one, training.id).await.unwrap();
    assert_eq!(found.unwrap().version, Some(name(1)));
}
