//! Trainings of before they had one table: none is lost on the way there, back, and there again.

use std::time::Duration;

use db::{Db, DbError};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use models::registry::{self, Task, VersionRow};
use models::trainings::{self, TrainingRow};
use models::upkeep::{self, RetrainingRow};
use models::{ArtistId, DatasetId, JobId, TrainingId};

use crate::erasing::dataset;
use crate::shelf::{MODEL, NOW, Shelf, name, version};

on_both! {
    no_training_of_before_they_had_one_table_is_lost
    a_training_for_churn_has_a_dataset_and_a_forecasters_needs_none
}

/// What brought the one table.
const MIGRATION: &str = "20261129000100";
/// A model that forecasts.
const FORECASTER: &str = "daily";

/// The tables as they were.
mod old {
    diesel::table! {
        use diesel::sql_types::{BigInt, Nullable, Text};
        use db::{DbTime, DbUuid};

        model_trainings (id) {
            id -> DbUuid,
            artist_id -> DbUuid,
            model -> Text,
            dataset_id -> DbUuid,
            job_id -> DbUuid,
            seed -> BigInt,
            version -> Nullable<Text>,
            created_at -> DbTime,
            completed_at -> Nullable<DbTime>,
        }
    }

    diesel::table! {
        use diesel::sql_types::{BigInt, Nullable, Text};
        use db::{DbTime, DbUuid};

        forecaster_trainings (id) {
            id -> DbUuid,
            artist_id -> DbUuid,
            model -> Text,
            job_id -> DbUuid,
            seed -> BigInt,
            version -> Nullable<Text>,
            created_at -> DbTime,
            completed_at -> Nullable<DbTime>,
        }
    }
}

/// What was added under the old tables, as the one table tells it.
struct Before {
    trainings: Vec<TrainingRow>,
    retraining: RetrainingRow,
}

/// A training that has no version yet.
fn training(artist: ArtistId, dataset: Option<DatasetId>, seed: i64) -> TrainingRow {
    let (model, task) = match dataset {
        Some(_) => (MODEL, Task::Churn),
        None => (FORECASTER, Task::Forecast),
    };
    TrainingRow {
        id: TrainingId::new(),
        artist_id: artist,
        model: model.to_owned(),
        task,
        dataset_id: dataset,
        job_id: JobId::new(),
        seed,
        version: None,
        created_at: NOW + Duration::from_micros(seed.unsigned_abs()),
        completed_at: None,
    }
}

/// A training that made version `number`.
fn completed(row: TrainingRow, number: u64) -> TrainingRow {
    TrainingRow {
        version: Some(name(number)),
        completed_at: Some(NOW + Duration::from_micros(number)),
        ..row
    }
}

fn retraining(training: &TrainingRow) -> RetrainingRow {
    RetrainingRow {
        training_id: training.id,
        artist_id: training.artist_id,
        model: training.model.clone(),
        job_id: JobId::new(),
        base_dataset_id: training.dataset_id,
        held_back: training.dataset_id.map(|_| 0.3),
        created_at: training.created_at,
    }
}

/// Adds a training to the old table of its sort.
async fn add(db: &mut Db, row: &TrainingRow) {
    use old::{forecaster_trainings as forecasters, model_trainings as churn};
    let added = if let Some(dataset) = row.dataset_id {
        let row = (
            churn::id.eq(row.id),
            churn::artist_id.eq(row.artist_id),
            churn::model.eq(&row.model),
            churn::dataset_id.eq(dataset),
            churn::job_id.eq(row.job_id),
            churn::seed.eq(row.seed),
            churn::version.eq(&row.version),
            churn::created_at.eq(row.created_at),
            churn::completed_at.eq(row.completed_at),
        );
        let statement = diesel::insert_into(churn::table).values(row);
        db::on!(db, conn => statement.execute(conn).await)
    } else {
        let row = (
            forecasters::id.eq(row.id),
            forecasters::artist_id.eq(row.artist_id),
            forecasters::model.eq(&row.model),
            forecasters::job_id.eq(row.job_id),
            forecasters::seed.eq(row.seed),
            forecasters::version.eq(&row.version),
            forecasters::created_at.eq(row.created_at),
            forecasters::completed_at.eq(row.completed_at),
        );
        let statement = diesel::insert_into(forecasters::table).values(row);
        db::on!(db, conn => statement.execute(conn).await)
    };
    assert_eq!(added.unwrap(), 1);
}

/// Adds what trainings name, while tables are as this program knows them: the dataset.
async fn named(shelf: &Shelf, artist: ArtistId) -> DatasetId {
    shelf.put(artist, 1).await;
    let forecaster = VersionRow {
        model: FORECASTER.to_owned(),
        task: Task::Forecast,
        ..version(artist, 2)
    };
    let added = registry::insert_version(&mut *shelf.db().await, &forecaster).await;
    assert!(added.unwrap());
    dataset(shelf, artist).await
}

