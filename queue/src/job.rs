//! A job as its readers see it.

use db::Time;
use serde::Serialize;
use serde_json::Value;
use uuid::{Builder, Uuid};

use crate::{FlowId, TraceId};

db::id! {
    /// The id of a job. It sorts by creation.
    pub JobId
}

impl JobId {
    /// An id that sorts before all that are made at `at` or later.
    pub(crate) fn first_at(at: Time) -> Self {
        let millis = u64::try_from(at.as_micros() / 1000).unwrap_or(0);
        Self(Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
    }
}

db::id! {
    /// One incarnation of a worker process: a new one each time it registers.
    pub WorkerId
}

db::text_enum! {
    /// Where a job stands. The same eight words in SQL, code, API and documents.
    pub enum State {
        /// Ready: the next free worker takes it.
        Waiting = "waiting",
        /// Not before its `run_at`.
        Scheduled = "scheduled",
        /// Its body runs under a lease.
        Running = "running",
        /// An attempt failed; the next starts at `run_at`.
        Retrying = "retrying",
        /// Waits for other jobs.
        Blocked = "blocked",
        /// Finished well.
        Done = "done",
        /// Stopped on request.
        Cancelled = "cancelled",
        /// Failed for good; the reason is kept.
        Dead = "dead",
    }
}

impl State {
    /// Where a job begins that waits for nothing but its time.
    pub(crate) fn until(run_at: Time, now: Time) -> Self {
        if run_at > now {
            Self::Scheduled
        } else {
            Self::Waiting
        }
    }

    /// Whether nothing more happens to the job unless someone retries it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Dead)
    }
}

db::text_enum! {
    /// How an attempt that was not done ended.
    pub enum Ended {
        /// It failed and is tried again.
        Retried = "retried",
        /// The body asked to be started later; the attempt was not counted.
        Snoozed = "snoozed",
        /// The worker stopped and handed the job back; the attempt was not counted.
        Released = "released",
        /// The worker fell silent.
        LeaseLost = "lease_lost",
        /// Cancelled while it ran.
        Cancelled = "cancelled",
        /// It failed for good.
        Dead = "dead",
    }
}

/// Why a job's newest attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobError {
    /// A stable name.
    pub code: String,
    /// For people.
    pub message: String,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is; none: the platform's own.
    pub tenant_id: Option<Uuid>,
    /// The queue it waits in.
    pub queue: String,
    /// Its kind, which names its [`crate::Contract`].
    pub kind: String,
    /// Where it stands.
    pub state: State,
    /// 0 goes first, 9 last.
    pub priority: i16,
    /// The contract's payload, as JSON.
    pub payload: Value,
    /// How often its body was started.
    pub attempt: i32,
    /// How often it may be.
    pub max_attempts: i32,
    /// 0 to 1.
    pub progress: f32,
    /// What the body does now, in its own words.
    pub stage: Option<String>,
    /// What the body returned.
    pub output: Option<Value>,
    /// Why the newest attempt failed, or the job was cancelled.
    pub error: Option<JobError>,
    /// Not before.
    pub run_at: Time,
    /// When it was enqueued.
    pub created_at: Time,
    /// When its newest attempt started.
    pub started_at: Option<Time>,
    /// When it became done, cancelled or dead.
    pub finished_at: Option<Time>,
    /// The flow it belongs to.
    pub flow_id: Option<FlowId>,
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Whether it runs and was asked to stop.
    pub cancel_requested: bool,
}

impl Job {
    /// The span of what is done for it. Of the highest level, so that its names are on every line
    /// that is shown.
    pub(crate) fn span(&self) -> tracing::Span {
        tracing::error_span!(
            "job",
            trace.id = %self.trace_id,
            job.id = %self.id,
            job.kind = self.kind,
            job.attempt = self.attempt,
            tenant.id = self.tenant_id.map(tracing::field::display),
        )
    }
}

/// An attempt that ended otherwise than done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct Attempt {
    /// Its number, from 1.
    pub attempt: i32,
    /// Its fencing token.
    pub fence: i64,
    /// The worker incarnation that ran it.
    pub worker_id: Option<WorkerId>,
    /// How it ended.
    pub ended: Ended,
    /// The stable name of the reason.
    pub code: Option<String>,
    /// The reason for people.
    pub message: Option<String>,
    /// When it started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Time,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ids_made_before_a_time_sort_before_its_first_id_and_later_ones_after() {
        let id = JobId::new();
        let (seconds, nanos) = id.uuid().get_timestamp().unwrap().to_unix();
        let made = Time::from_micros(i64::try_from(seconds).unwrap() * 1_000_000)
            + Duration::from_nanos(nanos.into());
        assert!(JobId::first_at(made) < id);
        assert!(JobId::first_at(made + Duration::from_millis(1)) > id);
    }
}
