//! Claiming on PostgreSQL: walk the partial index, skip what others hold, mark it ours.

use db::{DbError, DbTime, DbUuid, Time};
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::WorkerId;
use crate::store::row::{COLUMNS, Row, RowTypes};
use crate::store::statement::{Bind, statement};

statement! {
    /// The inner query is an array, evaluated once, so that the rows are then found by primary
    /// key whatever the planner thinks of the table's size.
    Claim on Pg => RowTypes {
        queue: Text = String,
        limit: BigInt = i64,
        worker: DbUuid = WorkerId,
        now: DbTime = Time,
    }
    "UPDATE queue_jobs SET state = 'running', attempt = attempt + 1, fence = fence + 1, progress = 0, \
     stage = NULL, error_code = NULL, error_message = NULL, worker_id = " worker ", started_at = " now
    " WHERE id = ANY (ARRAY(SELECT id FROM queue_jobs WHERE queue = " queue
    " AND state = 'waiting' AND EXISTS (SELECT 1 FROM queue_workers w WHERE w.id = " worker
    " AND w.lease_until > " now ") ORDER BY priority, run_at, id LIMIT " limit
    " FOR UPDATE SKIP LOCKED)) RETURNING " (COLUMNS)
}

/// See [`crate::store::claim`].
pub(crate) async fn claim(
    conn: &mut AsyncPgConnection,
    queue: &str,
    worker: WorkerId,
    limit: i64,
    now: Time,
) -> Result<Vec<Row>, DbError> {
    let statement = Claim {
        queue: Bind::new(queue.to_owned()),
        limit: Bind::new(limit),
        worker: Bind::new(worker),
        now: Bind::new(now),
    };
    Ok(statement.load(conn).await?)
}
