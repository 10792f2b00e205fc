//! Claiming on SQLite: there is one writer, so nothing needs to be skipped.

use db::{DbError, DbTime, DbUuid, SqliteConn, Time};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, SmallInt, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use crate::claim::Take;
use crate::lane::LaneId;
use crate::store::claimed::{CLAIMED, ClaimedRow, ClaimedTypes};
use crate::store::statement::{Bind, statement};
use crate::{JobId, WorkerId};

statement! {
    Claim on Sqlite => ClaimedTypes {
        queue: Text = String,
        priority: SmallInt = i16,
        lane: DbUuid = LaneId,
        run_at: DbTime = Time,
        id: DbUuid = JobId,
        quota: BigInt = i64,
        worker: DbUuid = WorkerId,
        gated: Bool = bool,
        now: DbTime = Time,
    }
    "UPDATE queue_jobs SET state = 'running', attempt = attempt + 1, fence = fence + 1, progress = 0, \
     stage = NULL, error_code = NULL, error_message = NULL, worker_id = " worker ", started_at = " now
    " WHERE id IN (SELECT id FROM queue_jobs WHERE queue = " queue
    " AND state = 'waiting' AND priority = " priority " AND lane = " lane " AND (run_at, id) > (" run_at ", " id
    ") AND EXISTS (SELECT 1 FROM queue_workers w WHERE w.id = " worker " AND w.lease_until > " now
    ") AND NOT EXISTS (SELECT 1 FROM queue_controls c WHERE c.queue IN (" queue
    ", '*') AND (c.paused_at IS NOT NULL OR (c.max_running IS NOT NULL AND NOT " gated "))) ORDER BY run_at, id LIMIT " quota ") RETURNING " (CLAIMED)
}

/// See [`crate::store::claim`].
pub(crate) async fn claim(
    conn: &mut SqliteConn,
    queue: &str,
    worker: WorkerId,
    takes: &[Take],
    now: Time,
) -> Result<Vec<ClaimedRow>, DbError> {
    let claim = claims(queue, worker, takes, false, now);
    let claimed = conn.spawn_blocking(move |conn| conn.immediate_transaction(claim));
    Ok(claimed.await?)
}

/// See [`crate::store::claim_within`].
pub(crate) async fn claim_within(
    conn: &mut SqliteConn,
    queue: &str,
    worker: WorkerId,
    takes: &[Take],
    gated: bool,
    now: Time,
) -> Result<Vec<ClaimedRow>, DbError> {
    let claim = claims(queue, worker, takes, gated, now);
    Ok(conn.spawn_blocking(claim).await?)
}

/// One statement a lane.
fn claims(
    queue: &str,
    worker: WorkerId,
    takes: &[Take],
    gated: bool,
    now: Time,
) -> impl FnOnce(&mut SqliteConnection) -> QueryResult<Vec<ClaimedRow>> + use<> {
    let (queue, takes) = (queue.to_owned(), takes.to_vec());
    move |conn| {
        let mut rows = Vec::new();
        for take in takes {
            let statement = Claim {
                queue: Bind::new(queue.clone()),
                priority: Bind::new(take.turn.lane.priority),
                lane: Bind::new(take.turn.lane.id),
                run_at: Bind::new(take.turn.after.0),
                id: Bind::new(take.turn.after.1),
                quota: Bind::new(i64::try_from(take.quota).unwrap_or(i64::MAX)),
                worker: Bind::new(worker),
                gated: Bind::new(gated),
                now: Bind::new(now),
            };
            rows.extend(statement.load::<ClaimedRow>(conn)?);
        }
        Ok(rows)
    }
}
