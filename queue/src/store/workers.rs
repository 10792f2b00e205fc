//! The leases: one row a worker incarnation.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::schema::{queue_jobs, queue_workers};
use crate::{FlowId, JobId, WorkerId};

/// A new row of `queue_workers`.
#[derive(Debug, Clone, Insertable)]
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

/// Opens a lease.
pub(crate) async fn register(db: &mut Db, registration: Registration) -> Result<(), DbError> {
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
