//! New rows, unless their unique keys are taken.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::row::TenantKey;
use super::schema::{queue_jobs, queue_unique_windows};
use super::{postgres, sqlite};
use crate::enqueue::Entry;
use crate::lane::LaneId;
use crate::trace::TraceKey;
use crate::{Enqueued, FlowId, JobId, State, TraceId};

/// A new row of `queue_jobs`.
#[derive(Debug, Insertable)]
#[diesel(table_name = queue_jobs)]
pub(crate) struct NewRow {
    pub id: JobId,
    pub tenant_id: Option<TenantKey>,
    pub queue: String,
    pub kind: String,
    pub state: State,
    pub priority: i16,
    pub payload: Document,
    pub max_attempts: i32,
    pub run_at: Time,
    pub timeout_seconds: i32,
    pub backoff_base_ms: i32,
    pub backoff_cap_ms: i32,
    pub unique_key: Option<String>,
    pub created_at: Time,
    pub lane: LaneId,
    pub limit_key: Option<String>,
    pub flow_id: Option<FlowId>,
    pub trace_id: Option<TraceKey>,
}

impl NewRow {
    fn of(entry: Entry) -> Self {
        let job = entry.job;
        let (backoff_base_ms, backoff_cap_ms) = job.backoff.as_millis();
        Self {
            id: job.id,
            tenant_id: job.tenant_id.map(TenantKey),
            state: entry.state,
            priority: job.priority,
            max_attempts: job.max_attempts,
            run_at: entry.run_at,
            timeout_seconds: job.timeout_seconds,
            backoff_base_ms,
            backoff_cap_ms,
            unique_key: job.stored_key(),
            created_at: entry.now,
            lane: job.lane().id,
            limit_key: job.limit_key,
            flow_id: job.flow_id,
            trace_id: job.trace.map(TraceId::key),
            queue: job.queue,
            kind: job.kind,
            payload: Document(job.payload),
        }
    }
}

fn fresh(id: JobId) -> Enqueued {
    Enqueued {
        id,
        existing: false,
    }
}

/// Inserts the jobs in the caller's transaction: those with unique keys one by one, each unless
/// its key is taken, and all others in one statement.
pub(crate) async fn insert_all(db: &mut Db, entries: Vec<Entry>) -> Result<Vec<Enqueued>, DbError> {
    let mut answers = Vec::with_capacity(entries.len());
    let mut plain = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.is_keyed() {
            answers.push(insert(db, entry).await?);
        } else {
            answers.push(fresh(entry.job.id));
            plain.push(NewRow::of(entry));
        }
    }
    if !plain.is_empty() {
        match db {
            Db::Pg(conn) => postgres::insert_all(conn, plain).await?,
            Db::Sqlite(conn) => sqlite::insert_all(conn, plain).await?,
        }
    }
    Ok(answers)
}

/// Inserts the job in the caller's transaction, unless its unique key is taken.
pub(crate) async fn insert(db: &mut Db, entry: Entry) -> Result<Enqueued, DbError> {
    let (id, now) = (entry.job.id, entry.now);
    let window = entry.job.unique.as_ref().and_then(|unique| unique.window);
    let row = NewRow::of(entry);
    let Some(key) = row.unique_key.clone() else {
        let statement = diesel::insert_into(queue_jobs::table).values(&row);
        db::on!(db, conn => statement.execute(conn).await)?;
        return Ok(fresh(id));
    };
    // The holder of the key may finish between our two looks; then there is room, and we look again.
    loop {
        let statement = diesel::insert_into(queue_jobs::table)
            .values(&row)
            .on_conflict_do_nothing();
        if db::on!(db, conn => statement.execute(conn).await)? == 1 {
            break;
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
    match window {
        Some(window) => keep_key(db, key, id, now, now + window).await,
        None => Ok(fresh(id)),
    }
}

/// Gives the key to the job that was just inserted until `until`, or takes the job out again
/// because an earlier one still has it.
async fn keep_key(
    db: &mut Db,
    key: String,
    id: JobId,
    now: Time,
    until: Time,
) -> Result<Enqueued, DbError> {
    use queue_unique_windows as windows;
    let statement = diesel::insert_into(windows::table)
        .values((
            windows::unique_key.eq(&key),
            windows::job_id.eq(id),
            windows::until.eq(until),
        ))
        .on_conflict(windows::unique_key)
        .do_update()
        .set((windows::job_id.eq(id), windows::until.eq(until)));
    let lapsed = windows::until.le(now);
    let statement = diesel::query_dsl::methods::FilterDsl::filter(statement, lapsed);
    if db::on!(db, conn => statement.execute(conn).await)? == 1 {
        return Ok(fresh(id));
    }
    let statement = diesel::delete(queue_jobs::table.find(id));
    db::on!(db, conn => statement.execute(conn).await)?;
    let holder = windows::table.find(&key).select(windows::job_id);
    let id: JobId = db::on!(db, conn => holder.first(conn).await)?;
    Ok(Enqueued { id, existing: true })
}
