//! Claiming on PostgreSQL: walk each lane's stretch of the partial index, skip what others hold,
//! mark it ours.

use db::{DbError, DbTime, DbUuid, Time};
use diesel::pg::Pg;
use diesel::sql_types::{Array, BigInt, Bool, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::claim::Take;
use crate::lane::LaneId;
use crate::store::claimed::{CLAIMED, ClaimedRow, ClaimedTypes};
use crate::store::statement::{Bind, statement};
use crate::{JobId, WorkerId};

statement! {
    /// The inner query is an array, evaluated once, so that the rows, locked where they lie, are
    /// then found there whatever the planner thinks of the table's size. A row that was rewritten
    /// since the statement began is left for the next claim.
    Claim on Pg => ClaimedTypes {
        queue: Text = String,
        priorities: Array<SmallInt> = Vec<i16>,
        lanes: Array<DbUuid> = Vec<LaneId>,
        run_ats: Array<DbTime> = Vec<Time>,
        ids: Array<DbUuid> = Vec<JobId>,
        quotas: Array<BigInt> = Vec<i64>,
        worker: DbUuid = WorkerId,
        gated: Bool = bool,
        now: DbTime = Time,
    }
    "UPDATE queue_jobs SET state = 'running', attempt = attempt + 1, fence = fence + 1, progress = 0, \
     stage = NULL, error_code = NULL, error_message = NULL, worker_id = " worker ", started_at = " now
    " WHERE ctid = ANY (ARRAY(SELECT j.at FROM unnest(" priorities ", " lanes ", " run_ats ", " ids ", " quotas
    ") AS t (priority, lane, run_at, id, quota) CROSS JOIN LATERAL (SELECT ctid AS at FROM queue_jobs q WHERE q.queue = " queue
    " AND q.state = 'waiting' AND q.priority = t.priority AND q.lane = t.lane AND (q.run_at, q.id) > (t.run_at, t.id) \
     ORDER BY q.run_at, q.id LIMIT t.quota FOR NO KEY UPDATE SKIP LOCKED) j \
     WHERE EXISTS (SELECT 1 FROM queue_workers w WHERE w.id = " worker " AND w.lease_until > " now
    ") AND NOT EXISTS (SELECT 1 FROM queue_controls c WHERE c.queue IN (" queue
    ", '*') AND (c.paused_at IS NOT NULL OR (c.max_running IS NOT NULL AND NOT " gated "))))) RETURNING " (CLAIMED)
}

/// See [`crate::store::claim`].
pub(crate) async fn claim(
    conn: &mut AsyncPgConnection,
    queue: &str,
    worker: WorkerId,
    takes: &[Take],
    gated: bool,
    now: Time,
) -> Result<Vec<ClaimedRow>, DbError> {
    let turns = || takes.iter().map(|take| &take.turn);
    let quota = |take: &Take| i64::try_from(take.quota).unwrap_or(i64::MAX);
    let statement = Claim {
        queue: Bind::new(queue.to_owned()),
        priorities: Bind::new(turns().map(|turn| turn.lane.priority).collect()),
        lanes: Bind::new(turns().map(|turn| turn.lane.id).collect()),
        run_ats: Bind::new(turns().map(|turn| turn.after.0).collect()),
        ids: Bind::new(turns().map(|turn| turn.after.1).collect()),
        quotas: Bind::new(takes.iter().map(quota).collect()),
        worker: Bind::new(worker),
        gated: Bind::new(gated),
        now: Bind::new(now),
    };
    Ok(statement.load(conn).await?)
}
