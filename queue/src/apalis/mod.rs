//! The engine as a backend of apalis: its workers and tower layers run our bodies, and ours is
//! what they must not decide: claims, leases, retries, outcomes.
//!
//! A handler is `async fn(Context) -> Outcome` or `-> Result<Value, Fault>`. Every body runs on
//! its own task; a panic, a time-out or a cancelled body becomes an outcome here, so no layer is
//! needed for them. Never put a retrying layer around a body: retries live in the row.

mod body;
mod feeder;
mod finisher;
mod layer;
mod response;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context as Poller, Poll};

use apalis_core::backend::BackendConfig;
use apalis_core::backend::finalize::Ephemeral;
use apalis_core::task::Task;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::task_fn::task_fn;
use apalis_core::task::task_id::TaskId;
use apalis_core::worker::Worker;
use apalis_core::worker::context::WorkerContext;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tower::layer::util::Identity;

use crate::{Context, Outcome, QueueError, WorkerHandle};
use feeder::Feeder;
use finisher::Finisher;
use layer::Slot;
pub use layer::{Acknowledge, AcknowledgeLayer};

/// The most jobs that one statement claims or ends. Much larger batches are slower a job.
const BATCH: usize = 1000;

/// What a [`Backend`] serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendOptions {
    /// The queue.
    pub queue: String,
    /// How many bodies run at once, at least 1. Only as many jobs are claimed as can begin.
    pub concurrency: usize,
}

/// One queue's jobs, for one apalis worker.
pub struct Backend {
    options: BackendOptions,
    handle: WorkerHandle,
    feeder: Feeder,
    finisher: Finisher,
    closing: Option<BoxFuture<'static, ()>>,
}

impl Backend {
    /// Begins to claim jobs of `queue` for up to `concurrency` bodies at once. It must be called
    /// within a tokio runtime.
    pub fn new(handle: &WorkerHandle, queue: impl Into<String>, concurrency: usize) -> Self {
        let options = BackendOptions {
            queue: queue.into(),
            concurrency: concurrency.max(1),
        };
        Self {
            feeder: Feeder::start(handle.clone(), &options),
            finisher: Finisher::start(handle.clone()),
            handle: handle.clone(),
            options,
            closing: None,
        }
    }

    /// Runs `body` for every job, until the handle is closed. The shortest way to a worker; for
    /// layers of one's own, give the backend to apalis' `WorkerBuilder`.
    pub async fn run<F, Fut>(self, body: F) -> Result<(), QueueError>
    where
        F: FnMut(Context) -> Fut + Send + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        let context = WorkerContext::new(&self.options.queue);
        let worker: Worker<Context, _, _, _> =
            Worker::new(context, self, task_fn(body), Identity::new());
        // Only a worker that was started before can fail: the backend itself never does.
        worker.run().await.map_err(|error| QueueError::Invalid {
            message: error.to_string(),
        })
    }
}

impl apalis_core::backend::Backend for Backend {
    type Task = Task<Context>;
    // An error would end the worker: the database's are waited out where they occur.
    type Error = Infallible;

    fn poll_ready(
        &mut self,
        _: &mut Poller<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Poller<'_>,
        worker: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Infallible>>> {
        self.feeder.poll_next(cx).map(|delivery| {
            let Some(delivery) = delivery else {
                // A worker whose backend has ended stays until it is stopped. Only one that never
                // started refuses, and that one does not poll.
                let _ = worker.stop();
                return None;
            };
            let job = delivery.claimed.job();
            let task = TaskBuilder::new(delivery.claimed.context())
                .task_id(TaskId::from_uuid(job.id.uuid()))
                .attempt(usize::try_from(job.attempt).unwrap_or(0))
                .data(Arc::new(Slot::of(delivery)));
            Some(Ok(task.build()))
        })
    }

    fn poll_close(
        &mut self,
        cx: &mut Poller<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        let (feeder, finisher) = (&mut self.feeder, &self.finisher);
        let closing = self.closing.get_or_insert_with(|| {
            let (undelivered, finisher) = (feeder.close(), finisher.clone());
            async move {
                finisher.give_back(undelivered.await);
                finisher.flush().await;
            }
            .boxed()
        });
        closing.poll_unpin(cx).map(Ok)
    }
}

impl BackendConfig for Backend {
    type Args = Context;
    type Id = uuid::Uuid;
    type Kind = Ephemeral;
    type Config = BackendOptions;
    type Layer = AcknowledgeLayer;

    fn config(&self) -> &BackendOptions {
        &self.options
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> AcknowledgeLayer {
        AcknowledgeLayer::new(self.finisher.clone())
    }
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backend")
            .field("options", &self.options)
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}
