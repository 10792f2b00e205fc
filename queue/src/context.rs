//! What a body is given.

use std::sync::Arc;

use db::DbError;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::held::Stop;
use crate::progress::Reporter;
use crate::{Checkpoint, Contract, Fault, Job, Queue, QueueError, StopReason, Tx};

/// A running job, for its body. Cloning it is cheap.
#[derive(Clone)]
pub struct Context {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Queue,
    job: Arc<Job>,
    fence: i64,
    stop: Arc<Stop>,
    reporter: Arc<Reporter>,
}

impl Context {
    pub(crate) fn new(queue: Queue, job: Arc<Job>, fence: i64, stop: Arc<Stop>) -> Self {
        let reporter = Arc::new(Reporter::new(
            queue.clone(),
            job.id,
            fence,
            Arc::clone(&stop),
        ));
        Self {
            shared: Arc::new(Shared {
                queue,
                job,
                fence,
                stop,
                reporter,
            }),
        }
    }

    /// The job as it was when it was claimed.
    pub fn job(&self) -> &Job {
        &self.shared.job
    }

    /// The engine: for enqueuing more, and for the time.
    pub fn queue(&self) -> &Queue {
        &self.shared.queue
    }

    /// The payload as its contract. One that cannot be read is a permanent fault, and so the job
    /// ends dead with the code `payload_unreadable`.
    pub fn payload<C: Contract>(&self) -> Result<C, Fault> {
        serde::Deserialize::deserialize(&self.job().payload)
            .map_err(|error| Fault::permanent("payload_unreadable", error))
    }

    /// Fires when the body shall stop. [`Context::stop_reason`] says why.
    pub fn cancelled(&self) -> CancellationToken {
        self.shared.stop.token().clone()
    }

    /// Why the body shall stop; none while it shall not.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.shared.stop.reason().cloned()
    }

    /// Reports how far the body is, 0 to 1, and what it does. It returns at once and may be
    /// called as often as one likes, from any thread: the newest report is written a few times a
    /// second.
    pub fn progress(&self, fraction: f32, stage: &str) {
        self.shared.reporter.report(fraction, stage);
    }

    /// What this job keeps between its attempts.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(
            self.shared.queue.clone(),
            self.shared.job.id,
            self.shared.fence,
            Arc::clone(&self.shared.stop),
        )
    }

    /// Runs `body` in a transaction in which this job cannot be taken back: the domain rows that
    /// a stale worker would write are refused with [`QueueError::LeaseLost`]. Keep it short.
    pub async fn fenced_tx<R, E, F>(&self, body: F) -> Result<R, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<R, E>> + Send + 'static,
        E: From<QueueError> + From<DbError> + Send + 'static,
        R: Send + 'static,
    {
        let shared = &self.shared;
        shared.queue.fenced(shared.job.id, shared.fence, body).await
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("job", &self.shared.job.id)
            .field("fence", &self.shared.fence)
            .finish_non_exhaustive()
    }
}
