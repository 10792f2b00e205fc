//! Trainings that upkeep asked for, and which rows their versions have seen.

use std::collections::HashSet;

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::{model_retrainings, model_trainings};
use crate::trainings::TrainingRow;
use crate::{ArtistId, DatasetId, JobId, TrainingId, datasets, registry};

/// A training that upkeep asked for.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = model_retrainings)]
pub struct RetrainingRow {
    /// The training.
    pub training_id: TrainingId,
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The model.
    pub model: String,
    /// The job that asked for it.
    pub job_id: JobId,
    /// What the artist handed in that it goes back to; none of a forecaster's, which learns from metrics.
    pub base_dataset_id: Option<DatasetId>,
    /// Rows below this place, 0 to 1, were held back; none where it learns from no rows.
    pub held_back: Option<f64>,
    /// When it was asked for: no row observed later is in it.
    pub created_at: Time,
}

/// Adds a retraining, in the transaction of its training.
pub async fn add_retraining(db: &mut Db, row: &RetrainingRow) -> Result<(), DbError> {
    db::on!(db, conn => diesel::insert_into(model_retrainings::table)
        .values(row)
        .execute(conn)
        .await)?;
    Ok(())
}

/// The newest retraining of the artist's own model.
pub async fn last_retraining(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
) -> Result<Option<RetrainingRow>, DbError> {
    let row = db::on!(db, conn => model_retrainings::table
        .filter(model_retrainings::artist_id.eq(artist))
        .filter(model_retrainings::model.eq(model))
        .order((
            model_retrainings::created_at.desc(),
            model_retrainings::training_id.desc(),
        ))
        .select(RetrainingRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// Removes the rows that upkeep put together for trainings, but for those that the newest or a version in reach
/// learned from, and those that the artist had others learn from. How many datasets had any.
pub async fn forget_lessons(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    now: Time,
) -> Result<usize, DbError> {
    let Some(newest) = last_retraining(db, artist, model).await? else {
        return Ok(0);
    };
    let older: Vec<TrainingId> = db::on!(db, conn => model_retrainings::table
        .filter(model_retrainings::artist_id.eq(artist))
        .filter(model_retrainings::model.eq(model))
        .filter(model_retrainings::training_id.ne(newest.training_id))
        .select(model_retrainings::training_id)
        .load(conn)
        .await)?;
    let trainings: Vec<TrainingRow> = db::on!(db, conn => model_trainings::table
        .filter(model_trainings::artist_id.eq(artist))
        .filter(model_trainings::dataset_id.is_not_null())
        .select(TrainingRow::as_select())
        .load(conn)
        .await)?;
    let in_reach = registry::in_reach(db, artist, model).await?;
    let is_over = |row: &&TrainingRow| {
        let is_wanted = |version: &String| in_reach.contains(version);
        older.contains(&row.id) && !row.version.as_ref().is_some_and(is_wanted)
    };
    let (over, others): (Vec<&TrainingRow>, Vec<&TrainingRow>) =
        trainings.iter().partition(is_over);
    let wanted: HashSet<_> = others.iter().filter_map(|row| row.dataset_id).collect();
    let over = over.iter().filter_map(|row| row.dataset_id);
    let over: Vec<DatasetId> = over.filter(|id| !wanted.contains(id)).collect();
    datasets::remove_rows(db, artist, &over, now).await
}

/// What upkeep knows of one of the artist's own trainings; none of those that the artist asked for.
pub async fn retraining_of(
    db: &mut Db,
    artist: ArtistId,
    training: TrainingId,
) -> Result<Option<RetrainingRow>, DbError> {
    let row = db::on!(db, conn => model_retrainings::table
        .filter(model_retrainings::artist_id.eq(artist))
        .filter(model_retrainings::training_id.eq(training))
        .select(RetrainingRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// The newest training that made a version of the artist's own model: of equal ones, the one that has seen
/// most.
pub async fn training_of(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    version: &str,
) -> Result<Option<TrainingRow>, DbError> {
    let row = db::on!(db, conn => model_trainings::table
        .filter(model_trainings::artist_id.eq(artist))
        .filter(model_trainings::model.eq(model))
        .filter(model_trainings::version.eq(version))
        .order(model_trainings::id.desc())
        .select(TrainingRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}
