//! Trainings of forecasters: they learn from the artist's own metrics, so none names a dataset.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::forecaster_trainings;
use crate::{ArtistId, JobId, TrainingId};

/// A training of a forecaster, finished or not.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = forecaster_trainings)]
pub struct ForecasterTrainingRow {
    /// Names the training.
    pub id: TrainingId,
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The model that it makes a version of, by its name among the artist's.
    pub model: String,
    /// The job that trains.
    pub job_id: JobId,
    /// All that is random follows from it; 0 or more.
    pub seed: i64,
    /// The version that came of it.
    pub version: Option<String>,
    /// When it was asked for.
    pub created_at: Time,
    /// When the version was there.
    pub completed_at: Option<Time>,
}

/// Adds a training that was asked for and has no version yet.
pub async fn insert(db: &mut Db, row: &ForecasterTrainingRow) -> Result<(), DbError> {
    db::on!(db, conn => diesel::insert_into(forecaster_trainings::table)
        .values(row)
        .execute(conn)
        .await)?;
    Ok(())
}

/// The artist's own training.
pub async fn find(
    db: &mut Db,
    artist: ArtistId,
    id: TrainingId,
) -> Result<Option<ForecasterTrainingRow>, DbError> {
    let row = db::on!(db, conn => forecaster_trainings::table
        .filter(forecaster_trainings::artist_id.eq(artist))
        .filter(forecaster_trainings::id.eq(id))
        .select(ForecasterTrainingRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// The names of the forecasters that an artist ever asked to train, in their order.
pub(crate) async fn models(db: &mut Db, artist: ArtistId) -> Result<Vec<String>, DbError> {
    let names = db::on!(db, conn => forecaster_trainings::table
        .filter(forecaster_trainings::artist_id.eq(artist))
        .select(forecaster_trainings::model)
        .distinct()
        .order(forecaster_trainings::model)
        .load(conn)
        .await)?;
    Ok(names)
}

/// Records the version that came of a training, unless it has one already.
pub(crate) async fn complete(
    db: &mut Db,
    artist: ArtistId,
    id: TrainingId,
    version: &str,
    now: Time,
) -> Result<bool, DbError> {
    let changed = db::on!(db, conn => diesel::update(forecaster_trainings::table)
        .filter(forecaster_trainings::artist_id.eq(artist))
        .filter(forecaster_trainings::id.eq(id))
        .filter(forecaster_trainings::completed_at.is_null())
        .set((
            forecaster_trainings::version.eq(Some(version)),
            forecaster_trainings::completed_at.eq(Some(now)),
        ))
        .execute(conn)
        .await)?;
    Ok(changed > 0)
}

/// Removes all of an artist's trainings of forecasters, and names their jobs.
pub(crate) async fn erase(db: &mut Db, artist: ArtistId) -> Result<Vec<JobId>, DbError> {
    let jobs = db::on!(db, conn => diesel::delete(forecaster_trainings::table)
        .filter(forecaster_trainings::artist_id.eq(artist))
        .returning(forecaster_trainings::job_id)
        .get_results(conn)
        .await)?;
    Ok(jobs)
}
