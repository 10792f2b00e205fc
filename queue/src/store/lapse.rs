//! Taking back what lapsed leases held.

use std::collections::HashMap;

use db::{Db, DbError, Time};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::row::{Ack, Row, read};
use super::schema::{queue_jobs, queue_workers};
use super::workers::running;
use super::{postgres, sqlite};
use crate::{JobId, State, WorkerId};

/// Incarnations whose lease ran out before `now`.
pub(crate) async fn lapsed(db: &mut Db, now: Time) -> Result<Vec<WorkerId>, DbError> {
    let query = queue_workers::table
        .filter(queue_workers::lease_until.le(now))
        .order(queue_workers::lease_until)
        .limit(100)
        .select(queue_workers::id);
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// Incarnations that hold jobs but have no lease at all: they left, or were written off before
/// their last claim was seen.
pub(crate) async fn orphaned(db: &mut Db) -> Result<Vec<WorkerId>, DbError> {
    let query = queue_jobs::table
        .filter(running())
        .filter(not(exists(queue_workers::table.filter(
            queue_workers::id.nullable().eq(queue_jobs::worker_id),
        ))))
        .select(queue_jobs::worker_id)
        .distinct();
    let found: Vec<Option<WorkerId>> = db::on!(db, conn => query.load(conn).await)?;
    Ok(found.into_iter().flatten().collect())
}

/// Ends the lease of `worker` if it is still lapsed at `now`, and takes back every job it held:
/// each goes where `verdict` says, under a new fence, with its attempt recorded. Runs inside the
/// caller's transaction. A lease that was renewed meanwhile is left alone.
pub(crate) async fn rescue_from(
    db: &mut Db,
    worker: WorkerId,
    now: Time,
    verdict: impl Fn(&Row) -> super::Verdict + Send,
) -> Result<Vec<(JobId, String, State)>, DbError> {
    let lapsed = queue_workers::table
        .find(worker)
        .filter(queue_workers::lease_until.le(now));
    let statement = diesel::delete(lapsed);
    let ended = db::on!(db, conn => statement.execute(conn).await)?;
    if ended == 0 {
        let lease = queue_workers::table.find(worker).select(queue_workers::id);
        let lease: Option<WorkerId> = db::on!(db, conn => lease.first(conn).await.optional())?;
        if lease.is_some() {
            return Ok(Vec::new());
        }
    }
    let query = queue_jobs::table
        .filter(queue_jobs::worker_id.eq(worker))
        .filter(running())
        .order(queue_jobs::id)
        .select(read());
    let rows: Vec<Row> = db::on!(db, conn => query.load(conn).await)?;
    let mut held = HashMap::with_capacity(rows.len());
    let mut acks = Vec::with_capacity(rows.len());
    for row in rows {
        let verdict = verdict(&row);
        acks.push(Ack {
            id: row.id,
            fence: row.fence,
            worker_id: worker,
            attempt: row.attempt,
            started_at: row.started_at,
            verdict: verdict.clone(),
        });
        held.insert(row.id, (row.queue, verdict.state));
    }
    let taken = match db {
        Db::Pg(conn) => postgres::finish(conn, acks, now).await?,
        Db::Sqlite(conn) => sqlite::finish_within(conn, acks, now).await?,
    };
    let moved = queue_jobs::table.filter(queue_jobs::id.eq_any(&taken));
    let statement = diesel::update(moved).set(queue_jobs::fence.eq(queue_jobs::fence + 1));
    db::on!(db, conn => statement.execute(conn).await)?;
    let rescued = taken.into_iter().filter_map(|id| {
        let (queue, state) = held.remove(&id)?;
        Some((id, queue, state))
    });
    Ok(rescued.collect())
}
