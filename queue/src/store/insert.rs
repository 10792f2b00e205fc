//! A new row, unless its unique key is taken.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::row::TenantKey;
use super::schema::queue_jobs;
use crate::{Enqueued, FlowId, JobId, NewJob, State};

#[derive(Debug, Insertable)]
#[diesel(table_name = queue_jobs)]
struct NewRow {
    id: JobId,
    tenant_id: Option<TenantKey>,
    queue: String,
    kind: String,
    state: State,
    priority: i16,
    payload: Document,
    max_attempts: i32,
    run_at: Time,
    timeout_seconds: i32,
    backoff_base_ms: i32,
    backoff_cap_ms: i32,
    unique_key: Option<String>,
    created_at: Time,
    flow_id: Option<FlowId>,
}

/// Inserts the job in the caller's transaction, unless an unfinished job has its unique key.
pub(crate) async fn insert(
    db: &mut Db,
    job: NewJob,
    state: State,
    run_at: Time,
    now: Time,
) -> Result<Enqueued, DbError> {
    let id = job.id;
    let fresh = Enqueued {
        id,
        existing: false,
    };
    let key = job.stored_key();
    let row = NewRow {
        id,
        tenant_id: job.tenant_id.map(TenantKey),
        state,
        priority: job.priority,
        max_attempts: job.max_attempts,
        run_at,
        timeout_seconds: job.timeout_seconds,
        backoff_base_ms: millis(job.backoff.base),
        backoff_cap_ms: millis(job.backoff.cap.max(job.backoff.base)),
        unique_key: key.clone(),
        created_at: now,
        flow_id: job.flow_id,
        queue: job.queue,
        kind: job.kind,
        payload: Document(job.payload),
    };
    let Some(key) = key else {
        let statement = diesel::insert_into(queue_jobs::table).values(&row);
        db::on!(db, conn => statement.execute(conn).await)?;
        return Ok(fresh);
    };
    // The holder of the key may finish between our two looks; then there is room, and we look again.
    loop {
        let statement = diesel::insert_into(queue_jobs::table)
            .values(&row)
            .on_conflict_do_nothing();
        if db::on!(db, conn => statement.execute(conn).await)? == 1 {
            return Ok(fresh);
        }
        let holder = queue_jobs::table
            .select(queue_jobs::id)
            .filter(queue_jobs::unique_key.eq(&key))
            .filter(queue_jobs::finished_at.is_null());
        let holder: Option<JobId> = db::on!(db, conn => holder.first(conn).await.optional())?;
        if let Some(id) = holder {
            return Ok(Enqueued { id, existing: true });
        }
        let same = queue_jobs::table.find(id).select(queue_jobs::id);
        let same: Option<JobId> = db::on!(db, conn => same.first(conn).await.optional())?;
        if same.is_some() {
            return Err(DbError::Constraint {
                kind: db::ConstraintKind::Unique,
                name: "queue_jobs.id".into(),
            });
        }
    }
}

fn millis(duration: std::time::Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
