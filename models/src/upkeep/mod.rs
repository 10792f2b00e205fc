//! Models that are looked after by themselves: by which figures, which rows they were asked about and
//! what became of those, what was trained because of it, and every check with what it found.

mod checks;
mod observations;
mod retrainings;

use std::time::Duration;

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::{model_checks, model_retrainings, model_upkeep};
use crate::{ArtistId, ScheduleId, UpkeepId};

pub use checks::{
    CheckKind, CheckRow, Decided, add_check, check, check_of_job, checks, last_look, newest_watch,
};
pub use observations::{
    Kept, ObservationRow, Seen, Told, add_shadows, counts, forget_shadows, keep, observed,
    place_of, shadows, tell, trim,
};
pub use retrainings::{
    RetrainingRow, add_retraining, forget_lessons, last_retraining, retraining_of, training_of,
};

/// The most rows of a model that are ever kept, and for how long, whatever a policy says.
const MOST_ROWS: u32 = 50_000;
const KEEP_DAYS: u64 = 1_095;

/// A model that is looked after.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = model_upkeep)]
pub struct UpkeepRow {
    /// Names the upkeep; turned off and on again it is another.
    pub id: UpkeepId,
    /// Whose the model is.
    pub artist_id: ArtistId,
    /// The model, by its name among the artist's.
    pub model: String,
    /// The figures that it goes by.
    pub policy: Document,
    /// The queue's schedule of its watches.
    pub schedule_id: ScheduleId,
    /// Since when it is looked after.
    pub created_at: Time,
    /// When the artist or a job last changed it.
    pub updated_at: Time,
}

impl UpkeepRow {
    /// How much is kept of what the model is asked.
    pub fn kept(&self, now: Time) -> Kept {
        let figure = |name| self.policy.0.get(name).and_then(serde_json::Value::as_u64);
        let days = figure("keep_days").unwrap_or(KEEP_DAYS).min(KEEP_DAYS);
        let most = figure("most_rows").and_then(|most| u32::try_from(most).ok());
        Kept {
            most: most.unwrap_or(MOST_ROWS).min(MOST_ROWS),
            since: now - Duration::from_hours(24 * days),
        }
    }
}

/// Turns upkeep on, or changes its figures. In a transaction.
pub async fn put(db: &mut Db, row: &UpkeepRow) -> Result<UpkeepRow, DbError> {
    db::on!(db, conn => diesel::insert_into(model_upkeep::table)
        .values(row)
        .on_conflict((model_upkeep::artist_id, model_upkeep::model))
        .do_update()
        .set((
            model_upkeep::policy.eq(&row.policy),
            model_upkeep::schedule_id.eq(row.schedule_id),
            model_upkeep::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .await)?;
    let put = find(db, row.artist_id, &row.model).await?;
    Ok(put.unwrap_or_else(|| row.clone()))
}

/// The upkeep of the artist's own model.
pub async fn find(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
) -> Result<Option<UpkeepRow>, DbError> {
    let row = db::on!(db, conn => model_upkeep::table
        .filter(model_upkeep::artist_id.eq(artist))
        .filter(model_upkeep::model.eq(model))
        .select(UpkeepRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// The artist's own upkeep of this id.
pub async fn find_by_id(
    db: &mut Db,
    artist: ArtistId,
    id: UpkeepId,
) -> Result<Option<UpkeepRow>, DbError> {
    let row = db::on!(db, conn => model_upkeep::table
        .filter(model_upkeep::artist_id.eq(artist))
        .filter(model_upkeep::id.eq(id))
        .select(UpkeepRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// Holds the upkeep until the transaction ends, so that it is not turned off or erased meanwhile. False:
/// it is off.
pub async fn hold(db: &mut Db, artist: ArtistId, id: UpkeepId, now: Time) -> Result<bool, DbError> {
    let held = db::on!(db, conn => diesel::update(model_upkeep::table)
        .filter(model_upkeep::artist_id.eq(artist))
        .filter(model_upkeep::id.eq(id))
        .set(model_upkeep::updated_at.eq(now))
        .execute(conn)
        .await)?;
    Ok(held > 0)
}

/// Turns upkeep off: the rows that were kept go, and what was checked stays told. Answers its schedule, if
/// it was on.
pub async fn remove(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
) -> Result<Option<ScheduleId>, DbError> {
    let schedules: Vec<ScheduleId> = db::on!(db, conn => diesel::delete(model_upkeep::table)
        .filter(model_upkeep::artist_id.eq(artist))
        .filter(model_upkeep::model.eq(model))
        .returning(model_upkeep::schedule_id)
        .get_results(conn)
        .await)?;
    Ok(schedules.into_iter().next())
}

/// Removes all upkeep of an artist's with all it kept, and names its schedules. Whoever holds an upkeep
/// is waited for, so that nothing is written behind this.
pub(crate) async fn erase(db: &mut Db, artist: ArtistId) -> Result<Vec<ScheduleId>, DbError> {
    let schedules = db::on!(db, conn => diesel::delete(model_upkeep::table)
        .filter(model_upkeep::artist_id.eq(artist))
        .returning(model_upkeep::schedule_id)
        .get_results(conn)
        .await)?;
    db::on!(db, conn => diesel::delete(model_retrainings::table)
        .filter(model_retrainings::artist_id.eq(artist))
        .execute(conn)
        .await)?;
    db::on!(db, conn => diesel::delete(model_checks::table)
        .filter(model_checks::artist_id.eq(artist))
        .execute(conn)
        .await)?;
    Ok(schedules)
}
