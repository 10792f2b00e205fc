//! Trainings: versions of models that were asked for, and the one that came of each.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::registry::Task;
use crate::schema::model_trainings;
use crate::{ArtistId, DatasetId, JobId, TrainingId};

/// A training, finished or not.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = model_trainings)]
pub struct TrainingRow {
    /// Names the training.
    pub id: TrainingId,
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The model that it makes a version of, by its name among the artist's.
    pub model: String,
    /// What the model is for.
    pub task: Task,
    /// What it learns from; none: the artist's own metrics. A training for churn has one.
    pub dataset_id: Option<DatasetId>,
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
pub async fn insert(db: &mut Db, row: &TrainingRow) -> Result<(), DbError> {
    db::on!(db, conn => diesel::insert_into(model_trainings::table)
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
) -> Result<Option<TrainingRow>, DbError> {
    let row = db::on!(db, conn => model_trainings::table
        .filter(model_trainings::artist_id.eq(artist))
        .filter(model_trainings::id.eq(id))
        .select(TrainingRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// The models that an artist ever asked to train, each with what it is for.
pub async fn models(db: &mut Db, artist: ArtistId) -> Result<Vec<(String, Task)>, DbError> {
    let models = db::on!(db, conn => model_trainings::table
        .filter(model_trainings::artist_id.eq(artist))
        .select((model_trainings::model, model_trainings::task))
        .distinct()
        .order((model_trainings::model, model_trainings::task))
        .load(conn)
        .await)?;
    Ok(models)
}

/// Records the version that came of a training, unless it has one already. False: it has one, or it is
/// gone. In the transaction that makes the version.
pub async fn complete(
    db: &mut Db,
    artist: ArtistId,
    id: TrainingId,
    version: &str,
    now: Time,
) -> Result<bool, DbError> {
    let changed = db::on!(db, conn => diesel::update(model_trainings::table)
        .filter(model_trainings::artist_id.eq(artist))
        .filter(model_trainings::id.eq(id))
        .filter(model_trainings::completed_at.is_null())
        .set((
            model_trainings::version.eq(Some(version)),
            model_trainings::completed_at.eq(Some(now)),
        ))
        .execute(conn)
        .await)?;
    Ok(changed > 0)
}

/// Removes all of an artist's trainings, and names their jobs.
pub(crate) async fn erase(db: &mut Db, artist: ArtistId) -> Result<Vec<JobId>, DbError> {
    let jobs = db::on!(db, conn => diesel::delete(model_trainings::table)
        .filter(model_trainings::artist_id.eq(artist))
        .returning(model_trainings::job_id)
        .get_results(conn)
        .await)?;
    Ok(jobs)
}
