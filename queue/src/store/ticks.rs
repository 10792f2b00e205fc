//! What is due of `queue_schedules`, and the rows of `queue_ticks`.

use db::{Db, DbError, Time};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection as _};

use super::schedules::ScheduleRow;
use super::schema::{queue_schedules, queue_ticks};
use crate::{JobId, ScheduleId};

/// When the next tick of any schedule is.
pub(crate) async fn next_tick(db: &mut Db) -> Result<Option<Time>, DbError> {
    let query = queue_schedules::table
        .filter(queue_schedules::next_at.is_not_null())
        .order(queue_schedules::next_at)
        .select(queue_schedules::next_at.assume_not_null());
    Ok(db::on!(db, conn => query.first(conn).await.optional())?)
}

/// Schedules whose next tick is not later than `now`, by id, from behind `after` on.
pub(crate) async fn due_schedules(
    db: &mut Db,
    now: Time,
    after: Option<ScheduleId>,
    limit: usize,
) -> Result<Vec<ScheduleId>, DbError> {
    let after = after.unwrap_or(ScheduleId(uuid::Uuid::nil()));
    let query = queue_schedules::table
        .filter(queue_schedules::next_at.le(now))
        .filter(queue_schedules::id.gt(after))
        .order(queue_schedules::id)
        .limit(count(limit))
        .select(queue_schedules::id);
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// Schedules that were changed later than `limit`.
pub(crate) async fn changed_after(
    db: &mut Db,
    limit: Time,
    most: usize,
) -> Result<Vec<ScheduleId>, DbError> {
    let query = queue_schedules::table
        .filter(queue_schedules::updated_at.gt(limit))
        .order(queue_schedules::updated_at)
        .limit(count(most))
        .select(queue_schedules::id);
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// A schedule that is due, held until the transaction ends; none when it is not any more, or
/// another process decides its ticks.
pub(crate) async fn hold_due(
    db: &mut Db,
    id: ScheduleId,
    now: Time,
) -> Result<Option<ScheduleRow>, DbError> {
    let query = queue_schedules::table
        .find(id)
        .filter(queue_schedules::next_at.le(now));
    Ok(match db {
        Db::Pg(conn) => {
            // A process that is stopped while it holds the row must not hold it for long.
            conn.batch_execute("SET LOCAL idle_in_transaction_session_timeout = '10s'")
                .await?;
            let query = query.for_no_key_update().skip_locked();
            query.first(conn).await.optional()?
        }
        // The transaction already holds SQLite's one write lock.
        Db::Sqlite(conn) => query.first(conn).await.optional()?,
    })
}

/// Records the tick that makes `job`; false: it has made one.
pub(crate) async fn record_tick(
    db: &mut Db,
    schedule: ScheduleId,
    at: Time,
    job: JobId,
    now: Time,
) -> Result<bool, DbError> {
    let statement = diesel::insert_into(queue_ticks::table)
        .values((
            queue_ticks::schedule_id.eq(schedule),
            queue_ticks::tick_at.eq(at),
            queue_ticks::job_id.eq(job),
            queue_ticks::made_at.eq(now),
        ))
        .on_conflict((queue_ticks::schedule_id, queue_ticks::tick_at))
        .do_nothing();
    Ok(db::on!(db, conn => statement.execute(conn).await)? == 1)
}

/// Writes what was decided about the ticks of a held schedule.
pub(crate) async fn advance(
    db: &mut Db,
    id: ScheduleId,
    next_at: Option<Time>,
    last_at: Option<Time>,
    missed: i64,
    now: Time,
) -> Result<(), DbError> {
    let statement = diesel::update(queue_schedules::table.find(id)).set((
        queue_schedules::next_at.eq(next_at),
        queue_schedules::last_at.eq(last_at),
        queue_schedules::missed.eq(queue_schedules::missed + missed),
        queue_schedules::updated_at.eq(now),
    ));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// Writes the first undecided tick of a held schedule.
pub(crate) async fn set_next(
    db: &mut Db,
    id: ScheduleId,
    next_at: Option<Time>,
    now: Time,
) -> Result<(), DbError> {
    let statement = diesel::update(queue_schedules::table.find(id)).set((
        queue_schedules::next_at.eq(next_at),
        queue_schedules::updated_at.eq(now),
    ));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// The tick that made a job.
pub(crate) async fn tick_of(
    db: &mut Db,
    job: JobId,
) -> Result<Option<(ScheduleId, Time)>, DbError> {
    let query = queue_ticks::table
        .filter(queue_ticks::job_id.eq(job))
        .select((queue_ticks::schedule_id, queue_ticks::tick_at));
    Ok(db::on!(db, conn => query.first(conn).await.optional())?)
}

diesel::alias!(queue_ticks as newer: Newer);

/// Deletes up to `limit` ticks that were made before `before`, the oldest first, but never the
/// newest of a schedule. Runs inside the caller's transaction.
pub(crate) async fn prune_ticks(db: &mut Db, before: Time, limit: usize) -> Result<usize, DbError> {
    let same = newer
        .field(queue_ticks::schedule_id)
        .eq(queue_ticks::schedule_id);
    let later = newer.field(queue_ticks::tick_at).gt(queue_ticks::tick_at);
    let query = queue_ticks::table
        .filter(queue_ticks::made_at.lt(before))
        .filter(exists(newer.filter(same.and(later))))
        .order(queue_ticks::made_at)
        .limit(count(limit))
        .select(queue_ticks::job_id);
    let jobs: Vec<JobId> = db::on!(db, conn => query.load(conn).await)?;
    let ticks = queue_ticks::table.filter(queue_ticks::job_id.eq_any(&jobs));
    let statement = diesel::delete(ticks);
    Ok(db::on!(db, conn => statement.execute(conn).await)?)
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
