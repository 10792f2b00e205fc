//! A job as the API shows it.

use chrono::{DateTime, Utc};
use queue::{Job as Row, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

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
