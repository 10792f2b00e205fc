//! Draining no-op jobs; their rows are kept, every end is fenced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use queue::apalis::Backend;
use queue::{Context, Contract as _, Limit, NewJob, Outcome, Queue, QueueError, Rate, Scope};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::noop::{Noop, noop};
use crate::stage::Stage;
use crate::{BenchError, Figure, Settings};

pub async fn free(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    stage.fill(settings.jobs, |job, _| job).await?;
    let took = drain(stage, settings, settings.jobs).await?;
    Ok(vec![figure("drain", stage, settings, "", took)])
}

/// An engine's own transaction that has written and does not end is what holds the horizon: no
/// dead row version may be removed meanwhile. SQLite has one writer: there it is a plain drain.
pub async fn held_horizon(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    let held = if stage.store == "postgres" {
        Some(hold_horizon(stage.queue.clone()).await?)
    } else {
        None
    };
    stage.fill(settings.jobs, |job, _| job).await?;
    let took = drain(stage, settings, settings.jobs).await?;
    if let Some(held) = held {
        held.release().await?;
    }
    Ok(vec![figure(
        "drain-held-horizon",
        stage,
        settings,
        "",
        took,
    )])
}

/// An open transaction that has written.
struct Held {
    release: oneshot::Sender<()>,
    transaction: JoinHandle<Result<(), QueueError>>,
}

async fn hold_horizon(queue: Queue) -> Result<Held, BenchError> {
    let (written, holds) = oneshot::channel();
    let (release, released) = oneshot::channel();
    let job = noop(0)?.run_at(queue.now() + Duration::from_hours(24));
    let transaction = tokio::spawn(async move {
        let hold = queue.transaction::<(), QueueError, _>(move |tx| {
            Box::pin(async move {
                tx.enqueue(job).await?;
                let _ = written.send(());
                let _ = released.await;
                Ok(())
            })
        });
        hold.await
    });
    let held = Held {
        release,
        transaction,
    };
    if holds.await.is_err() {
        held.release().await?;
        return Err(BenchError::Setting("the horizon could not be held"));
    }
    Ok(held)
}

impl Held {
    async fn release(self) -> Result<(), BenchError> {
        let _ = self.release.send(());
        // A task that was aborted, as when the runtime stops, leaves nothing to tell.
        self.transaction.await.unwrap_or(Ok(()))?;
        Ok(())
    }
}

/// No limit is ever reached: what is measured is the asking.
pub async fn limited(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    let rate = Rate {
        count: 1_000_000,
        period_seconds: 1,
        burst: 1_000_000,
    };
    let limit = Limit {
        name: "bench".into(),
        max_running: Some(1_000_000),
        rate: Some(rate),
    };
    stage.queue.put_limit(Scope::Operator, limit).await?;
    let keyed = |job: NewJob, number: u64| job.limited_by(format!("bench/{}", number % 10));
    stage.fill(settings.jobs, keyed).await?;
    let took = drain(stage, settings, settings.jobs).await?;
    Ok(vec![figure(
        "drain-limited",
        stage,
        settings,
        " keys=10",
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
