//! Draining no-op jobs; their rows are kept, every end is fenced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use queue::apalis::Backend;
use queue::{Context, Contract as _, Outcome, QueueError};
use tokio::sync::{Notify, oneshot};

use crate::noop::{Noop, noop};
use crate::stage::Stage;
use crate::{BenchError, Figure, Settings};

pub async fn free(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    stage.fill(settings.jobs, |job, _| job).await?;
    let took = drain(stage, settings, settings.jobs).await?;
    Ok(vec![figure("drain", stage, settings, "", took)])
}

/// An engine's own transaction that has written and does not end is what holds the horizon: no
/// dead row version may be removed meanwhile.
pub async fn held_horizon(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    let (held, holds) = oneshot::channel();
    let (release, released) = oneshot::channel::<()>();
    let (queue, old) = (stage.queue.clone(), noop(0)?);
    let holder = async move {
        let job = old.run_at(queue.now() + Duration::from_hours(24));
        queue
            .transaction::<(), QueueError, _>(move |tx| {
                Box::pin(async move {
                    tx.enqueue(job).await?;
                    let _ = held.send(());
                    let _ = released.await;
                    Ok(())
                })
            })
            .await
    };
    let holder = (stage.store == "postgres").then(|| tokio::spawn(holder));
    if holder.is_some() {
        let _ = holds.await;
    }
    stage.fill(settings.jobs, |job, _| job).await?;
    let took = drain(stage, settings, settings.jobs).await?;
    let _ = release.send(());
    if let Some(Ok(ended)) = match holder {
        Some(holder) => Some(holder.await),
        None => None,
    } {
        ended?;
    }
    Ok(vec![figure(
        "drain-held-horizon",
        stage,
        settings,
        "",
        took,
    )])
}

pub async fn backlog(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    stage
        .fill(settings.backlog + settings.jobs, |job, _| job)
        .await?;
    let took = drain(stage, settings, settings.jobs).await?;
    let words = format!(" backlog={}", settings.backlog);
    Ok(vec![figure("drain-backlog", stage, settings, &words, took)])
}

fn figure(mode: &str, stage: &Stage, settings: &Settings, words: &str, took: Duration) -> Figure {
    let words = format!("concurrency={}{words}", settings.concurrency);
    Figure::new(mode, stage.store, words, settings.jobs, took)
}

/// Runs one worker until `count` bodies have run and the ends of all that ran are written.
pub async fn drain(stage: &Stage, settings: &Settings, count: u64) -> Result<Duration, BenchError> {
    let handle = stage.queue.register("bench", [Noop::QUEUE]).await?;
    let (ran, enough) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
    let body = {
        let (ran, enough) = (Arc::clone(&ran), Arc::clone(&enough));
        move |_: Context| {
            let (ran, enough) = (Arc::clone(&ran), Arc::clone(&enough));
            async move {
                if ran.fetch_add(1, Ordering::Relaxed) + 1 == count {
                    enough.notify_one();
                }
                Outcome::Done(serde_json::Value::Null)
            }
        }
    };
    let started = Instant::now();
    let backend = Backend::new(&handle, Noop::QUEUE, settings.concurrency);
    let worker = tokio::spawn(backend.run(body));
    enough.notified().await;
    handle.shutdown(Duration::from_mins(1)).await?;
    let took = started.elapsed();
    if let Ok(ended) = worker.await {
        ended?;
    }
    Ok(took)
}