/// Adds trainings of both sorts, done and not, to the old tables.
async fn filled(shelf: &Shelf, artist: ArtistId, dataset: DatasetId) -> Before {
    let trainings = vec![
        completed(training(artist, Some(dataset), 11), 1),
        training(artist, Some(dataset), 12),
        completed(training(artist, None, 13), 2),
        training(artist, None, 14),
    ];
    let retraining = retraining(&trainings[0]);
    let mut db = shelf.db().await;
    for row in &trainings {
        add(&mut db, row).await;
    }
    // Such a row is the same under both.
    upkeep::add_retraining(&mut db, &retraining).await.unwrap();
    Before {
        trainings,
        retraining,
    }
}

/// All is there, to the last column, and nothing else.
async fn all_is_there(shelf: &Shelf, artist: ArtistId, before: &Before) {
    let mut db = shelf.db().await;
    for row in &before.trainings {
        let found = trainings::find(&mut db, artist, row.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(row));
        let found = upkeep::retraining_of(&mut db, artist, row.id).await;
        let of_it = Some(&before.retraining).filter(|it| it.training_id == row.id);
        assert_eq!(found.unwrap().as_ref(), of_it);
    }
    let models = trainings::models(&mut db, artist).await.unwrap();
    let both = [(FORECASTER, Task::Forecast), (MODEL, Task::Churn)];
    assert_eq!(models, both.map(|(name, task)| (name.to_owned(), task)));
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// All columns, constraints and indexes as the database tells them.
async fn shape(shelf: &Shelf) -> Vec<String> {
    let mut connection = shelf.db().await;
    let db: &mut Db = &mut connection;
    let query = diesel::sql_query(match db {
        Db::Pg(_) => {
            "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS line \
             FROM information_schema.columns WHERE table_schema = current_schema() \
             UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) \
             FROM pg_constraint WHERE connamespace = current_schema()::regnamespace \
             UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() \
             ORDER BY line"
        }
        Db::Sqlite(_) => {
            "SELECT sql AS line FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
        }
    });
    let lines: Vec<Line> = db::on!(db, conn => query.load(conn).await).unwrap();
    assert!(lines.len() > 40, "{}", lines.len());
    lines.into_iter().map(|line| line.line).collect()
}

/// Goes back to where there was no one table, and says by which migrations.
async fn back(shelf: &Shelf) -> Vec<String> {
    let mut reverted: Vec<String> = Vec::new();
    while !reverted.iter().any(|name| name.contains(MIGRATION)) {
        reverted.extend(db::migrations::revert(&shelf.url).await.unwrap());
    }
    reverted.reverse();
    reverted
}

async fn no_training_of_before_they_had_one_table_is_lost(shelf: Shelf) {
    let shape_now = shape(&shelf).await;
    let mut known = Vec::new();
    for name in ["one", "other"] {
        let artist = shelf.artist(name).await;
        known.push((artist, named(&shelf, artist).await));
    }
    let migrations = back(&shelf).await;
    let shape_before = shape(&shelf).await;
    let mut artists = Vec::new();
    for (artist, dataset) in known {
        artists.push((artist, filled(&shelf, artist, dataset).await));
    }
    assert_eq!(db::migrate(&shelf.url).await.unwrap(), migrations);
    assert_eq!(shape(&shelf).await, shape_now);
    for (artist, before) in &artists {
        all_is_there(&shelf, *artist, before).await;
    }
    // The old tables can't say this, and lose nothing else by it.
    let (one, before) = &artists[0];
    let newer = retraining(&before.trainings[3]);
    let mut db = shelf.db().await;
    upkeep::add_retraining(&mut db, &newer).await.unwrap();
    let found = upkeep::last_retraining(&mut db, *one, FORECASTER).await;
    assert_eq!(found.unwrap(), Some(newer));
    drop(db);
    assert_eq!(back(&shelf).await, migrations);
    assert_eq!(shape(&shelf).await, shape_before);
    assert_eq!(db::migrate(&shelf.url).await.unwrap(), migrations);
    for (artist, before) in &artists {
        all_is_there(&shelf, *artist, before).await;
    }
}

async fn a_training_for_churn_has_a_dataset_and_a_forecasters_needs_none(shelf: Shelf) {
    let artist = shelf.artist("one").await;
    let mut db = shelf.db().await;
    let forecaster = training(artist, None, 1);
    trainings::insert(&mut db, &forecaster).await.unwrap();
    let without = TrainingRow {
        task: Task::Churn,
        ..training(artist, None, 2)
    };
    let refused = trainings::insert(&mut db, &without).await;
    told(refused, "model_trainings_dataset");
    // Neither half of what rows were held back of.
    let half = RetrainingRow {
        held_back: Some(0.3),
        ..retraining(&forecaster)
    };
    let refused = upkeep::add_retraining(&mut db, &half).await;
    told(refused, "model_retrainings_base");
}

/// Refused by the rule of this name.
fn told(refused: Result<(), DbError>, rule: &str) {
    let error = refused.unwrap_err();
    assert!(format!("{error:?}").contains(rule), "{error:?}");
}
