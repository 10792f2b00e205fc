//! Storing jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use futures::future::{BoxFuture, try_join_all};
use queue::{Queue, QueueError};

use crate::noop::noop;
use crate::stage::Stage;
use crate::{BenchError, Figure, Settings};

pub async fn single(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    let one = |queue: Queue, number| -> BoxFuture<'static, Result<(), QueueError>> {
        Box::pin(async move {
            let job = noop(number)?;
            queue
                .transaction::<_, QueueError, _>(move |tx| {
                    Box::pin(async move { tx.enqueue(job).await.map(drop) })
                })
                .await
        })
    };
    by_callers("enqueue-single", stage, settings, one).await
}

pub async fn coalesced(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    let one = |queue: Queue, number| -> BoxFuture<'static, Result<(), QueueError>> {
        Box::pin(async move { queue.enqueue(noop(number)?).await.map(drop) })
    };
    by_callers("enqueue-coalesced", stage, settings, one).await
}

/// Callers that each store one job after another until there are enough.
async fn by_callers(
    mode: &'static str,
    stage: &Stage,
    settings: &Settings,
    one: impl Fn(Queue, u64) -> BoxFuture<'static, Result<(), QueueError>>
    + Copy
    + Send
    + Sync
    + 'static,
) -> Result<Vec<Figure>, BenchError> {
    let next = Arc::new(AtomicU64::new(0));
    let jobs = settings.jobs;
    let started = Instant::now();
    let callers = (0..settings.callers).map(|_| {
        let (next, queue) = (Arc::clone(&next), stage.queue.clone());
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= jobs {
                    return Ok::<_, QueueError>(());
                }
                one(queue.clone(), number).await?;
            }
        })
    });
    for ended in try_join_all(callers).await.into_iter().flatten() {
        ended?;
    }
    let took = started.elapsed();
    let words = format!("callers={}", settings.callers);
    Ok(vec![Figure::new(mode, stage.store, words, jobs, took)])
}

pub async fn many(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    let size = settings.batch as u64;
    let started = Instant::now();
    let mut stored = 0;
    while stored < settings.jobs {
        let end = settings.jobs.min(stored + size);
        let jobs: Result<Vec<_>, _> = (stored..end).map(noop).collect();
        stage.queue.enqueue_many(jobs?).await?;
        stored = end;
    }
    let took = started.elapsed();
    let words = format!("batch={size}");
    Ok(vec![Figure::new(
        "enqueue-many",
        stage.store,
        words,
        stored,
        took,
    )])
}
