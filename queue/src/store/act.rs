//! What people do to jobs: cancel, retry. Each moves the fence when it takes the job from someone.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::hot::runs;
use super::lists::job;
use super::schema::queue_jobs;
use crate::{JobId, Scope, State};

/// What a request to cancel met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CancelAct {
    Done,
    Requested,
    AlreadyFinished,
    NotFound,
}

/// Cancels what does not run, and asks what runs to stop. Runs inside the caller's transaction.
pub(crate) async fn cancel(
    db: &mut Db,
    scope: Scope,
    id: JobId,
    why: &str,
    now: Time,
) -> Result<CancelAct, DbError> {
    if job(db, scope, id).await?.is_none() {
        return Ok(CancelAct::NotFound);
    }
    let idle = [
        State::Waiting,
        State::Scheduled,
        State::Retrying,
        State::Blocked,
    ];
    let statement = diesel::update(
        queue_jobs::table
            .find(id)
            .filter(queue_jobs::state.eq_any(idle)),
    )
    .set((
        queue_jobs::state.eq(State::Cancelled),
        queue_jobs::fence.eq(queue_jobs::fence + 1),
        queue_jobs::finished_at.eq(Some(now)),
        queue_jobs::cancel_requested_at.eq(Some(now)),
        queue_jobs::cancel_reason.eq(Some(why)),
        queue_jobs::error_code.eq(None::<String>),
        queue_jobs::error_message.eq(None::<String>),
        queue_jobs::checkpoint.eq(None::<Document>),
    ));
    if db::on!(db, conn => statement.execute(conn).await)? == 1 {
        return Ok(CancelAct::Done);
    }
    // The owner keeps its fence: it is the one who stops the body and writes the end.
    let statement = diesel::update(
        queue_jobs::table
            .find(id)
            .filter(runs())
            .filter(queue_jobs::cancel_requested_at.is_null()),
    )
    .set((
        queue_jobs::cancel_requested_at.eq(Some(now)),
        queue_jobs::cancel_reason.eq(Some(why)),
    ));
    if db::on!(db, conn => statement.execute(conn).await)? == 1 {
        return Ok(CancelAct::Requested);
    }
    let state = queue_jobs::table.find(id).select(queue_jobs::state);
    let state: State = db::on!(db, conn => state.first(conn).await)?;
    Ok(if state == State::Running {
        CancelAct::Requested
    } else {
        CancelAct::AlreadyFinished
    })
}

/// Makes a dead or cancelled job wait again, with `allowance` attempts left; answers its queue.
/// Attempts and fence go on from where they were.
pub(crate) async fn retry(
    db: &mut Db,
    id: JobId,
    allowance: i32,
    now: Time,
) -> Result<Option<String>, DbError> {
    let query = queue_jobs::table
        .find(id)
        .filter(queue_jobs::state.eq_any([State::Dead, State::Cancelled]))
        .select((
            queue_jobs::queue,
            queue_jobs::attempt,
            queue_jobs::max_attempts,
            queue_jobs::fence,
        ));
    let found: Option<(String, i32, i32, i64)> =
        db::on!(db, conn => query.first(conn).await.optional())?;
    let Some((queue, attempt, max_attempts, fence)) = found else {
        return Ok(None);
    };
    let statement = diesel::update(
        queue_jobs::table
            .find(id)
            .filter(queue_jobs::fence.eq(fence)),
    )
    .set((
        queue_jobs::state.eq(State::Waiting),
        queue_jobs::fence.eq(queue_jobs::fence + 1),
        queue_jobs::max_attempts.eq(max_attempts.max(attempt.saturating_add(allowance))),
        queue_jobs::run_at.eq(now),
        queue_jobs::finished_at.eq(None::<Time>),
        queue_jobs::cancel_requested_at.eq(None::<Time>),
        queue_jobs::cancel_reason.eq(None::<String>),
        queue_jobs::error_code.eq(None::<String>),
        queue_jobs::error_message.eq(None::<String>),
        queue_jobs::progress.eq(0.0_f32),
        queue_jobs::stage.eq(None::<String>),
    ));
    let moved = db::on!(db, conn => statement.execute(conn).await)?;
    Ok((moved == 1).then_some(queue))
}
