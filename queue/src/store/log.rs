//! The rows of `queue_log`.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer};
use diesel_async::RunQueryDsl;

use super::body::lock_fence;
use super::schema::{queue_jobs, queue_log};
use crate::log::KEPT;
use crate::{JobId, LogLevel, LogLine};

#[derive(Insertable)]
#[diesel(table_name = queue_log)]
struct Line<'a> {
    job_id: JobId,
    fence: i64,
    seq: i32,
    at: Time,
    level: LogLevel,
    message: &'a str,
}

/// Writes the lines of an attempt, those that are there already once only, and lets go what is
/// more than a job keeps. False: the attempt has lost its job, and nothing was written. Runs inside
/// the caller's transaction.
pub(crate) async fn append_log(
    db: &mut Db,
    (id, fence): (JobId, i64),
    lines: &[LogLine],
) -> Result<bool, DbError> {
    if !lock_fence(db, id, fence).await? {
        return Ok(false);
    }
    insert(db, id, lines).await?;
    let oldest = queue_log::table
        .filter(queue_log::job_id.eq(id))
        .order((queue_log::fence.desc(), queue_log::seq.desc()))
        .offset(i64::try_from(KEPT).unwrap_or(i64::MAX))
        .select((queue_log::fence, queue_log::seq));
    let oldest: Option<(i64, i32)> = db::on!(db, conn => oldest.first(conn).await.optional())?;
    if let Some((fence, seq)) = oldest {
        let older = diesel::dsl::sql::<Bool>("(queue_log.fence, queue_log.seq) <= (")
            .bind::<BigInt, _>(fence)
            .sql(", ")
            .bind::<Integer, _>(seq)
            .sql(")");
        let old = queue_log::table
            .filter(queue_log::job_id.eq(id))
            .filter(older);
        db::on!(db, conn => diesel::delete(old).execute(conn).await)?;
    }
    Ok(true)
}

async fn insert(db: &mut Db, id: JobId, lines: &[LogLine]) -> Result<(), DbError> {
    let rows = lines.iter().map(|line| Line {
        job_id: id,
        fence: line.fence,
        seq: line.seq,
        at: line.at,
        level: line.level,
        message: &line.message,
    });
    match db {
        Db::Pg(conn) => {
            let rows: Vec<_> = rows.collect();
            let statement = diesel::insert_into(queue_log::table)
                .values(&rows)
                .on_conflict_do_nothing();
            statement.execute(conn).await?;
        }
        Db::Sqlite(conn) => {
            for row in rows {
                let statement = diesel::insert_into(queue_log::table)
                    .values((
                        queue_log::job_id.eq(row.job_id),
                        queue_log::fence.eq(row.fence),
                        queue_log::seq.eq(row.seq),
                        queue_log::at.eq(row.at),
                        queue_log::level.eq(row.level),
                        queue_log::message.eq(row.message.to_owned()),
                    ))
                    .on_conflict_do_nothing();
                statement.execute(conn).await?;
            }
        }
    }
    Ok(())
}

/// Notes what was done to a job between its attempts. Runs inside the caller's transaction, which
/// holds the job.
pub(crate) async fn note(db: &mut Db, id: JobId, message: String, at: Time) -> Result<(), DbError> {
    let query = queue_jobs::table.find(id).select(queue_jobs::fence);
    let fence: i64 = db::on!(db, conn => query.first(conn).await)?;
    let line = LogLine {
        fence,
        seq: 0,
        at,
        level: LogLevel::Info,
        message,
    };
    insert(db, id, &[line]).await
}

/// The lines of one job, oldest first.
pub(crate) async fn log_of(db: &mut Db, id: JobId) -> Result<Vec<LogLine>, DbError> {
    let query = queue_log::table
        .filter(queue_log::job_id.eq(id))
        .order((queue_log::fence, queue_log::seq))
        .select((
            queue_log::fence,
            queue_log::seq,
            queue_log::at,
            queue_log::level,
            queue_log::message,
        ));
    Ok(db::on!(db, conn => query.load(conn).await)?)
}
