//! A job as the API shows it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use queue::{Job as Row, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// A job of the artist's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Names the job for ever.
    pub id: Uuid,
    /// What is done, as verb and noun: `master_track`.
    pub kind: String,
    /// Where it is done: `studio`.
    pub queue: String,
    /// `waiting`, `scheduled`, `running`, `retrying`, `blocked`, `done`, `cancelled` or `dead`.
    pub state: String,
    /// How far it is, 0 to 1.
    pub progress: f32,
    /// What it is doing, while it runs.
    pub stage: Option<String>,
    /// Which attempt this is, from 1; 0 before the first.
    pub attempt: i32,
    /// After this many attempts the job is `dead`.
    pub max_attempts: i32,
    /// Whether it was asked to stop.
    pub cancel_requested: bool,
    /// What the last failed attempt ended with.
    pub error: Option<JobError>,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    pub output: Option<serde_json::Value>,
    /// When it may run, or might have.
    pub run_at: DateTime<Utc>,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// When the latest attempt began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it reached its last state.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobError {
    /// Stable machine code, `snake_case`.
    pub code: String,
    /// What was wrong, in plain words.
    pub message: String,
}

impl From<queue::JobError> for JobError {
    fn from(error: queue::JobError) -> Self {
        Self {
            code: error.code,
            message: error.message,
        }
    }
}

impl From<Row> for Job {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.uuid(),
            kind: row.kind,
            queue: row.queue,
            state: state(row.state),
            progress: row.progress,
            stage: row.stage,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            cancel_requested: row.cancel_requested,
            error: row.error.map(Into::into),
            output: row.output,
            run_at: row.run_at.into(),
            created_at: row.created_at.into(),
            started_at: row.started_at.map(Into::into),
            finished_at: row.finished_at.map(Into::into),
        }
    }
}

/// The state's word.
pub(crate) fn state(state: State) -> String {
    state.as_str().to_owned()
}

/// How far the job behind a row is, as the row's own view tells it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Followed {
    pub(crate) state: String,
    pub(crate) progress: f32,
    pub(crate) stage: Option<String>,
    pub(crate) error: Option<JobError>,
}

impl Followed {
    /// Of a job that was enqueued just now.
    pub(crate) fn fresh() -> Self {
        Self {
            state: state(State::Waiting),
            progress: 0.0,
            stage: None,
            error: None,
        }
    }

    /// Joins whether the row has its result with how far its job is. A job that is gone (`None`)
    /// had ended.
    pub(crate) fn of(has_result: bool, job: Option<Row>) -> Self {
        match job {
            _ if has_result => Self {
                state: state(State::Done),
                progress: 1.0,
                ..Self::fresh()
            },
            Some(job) => Self {
                state: state(until_seen(job.state)),
                progress: job.progress,
                stage: job.stage,
                error: job.error.map(Into::into),
            },
            None => Self {
                state: state(State::Dead),
                error: Some(gone()),
                ..Self::fresh()
            },
        }
    }
}

/// The result is recorded before the job is done, so a caller who read the row first may find the
/// job done and no result. To whoever follows it the row is then not done yet.
fn until_seen(state: State) -> State {
    match state {
        State::Done => State::Running,
        other => other,
    }
}

fn gone() -> JobError {
    JobError {
        code: "job_gone".to_owned(),
        message: "The job ended without a result, and its record is not kept any more.".to_owned(),
    }
}

/// The caller's jobs behind rows.
pub(crate) async fn by_id(
    app: &App,
    caller: Caller,
    ids: impl Iterator<Item = models::JobId>,
) -> Result<HashMap<models::JobId, Row>, Problem> {
    let ids: Vec<_> = ids.map(|id| queue::JobId(id.uuid())).collect();
    let jobs = app.queue.jobs_by_id(caller.scope(), &ids).await?;
    let named = jobs.into_iter().map(|job| (job.id.uuid().into(), job));
    Ok(named.collect())
}

#[cfg(test)]
mod tests {
    use db::Time;
    use queue::JobId;

    use super::*;

    fn job(state: State) -> Row {
        Row {
            id: JobId::new(),
            tenant_id: None,
            queue: "studio".to_owned(),
            kind: "master_track".to_owned(),
            state,
            priority: 0,
            payload: serde_json::Value::Null,
            attempt: 1,
            max_attempts: 3,
            progress: 1.0,
            stage: None,
            output: None,
            error: None,
            run_at: Time::from_micros(0),
            created_at: Time::from_micros(0),
            started_at: None,
            finished_at: None,
            flow_id: None,
            trace_id: queue::TraceId::random(),
            cancel_requested: false,
        }
    }

    #[test]
    fn a_row_is_done_when_its_result_is_seen_and_not_before() {
        for (of_job, shown) in [
            (State::Done, "running"),
            (State::Running, "running"),
            (State::Cancelled, "cancelled"),
            (State::Dead, "dead"),
        ] {
            assert_eq!(Followed::of(false, Some(job(of_job))).state, shown);
            assert_eq!(Followed::of(true, Some(job(of_job))).state, "done");
        }
        assert_eq!(Followed::of(false, None).state, "dead");
    }
}
