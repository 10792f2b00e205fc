//! Finishing on PostgreSQL: a whole batch of ends in one statement, each under its own fence.

use db::{DbError, DbJson, DbTime, DbUuid, Document, Time};
use diesel::pg::Pg;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::store::row::Ack;
use crate::store::statement::{Bind, statement};
use crate::{Ended, JobId, State, WorkerId};

statement! {
    /// Work that is done counts, whatever the job was asked meanwhile.
    ///
    /// The array of ids, evaluated once, and the CASE, of which the planner has no statistics,
    /// have the rows found by primary key and joined by hash, whatever share of the table is
    /// thought to run: believing that none does, it would compare every row with every end.
    FinishDone on Pg => DbUuid {
        ids: Array<DbUuid> = Vec<JobId>,
        fences: Array<BigInt> = Vec<i64>,
        outputs: Array<Nullable<DbJson>> = Vec<Option<Document>>,
        now: DbTime = Time,
    }
    "UPDATE queue_jobs j SET state = 'done', finished_at = " now ", done_by = j.worker_id, worker_id = NULL, progress = 1, \
     checkpoint = NULL, output = a.output, error_code = NULL, error_message = NULL FROM unnest(" ids ", " fences ", " outputs
    ") AS a (id, fence, output) WHERE j.id = ANY (ARRAY(SELECT unnest(" ids "))) AND j.id = a.id AND j.fence = a.fence \
     AND CASE WHEN j.state = 'running' THEN true END RETURNING j.id"
}

impl FinishDone {
    fn of(acks: Vec<Ack>, now: Time) -> Self {
        let mut ids = Vec::with_capacity(acks.len());
        let (mut fences, mut outputs) = (column(&acks), column(&acks));
        for ack in acks {
            ids.push(ack.id);
            fences.push(ack.fence);
            outputs.push(ack.verdict.output.map(Document));
        }
        Self {
            ids: Bind::new(ids),
            fences: Bind::new(fences),
            outputs: Bind::new(outputs),
            now: Bind::new(now),
        }
    }
}

statement! {
    /// A job that was asked to stop is cancelled rather than tried again. Rows are found as in
    /// [`FinishDone`].
    Finish on Pg => DbUuid {
        ids: Array<DbUuid> = Vec<JobId>,
        fences: Array<BigInt> = Vec<i64>,
        workers: Array<DbUuid> = Vec<WorkerId>,
        attempts: Array<Integer> = Vec<i32>,
        starts: Array<Nullable<DbTime>> = Vec<Option<Time>>,
        states: Array<Text> = Vec<State>,
        run_ats: Array<Nullable<DbTime>> = Vec<Option<Time>>,
        unspents: Array<Bool> = Vec<bool>,
        outputs: Array<Nullable<DbJson>> = Vec<Option<Document>>,
        endeds: Array<Nullable<Text>> = Vec<Option<Ended>>,
        codes: Array<Nullable<Text>> = Vec<Option<String>>,
        messages: Array<Nullable<Text>> = Vec<Option<String>>,
        now: DbTime = Time,
    }
    "WITH acks AS MATERIALIZED (SELECT * FROM unnest(" ids ", " fences ", " workers ", " attempts ", " starts
    ", " states ", " run_ats ", " unspents ", " outputs ", " endeds ", " codes ", " messages
    ") AS a (id, fence, worker_id, attempt, started_at, state, run_at, unspent, output, ended, code, message)), \
     moved AS (UPDATE queue_jobs j SET \
     state = CASE WHEN j.cancel_requested_at IS NOT NULL AND a.state NOT IN ('done', 'dead') THEN 'cancelled' ELSE a.state END, \
     finished_at = CASE WHEN j.cancel_requested_at IS NOT NULL OR a.state IN ('done', 'cancelled', 'dead') THEN " now " END, \
     worker_id = NULL, run_at = COALESCE(a.run_at, j.run_at), \
     attempt = CASE WHEN a.unspent THEN j.attempt - 1 ELSE j.attempt END, \
     progress = CASE WHEN a.state = 'done' THEN 1 ELSE j.progress END, \
     checkpoint = CASE WHEN a.state IN ('done', 'cancelled') OR (j.cancel_requested_at IS NOT NULL AND a.state <> 'dead') THEN NULL ELSE j.checkpoint END, \
     cancel_reason = CASE WHEN a.state = 'cancelled' THEN COALESCE(j.cancel_reason, a.message) ELSE j.cancel_reason END, \
     output = a.output, \
     error_code = CASE WHEN a.state IN ('retrying', 'dead') THEN a.code END, \
     error_message = CASE WHEN a.state IN ('retrying', 'dead') THEN a.message END \
     FROM acks a WHERE j.id = ANY (ARRAY(SELECT id FROM acks)) AND j.id = a.id AND j.fence = a.fence \
     AND CASE WHEN j.state = 'running' THEN true END \
     RETURNING j.id), \
     noted AS (INSERT INTO queue_attempts (job_id, fence, attempt, worker_id, ended, code, message, started_at, finished_at) \
     SELECT a.id, a.fence, a.attempt, a.worker_id, a.ended, a.code, a.message, a.started_at, " now
    " FROM acks a JOIN moved m ON m.id = a.id WHERE a.ended IS NOT NULL) \
     SELECT id FROM moved"
}

