//! The record of attempts that were not done.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::row::Ack;
use super::schema::queue_attempts;
use crate::{Attempt, Ended, JobId, WorkerId};

/// A new row of `queue_attempts`.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = queue_attempts)]
pub(super) struct AttemptRow {
    pub job_id: JobId,
    pub fence: i64,
    pub attempt: i32,
    pub worker_id: Option<WorkerId>,
    pub ended: Ended,
    pub code: Option<String>,
    pub message: Option<String>,
    pub started_at: Option<Time>,
    pub finished_at: Time,
}

impl AttemptRow {
    /// The record of an end, when it is one to record.
    pub(super) fn of(ack: &Ack, now: Time) -> Option<Self> {
        Some(Self {
            job_id: ack.id,
            fence: ack.fence,
            attempt: ack.attempt,
            worker_id: Some(ack.worker_id),
            ended: ack.verdict.ended?,
            code: ack.verdict.code.clone(),
            message: ack.verdict.message.clone(),
            started_at: ack.started_at,
            finished_at: now,
        })
    }
}

/// The recorded attempts of one job, oldest first.
pub(crate) async fn attempts(db: &mut Db, id: JobId) -> Result<Vec<Attempt>, DbError> {
    let query = queue_attempts::table
        .filter(queue_attempts::job_id.eq(id))
        .order(queue_attempts::fence)
        .select((
            queue_attempts::attempt,
            queue_attempts::fence,
            queue_attempts::worker_id,
            queue_attempts::ended,
            queue_attempts::code,
            queue_attempts::message,
            queue_attempts::started_at,
            queue_attempts::finished_at,
        ));
    Ok(db::on!(db, conn => query.load(conn).await)?)
}
