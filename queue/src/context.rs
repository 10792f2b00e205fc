//! What a body is given.

use std::sync::Arc;

use db::DbError;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::effects::{Effects, Turns};
use crate::fence::Fence;
use crate::progress::Reporter;
use crate::{Checkpoint, Contract, Fault, Job, LogLevel, Queue, QueueError, StopReason, Tick, Tx};

/// A running job, for its body. Cloning it is cheap.
#[derive(Clone)]
pub struct Context {
    shared: Arc<Shared>,
}

struct Shared {
    job: Arc<Job>,
    fence: Fence,
    reporter: Arc<Reporter>,
    turns: Arc<Turns>,
}

impl Context {
    pub(crate) fn new(job: Arc<Job>, fence: Fence) -> Self {
        let reporter = Arc::new(Reporter::new(fence.clone()));
        Self {
            shared: Arc::new(Shared {
                job,
                fence,
                reporter,
                turns: Arc::default(),
            }),
        }
    }

    /// The job as it was when it was claimed.
    pub fn job(&self) -> &Job {
        &self.shared.job
    }

    /// The engine: for enqueuing more, and for the time.
    pub fn queue(&self) -> &Queue {
        &self.shared.fence.queue
    }

    /// Which tick of which schedule this job is for; none for a job that someone enqueued or
    /// triggered. It stays the same over all attempts, unlike [`Job::run_at`], which is the
    /// tick's time for the first attempt only.
    pub async fn tick(&self) -> Result<Option<Tick>, QueueError> {
        self.queue().tick_of(self.job().id).await
    }

    /// The payload as its contract. One that cannot be read is a permanent fault, and so the job
    /// ends dead with the code `payload_unreadable`.
    pub fn payload<C: Contract>(&self) -> Result<C, Fault> {
        serde::Deserialize::deserialize(&self.job().payload)
            .map_err(|error| Fault::permanent("payload_unreadable", error))
    }

    /// Fires when the body shall stop. [`Context::stop_reason`] says why.
    pub fn cancelled(&self) -> CancellationToken {
        self.shared.fence.stop.token().clone()
    }

    /// Why the body shall stop; none while it shall not.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.shared.fence.stop.reason().cloned()
    }

    /// Reports how far the body is, 0 to 1, and what it does. It returns at once and may be
    /// called as often as one likes, from any thread: the newest report is written a few times a
    /// second.
    pub fn progress(&self, fraction: f32, stage: &str) {
        self.shared.reporter.report(fraction, stage);
    }

    /// Says something of the work, for the job's story. It returns at once, from any thread; lines
    /// are written with the progress, and at the latest with the attempt's end, however it ends.
    /// Kept are the newest 500 lines of a job, each cut to 2,000 characters. No secrets belong
    /// here: whoever reads the story reads them.
    pub fn log(&self, level: LogLevel, message: impl AsRef<str>) {
        self.shared.reporter.log(level, message.as_ref());
    }

    /// What this job keeps between its attempts.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(self.shared.fence.clone())
    }

    /// What this job does outside, each at most once.
    pub fn effects(&self) -> Effects {
        let shared = &self.shared;
        Effects::new(
            Arc::clone(&shared.job),
            shared.fence.clone(),
            Arc::clone(&shared.turns),
        )
    }

    /// Runs `body` in a transaction in which this job cannot be taken back: the domain rows that
    /// a stale worker would write are refused with [`QueueError::LeaseLost`], and the body is told to stop. Keep it short.
    pub async fn fenced_tx<R, E, F>(&self, body: F) -> Result<R, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<R, E>> + Send + 'static,
        E: From<QueueError> + From<DbError> + Send + 'static,
        R: Send + 'static,
    {
        self.shared.fence.tx(body).await
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("job", &self.shared.job.id)
            .field("fence", &self.shared.fence.token)
            .finish_non_exhaustive()
    }
}
