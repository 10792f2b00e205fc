//! Deleting jobs that finished long ago, a stretch of the primary key at a time.

use db::{Db, DbError, Pool, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::schema::queue_jobs;
use crate::{JobId, State};

/// Of each final state, those that finished at or before this may go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub done: Time,
    pub cancelled: Time,
    pub dead: Time,
}

/// What became of one stretch.
#[derive(Debug)]
pub(crate) struct Stretch {
    /// The last job that was looked at; none when no more lie before the end.
    pub last: Option<JobId>,
    /// How many were deleted, with their attempts.
    pub pruned: usize,
}

/// Looks at up to `limit` jobs with ids between `after` and `end`, and deletes those that may go.
///
/// Ids sort by creation and nothing finishes before it is made, so the primary key leads to what
/// is old: an index on `finished_at` would cost every finish, the hot path.
pub(crate) async fn prune(
    pool: &Pool,
    after: JobId,
    end: JobId,
    bounds: Bounds,
    limit: i64,
) -> Result<Stretch, DbError> {
    let ids = {
        let mut db = pool.get().await?;
        stretch(&mut db, after, end, limit).await?
    };
    let Some(last) = ids.last().copied() else {
        return Ok(Stretch {
            last: None,
            pruned: 0,
        });
    };
    let finished_by = |state: State, bound: Time| {
        queue_jobs::state
            .eq(state)
            .and(queue_jobs::finished_at.assume_not_null().le(bound))
    };
    // Of a flow nothing goes before all of it is finished: its jobs are judged by one another.
    let flow_ended = diesel::dsl::sql::<diesel::sql_types::Bool>(
        "(queue_jobs.flow_id IS NULL OR NOT EXISTS (SELECT 1 FROM queue_jobs f \
         WHERE f.flow_id = queue_jobs.flow_id AND f.finished_at IS NULL))",
    );
    // What may have happened outside is not forgotten before someone says whether it did.
    let settled = diesel::dsl::sql::<diesel::sql_types::Bool>(
        "NOT EXISTS (SELECT 1 FROM queue_effects e WHERE e.job_id = queue_jobs.id \
         AND e.state IN ('intended', 'ambiguous'))",
    );
    // Looked at again with the row locked: someone may be retrying it.
    let may_go = queue_jobs::finished_at.is_not_null().and(
        finished_by(State::Done, bounds.done)
            .or(finished_by(State::Cancelled, bounds.cancelled))
            .or(finished_by(State::Dead, bounds.dead)),
    );
    let statement = diesel::delete(
        queue_jobs::table
            .filter(queue_jobs::id.eq_any(ids))
            .filter(may_go)
            .filter(flow_ended)
            .filter(settled),
    );
    let mut db = pool.writer().await?;
    let pruned = db::on!(&mut *db, conn => statement.execute(conn).await)?;
    Ok(Stretch {
        last: Some(last),
        pruned,
    })
}

async fn stretch(db: &mut Db, after: JobId, end: JobId, limit: i64) -> Result<Vec<JobId>, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::id.gt(after))
        .filter(queue_jobs::id.lt(end))
        .order(queue_jobs::id)
        .limit(limit)
        .select(queue_jobs::id);
    Ok(db::on!(db, conn => query.load(conn).await)?)
}
