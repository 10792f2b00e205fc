//! A row of `queue_jobs`, and what a finished attempt writes to it.

use std::time::Duration;

use db::{Document, Time};
use diesel::prelude::*;
use serde_json::Value;

use super::schema::queue_jobs;
use crate::lane::{Head, Lane, LaneId, Place};
use crate::trace::TraceKey;
use crate::{Backoff, Ended, FlowId, Job, JobError, JobId, State, TraceId, WorkerId};

db::id! {
    /// A tenant's id as a column's value.
    pub(crate) TenantKey
}

/// What readers and claims need of a row.
#[derive(Debug, Clone, Queryable)]
pub(crate) struct Row {
    pub id: JobId,
    pub tenant_id: Option<TenantKey>,
    pub queue: String,
    pub kind: String,
    pub state: State,
    pub priority: i16,
    pub payload: Document,
    pub attempt: i32,
    pub max_attempts: i32,
    pub fence: i64,
    pub run_at: Time,
    pub timeout_seconds: i32,
    pub backoff_base_ms: i32,
    pub backoff_cap_ms: i32,
    pub progress: f32,
    pub stage: Option<String>,
    pub cancel_requested_at: Option<Time>,
    pub cancel_reason: Option<String>,
    pub output: Option<Document>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
    pub lane: LaneId,
    pub limit_key: Option<String>,
    pub flow_id: Option<FlowId>,
    pub trace_id: Option<TraceKey>,
}

/// The columns of [`Row`], for queries in diesel's words.
#[diesel::dsl::auto_type]
pub(crate) fn read() -> _ {
    (
        queue_jobs::id,
        queue_jobs::tenant_id,
        queue_jobs::queue,
        queue_jobs::kind,
        queue_jobs::state,
        queue_jobs::priority,
        queue_jobs::payload,
        queue_jobs::attempt,
        queue_jobs::max_attempts,
        queue_jobs::fence,
        queue_jobs::run_at,
        queue_jobs::timeout_seconds,
        queue_jobs::backoff_base_ms,
        queue_jobs::backoff_cap_ms,
        queue_jobs::progress,
        queue_jobs::stage,
        queue_jobs::cancel_requested_at,
        queue_jobs::cancel_reason,
        queue_jobs::output,
        queue_jobs::error_code,
        queue_jobs::error_message,
        queue_jobs::created_at,
        queue_jobs::started_at,
        queue_jobs::finished_at,
        queue_jobs::lane,
        queue_jobs::limit_key,
        queue_jobs::flow_id,
        queue_jobs::trace_id,
    )
}

impl Row {
    /// The policy the job was made with.
    pub(crate) fn backoff(&self) -> Backoff {
        Backoff::of_millis(self.backoff_base_ms, self.backoff_cap_ms)
    }

    /// How long one attempt may take.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.timeout_seconds.unsigned_abs()))
    }

    /// Its lane within its queue.
    pub(crate) fn lane_key(&self) -> (i16, LaneId) {
        (self.priority, self.lane)
    }

    /// Its place in its lane.
    pub(crate) fn place(&self) -> Place {
        Place(self.run_at, self.id)
    }

    /// The lane it waits in when it waits again.
    pub(crate) fn head(&self) -> Head {
        Head {
            lane: Lane {
                priority: self.priority,
                id: self.lane,
                tenant_id: self.tenant_id.map(TenantKey::uuid),
                limit_key: self.limit_key.clone(),
            },
            run_at: self.run_at,
        }
    }

    /// What of it readers see.
    pub(crate) fn into_job(self) -> Job {
        let error = match (self.error_code, self.cancel_reason) {
            (Some(code), _) => Some(JobError {
                code,
                message: self.error_message.unwrap_or_default(),
            }),
            (None, Some(message)) if self.state == State::Cancelled => Some(JobError {
                code: "cancelled".into(),
                message,
            }),
            _ => None,
        };
        Job {
            id: self.id,
            tenant_id: self.tenant_id.map(TenantKey::uuid),
            queue: self.queue,
            kind: self.kind,
            state: self.state,
            priority: self.priority,
            payload: self.payload.0,
            attempt: self.attempt,
            max_attempts: self.max_attempts,
            progress: self.progress,
            stage: self.stage,
            output: self.output.map(|output| output.0),
            error,
            run_at: self.run_at,
            created_at: self.created_at,
            started_at: self.started_at,
            finished_at: self.finished_at,
            flow_id: self.flow_id,
            trace_id: TraceId::of_job(self.id, self.trace_id),
            cancel_requested: self.state == State::Running && self.cancel_requested_at.is_some(),
        }
    }
}

/// The end of one attempt, under its fencing token.
#[derive(Debug, Clone)]
pub(crate) struct Ack {
    pub id: JobId,
    pub fence: i64,
    pub worker_id: WorkerId,
    pub attempt: i32,
    pub started_at: Option<Time>,
    pub verdict: Verdict,
}

/// Where the attempt leaves the job.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// The next state; never running.
    pub state: State,
    /// When the next attempt may start; none keeps the row's.
    pub run_at: Option<Time>,
    /// The attempt is taken back: it was handed back or snoozed.
    pub unspent: bool,
    /// The body's output.
    pub output: Option<Value>,
    /// How the attempt is recorded; none: it was done, or never began.
    pub ended: Option<Ended>,
    /// The stable name of the reason.
    pub code: Option<String>,
    /// The reason for people.
    pub message: Option<String>,
}

impl Verdict {
    /// To `state`, with nothing else to tell.
    pub(crate) fn to(state: State) -> Self {
        Self {
            state,
            run_at: None,
            unspent: false,
            output: None,
            ended: None,
            code: None,
            message: None,
        }
    }
}
