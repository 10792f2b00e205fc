//! The workers of a process: one apalis worker a queue, under one lease.

use std::collections::BTreeMap;
use std::time::Duration;

use queue::apalis::Backend;
use queue::{Context, QueueError, WorkerHandle};
use tokio::task::JoinSet;

use crate::environment::Environment;
use crate::registry::Registry;

/// Why workers can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A queue that doesn't exist.
    #[error("there is no queue {name}; there are {}", jobs::QUEUES.join(", "))]
    UnknownQueue {
        /// The name as given.
        name: String,
    },
    /// The lease can't be taken.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Running workers.
pub struct Pool {
    handle: WorkerHandle,
    workers: JoinSet<Result<(), QueueError>>,
    drain: Duration,
}

/// Starts workers for `queues`: a queue's name and how many of its jobs run at a time, 0 for one
/// each processor core. Stopping lets running jobs end within `drain`.
pub async fn start(
    environment: Environment,
    queues: &BTreeMap<String, u32>,
    drain: Duration,
) -> Result<Pool, StartError> {
    if let Some(name) = queues
        .keys()
        .find(|name| !jobs::QUEUES.contains(&name.as_str()))
    {
        return Err(StartError::UnknownQueue { name: name.clone() });
    }
    let handle = environment
        .queue
        .register("maxbooster", queues.keys())
        .await?;
    let registry = Registry::full();
    let mut workers = JoinSet::new();
    for (queue, slots) in queues {
        let backend = Backend::new(&handle, queue, concurrency(*slots));
        let (environment, registry) = (environment.clone(), registry.clone());
        workers.spawn(backend.run(move |context: Context| {
            let (environment, registry) = (environment.clone(), registry.clone());
            async move { registry.run(environment, context).await }
        }));
    }
    Ok(Pool {
        handle,
        workers,
        drain,
    })
}

fn concurrency(slots: u32) -> usize {
    match slots {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        slots => usize::try_from(slots).unwrap_or(usize::MAX),
    }
}

impl Pool {
    /// Stops claiming, lets running jobs end within the time given at the start, and hands the
    /// rest back with the attempt not counted.
    pub async fn stop(mut self) -> Result<(), QueueError> {
        self.handle.shutdown(self.drain).await?;
        while let Some(ended) = self.workers.join_next().await {
            if let Ok(Err(error)) = ended {
                tracing::warn!(%error, "a worker ended badly");
            }
        }
        Ok(())
    }
}
