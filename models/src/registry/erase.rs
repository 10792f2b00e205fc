//! Erasing: nothing of an artist's models stays in the database.

use db::{Db, DbError};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::{model_aliases, model_moves, model_versions};
use crate::{ArtistId, JobId, ScheduleId, datasets, trainings, upkeep};

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// How many versions.
    pub versions: usize,
    /// How many datasets.
    pub datasets: usize,
    /// The jobs of all trainings, done or not.
    pub jobs: Vec<JobId>,
    /// The schedules of models that were looked after.
    pub schedules: Vec<ScheduleId>,
}

/// Removes an artist's versions, aliases, moves, trainings and datasets, and all that looks after models:
/// fingerprints of data, rows that were asked about and records of moves and checks included. Call it in a transaction. The objects go after it: what no row names
/// is swept even when nobody comes to delete it.
pub async fn erase_artist(db: &mut Db, artist: ArtistId) -> Result<Erased, DbError> {
    let schedules = upkeep::erase(db, artist).await?;
    let jobs = trainings::erase(db, artist).await?;
    db::on!(db, conn => diesel::delete(model_moves::table)
        .filter(model_moves::artist_id.eq(artist))
        .execute(conn)
        .await)?;
    db::on!(db, conn => diesel::delete(model_aliases::table)
        .filter(model_aliases::artist_id.eq(artist))
        .execute(conn)
        .await)?;
    let versions = db::on!(db, conn => diesel::delete(model_versions::table)
        .filter(model_versions::artist_id.eq(artist))
        .execute(conn)
        .await)?;
    let datasets = datasets::erase(db, artist).await?;
    Ok(Erased {
        versions,
        datasets,
        jobs,
        schedules,
    })
}
