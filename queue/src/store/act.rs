//! What people do to jobs: cancel, retry. Each moves the fence when it takes the job from someone.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::flows::{Moved, follow, judgement, lock_flow_of, revive};
use super::row::TenantKey;
use super::schema::queue_jobs;
use crate::flow::Judgement;
use crate::{Cancel, JobId, Retried, Scope, State};

/// What an act finds of its job.
#[derive(Queryable)]
pub(super) struct Found {
    tenant_id: Option<TenantKey>,
    queue: String,
    pub(super) state: State,
    attempt: i32,
    max_attempts: i32,
    unique_key: Option<String>,
    cancel_requested_at: Option<Time>,
}

/// The job as the scope may see it, held as it is until the transaction ends.
pub(super) async fn hold(db: &mut Db, scope: Scope, id: JobId) -> Result<Option<Found>, DbError> {
    let query = queue_jobs::table.find(id).select((
        queue_jobs::tenant_id,
        queue_jobs::queue,
        queue_jobs::state,
        queue_jobs::attempt,
        queue_jobs::max_attempts,
        queue_jobs::unique_key,
        queue_jobs::cancel_requested_at,
    ));
    let found: Option<Found> = match db {
        Db::Pg(conn) => query.for_no_key_update().first(conn).await.optional()?,
        // The transaction already holds SQLite's one write lock.
        Db::Sqlite(conn) => query.first(conn).await.optional()?,
    };
    Ok(found.filter(|found| match scope {
        Scope::Operator => true,
        Scope::Tenant(tenant) => found.tenant_id == Some(TenantKey(tenant)),
    }))
}

/// Cancels what does not run, and asks what runs to stop; names those who needed it and moved.
/// Runs inside the caller's transaction.
pub(crate) async fn cancel(
    db: &mut Db,
    scope: Scope,
    id: JobId,
    why: &str,
    now: Time,
) -> Result<(Cancel, Vec<Moved>), DbError> {
    let flow = lock_flow_of(db, id).await?;
    let cancel = cancel_alone(db, scope, id, why, now).await?;
    let moved = match flow {
        Some(_) if cancel == Cancel::Done => follow(db, vec![id], now).await?,
        _ => Vec::new(),
    };
    Ok((cancel, moved))
}

/// The same without moving those who need it. The caller has locked its flow.
pub(super) async fn cancel_alone(
    db: &mut Db,
    scope: Scope,
    id: JobId,
    why: &str,
    now: Time,
) -> Result<Cancel, DbError> {
    let Some(found) = hold(db, scope, id).await? else {
        return Ok(Cancel::NotFound);
    };
    if found.state.is_final() {
        return Ok(Cancel::AlreadyFinished);
    }
    let requested = (
        queue_jobs::cancel_requested_at.eq(Some(now)),
        queue_jobs::cancel_reason.eq(Some(why)),
    );
    let row = diesel::update(queue_jobs::table.find(id));
    if found.state == State::Running {
        // The owner keeps its fence: it is the one who stops the body and writes the end.
        if found.cancel_requested_at.is_none() {
            db::on!(db, conn => row.set(requested).execute(conn).await)?;
        }
        return Ok(Cancel::Requested);
    }
    let statement = row.set((
        requested,
        queue_jobs::state.eq(State::Cancelled),
        queue_jobs::fence.eq(queue_jobs::fence + 1),
        queue_jobs::finished_at.eq(Some(now)),
        queue_jobs::error_code.eq(None::<String>),
        queue_jobs::error_message.eq(None::<String>),
        queue_jobs::checkpoint.eq(None::<Document>),
    ));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(Cancel::Done)
}

/// Makes a dead or cancelled job wait again, with `allowance` attempts left; names it and
/// those who need it and moved.
/// Attempts and fence go on from where they were. Runs inside the caller's transaction.
pub(crate) async fn retry(
    db: &mut Db,
    scope: Scope,
    id: JobId,
    allowance: i32,
    now: Time,
) -> Result<Result<Vec<Moved>, Retried>, DbError> {
    let flow = lock_flow_of(db, id).await?;
    let Some(found) = hold(db, scope, id).await? else {
        return Ok(Err(Retried::NotFound));
    };
    if !matches!(found.state, State::Dead | State::Cancelled) {
        return Ok(Err(Retried::NotFailed));
    }
    if let Some(key) = &found.unique_key
        && is_taken(db, key).await?
    {
        return Ok(Err(Retried::Superseded));
    }
    let state = match flow {
        None => State::Waiting,
        Some(_) => match judgement(db, id).await? {
            Judgement::Ready => State::Waiting,
            Judgement::Blocked => State::Blocked,
            Judgement::Failed(_) => return Ok(Err(Retried::NeedsFailed)),
        },
    };
    let allowed = found.attempt.saturating_add(allowance);
    let statement = diesel::update(queue_jobs::table.find(id)).set((
        queue_jobs::state.eq(state),
        queue_jobs::fence.eq(queue_jobs::fence + 1),
        queue_jobs::max_attempts.eq(found.max_attempts.max(allowed)),
        queue_jobs::run_at.eq(now),
        queue_jobs::finished_at.eq(None::<Time>),
        queue_jobs::cancel_requested_at.eq(None::<Time>),
        queue_jobs::cancel_reason.eq(None::<String>),
        queue_jobs::error_code.eq(None::<String>),
        queue_jobs::error_message.eq(None::<String>),
        queue_jobs::progress.eq(0.0_f32),
        queue_jobs::stage.eq(None::<String>),
    ));
    db::on!(db, conn => statement.execute(conn).await)?;
    let mut moved = vec![Moved {
        id,
        queue: found.queue,
        state,
    }];
    if flow.is_some() {
        moved.extend(revive(db, id, now).await?);
    }
    Ok(Ok(moved))
}

/// Whether an unfinished job has the unique key. The index refuses whoever comes in between.
async fn is_taken(db: &mut Db, key: &str) -> Result<bool, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::unique_key.eq(key))
        .filter(queue_jobs::finished_at.is_null())
        .select(queue_jobs::id);
    let found: Option<JobId> = db::on!(db, conn => query.first(conn).await.optional())?;
    Ok(found.is_some())
}
