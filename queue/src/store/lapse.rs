//! Taking back what lapsed leases held.

use db::{Db, DbError, Time};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::attempts::AttemptRow;
use super::hot::held;
use super::row::{Ack, Row, read};
use super::schema::{queue_attempts, queue_jobs, queue_workers};
use super::workers::running;
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
    let mut rescued = Vec::with_capacity(rows.len());
    for row in rows {
        let verdict = verdict(&row);
        if take_back(db, &row, worker, &verdict, now).await? {
            rescued.push((row.id, row.queue, verdict.state));
        }
    }
    Ok(rescued)
}

async fn take_back(
    db: &mut Db,
    row: &Row,
    worker: WorkerId,
    verdict: &super::Verdict,
    now: Time,
) -> Result<bool, DbError> {
    let finished = verdict.state.is_final().then_some(now);
    let statement = diesel::update(queue_jobs::table.find(row.id).filter(held(row.fence))).set((
        queue_jobs::state.eq(verdict.state),
        queue_jobs::fence.eq(queue_jobs::fence + 1),
        queue_jobs::worker_id.eq(None::<WorkerId>),
        queue_jobs::run_at.eq(verdict.run_at.unwrap_or(row.run_at)),
        queue_jobs::finished_at.eq(finished),
        queue_jobs::error_code.eq(verdict.code.clone()),
        queue_jobs::error_message.eq(verdict.message.clone()),
    ));
    if db::on!(db, conn => statement.execute(conn).await)? == 0 {
        return Ok(false);
    }
    let ack = Ack {
        id: row.id,
        fence: row.fence,
        worker_id: worker,
        attempt: row.attempt,
        started_at: row.started_at,
        verdict: verdict.clone(),
    };
    if let Some(attempt) = AttemptRow::of(&ack, now) {
        let statement = diesel::insert_into(queue_attempts::table).values(attempt);
        db::on!(db, conn => statement.execute(conn).await)?;
    }
    Ok(true)
}
