//! How soon a lone job's body begins.

use std::time::{Duration, Instant};

use queue::apalis::Backend;
use queue::{Context, Contract as _, Outcome, Queue};
use tokio::sync::mpsc;

use crate::noop::{Noop, noop};
use crate::stage::Stage;
use crate::{BenchError, Figure, Settings};

/// An event that has not come after this never will.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn run(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    // The enqueuer is an engine of its own, as an intake in another process is.
    let apart = Stage::open(settings).await?;
    let handle = stage.queue.register("bench", [Noop::QUEUE]).await?;
    let (begun, mut begins) = mpsc::unbounded_channel();
    let body = move |_: Context| {
        let _ = begun.send(Instant::now());
        async { Outcome::Done(serde_json::Value::Null) }
    };
    let worker = tokio::spawn(Backend::new(&handle, Noop::QUEUE, 10).run(body));
    let mut waits = Vec::new();
    for number in 0..settings.jobs {
        waits.push(one(&apart.queue, number, &mut begins).await?);
        tokio::time::sleep(settings.pause).await;
    }
    handle.shutdown(PATIENCE).await?;
    if let Ok(ended) = worker.await {
        ended?;
    }
    let total = waits.iter().sum();
    let words = format!(
        "pause={}ms, from before the enqueue",
        settings.pause.as_millis()
    );
    let figure = Figure::new("pickup", stage.store, words, settings.jobs, total);
    Ok(vec![figure.with_waits(waits)])
}

/// From the call of enqueue to the start of the body: the commit is part of it.
async fn one(
    queue: &Queue,
    number: u64,
    begins: &mut mpsc::UnboundedReceiver<Instant>,
) -> Result<Duration, BenchError> {
    let started = Instant::now();
    queue.enqueue(noop(number)?).await?;
    let begun = tokio::time::timeout(PATIENCE, begins.recv()).await;
    let begun = begun.ok().flatten();
    Ok(begun.unwrap_or_else(Instant::now).duration_since(started))
}
