//! Trainings that upkeep asked for, and which rows their versions have seen.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::{model_retrainings, model_trainings};
use crate::trainings::TrainingRow;
use crate::{ArtistId, DatasetId, JobId, TrainingId};

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
