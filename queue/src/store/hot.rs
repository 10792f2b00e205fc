//! The hot verbs, sent to the store's own text.

use std::collections::HashMap;

use db::{Db, DbError, Pool, Time};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use super::claimed::ClaimedRow;
use super::flows::{Moved, ended, follow, lock_flows};
use super::row::{Ack, Row};
use super::schema::queue_jobs;
use super::{postgres, sqlite};
use crate::claim::Take;
use crate::lane::{Head, LaneId};
use crate::{FlowId, JobId, State, WorkerId};

/// Takes what `takes` say from their lanes for `worker`, whose lease must be valid at `now`.
/// Answers the first of every lane before the second of any; nothing of a queue that is paused,
/// or of which operators said how many may run.
pub(crate) async fn claim(
    pool: &Pool,
    queue: &str,
    worker: WorkerId,
    takes: &[Take],
    now: Time,
) -> Result<Vec<Row>, DbError> {
    let mut db = pool.writer().await?;
    let rows = match &mut *db {
        Db::Pg(conn) => postgres::claim(conn, queue, worker, takes, false, now).await?,
        Db::Sqlite(conn) => sqlite::claim(conn, queue, worker, takes, now).await?,
    };
    Ok(in_turn(rows, queue, now))
}

/// The same inside a transaction that knows what limits leave. `gated`: it has locked what
/// operators said of how many of the queue may run, without which such a queue gives nothing.
pub(crate) async fn claim_within(
    db: &mut Db,
    queue: &str,
    worker: WorkerId,
    takes: &[Take],
    gated: bool,
    now: Time,
) -> Result<Vec<Row>, DbError> {
    let rows = match db {
        Db::Pg(conn) => postgres::claim(conn, queue, worker, takes, gated, now).await?,
        Db::Sqlite(conn) => sqlite::claim_within(conn, queue, worker, takes, gated, now).await?,
    };
    Ok(in_turn(rows, queue, now))
}

/// The first of every lane before the second of any.
fn in_turn(rows: Vec<ClaimedRow>, queue: &str, now: Time) -> Vec<Row> {
    let rows = rows.into_iter().map(|row| row.into_row(queue, now));
    let mut rows: Vec<_> = rows.collect();
    // UPDATE … RETURNING answers in any order.
    rows.sort_unstable_by_key(|row| (row.priority, row.run_at, row.id));
    let mut lanes: HashMap<(i16, LaneId), usize> = HashMap::new();
    let ranked = rows.into_iter().map(|row| {
        let rank = lanes.entry(row.lane_key()).or_default();
        *rank += 1;
        (*rank, row)
    });
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by_key(|(rank, row)| (row.priority, *rank));
    ranked.into_iter().map(|(_, row)| row).collect()
}

/// Writes the ends of attempts whose fencing token still holds, and names their jobs. `flows`
/// are those of the jobs among them: who needs what ended moves in the same transaction, and is
/// named too. Without any it is one statement, or one hop.
pub(crate) async fn finish(
    pool: &Pool,
    acks: Vec<Ack>,
    flows: Vec<FlowId>,
    now: Time,
) -> Result<(Vec<JobId>, Vec<Moved>), DbError> {
    let mut db = pool.writer().await?;
    if flows.is_empty() {
        let finished = match &mut *db {
            Db::Pg(conn) => postgres::finish(conn, acks, now).await?,
            Db::Sqlite(conn) => sqlite::finish(conn, acks, now).await?,
        };
        return Ok((finished, Vec::new()));
    }
    db.tx(move |db| {
        Box::pin(async move {
            lock_flows(db, &flows).await?;
            finish_within(db, acks, now).await
        })
    })
    .await
}

/// The same inside a transaction that has locked the flows.
pub(super) async fn finish_within(
    db: &mut Db,
    acks: Vec<Ack>,
    now: Time,
) -> Result<(Vec<JobId>, Vec<Moved>), DbError> {
    let finished = match db {
        Db::Pg(conn) => postgres::finish(conn, acks, now).await?,
        Db::Sqlite(conn) => sqlite::finish_within(conn, acks, now).await?,
    };
    let ended = ended(db, &finished).await?;
    let moved = follow(db, ended, now).await?;
    Ok((finished, moved))
}

/// Makes up to `limit` due jobs waiting, and answers each with its queue and lane.
pub(crate) async fn promote(
    pool: &Pool,
    limit: usize,
    now: Time,
) -> Result<Vec<(JobId, String, Head)>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut db = pool.writer().await?;
    let promoted = match &mut *db {
        Db::Pg(conn) => postgres::promote(conn, limit, now).await?,
        Db::Sqlite(conn) => sqlite::promote(conn, limit, now).await?,
    };
    let promoted = promoted.into_iter();
    Ok(promoted
        .map(|(id, queue, head)| (id, queue, head.into_head()))
        .collect())
}

/// When the next scheduled or retrying job is due.
pub(crate) async fn next_due(db: &mut Db) -> Result<Option<Time>, DbError> {
    // The states are literals, because SQLite picks a partial index by the statement's text.
    let query = queue_jobs::table
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(
            "state IN ('scheduled', 'retrying')",
        ))
        .order(queue_jobs::run_at)
        .select(queue_jobs::run_at);
    Ok(db::on!(db, conn => query.first(conn).await.optional())?)
}

diesel::infix_operator!(SameAs, " IS NOT DISTINCT FROM ");

/// The condition that every write under a fencing token has beside the primary key. It is
/// written so that no index but the primary key's can serve it: PostgreSQL would otherwise walk
/// all running jobs for each.
pub(super) fn held(fence: i64) -> Held {
    queue_jobs::fence.eq(fence).and(runs())
}

/// `state IS NOT DISTINCT FROM 'running'`.
pub(super) fn runs() -> Runs {
    SameAs::new(queue_jobs::state, State::Running.into_sql::<Text>())
}

pub(super) type Runs = SameAs<queue_jobs::state, diesel::dsl::AsExprOf<State, Text>>;
pub(super) type Held = diesel::dsl::And<diesel::dsl::Eq<queue_jobs::fence, i64>, Runs>;
