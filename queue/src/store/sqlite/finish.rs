//! Finishing on SQLite: the batch is one transaction in one hop.

use db::{DbError, Document, SqliteConn, Time};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::store::attempts::AttemptRow;
use crate::store::hot::held;
use crate::store::row::Ack;
use crate::store::schema::{queue_attempts, queue_jobs};
use crate::{JobId, State};

/// See [`crate::store::finish`].
pub(crate) async fn finish(
    conn: &mut SqliteConn,
    acks: Vec<Ack>,
    now: Time,
) -> Result<Vec<JobId>, DbError> {
    let finished = conn
        .spawn_blocking(move |conn| {
            conn.immediate_transaction(|conn| finish_each(conn, &acks, now))
        })
        .await?;
    Ok(finished)
}

/// The same inside an open transaction.
pub(crate) async fn finish_within(
    conn: &mut SqliteConn,
    acks: Vec<Ack>,
    now: Time,
) -> Result<Vec<JobId>, DbError> {
    let finished = conn.spawn_blocking(move |conn| finish_each(conn, &acks, now));
    Ok(finished.await?)
}

fn finish_each(conn: &mut SqliteConnection, acks: &[Ack], now: Time) -> QueryResult<Vec<JobId>> {
    let mut finished = Vec::with_capacity(acks.len());
    for ack in acks {
        if finish_one(conn, ack, now)? {
            finished.push(ack.id);
        }
    }
    Ok(finished)
}

/// Answers whether the fencing token held.
fn finish_one(conn: &mut SqliteConnection, ack: &Ack, now: Time) -> QueryResult<bool> {
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
        State::Done | State::Dead => verdict.state,
        _ if cancel_requested => State::Cancelled,
        other => other,
    };
    let failed = matches!(verdict.state, State::Retrying | State::Dead);
    let changes = Changes {
        state,
        worker_id: None,
        done_by: (state == State::Done).then_some(ack.worker_id),
        finished_at: state.is_final().then_some(now),
        run_at: verdict.run_at,
        progress: (verdict.state == State::Done).then_some(1.0),
        checkpoint: checkpoint.filter(|_| !matches!(state, State::Done | State::Cancelled)),
        output: verdict.output.clone().map(Document),
        error_code: verdict.code.clone().filter(|_| failed),
        error_message: verdict.message.clone().filter(|_| failed),
    };
    let target = queue_jobs::table.find(ack.id);
    diesel::update(target).set(changes).execute(conn)?;
    if verdict.unspent {
        diesel::update(target)
            .set(queue_jobs::attempt.eq(queue_jobs::attempt - 1))
            .execute(conn)?;
    }
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
    #[diesel(treat_none_as_null = true)]
    worker_id: Option<crate::WorkerId>,
    #[diesel(treat_none_as_null = true)]
    finished_at: Option<Time>,
    done_by: Option<crate::WorkerId>,
    run_at: Option<Time>,
    progress: Option<f32>,
    #[diesel(treat_none_as_null = true)]
    checkpoint: Option<Document>,
    #[diesel(treat_none_as_null = true)]
    output: Option<Document>,
    #[diesel(treat_none_as_null = true)]
    error_code: Option<String>,
    #[diesel(treat_none_as_null = true)]
    error_message: Option<String>,
}
