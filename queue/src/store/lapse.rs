//! Taking back what lapsed leases held.

use std::collections::HashMap;

use db::{Db, DbError, Time};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::flows::{Moved, lock_flows};
use super::hot::finish_within;
use super::row::{Ack, Row, read};
use super::schema::{queue_jobs, queue_workers};
use super::workers::running;
use crate::{FlowId, JobId, State, WorkerId};

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

/// A job that was taken back, with its queue and where it went.
type Rescued = (JobId, String, State);

/// Ends the lease of `worker` if it is still lapsed at `now`, and takes back every job it held:
/// each goes where `verdict` says, under a new fence, with its attempt recorded. Runs inside the
/// caller's transaction. A lease that was renewed meanwhile is left alone. Who needs what ended so
/// is moved too.
pub(crate) async fn rescue_from(
    db: &mut Db,
    worker: WorkerId,
    now: Time,
    verdict: impl Fn(&Row) -> super::Verdict + Send,
) -> Result<(Vec<Rescued>, Vec<Moved>), DbError> {
    let lapsed = queue_workers::table
        .find(worker)
        .filter(queue_workers::lease_until.le(now));
    let statement = diesel::delete(lapsed);
    let ended = db::on!(db, conn => statement.execute(conn).await)?;
    if ended == 0 {
        let lease = queue_workers::table.find(worker).select(queue_workers::id);
        let lease: Option<WorkerId> = db::on!(db, conn => lease.first(conn).await.optional())?;
        if lease.is_some() {
            return Ok((Vec::new(), Vec::new()));
        }
    }
    let query = queue_jobs::table
        .filter(queue_jobs::worker_id.eq(worker))
        .filter(running())
        .order(queue_jobs::id)
        .select(read());
    let rows: Vec<Row> = db::on!(db, conn => query.load(conn).await)?;
    let flows: Vec<FlowId> = rows.iter().filter_map(|row| row.flow_id).collect();
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
    lock_flows(db, &flows).await?;
    let (taken, moved) = finish_within(db, acks, now).await?;
    let away = queue_jobs::table.filter(queue_jobs::id.eq_any(&taken));
    let statement = diesel::update(away).set(queue_jobs::fence.eq(queue_jobs::fence + 1));
    db::on!(db, conn => statement.execute(conn).await)?;
    let rescued = taken.into_iter().filter_map(|id| {
        let (queue, state) = held.remove(&id)?;
        Some((id, queue, state))
    });
    Ok((rescued.collect(), moved))
}