impl Finish {
    fn of(acks: Vec<Ack>, now: Time) -> Self {
        let mut ids = Vec::with_capacity(acks.len());
        let (mut fences, mut workers) = (column(&acks), column(&acks));
        let (mut attempts, mut starts) = (column(&acks), column(&acks));
        let (mut states, mut run_ats) = (column(&acks), column(&acks));
        let (mut unspents, mut outputs) = (column(&acks), column(&acks));
        let (mut endeds, mut codes, mut messages) = (column(&acks), column(&acks), column(&acks));
        for ack in acks {
            ids.push(ack.id);
            fences.push(ack.fence);
            workers.push(ack.worker_id);
            attempts.push(ack.attempt);
            starts.push(ack.started_at);
            states.push(ack.verdict.state);
            run_ats.push(ack.verdict.run_at);
            unspents.push(ack.verdict.unspent);
            outputs.push(ack.verdict.output.map(Document));
            endeds.push(ack.verdict.ended);
            codes.push(ack.verdict.code);
            messages.push(ack.verdict.message);
        }
        Self {
            ids: Bind::new(ids),
            fences: Bind::new(fences),
            workers: Bind::new(workers),
            attempts: Bind::new(attempts),
            starts: Bind::new(starts),
            states: Bind::new(states),
            run_ats: Bind::new(run_ats),
            unspents: Bind::new(unspents),
            outputs: Bind::new(outputs),
            endeds: Bind::new(endeds),
            codes: Bind::new(codes),
            messages: Bind::new(messages),
            now: Bind::new(now),
        }
    }
}

/// An empty column with room for every ack.
fn column<T>(acks: &[Ack]) -> Vec<T> {
    Vec::with_capacity(acks.len())
}

/// See [`crate::store::finish`].
pub(crate) async fn finish(
    conn: &mut AsyncPgConnection,
    acks: Vec<Ack>,
    now: Time,
) -> Result<Vec<JobId>, DbError> {
    let (done, other): (Vec<_>, Vec<_>) = acks
        .into_iter()
        .partition(|ack| ack.verdict.state == State::Done);
    if other.is_empty() {
        return Ok(FinishDone::of(done, now).load(conn).await?);
    }
    if done.is_empty() {
        return Ok(Finish::of(other, now).load(conn).await?);
    }
    // Together, because after an error nothing shall have been written.
    conn.transaction(async |conn| {
        let mut finished: Vec<JobId> = FinishDone::of(done, now).load(conn).await?;
        finished.extend(Finish::of(other, now).load::<JobId>(conn).await?);
        Ok(finished)
    })
    .await
}
