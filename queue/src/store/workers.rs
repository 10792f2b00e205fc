//! The leases: one row a worker incarnation.

use std::collections::HashMap;

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::incarnations;
use super::schema::{queue_jobs, queue_workers};
use crate::{FlowId, JobId, WorkerId};

/// A row of `queue_workers`, read whole.
pub(crate) type WorkerRow = Registration;

/// A row of `queue_workers`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = queue_workers)]
pub(crate) struct Registration {
    pub id: WorkerId,
    pub name: String,
    pub host: String,
    pub pid: i64,
    pub queues: Document,
    pub started_at: Time,
    pub beat_at: Time,
    pub lease_until: Time,
}

impl Registration {
    /// The names of the queues it serves.
    pub(crate) fn queues(&self) -> Vec<String> {
        let names = self.queues.0.as_array().into_iter().flatten();
        let names = names.filter_map(|name| name.as_str());
        names.map(ToOwned::to_owned).collect()
    }
}

/// Opens a lease, and keeps whose it is. Runs inside the caller's transaction.
pub(crate) async fn register(db: &mut Db, registration: Registration) -> Result<(), DbError> {
    incarnations::keep(db, &registration).await?;
    let statement = diesel::insert_into(queue_workers::table).values(registration);
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// Renews a lease. False: it was taken away, and everything held under it with it.
pub(crate) async fn beat(
    db: &mut Db,
    id: WorkerId,
    now: Time,
    lease_until: Time,
) -> Result<bool, DbError> {
    let statement = diesel::update(queue_workers::table.find(id)).set((
        queue_workers::beat_at.eq(now),
        queue_workers::lease_until.eq(lease_until),
    ));
    Ok(db::on!(db, conn => statement.execute(conn).await)? == 1)
}

/// Ends a lease. What is still held under it is taken back as from a lapsed one.
pub(crate) async fn deregister(db: &mut Db, id: WorkerId) -> Result<(), DbError> {
    let statement = diesel::delete(queue_workers::table.find(id));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// The workers, in the order in which they registered; `leased_at`: only those whose lease holds
/// then.
pub(crate) async fn workers(
    db: &mut Db,
    leased_at: Option<Time>,
) -> Result<Vec<WorkerRow>, DbError> {
    Ok(db::on!(db, conn => {
        let mut query = queue_workers::table.order(queue_workers::id).into_boxed();
        if let Some(now) = leased_at {
            query = query.filter(queue_workers::lease_until.gt(now));
        }
        query.load(conn).await
    })?)
}

/// How many jobs each incarnation runs; those that run none are absent.
pub(crate) async fn held_counts(db: &mut Db) -> Result<HashMap<WorkerId, u64>, DbError> {
    let query = queue_jobs::table
        .filter(running())
        .group_by(queue_jobs::worker_id)
        .select((queue_jobs::worker_id, diesel::dsl::count_star()));
    let counts: Vec<(Option<WorkerId>, i64)> = db::on!(db, conn => query.load(conn).await)?;
    let counts = counts.into_iter();
    Ok(counts
        .filter_map(|(id, count)| Some((id?, count.unsigned_abs())))
        .collect())
}

/// A job that the table says an incarnation runs.
#[derive(Debug, Queryable)]
pub(crate) struct HeldRow {
    pub id: JobId,
    pub queue: String,
    pub fence: i64,
    pub attempt: i32,
    pub flow_id: Option<FlowId>,
}

/// What the table says this incarnation runs.
pub(crate) async fn held_rows(db: &mut Db, id: WorkerId) -> Result<Vec<HeldRow>, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::worker_id.eq(id))
        .filter(running())
        .select((
            queue_jobs::id,
            queue_jobs::queue,
            queue_jobs::fence,
            queue_jobs::attempt,
            queue_jobs::flow_id,
        ));
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// Which of the jobs this incarnation runs were asked to stop, and why.
pub(crate) async fn cancel_requests(
    db: &mut Db,
    id: WorkerId,
) -> Result<Vec<(JobId, i64, Option<String>)>, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::worker_id.eq(id))
        .filter(running())
        .filter(queue_jobs::cancel_requested_at.is_not_null())
        .select((queue_jobs::id, queue_jobs::fence, queue_jobs::cancel_reason));
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// `state = 'running'` as text, which is how SQLite recognises the partial index.
pub(super) fn running() -> diesel::expression::SqlLiteral<diesel::sql_types::Bool> {
    diesel::dsl::sql("queue_jobs.state = 'running'")
}
