//! Finishing on SQLite: the batch is one transaction in one hop.

use db::{DbError, DbJson, DbTime, DbUuid, Document, SqliteConn, Time};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel::sqlite::{Sqlite, SqliteConnection};

use crate::store::attempts::AttemptRow;
use crate::store::hot::held;
use crate::store::row::Ack;
use crate::store::schema::{queue_attempts, queue_jobs};
use crate::store::statement::{Bind, statement};
use crate::{JobId, State};

statement! {
    /// Work that is done counts, whatever the job was asked meanwhile.
    FinishDone on Sqlite => () {
        id: DbUuid = JobId,
        fence: BigInt = i64,
        output: Nullable<DbJson> = Option<Document>,
        now: DbTime = Time,
    }
    "UPDATE queue_jobs SET state = 'done', finished_at = " now ", done_by = worker_id, worker_id = NULL, progress = 1, checkpoint = NULL, \
     output = " output ", error_code = NULL, error_message = NULL WHERE id = " id " AND fence = " fence
    " AND state IS NOT DISTINCT FROM 'running'"
}

/// See [`crate::store::finish`].
pub(crate) async fn finish(
    conn: &mut SqliteConn,
    acks: Vec<Ack>,
    now: Time,
) -> Result<Vec<JobId>, DbError> {
    let finished = conn
        .spawn_blocking(move |conn| conn.immediate_transaction(|conn| finish_each(conn, acks, now)))
        .await?;
    Ok(finished)
}

/// The same inside an open transaction.
pub(crate) async fn finish_within(
    conn: &mut SqliteConn,
    acks: Vec<Ack>,
    now: Time,
) -> Result<Vec<JobId>, DbError> {
    let finished = conn.spawn_blocking(move |conn| finish_each(conn, acks, now));
    Ok(finished.await?)
}

fn finish_each(conn: &mut SqliteConnection, acks: Vec<Ack>, now: Time) -> QueryResult<Vec<JobId>> {
    let mut finished = Vec::with_capacity(acks.len());
    for ack in acks {
        let id = ack.id;
        let held = if ack.verdict.state == State::Done {
            finish_done(conn, ack, now)?
        } else {
            finish_other(conn, &ack, now)?
        };
        if held {
            finished.push(id);
        }
    }
    Ok(finished)
}

/// Answers whether the fencing token held.
fn finish_done(conn: &mut SqliteConnection, ack: Ack, now: Time) -> QueryResult<bool> {
    let statement = FinishDone {
        id: Bind::new(ack.id),
        fence: Bind::new(ack.fence),
        output: Bind::new(ack.verdict.output.map(Document)),
        now: Bind::new(now),
    };
    Ok(statement.execute(conn)? == 1)
}

/// Answers whether the fencing token held.
fn finish_other(conn: &mut SqliteConnection, ack: &Ack, now: Time) -> QueryResult<bool> {
    let found: Option<(bool, Option<Document>)> = queue_jobs::table
        .find(ack.id)
        .filter(held(ack.fence))
        .select((
            queue_jobs::cancel_requested_at.is_not_null(),
            queue_jobs::checkpoint,
        ))
        .first(conn)
        .optional()?;
    let Some((cancel_requested, checkpoint)) = found else {
        return Ok(false);
    };
    let verdict = &ack.verdict;
    // A job that was asked to stop is cancelled rather than tried again.
    let state = match verdict.state {
        State::Dead => State::Dead,
        _ if cancel_requested => State::Cancelled,
        other => other,
    };
    let failed = matches!(verdict.state, State::Retrying | State::Dead);
    let changes = Changes {
        state,
        // In the same statement: a job that waits has an attempt left.
        attempt: verdict.unspent.then_some(ack.attempt - 1),
        worker_id: None,
        finished_at: state.is_final().then_some(now),
        run_at: verdict.run_at,
        checkpoint: checkpoint.filter(|_| state != State::Cancelled),
        output: verdict.output.clone().map(Document),
        error_code: verdict.code.clone().filter(|_| failed),
        error_message: verdict.message.clone().filter(|_| failed),
    };
    let target = queue_jobs::table.find(ack.id);
    diesel::update(target).set(changes).execute(conn)?;
    if verdict.state == State::Cancelled && !cancel_requested {
        diesel::update(target)
            .set(queue_jobs::cancel_reason.eq(&verdict.message))
            .execute(conn)?;
    }
    if let Some(row) = AttemptRow::of(ack, now) {
        diesel::insert_into(queue_attempts::table)
            .values(row)
            .execute(conn)?;
    }
    Ok(true)
}

/// What a verdict writes. Where an attribute says so `None` writes NULL; elsewhere it keeps the
/// row's value.
#[derive(AsChangeset)]
#[diesel(table_name = queue_jobs)]
struct Changes {
    state: State,
    attempt: Option<i32>,
    #[diesel(treat_none_as_null = true)]
    worker_id: Option<crate::WorkerId>,
    #[diesel(treat_none_as_null = true)]
    finished_at: Option<Time>,
    run_at: Option<Time>,
    #[diesel(treat_none_as_null = true)]
    checkpoint: Option<Document>,
    #[diesel(treat_none_as_null = true)]
    output: Option<Document>,
    #[diesel(treat_none_as_null = true)]
    error_code: Option<String>,
    #[diesel(treat_none_as_null = true)]
    error_message: Option<String>,
}
