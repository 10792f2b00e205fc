//! Making due jobs waiting, on SQLite.

use db::{DbError, DbTime, DbUuid, SqliteConn, Time};
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;

use crate::JobId;
use crate::store::heads::{HEAD, HeadRow, HeadTypes};
use crate::store::statement::{Bind, statement};

statement! {
    Promote on Sqlite => (DbUuid, Text, HeadTypes) { now: DbTime = Time, limit: BigInt = i64 }
    "UPDATE queue_jobs SET state = 'waiting' WHERE id IN (SELECT id FROM queue_jobs \
     WHERE state IN ('scheduled', 'retrying') AND run_at <= " now " ORDER BY run_at LIMIT " limit
    ") RETURNING id, queue, " (HEAD)
}

/// See [`crate::store::promote`]. Answers each job, its queue and its lane.
pub(crate) async fn promote(
    conn: &mut SqliteConn,
    limit: i64,
    now: Time,
) -> Result<Vec<(JobId, String, HeadRow)>, DbError> {
    let statement = Promote {
        now: Bind::new(now),
        limit: Bind::new(limit),
    };
    Ok(statement.load(conn).await?)
}
